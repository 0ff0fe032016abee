"""``fastinit selftest``: golden hashes by every route that values can take on this machine."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fastinit import _kernels, config
from fastinit.filling import threads
from fastinit.laws.dtypes import FROM_ML_DTYPES
from fastinit.selftest import golden
from fastinit.selftest.golden import Golden

#: Every path has the arrays up to this size; the larger ones the route that fills take by default.
MAX_ELEMENTS = 1 << 14

#: Besides all that are free; 3 and 7 cut an array unevenly.
THREADS = (1, 2, 3, 7)

#: Failures that are told one by one.
MAX_SHOWN = 20

REPORT = (
    "Values from here are not those of the stream, and must not be used. Please report all of this output, with where "
    "the package came from (a wheel, or the compiler and its version)."
)


class Route(NamedTuple):
    """How an array is filled."""

    isa: str
    n_threads: int | None  #: None for the automatic choice

    def __str__(self) -> str:
        return f"{self.isa}, threads: {self.n_threads or 'automatic'}"


def main() -> int:
    """Check, print, and return the exit status: 1 if any hash is another."""
    known = golden.load()
    left_out = () if _has_ml_dtypes() else tuple(FROM_ML_DTYPES)
    rows = [row for row in golden.rows(known) if row.dtype not in left_out]
    print(*_heading(known["stream"], left_out), sep="\n", flush=True)
    n_checked, failures = 0, []
    for route, arrays in routes(rows):
        wrong = list(failing(route, arrays))
        print(f"{route!s:28} {len(arrays):4} arrays  {'FAILED' if wrong else 'ok'}", flush=True)
        n_checked, failures = n_checked + len(arrays), failures + wrong
    if not failures:
        print(f"pass: {n_checked:,} arrays have the values of stream {known['stream']}")
        return 0
    print(*(f"FAILED: {failure}" for failure in failures[:MAX_SHOWN]), sep="\n")
    print(f"FAILED: {len(failures):,} of {n_checked:,} arrays. {REPORT}")
    return 1


def routes(rows: list[Golden]) -> Iterator[tuple[Route, list[Golden]]]:
    """Every instruction set that runs here, with every number of threads; and the default for the large arrays."""
    small = [row for row in rows if row.n_elements <= MAX_ELEMENTS]
    counts = sorted({*THREADS, threads.get_num_threads()})
    for isa, runs_here in _kernels.isas().items():
        for n_threads in counts if runs_here else ():
            yield Route(isa, n_threads), small
    yield Route(_kernels.isa(), None), [row for row in rows if row.n_elements > MAX_ELEMENTS]


def failing(route: Route, rows: Iterable[Golden]) -> Iterator[str]:
    """Which arrays are not as they must be, filled by this route."""
    before = _kernels.isa()
    _kernels.choose_isa(route.isa)
    try:
        for row in rows:
            got = _outcome(row, route.n_threads)
            if got != row.sha256:
                yield f"{row}, {route}: expected {_shown(row.sha256)}, got {_shown(got)}"
    finally:
        _kernels.choose_isa(before)


def _outcome(row: Golden, n_threads: int | None) -> str | None:
    """The hash; None for what is refused."""
    try:
        return golden.sha256(row.make(n_threads))
    except ValueError:
        return None


def _shown(sha256: str | None) -> str:
    return "a refusal" if sha256 is None else sha256[:16]


def _has_ml_dtypes() -> bool:
    try:
        return importlib.util.find_spec("ml_dtypes") is not None
    except ValueError:  # blocked by whoever set sys.modules["ml_dtypes"]
        return False


def _heading(stream: str, left_out: tuple[str, ...]) -> Iterator[str]:
    found = config.collect()
    version, isas = found["version"], found["instruction sets"]
    yield f"fastinit {version['fastinit']}, stream {stream}, Python {version['Python']}, NumPy {version['NumPy']}"
    yield f"{isas['processor']}, {version['platform']}, OpenMP: {found['threads']['OpenMP']}"
    if left_out:
        yield f"not checked, since ml_dtypes is not installed: {', '.join(left_out)}"

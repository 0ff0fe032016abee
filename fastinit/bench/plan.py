"""Which cases a run of ``fastinit bench`` measures.

Four questions, one list of cases: a table of laws at one size, on one thread and on all; the same contenders' most
usual forms at other sizes, on one thread; the table's cases at the numbers of threads between; the truncated normal, at
a size of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fastinit.bench import machine
from fastinit.bench.buffers import ITEM_BYTES
from fastinit.bench.measure import Case
from fastinit.bench.peer_interface import COMMON_LAWS
from fastinit.bench.peers import CEILINGS, PEERS
from fastinit.bench.supervise import Work
from fastinit.common.errors import reject_value
from fastinit.filling import threads

#: Contenders of the short runs and of the sizes beside the table's.
USUAL = ("fastinit", "numpy", "torch", "torch-slices", *CEILINGS)

SMALLEST_BYTES = 1 << 10

#: Sizes from here on would take the slow contenders many seconds a round.
FAST_ONLY_BYTES = 1 << 31

#: The truncated normal's buffer is that part of the table's: PyTorch takes some 50 ns a value.
TRUNCATED_PART = 8


class Mode(NamedTuple):
    """How much to measure."""

    n_mib: int
    n_rounds: int
    contenders: tuple[str, ...]
    largest_bytes: int  #: of the sizes, at least the table's
    between: bool  #: numbers of threads between one and all
    size_factor: int = 4  #: from each size to the next


MODES = {
    "quick": Mode(64, 3, USUAL, 0, between=False, size_factor=16),
    "default": Mode(512, 5, USUAL, 0, between=False),
    "full": Mode(512, 3, tuple(PEERS), 4 << 30, between=True),
}


def thread_counts(mode: Mode) -> list[int]:
    """One and all, and with `between` the powers of two."""
    n_all = threads.get_num_threads()
    powers = [1 << i for i in range(n_all.bit_length())] if mode.between else [1]
    return sorted({*powers, n_all})


def work(mode: Mode, dtype: str, n_mib: int, counts: Sequence[int]) -> list[Work]:
    """Everything to measure, ordered by number of threads. Raises ValueError if the table's buffers have no room."""
    table_bytes = n_mib << 20
    free = machine.free_bytes()
    _check_room(mode, dtype, n_mib, free)
    cases = [Case(law, dtype, table_bytes, n) for n in counts for law in COMMON_LAWS]
    cases += [Case("truncated", dtype, table_bytes // TRUNCATED_PART, n) for n in counts]
    planned = [Work(case, _suitable(mode.contenders, case.n_threads)) for case in cases]
    for law in COMMON_LAWS:
        for n_bytes in _sizes(max(table_bytes, mode.largest_bytes), mode.size_factor, free):
            names = USUAL if n_bytes < FAST_ONLY_BYTES else ("fastinit", *CEILINGS)
            if n_bytes != table_bytes:
                planned.append(Work(Case(law, dtype, n_bytes, counts[0]), _suitable(names, counts[0])))
    return sorted(planned, key=lambda item: item.case.n_threads)


def _check_room(mode: Mode, dtype: str, n_mib: int, free: int | None) -> None:
    n_buffers = max(PEERS[name].n_buffers for name in mode.contenders) * (2 if ITEM_BYTES[dtype] == 2 else 1)
    if free is not None and n_buffers * (n_mib << 20) > free:
        most = f"at most {free // n_buffers >> 20} ({n_buffers} buffers in the memory that is free)"
        reject_value("bench", "--mib", most, n_mib)


def _suitable(names: Sequence[str], n_threads: int) -> tuple[str, ...]:
    return tuple(name for name in names if PEERS[name].suits(n_threads))


def _sizes(largest_bytes: int, factor: int, free: int | None) -> list[int]:
    """Sizes up to the largest that fits."""
    sizes, n_bytes = [], SMALLEST_BYTES
    while n_bytes <= largest_bytes and (free is None or 1.25 * n_bytes < free):
        sizes.append(n_bytes)
        n_bytes *= factor
    return sizes

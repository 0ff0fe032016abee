"""Every allocation failing once: ``python tests/attack/allocations.py [KIND ...]``, by default all.

For each kind of call the first allocation fails, then, in a call anew, the second, and so on, until a call needs no more.
Each such call must end in MemoryError with the output as it was and the generator not advanced, or succeed with the right
values. Whose allocation it is, decides what is asked of the message:

own     the compiled module's and NumPy's for arrays: MemoryError in the package's one form
all     any but OpenMP's runtime's, CPython's for every object included: MemoryError of any message

OpenMP's runtime ends the process when it has no memory for its threads' bookkeeping, by its own code; calls with threads
are so tried with its allocations left out. One process for each kind and origin: a crash is reported with what failed.
The control, an extension that does not look at what malloc gave, must crash. Linux with glibc.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from builds import build_library

import fastinit as fi

ORIGINS = {"own": ["_kernels.", "_multiarray_umath."], "all": [""]}

#: Python's own conversions around a call are part of each attempt: more than this would be no end.
MOST = 20_000


class Kind(NamedTuple):
    """A call with an output and a generator of its own, made anew for each attempt."""

    call: Callable
    out: Callable[[], object] = lambda: np.full((60, 50), 7, np.float32)


def strided() -> np.ndarray:
    return np.full((120, 100), 7, np.float32)[::2, ::2]


def fill(scheme: str, **call) -> Callable:
    return lambda out, rng: getattr(fi, scheme)(out=out, rng=rng, **call)


def batch(out, rng):
    return fi.initialize({"a": out[:30], "b.c": out[30:]}, {"b.*": "zeros", "*": "he_normal"}, rng=rng)


def part(out, rng):
    return fi.normal((600, 50), index=np.s_[list(range(3, 600, 10))], out=out, rng=rng)


KINDS = {
    "a new array": Kind(lambda out, rng: fi.normal((60, 50), rng=rng)),
    "an array given": Kind(fill("normal", std=0.02)),
    "strides": Kind(fill("truncated_normal"), strided),
    "Fortran order": Kind(fill("uniform"), lambda: np.full((50, 60), 7, np.float32).T),
    "a part": Kind(part),
    "threads": Kind(fill("uniform", threads=2), lambda: np.full((60, 50), 7, np.float32).T),
    "complex": Kind(fill("normal"), lambda: np.full((60, 50), 7, np.complex64)),
    "constant array": Kind(fill("constant", value=np.arange(50) / 64)),
    "identity": Kind(fill("identity")),
    "sparse": Kind(fill("sparse", sparsity=0.5)),
    "orthogonal, small": Kind(fill("orthogonal")),
    "orthogonal": Kind(fill("orthogonal"), lambda: np.full((700, 600), 7, np.float32)),
    "orthogonal, bfloat16": Kind(fill("orthogonal"), lambda: np.full((60, 50), 7, np.float16)),
    "delta_orthogonal": Kind(fill("delta_orthogonal"), lambda: np.full((3, 3, 8, 9), 7, np.float32)),
    "many": Kind(batch),
    "check": Kind(lambda out, rng: fi.check([fi.normal((8, 8), rng=0)], activation="relu"), lambda: None),
    "tally": Kind(lambda out, rng: fi.check({"w": np.ones((8, 8), np.float16)}), lambda: None),
}


def library() -> ctypes.CDLL:
    found = ctypes.CDLL(os.environ["LD_PRELOAD"])
    found.arm.argtypes, found.arm.restype = [ctypes.c_long, ctypes.c_char_p, ctypes.c_char_p], None
    found.disarm.restype = ctypes.c_char_p
    return found


def attempt(kind: Kind, n: int, origin: bytes, failing) -> tuple[str, str, object, object, object]:
    """The object whose n-th allocation failed, if there were so many; the error's text; output, result, generator."""
    out, rng, error, result = kind.out(), np.random.default_rng(3), "", None
    call = kind.call
    failing.arm(n, origin, b"libgomp")
    try:
        result = call(out, rng)
    except MemoryError as caught:
        error = str(caught) or "no message"
    finally:
        try:
            failed_in = failing.disarm()
        except MemoryError:  # what failed was this call's own
            failed_in = failing.disarm()
    return failed_in.decode(), error, out, result, rng.bit_generator.state


def is_same(a: object, b: object) -> bool:
    if isinstance(a, dict):
        return isinstance(b, dict) and all(is_same(a[name], b[name]) for name in a)
    return np.array_equal(a, b) if isinstance(a, np.ndarray) else a is None or repr(a) == repr(b)


def judge(kind: Kind, right: tuple, got: tuple, origin: str) -> str:
    """What is wrong with an attempt of which an allocation failed; nothing if empty."""
    _, error, out, result, state = got
    _, _, right_out, right_result, right_state = right
    if not error:
        is_right = is_same(right_out, out) and is_same(right_result, result) and right_state == state
        return "" if is_right else "no error, and another result"
    if not is_same(kind.out(), out):
        return f"MemoryError after writing ({error})"
    if state != np.random.default_rng(3).bit_generator.state:
        return f"MemoryError after the generator was advanced ({error})"
    if origin == "own" and ": expected " not in error:
        return f"MemoryError in other words ({error})"
    return ""


def attack(name: str, origin: str, first: int, log: str) -> None:
    """All attempts from the first-th on; what is being tried and what was found, line by line, in the log."""
    kind, failing = KINDS[name], library()
    for _ in range(3):  # caches, pools and modules imported late are there from now on
        right = attempt(kind, 0, b"", failing)
    with open(log, "w", buffering=1) as lines:
        for text in ORIGINS[origin]:
            for n in range(first, MOST):
                print("try", text or "any", n, file=lines)
                try:
                    got = attempt(kind, n, text.encode(), failing)
                    fault = judge(kind, right, got, origin)
                except Exception as other:
                    failing.disarm()
                    got, fault = ("?",), f"{type(other).__name__} ({other})"
                if not got[0]:
                    break
                if fault:
                    print("fault", n, f"{Path(got[0]).name}: {fault}", file=lines)
            first = 1


def run_kind(name: str, origin: str, preloaded: Path, folder: str) -> tuple[int, list[str]]:
    """How many allocations failed, and faults. After a crash the rest is tried."""
    first, n_failed, faults = 1, 0, []
    environment = {**os.environ, "LD_PRELOAD": str(preloaded), "PYTHONMALLOC": "malloc", "PYTHONFAULTHANDLER": "1"}
    while True:
        log = Path(folder, "log")
        command = [sys.executable, __file__, "--here", name, origin, str(first), str(log)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        lines = log.read_text().splitlines()
        faults += [line for line in lines if line.startswith("fault")]
        tried = [line for line in lines if line.startswith("try")]
        n_failed += len(tried)
        if done.returncode == 0:
            return n_failed - len(ORIGINS[origin]), faults
        faults.append(f"{tried[-1]}: exit {done.returncode}: {done.stderr[-1500:]}")
        first = int(tried[-1].split()[-1]) + 1


def main() -> None:
    if sys.argv[1:2] == ["--here"]:
        attack(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
        return
    n_faults = 0
    with tempfile.TemporaryDirectory() as folder:
        preloaded = build_library(folder, "failing_malloc.c", "cc", "-ldl")
        for name in sys.argv[1:] or KINDS:
            for origin in ORIGINS:
                n_failed, faults = run_kind(name, origin, preloaded, folder)
                print(f"{name}: {origin}: {n_failed} allocations, {len(faults)} faults", *faults, sep="\n    ", flush=True)
                n_faults += len(faults)
    sys.exit(n_faults > 0)


if __name__ == "__main__":
    main()

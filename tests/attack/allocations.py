"""Every allocation failing once: ``python tests/attack/allocations.py [CLASS ...] [KIND ...]``, by default all.

For each kind of call the first allocation fails, then, in a call anew, the second, and so on, until a call needs no
more. What is asked of such a call depends on the class of the allocations that are counted:

kernels   those of the compiled module
large     those of 16 KiB and more by anyone, so arrays and workspaces
small     all, so objects of CPython's and NumPy's, of some hundred bytes, too

Of the first two each call must succeed with the right values, or end in MemoryError in the package's one form, with the
output as it was and the generator not advanced. Of the last it must not crash in the compiled module, nor succeed with
other values, and the next call must be right. It may end in any exception, since NumPy answers with SystemError in
places; late, since what then fails is mere bookkeeping; and by a crash in NumPy's code or CPython's. These are counted.

OpenMP's runtime is left out: it ends the process itself if it has no memory for its threads' bookkeeping. A crash is
reported with what failed, and the rest is tried. The control, a call that does not look at what malloc gave, must
crash. Linux with glibc.
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from builds import build_library

import fastinit as fi

LARGE_BYTES = 1 << 14

#: By name: part of the name of who allocates, and the fewest bytes that count.
CLASSES = {"kernels": (b"_kernels.", 0), "large": (b"", LARGE_BYTES), "small": (b"", 0)}

#: Objects whose crashes are CPython's and NumPy's own, where every small allocation fails in turn.
NOT_OURS = ("python", "libpython", "_multiarray_umath.", "_ctypes.")

#: More allocations than a call has: no end is a failure, too.
MOST = 20_000


class Kind(NamedTuple):
    """A call with an output and a generator of its own, made anew for each attempt."""

    call: Callable
    out: Callable[[], object] = lambda: np.full((60, 50), 7, np.float32)
    has_own_words: bool = True  # check does its arithmetic by NumPy, whose words it leaves


def strided() -> np.ndarray:
    return np.full((120, 100), 7, np.float32)[::2, ::2]


def fill(scheme: str, **call) -> Callable:
    return lambda out, rng: getattr(fi, scheme)(out=out, rng=rng, **call)


def batch(out, rng):
    return fi.initialize({"a": out[:30], "b.c": out[30:]}, {"b.*": "zeros", "*": "he_normal"}, rng=rng)


def part(out, rng):
    return fi.normal((600, 50), index=np.s_[list(range(3, 600, 10))], out=out, rng=rng)


KINDS = {
    "a new array": Kind(lambda out, rng: fi.normal((200, 50), rng=rng)),
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
    "check": Kind(lambda out, rng: fi.check([8, 8, 8], "relu", n_samples=16), lambda: None, False),
    "tally": Kind(lambda out, rng: fi.check({"w": np.ones((8, 8), np.float16)}), lambda: None, False),
    "control": Kind(lambda out, rng: ctypes.CDLL(os.environ["CONTROL"]).does_not_look()),
}

ALL_BUT_CONTROL = [name for name in KINDS if name != "control"]


def library() -> ctypes.CDLL:
    found = ctypes.CDLL(os.environ["LD_PRELOAD"])
    found.arm.argtypes = [ctypes.c_long, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_char_p]
    found.arm.restype = None
    found.disarm.restype = ctypes.c_char_p
    found.handle_crashes()
    return found


class Attempt(NamedTuple):
    failed_in: str  #: the object whose allocation failed; empty if there were fewer
    error: BaseException | None
    out: object
    result: object
    state: dict  #: of the generator


def attempt(kind: Kind, n: int, who: bytes, fewest_bytes: int, failing: ctypes.CDLL) -> Attempt:
    """A call whose n-th allocation fails."""
    out, rng, error, result = kind.out(), np.random.default_rng(3), None, None
    failing.arm(n, fewest_bytes, who, b"libgomp")
    try:
        result = kind.call(out, rng)
    except Exception as caught:
        error = caught
    try:
        failed_in = failing.disarm()
    except MemoryError:  # what failed was this call's own
        failed_in = failing.disarm()
    return Attempt(failed_in.decode(), error, out, result, rng.bit_generator.state)


def is_same(a: object, b: object) -> bool:
    if isinstance(a, dict):
        return isinstance(b, dict) and all(is_same(a[name], b[name]) for name in a)
    return np.array_equal(a, b) if isinstance(a, np.ndarray) else a is None or repr(a) == repr(b)


def is_right(right: Attempt, got: Attempt) -> bool:
    return all(is_same(a, b) for a, b in zip(right[2:], got[2:], strict=True))


def judge(kind: Kind, right: Attempt, got: Attempt) -> str:
    """What of the promise an attempt does not keep; nothing if empty."""
    if got.error is None:
        return "" if is_right(right, got) else "no error, and other values"
    told = f"{type(got.error).__name__}: {got.error}"
    if not is_same(kind.out(), got.out):
        return f"late, after writing: {told}"
    if got.state != np.random.default_rng(3).bit_generator.state:
        return f"late, after the generator was advanced: {told}"
    if not isinstance(got.error, MemoryError) or (kind.has_own_words and ": expected " not in str(got.error)):
        return f"other words: {told}"
    return ""


def attack(name: str, among: str, first: int, log: str) -> None:
    """All attempts from the first-th on; what is being tried, and what was found, line by line in the log."""
    kind, failing, (who, fewest_bytes) = KINDS[name], library(), CLASSES[among]
    for _ in range(3):  # caches, pools and modules imported late are there from now on
        right = attempt(kind, 0, b"", 0, failing)
    with open(log, "w", buffering=1) as lines:
        for n in range(first, MOST):
            print("try", n, file=lines)
            got = attempt(kind, n, who, fewest_bytes, failing)
            if not got.failed_in:
                break
            if fault := judge(kind, right, got):
                is_allowed = among == "small" and got.error is not None
                print("late" if is_allowed else "fault", n, Path(got.failed_in).name, fault, file=lines)
        else:
            print("fault: more allocations than expected", file=lines)
        if not is_right(right, attempt(kind, 0, b"", 0, failing)):
            print("fault: the next call is wrong", file=lines)


def run_kind(name: str, among: str, folder: str) -> tuple[dict[str, int], list[str]]:
    """How many allocations failed, and how many of those calls ended late or in other words; faults."""
    first, counts, faults = 1, {"try": 0, "late": 0, "crash": 0}, []
    environment = {
        **os.environ,
        "LD_PRELOAD": str(Path(folder, "failing_malloc.so")),
        "CONTROL": str(Path(folder, "faults.so")),
        "PYTHONMALLOC": "malloc",
        "PYTHONFAULTHANDLER": "1",
    }
    while True:
        log = Path(folder, "log")
        command = [sys.executable, __file__, "--here", name, among, str(first), str(log)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        lines = log.read_text().splitlines() if log.exists() else sys.exit(done.stderr)
        for word in counts:
            counts[word] += sum(line.startswith(word) for line in lines)
        faults += [line for line in lines if line.startswith("fault")]
        if done.returncode == 0:
            counts["try"] -= 1  # the last found no allocation left
            return counts, faults
        tried = [line for line in lines if line.startswith("try")][-1]
        crash = re.search("crash in .*/(.*)", done.stderr)
        if among == "small" and crash and crash[1].startswith(NOT_OURS):
            counts["crash"] += 1
        else:
            faults.append(f"{tried}: exit {done.returncode}: {done.stderr[-1500:]}")
        first = int(tried.split()[-1]) + 1


def main() -> None:
    if sys.argv[1:2] == ["--here"]:
        attack(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
        return
    n_faults = 0
    with tempfile.TemporaryDirectory() as folder:
        build_library(folder, "failing_malloc.c")
        build_library(folder, "faults.c")
        if not run_kind("control", "small", folder)[1]:
            sys.exit("control: expected a crash where malloc's answer is not looked at, got none")
        print("control: a crash was seen")
        for among in [word for word in sys.argv[1:] if word in CLASSES] or CLASSES:
            for name in [word for word in sys.argv[1:] if word in KINDS] or ALL_BUT_CONTROL:
                counts, faults = run_kind(name, among, folder)
                n_failed, n_late, n_crashes = counts.values()
                figures = f"{n_failed} failed, {n_late} late or in other words, {n_crashes} crashes of others"
                print(f"{among}: {name}: {figures}, {len(faults)} faults", *faults, sep="\n    ", flush=True)
                n_faults += len(faults)
    sys.exit(n_faults > 0)


if __name__ == "__main__":
    main()

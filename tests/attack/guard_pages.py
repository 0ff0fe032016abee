"""Memory that ends where outputs end: ``python tests/attack/guard_pages.py [INSTRUCTION_SET ...]``.

Every law in every dtype, and every scheme that does more, into every layout of outputs.py, with stores through the
caches and past them, on one thread and on three, whole and from inside the tensor. The output begins where a page
without any access ends, or ends where one begins, so that one byte outside it is a segmentation fault; what lies
between its elements is compared byte for byte; and the values must be those of a fill into an array of NumPy's own.

Each instruction set is a process of its own; by default all that run here but portable code, whose fills take many
times as long. Before them, in processes, too, the controls: a byte written on each side must end the process by
SIGSEGV, one inside must not, and one between two elements must be reported.
"""

from __future__ import annotations

import argparse
import ctypes
import mmap
import os
import signal
import subprocess
import sys

import numpy as np
from outputs import Fill, Layout, between, fills, layouts, output_in
from reference_laws import bits

from fastinit import _kernels
from fastinit.filling import run

CANARY = 0xA5

LIBC = ctypes.CDLL(None, use_errno=True)

STORES = {"cached": 1 << 60, "streamed": 0}


class Guarded:
    """Memory between two pages that nobody may touch."""

    def __init__(self, n_bytes: int):
        page = mmap.PAGESIZE
        self.n_bytes = -(-n_bytes // page) * page
        self.held = mmap.mmap(-1, self.n_bytes + 2 * page)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self.held)) + page
        for guard in (self.address - page, self.address + self.n_bytes):
            if LIBC.mprotect(ctypes.c_void_p(guard), ctypes.c_size_t(page), 0) != 0:
                raise OSError(ctypes.get_errno(), "mprotect")

    def bytes(self, n_bytes: int, at_end: bool) -> np.ndarray:
        """The first bytes or the last, spoiled."""
        first = self.address + (self.n_bytes - n_bytes if at_end else 0)
        found = np.frombuffer((ctypes.c_ubyte * n_bytes).from_address(first), np.uint8)
        found[...] = CANARY
        return found


def check(memory: np.ndarray, layout: Layout, out: np.ndarray, expected: np.ndarray, what: tuple) -> None:
    gaps = between(layout, out.shape, out.itemsize)
    if not (memory[gaps] == CANARY).all():
        sys.exit(f"{what}: wrote between the output's elements")
    if not np.array_equal(bits(np.ascontiguousarray(out)), bits(expected)):
        sys.exit(f"{what}: other values than in an array of its own")


def attack(fill: Fill, shape: tuple[int, ...], guarded: Guarded) -> int:
    """Returns the number of fills."""
    full = (shape[0] + 2, *shape[1:])
    parts = {"whole": (shape, None), "part": (full, np.s_[2:])}
    if len(shape) != 2 or fill.name.startswith(("orthogonal", "identity")):
        del parts["part"]  # those of other schemes are listed or placed alike
    n_fills = 0
    for part, (asked, index) in parts.items():
        expected = fill.call(shape=asked, index=index)
        for name, layout in layouts(shape).items():
            for store, run.STREAM_BYTES in STORES.items():
                for at_end, threads in ((False, 1), (True, 1), (True, 3)):
                    memory = guarded.bytes(layout.extent * fill.dtype.itemsize, at_end)
                    out = output_in(memory, layout, shape, fill.dtype)
                    fill.call(shape=asked, index=index, out=out, threads=threads)
                    check(memory, layout, out, expected, (fill.name, shape, part, name, store, at_end, threads))
                    n_fills += 1
    return n_fills


def tally_reads_inside(guarded: Guarded) -> None:
    for dtype in (np.uint8, np.uint16):
        for n_elements in (1, 7, 4095, 20_000):
            for at_end in (False, True):
                memory = guarded.bytes(n_elements * np.dtype(dtype).itemsize, at_end).view(dtype)
                counts = np.zeros(1 << 8 * memory.itemsize, np.uint64)
                _kernels.tally(memory, counts)
                if counts.sum() != n_elements or counts[memory[0]] != n_elements:
                    sys.exit(f"tally: {dtype}: {n_elements}: other counts than there are elements")


def attack_all() -> None:
    guarded = Guarded(1 << 20)
    cases = [(fill, shape) for fill in fills() for shape in fill.shapes]
    n_fills = sum(attack(fill, shape, guarded) for fill, shape in cases)
    tally_reads_inside(guarded)
    print(f"{_kernels.isa()}: {n_fills:,} fills, {len(cases)} kinds and shapes: nothing outside, all values equal")


def control(name: str) -> None:
    """One byte out of place, as a fill would write it; and one that is not."""
    guarded = Guarded(4096)
    if name != "between":
        first = (
            guarded.address + {"before": -1, "first": 0, "last": guarded.n_bytes - 1, "after": guarded.n_bytes}[name]
        )
        ctypes.memset(first, 0, 1)
        return
    fill, shape = next(fills()), (4, 8)
    layout = layouts(shape)["every other column"]
    memory = guarded.bytes(layout.extent * fill.dtype.itemsize, at_end=True)
    out = output_in(memory, layout, shape, fill.dtype)
    fill.call(out=out)
    memory[np.flatnonzero(between(layout, shape, out.itemsize))[5]] ^= 1
    check(memory, layout, out, fill.call(shape=shape), ("control",))


#: By name, the exit status.
CONTROLS = {"before": -signal.SIGSEGV, "first": 0, "last": 0, "after": -signal.SIGSEGV, "between": 1}


def ran(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, __file__, *arguments]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("isas", nargs="*", metavar="INSTRUCTION_SET")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--control", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.control:
        control(asked.control)
    elif asked.here:
        attack_all()
    else:
        for name, wanted in CONTROLS.items():
            if (done := ran("--control", name)).returncode != wanted:
                sys.exit(f"control: {name}: expected exit {wanted}, got {done.returncode}: {done.stderr}")
        print("controls: a byte before, after and between was seen")
        vectors = [name for name, runs_here in _kernels.isas().items() if runs_here and name != "portable"]
        for isa in asked.isas or vectors:
            done = ran("--here", FASTINIT_ISA=isa)
            print(done.stdout, end="", flush=True)
            if done.returncode != 0:
                sys.exit(f"{isa}: exit {done.returncode}: {done.stderr}")


if __name__ == "__main__":
    main()

"""Valgrind over fills: ``python tests/attack/memcheck.py [INSTRUCTION_SET ...]``, by default avx2 and sse2.

Every law in every dtype, and every scheme that does more, into every layout of outputs.py, in arrays from malloc that
have not a byte more than the output's extent, with stores through the caches and past them, on one thread and on two;
each output must be written whole. What counts is an error in the package's compiled module, or an output not written;
CPython's and NumPy's own are only a number. The controls, faults of faults.c and an output of which nothing was
written, must be counted, once each. Needs valgrind, and a package built as usual.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
from builds import build_library
from outputs import fills, layouts, output_in

from fastinit import _kernels
from fastinit.filling import run

VALGRIND = ["valgrind", "-q", "--leak-check=no", "--error-limit=no", "--num-callers=40", "--xml=yes"]

#: An error is one of ours if it is in one of these, or in a function of the C library that one of these called.
OURS = ("_kernels.", "faults.", "defined.")
C_LIBRARY = ("vgpreload_", "libc.")

STORES = {"cached": 1 << 60, "streamed": 0}


def must_be_written(folder: str):
    function = ctypes.CDLL(str(Path(folder, "defined.so"))).must_be_written
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    return lambda out: function(out.ctypes.data, out.nbytes)


def fill_all(folder: str) -> None:
    """What runs under Valgrind."""
    check, n_fills = must_be_written(folder), 0
    for fill in fills():
        shape = fill.shapes[0]
        for layout in layouts(shape).values():
            for threads, run.STREAM_BYTES in enumerate(STORES.values(), 1):
                memory = np.empty(layout.extent * fill.dtype.itemsize, np.uint8)
                out = output_in(memory, layout, shape, fill.dtype)
                fill.call(shape=shape, out=out, threads=threads)
                check(np.ascontiguousarray(out))
                n_fills += 1
    counts = np.zeros(1 << 16, np.uint64)
    _kernels.tally(np.zeros(4097, np.uint16), counts)
    _kernels.tally(np.zeros(4097, np.uint8), counts[:256])
    print(f"{_kernels.isa()}: {n_fills:,} fills", end="", flush=True)


def fail(folder: str) -> None:
    """The controls, under Valgrind, too."""
    faults, memory = ctypes.CDLL(str(Path(folder, "faults.so"))), np.empty(4000, np.uint8)
    faults.write_beyond(ctypes.c_void_p(memory.ctypes.data), ctypes.c_size_t(memory.nbytes))
    faults.branch_on_new_memory()
    must_be_written(folder)(memory)


#: The functions whose errors must be counted, once each.
CONTROLS = ["branch_on_new_memory", "must_be_written", "write_beyond"]


def errors(folder: str, *arguments: str, **environment: str) -> tuple[list[str], int]:
    """Errors of ours as text, and how many there are of others, in this program run under Valgrind."""
    found = Path(folder, "errors.xml")
    command = [*VALGRIND, f"--xml-file={found}", sys.executable, __file__, "--here", folder, *arguments]
    everything = {**os.environ, "PYTHONMALLOC": "malloc", "OMP_WAIT_POLICY": "passive", **environment}
    subprocess.run(command, env=everything, check=True)
    ours, n_others = [], 0
    for error in ElementTree.parse(found).iter("error"):
        frames = error.findall("./stack")[0].findall("frame")
        objects = [Path(frame.findtext("obj", "")).name for frame in frames]
        if next((name for name in objects if not name.startswith(C_LIBRARY)), "").startswith(OURS):
            ours.append(ElementTree.tostring(error, encoding="unicode"))
        else:
            n_others += 1
    return ours, n_others


def main() -> None:
    if sys.argv[1:2] == ["--here"]:
        (fail if "--controls" in sys.argv else fill_all)(sys.argv[2])
        return
    with tempfile.TemporaryDirectory() as folder:
        build_library(folder, "faults.c")
        build_library(folder, "defined.c")
        ours, _ = errors(folder, "--controls")
        if [name for name in CONTROLS for error in ours if f"<fn>{name}</fn>" in error] != CONTROLS:
            sys.exit(f"controls: expected one error of each of {CONTROLS}, got {ours}")
        print(f"controls: {', '.join(CONTROLS)}: counted", flush=True)
        for isa in sys.argv[1:] or ["avx2", "sse2"]:
            ours, n_others = errors(folder, FASTINIT_ISA=isa)
            print(f", {len(ours)} errors of ours, {n_others} of others", flush=True)
            if ours:
                sys.exit("\n".join(ours))


if __name__ == "__main__":
    main()

"""ThreadSanitizer over fills: ``python tests/attack/races.py``.

Builds the package by Clang with it, in a copy of the tree, and fills on several threads, in every way in which the C
side shares memory between them: every law in every dtype, schemes that do more, every layout of outputs.py, many
tensors at once; and from several threads of Python side by side. OpenMP is LLVM's, whose tool Archer tells the
sanitizer what its regions and barriers order. The instruction set is sse2: the sanitizer does not see stores of 32 and
64 bytes, nor those past the caches, and sse2 has none of either.

The controls are races that must be reported: one in faults.c between threads of one region, and one in the package's
own stores, two threads of Python that fill one array; and fills of two arrays side by side, which must not be. Needs
clang, libomp-dev and libclang-rt-dev.
"""

from __future__ import annotations

import os
import site
import subprocess
import sys
import tempfile
from pathlib import Path

from builds import build_interpreter, build_library, build_package, copy_of_tree, keep_isas, library_of_llvm

ISA = "sse2"

FLAGS = ["-O1", "-fsanitize=thread"]

PREPARED = """
import ctypes, sys, threading
import numpy as np, fastinit as fi
sys.path.insert(0, "tests/attack")
from outputs import fills, layouts, output_in

def side_by_side(*outs):
    threads = [threading.Thread(target=lambda out=out: fi.normal(out=out, rng=0, threads=1)) for out in outs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

a, b = np.empty((2, 1 << 20), np.float32)
"""

#: The runtime's threads wait for each other by numbers of its own, which the sanitizer does not see: its own calls of
#: the C library are left out, and no others.
SUPPRESSIONS = "called_from_lib:libomp.so\n"

#: By name, code and whether it must be reported.
CONTROLS = {
    "in one region": ("ctypes.CDLL({library!r}).race(100_000)", True),
    "two fills of one array": ("side_by_side(a, a)", True),
    "two fills of two arrays": ("side_by_side(a, b)", False),
}

FILLS = """
n_fills = 0
for fill in fills():
    for shape in fill.shapes:
        for layout in layouts(shape).values():
            out = output_in(np.empty(layout.extent * fill.dtype.itemsize, np.uint8), layout, shape, fill.dtype)
            fill.call(shape=shape, out=out, threads=3)
            n_fills += 1
for threads in (2, 5):
    fi.orthogonal((300, 200), rng=0, threads=threads)
    fi.sparse((70_000, 7), sparsity=0.5, rng=0, threads=threads)
    fi.normal((700, 1000), rng=0, threads=threads)
    fi.normal((300_000, 10), rng=0, index=np.s_[list(range(0, 300_000, 9))], threads=threads)
    fi.initialize({str(i): np.empty(i, "f4") for i in range(500)}, {"*": "normal"}, rng=0, threads=threads)
    n_fills += 5
print(f"{n_fills:,} fills on 2 to 5 threads", end="", flush=True)
"""


def reports(copy: Path, code: str) -> str:
    """What the sanitizer says of some code."""
    log = copy / "race"
    Path(copy, "suppressions").write_text(SUPPRESSIONS)
    environment = {
        **os.environ,
        "PYTHONHOME": sys.base_prefix,
        "PYTHONPATH": os.pathsep.join([str(copy), *site.getsitepackages()]),
        "FASTINIT_ISA": ISA,
        "OMP_TOOL_LIBRARIES": library_of_llvm("libarcher.so"),
        # The first race ends the process, since looking at as many as there are elements takes minutes.
        # Archer's advice, to ignore modules without instrumentation, is for alarms that `suppressions` prevents.
        "TSAN_OPTIONS": f"ignore_noninstrumented_modules=0:halt_on_error=1:exitcode=0:log_path={log}:"
        f"suppressions={copy / 'suppressions'}",
    }
    # Without randomized addresses: the sanitizer keeps its own memory at fixed ones.
    command = ["setarch", "-R", str(copy / "interpreter"), "-c", PREPARED + code]
    subprocess.run(command, cwd=copy, env=environment, check=True)
    found = list(copy.glob("race.*"))
    text = "\n".join(path.read_text() for path in found)
    for path in found:
        path.unlink()
    return text


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_of_tree(folder)
        keep_isas(copy, {ISA, "portable"})
        build_package(copy, "clang", *FLAGS)
        build_interpreter(copy, "clang", *FLAGS)
        library = build_library(copy, "faults.c", "clang", *FLAGS, "-fopenmp")
        for name, (code, is_race) in CONTROLS.items():
            found = reports(copy, code.format(library=str(library)))
            if ("data race" in found) != is_race:
                sys.exit(f"control: {name}: expected {'a race' if is_race else 'none'}, got {found or 'nothing'}")
        print(f"controls: {', '.join(CONTROLS)}: as they must", flush=True)
        found = reports(copy, FILLS)
    print(f", {found.count('WARNING: ThreadSanitizer')} reports")
    sys.exit(found)


if __name__ == "__main__":
    main()

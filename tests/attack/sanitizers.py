"""AddressSanitizer and UBSan over the tests: ``python tests/attack/sanitizers.py INSTRUCTION_SETS [pytest arguments]``.

``sanitizers.py avx2,sse2,portable`` runs the quick suite with these three; compiling them takes some two minutes of
processor time. ``sanitizers.py sse2 tests/test_sparse.py`` is quick: one file of tests.

Builds the package by Clang with both, in a copy of the tree, and runs tests there with the sanitizers' runtime
preloaded and Python's own memory from malloc. Reports go to files, also those of processes that tests start, so
that no test's own handling of output can hide them; one is a failure, whatever the tests say. First come the controls,
faults on purpose that must be reported: in faults.c, and the package's own stores led beyond the end of an array.

Leaks are not looked for: an interpreter keeps what it lives with. What tests limit or measure memory is left out, since
the sanitizers' own is most of it. Clang's and not GCC's, because it checks stores of any width, those past the caches
too, and offsets from NULL. Needs clang, libomp-dev and libclang-rt-dev.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from sysconfig import get_config_var

from builds import build_library, build_package, copy_of_tree, file_of_compiler, keep_isas

#: Checks in a function of the runtime and not in line: else compiling the kernels' long functions takes many minutes.
OUT_OF_LINE = ["-mllvm", "-asan-instrumentation-with-call-threshold=0"]

#: More optimizing takes AVX2's functions with all their checks many minutes to compile, none takes the tests hours.
#: Python's own flag -fwrapv, which defines what overflow does, would end the search for it.
FLAGS = ["-O1", "-fsanitize=address,undefined", "-fno-wrapv", "-fno-omit-frame-pointer", *OUT_OF_LINE]

#: What makes the text in a file of theirs a report; an allocation that was refused is none.
REPORTS = ("ERROR: AddressSanitizer", "runtime error: ")

#: What limits or measures the memory of a process, which is mostly the sanitizers' here; and how soon work without
#: vectors ends, which is ten times and more as slow here.
LEFT_OUT = [
    "--ignore=tests/test_memory.py",
    "--deselect=tests/test_stopping.py::test_ctrl_c_is_heard",
    "--deselect=tests/test_starved.py::test_sparse_of_few_units_fills_within_what_its_docstring_says",
]

#: By name: Python code, and what its report must say.
CONTROLS = {
    "a byte beyond": ("faults.write_beyond(address, 4000)", "heap-buffer-overflow"),
    "overflow": ("faults.overflow(1)", "signed integer overflow"),
    "an offset from NULL": ("faults.address_of(None, 0)", "applying zero offset to null pointer"),
    "a fill beyond": ("fi.zeros(out=np.lib.stride_tricks.as_strided(a, (1001,)))", "heap-buffer-overflow"),
    "none": ("fi.zeros(out=a)", ""),
}

CONTROL = """
import ctypes, numpy as np, fastinit as fi
faults = ctypes.CDLL({library!r})
faults.address_of.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
a = np.empty(1000, np.float32)
address = ctypes.c_void_p(a.ctypes.data)
{fault}
"""


def environment(copy: Path, reports: Path) -> dict[str, str]:
    # Of C++, too: exceptions of libraries that are loaded later are sent through the runtime.
    preloaded = [file_of_compiler("clang", "libclang_rt.asan-x86_64.so"), file_of_compiler("clang", "libstdc++.so.6")]
    log = f"log_path={reports}/report"
    return {
        **os.environ,
        "PYTHONPATH": str(copy),
        "PYTHONMALLOC": "malloc",
        "LD_PRELOAD": ":".join(preloaded),
        # An allocation that is refused is an answer here, not a reason to end the process.
        "ASAN_OPTIONS": f"detect_leaks=0:allocator_may_return_null=1:{log}",
        "UBSAN_OPTIONS": f"print_stacktrace=1:{log}",
    }


def taken(reports: Path) -> str:
    """What has been reported since the last look."""
    texts = []
    for path in sorted(reports.iterdir()):
        texts.append(path.read_text(errors="replace"))
        path.unlink()
    return "\n".join(text for text in texts if any(word in text for word in REPORTS))


def check_controls(copy: Path, reports: Path) -> None:
    library = build_library(copy, "faults.c", "clang", *get_config_var("CFLAGS").split(), *FLAGS)
    for name, (fault, wanted) in CONTROLS.items():
        code = CONTROL.format(library=str(library), fault=fault)
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=copy, env=environment(copy, reports), capture_output=True, check=False)
        report = taken(reports)
        if wanted not in report or bool(wanted) != bool(report):
            sys.exit(f"control: {name}: expected {wanted or 'no report'}, got {report or done}")
    print(f"controls: {', '.join(CONTROLS)}: as they must", flush=True)


def main(isas: str, *arguments: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        copy, reports = copy_of_tree(folder), Path(folder, "reports")
        reports.mkdir()
        keep_isas(copy, isas.split(","))
        build_package(copy, "clang", *FLAGS)
        check_controls(copy, reports)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(arguments or LEFT_OUT)]
        done = subprocess.run(command, cwd=copy, env=environment(copy, reports), check=False)
        report = taken(reports)
    print(report or "AddressSanitizer and UBSan: nothing to report")
    sys.exit(done.returncode or bool(report))


if __name__ == "__main__":
    main(*sys.argv[1:]) if sys.argv[1:] else sys.exit(__doc__)

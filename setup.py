"""Build of the one extension module; everything else is in pyproject.toml.

FASTINIT_NO_OPENMP=1 builds without threads. FASTINIT_BUNDLE_LIBGOMP=PATH is for wheels: it puts that libgomp.so.1
beside the module. Instruction sets are chosen at run time, so no flag here names one.
"""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

# Longest first, which are those of one instruction set each: then no processor waits for the other's last file.
SOURCES = [str(p) for pattern in ("isa/*.c", "*.c") for p in sorted(Path("src").glob(pattern)) if p.stem != "_kernels"]
HEADERS = sorted(str(p) for p in Path("src").rglob("*.h"))

# The values are part of the contract: no contraction of a*b + c except where written, no reassociation. No other flag
# changes a value: nobody reads errno or the exception flags; what is vectorized is written so, and -O3 or debugging
# information, Python's own flags, only take minutes.
UNIX_FLAGS = ["-O2", "-g0", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fvisibility=hidden"]
MSVC_FLAGS = ["/O2", "/fp:precise", "/std:c11"]

# What a checkout holds and neither a package nor an extension's sources name.
SDIST_EXTRAS = ["CHANGELOG.md", "docs", "tests", "benchmarks", "src"]

# Of these, what running them has left there.
GENERATED_FOLDERS = {"__pycache__", "_build", "api"}

OPENMP_PROBE = """
#include <omp.h>
int main(void)
{
    int n = 0;
#pragma omp parallel num_threads(2) reduction(+ : n)
    n += 1;
    return n < 1 || omp_get_max_threads() < 1;
}
"""


def openmp_works(compiler) -> bool:
    """Whether a small OpenMP program compiles, links and runs."""
    if os.environ.get("FASTINIT_NO_OPENMP", "0") not in ("", "0"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "probe.c")
        source.write_text(OPENMP_PROBE)
        try:
            objects = compiler.compile([str(source)], output_dir=folder, extra_postargs=["-fopenmp"])
            compiler.link_executable(objects, str(Path(folder, "probe")), extra_postargs=["-fopenmp"])
            return subprocess.run([str(Path(folder, "probe"))], timeout=60, check=False).returncode == 0
        except Exception as error:  # a compiler may fail in any way of its own
            print(f"OpenMP probe: {error}", file=sys.stderr)
            return False


def compile_side_by_side(compile_files, sources, **options) -> list:
    """Each file in a thread of its own: the compiler is a program, and there is one file for each instruction set."""
    n_processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"fastinit: compiling {len(sources)} C files on {n_processors} processors; a few take most of the time")

    def compile_one(source: str) -> list:
        began_s = time.perf_counter()
        objects = compile_files([source], **options)
        print(f"fastinit: {source}: compiled in {time.perf_counter() - began_s:.1f} s", flush=True)
        return objects

    with ThreadPoolExecutor(n_processors) as pool:
        return [path for group in pool.map(compile_one, sources) for path in group]


class BuildKernels(build_ext):
    """Adds the flags that only the compiler at hand can tell."""

    def build_extensions(self):
        unix = self.compiler.compiler_type != "msvc"
        flags = list(UNIX_FLAGS if unix else MSVC_FLAGS)
        if unix and openmp_works(self.compiler):
            flags.append("-fopenmp")
            self.extensions[0].extra_link_args.append("-fopenmp")
            self.bundle_libgomp(os.environ.get("FASTINIT_BUNDLE_LIBGOMP"))
        else:
            print("fastinit: building without OpenMP; fills will use one thread", file=sys.stderr)
        self.extensions[0].extra_compile_args += flags
        self.compiler.compile = functools.partial(compile_side_by_side, self.compiler.compile)
        super().build_extensions()

    def bundle_libgomp(self, libgomp):
        """Under its own name, which the loader takes for PyTorch's copy too: so there is one runtime in a process."""
        if libgomp:
            folder = Path(self.get_ext_fullpath(self.extensions[0].name)).parent
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(libgomp, folder / "libgomp.so.1")
            self.extensions[0].define_macros.append(("FI_FOR_OLD_GLIBC", "1"))
            self.extensions[0].extra_link_args.append("-Wl,-rpath,$ORIGIN")


class CompleteSdist(sdist):
    """Adds tests, benchmarks, documentation and the Cython source, which a built package does not carry."""

    def make_distribution(self):
        for name in SDIST_EXTRAS:
            path = Path(name)
            files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
            self.filelist.extend([str(p) for p in files if not GENERATED_FOLDERS & set(p.parts)])
        generated = {str(Path("src/_kernels.c"))}
        self.filelist.files = sorted(set(self.filelist.files) - generated)
        super().make_distribution()


kernels = Extension(
    "fastinit._kernels",
    ["src/_kernels.pyx", *SOURCES],
    include_dirs=["src", numpy.get_include()],
    define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")],
    depends=HEADERS,
)

setup(
    ext_modules=cythonize([kernels], include_path=["src"]),
    cmdclass={"build_ext": BuildKernels, "sdist": CompleteSdist},
)

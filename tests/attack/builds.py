"""Builds that attacks need: of the package, in a copy of the tree, by another compiler and flags; of C files here.

No command of its own: sanitizers.py, races.py, memcheck.py and allocations.py use it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Collection
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

#: What a build or a test run reads of a checkout.
READ = ["README.md", "CHANGELOG.md", "pyproject.toml", "setup.py", "src", "fastinit", "tests", "docs", "benchmarks"]

#: Of these, what another build left.
LEFT = shutil.ignore_patterns("*.so", "_kernels.c", "__pycache__", "_build")

#: Instruction sets that a build may leave out.
ISAS = ("avx512", "avx2", "sse2", "neon")


def copy_of_tree(folder: str) -> Path:
    """The tree without what was built there."""
    copy = Path(folder, "tree")
    copy.mkdir()
    for name in READ:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=LEFT)
        else:
            shutil.copy(source, copy)
    return copy


def keep_isas(copy: Path, kept: Collection[str]) -> None:
    """Leave the other instruction sets out of the copy's build, but for portable code: they take most of its time."""
    if unknown := set(kept).difference(ISAS, ["portable"]):
        sys.exit(f"instruction sets: expected some of {', '.join(ISAS)}, portable, got {', '.join(sorted(unknown))}")
    lists = copy / "src/kernel/lists.h"
    text = lists.read_text()
    for isa in set(ISAS).difference(kept):
        text = re.sub(rf"(?<=#define FI_HAVE_{isa} )\w+", "0", text)
    lists.write_text(text)


def build_package(copy: Path, compiler: str, *flags: str) -> Path:
    """The extension module of the copy, every file compiled and linked with the flags, which have the last word."""
    last_word = copy / "compiler"
    last_word.write_text(f'#!/bin/sh\nexec {compiler} "$@" {" ".join(flags)}\n')
    last_word.chmod(0o755)
    command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
    # The trial whether OpenMP works is a program that ThreadSanitizer would end with another status.
    environment = {**os.environ, "CC": str(last_word), "TSAN_OPTIONS": "exitcode=0"}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"build: {compiler}: exit {done.returncode}\n{done.stderr[-3000:]}")
    if "without OpenMP" in done.stderr:
        sys.exit(f"build: {compiler}: expected a build with OpenMP, got one without\n{done.stderr[-3000:]}")
    return copy / "fastinit" / f"_kernels{sysconfig.get_config_var('EXT_SUFFIX')}"


def build_library(folder: str | Path, source: str, compiler: str = "cc", *flags: str) -> Path:
    """A C file of this folder as a shared library."""
    library = Path(folder, f"{Path(source).stem}.so")
    command = [*compiler.split(), "-g", "-O1", "-fPIC", "-shared", str(HERE / source), "-o", str(library), *flags]
    subprocess.run(command, check=True)
    return library


def build_interpreter(folder: str | Path, compiler: str, *flags: str) -> Path:
    """This Python, from its shared library, as a program with the flags; it needs PYTHONHOME."""
    program = Path(folder, "interpreter")
    where, version = sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("LDVERSION")
    python = [f"-I{sysconfig.get_path('include')}", f"-L{where}", f"-lpython{version}", f"-Wl,-rpath,{where}"]
    command = [compiler, *flags, "-rdynamic", str(HERE / "interpreter.c"), "-o", str(program), *python]
    subprocess.run(command, check=True)
    return program


def file_of_compiler(compiler: str, name: str) -> str:
    """Where a compiler has one of its own libraries."""
    asked = subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True)
    if not os.path.isabs(path := asked.stdout.strip()):
        sys.exit(f"{compiler}: expected it to have {name}, got none")
    return path


def library_of_llvm(name: str) -> str:
    """A library beside those of Clang itself."""
    asked = subprocess.run(["clang", "-print-resource-dir"], capture_output=True, text=True, check=True)
    return str(Path(asked.stdout.strip()).parent.parent / name)

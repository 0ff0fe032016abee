"""The C code under other compilers and processors: ``python tests/cross/check.py COMPILER[:EMULATOR] ...``

For instance ``gcc clang aarch64-linux-gnu-gcc:qemu-aarch64``. Each builds the C files with warnings as errors and a
program that fills without Python; every backend that runs must give the bits of the installed package, which the
golden hashes pin, for every law of tests/law_cases.py in every dtype, the complex ones, and orthogonal matrices. A
compiler that is missing is a failure.

With ``--rounding`` before the compilers, instead: every backend's roundings to 16 and 8 bits at all 2**32
float32 patterns, a minute each, the portable one's four, and more under an emulator.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from fastinit import _kernels
from fastinit.laws import kernel_laws
from fastinit.laws.dtypes import FORMATS

HERE = Path(__file__).parent
SOURCE = HERE.parent.parent / "src"

sys.path.insert(0, str(HERE.parent))

from law_cases import CASES  # noqa: E402
from reference_laws import DTYPES  # noqa: E402
from test_complex import CASES as COMPLEX_CASES  # noqa: E402
from test_complex import law_of  # noqa: E402

#: Another optimization level than the package's, on purpose: it must not matter.
FLAGS = ["-O2", "-ffp-contract=off", "-std=gnu11", "-Wall", "-Wextra", "-Werror", f"-I{SOURCE}"]

BACKENDS = ["avx512", "avx2", "sse2", "neon", "portable"]

N_PARAMETERS = 12

#: More than a unit of the fill, and not a whole number of blocks.
N_ELEMENTS = 16_384 + 1024 + 77

SEED = bytes(range(32))

LAWS = {str(case): case.law() for case in CASES} | {
    f"constant-{dtype}": kernel_laws.constant("constant", 0.1, FORMATS[dtype]) for dtype in DTYPES
}
LAWS |= {f"complex {name}{numbers}-{dtype}": law_of(dtype, name, numbers) for dtype, name, numbers in COMPLEX_CASES}


#: Of orthogonal matrices: more than a panel of reflections, more rows than go into a sum, and no whole number of tiles.
MATRIX = (201, 133)


def normals(dtype: str) -> kernel_laws.Law:
    law = kernel_laws.normal("orthogonal", 0.0, 1.0, FORMATS[dtype])
    return law._replace(tag=kernel_laws.tag("o", FORMATS[dtype]))


def matrix_bytes(law: kernel_laws.Law) -> bytes:
    out = np.empty((1, *MATRIX), DTYPES[_kernels.dtypes()[law.dtype_code]])
    rows, columns = (np.arange(n, dtype=np.int64) for n in MATRIX)

    n_bytes = _kernels.haar_room(law.dtype_code, MATRIX, columns, 1, 1)
    workspace = _kernels.new_aligned((n_bytes,), np.dtype(np.uint8), n_bytes + 64, 64)
    _kernels.put_haar(out, law, SEED, "", 0, MATRIX, rows, columns, 1.0, workspace, 1)
    return out.tobytes()


def expected_bytes(law: kernel_laws.Law) -> bytes:
    out = np.empty(N_ELEMENTS, DTYPES[_kernels.dtypes()[law.dtype_code]])
    _kernels.fill(out, law, SEED, "", None, 1, False)
    return out.tobytes()


def arguments(law: kernel_laws.Law) -> list[str]:
    key = _kernels.stream_key(SEED, "", law.tag)
    numbers = [*law.numbers, *[0.0] * (N_PARAMETERS - len(law.numbers))]
    return [str(law.code), str(law.dtype_code), *map(str, key), *map(repr, numbers)]


def cases() -> dict[str, tuple[list[str], bytes]]:
    """By name, what the program is asked for, and the package's bytes."""
    found = {name: ([*arguments(law), str(N_ELEMENTS)], expected_bytes(law)) for name, law in LAWS.items()}
    for dtype in ("float32", "float64"):
        sizes = [str(math.prod(MATRIX)), *map(str, MATRIX)]
        found[f"orthogonal {dtype}"] = ([*arguments(normals(dtype)), *sizes], matrix_bytes(normals(dtype)))
    return found


def side_by_side(function, *arguments) -> list:
    """As `map`, with a thread for each processor: what is called waits for a program."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(function, *arguments))


def build(compiler: str, folder: str, sources: list[Path], *flags: str) -> Path:
    program, objects = Path(folder, "program"), [Path(folder, f"{i}.o") for i in range(len(sources))]

    def compile_one(source: Path, compiled: Path) -> None:
        subprocess.run([compiler, *FLAGS, *flags, "-c", str(source), "-o", str(compiled)], check=True)

    side_by_side(compile_one, sources, objects)
    subprocess.run([compiler, "-static", *map(str, objects), "-o", str(program), "-lm"], check=True)
    return program


def run(command: list[str]) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, check=False)


def check_fills(compiler: str, emulator: list[str]) -> list[str]:
    """Compare every backend that this program can run; returns their names."""
    checked = []
    expected = cases()
    sources = [path for path in (*SOURCE.glob("*.c"), *SOURCE.glob("isa/*.c")) if path.name != "_kernels.c"]
    with tempfile.TemporaryDirectory() as folder:
        command = [*emulator, str(build(compiler, folder, [*sources, HERE / "fill_main.c"]))]
        for backend in BACKENDS:
            if run([*command, backend, *next(iter(expected.values()))[0]]).returncode == 3:
                continue
            found = side_by_side(run, ([*command, backend, *asked] for asked, _ in expected.values()))
            for done, (name, (_, wanted)) in zip(found, expected.items(), strict=True):
                if done.returncode != 0 or done.stdout != wanted:
                    sys.exit(f"{compiler}: {backend}: {name}: other bits than the package (exit {done.returncode})")
            checked.append(backend)
    return checked


def check_roundings(compiler: str, emulator: list[str]) -> list[str]:
    checked = []
    for backend in BACKENDS:
        stub = f'-DROUND_STUB="isa/{backend}.c"'
        with tempfile.TemporaryDirectory() as folder:
            sources = [HERE / "round_main.c", SOURCE / "cpu.c", SOURCE / "region.c"]
            program = build(compiler, folder, sources, stub, "-Wno-unused-function")
            done = subprocess.run([*emulator, str(program)], capture_output=True, text=True, check=False)
        if done.returncode not in (0, 3):
            sys.exit(f"{compiler}: {backend}: {done.stdout} (exit {done.returncode})")
        checked += [backend] * (done.returncode == 0)
    return checked


def main() -> None:
    check, compilers = check_fills, sys.argv[1:]
    if compilers[:1] == ["--rounding"]:
        check, compilers = check_roundings, compilers[1:]
    if not compilers:
        sys.exit(__doc__)
    for argument in compilers:
        compiler, _, emulator = argument.partition(":")
        backends = check(compiler, [emulator] if emulator else [])
        print(f"{argument}: {', '.join(backends)}: equal", flush=True)
        if len(backends) < 2:
            sys.exit(f"{argument}: expected a vector backend and the portable one to run")


if __name__ == "__main__":
    main()

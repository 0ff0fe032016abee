"""The C code under other compilers and processors: ``python tests/cross/check.py COMPILER[:EMULATOR] ...``

For instance ``gcc clang aarch64-linux-gnu-gcc:qemu-aarch64``. Each builds the C files with warnings as errors and a
program that fills without Python; every backend that runs must give the bits of the installed package, which the
golden hashes pin. A compiler that is missing is a failure.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from fastinit import _kernels

HERE = Path(__file__).parent
SOURCE = HERE.parent.parent / "src"

#: Another optimization level than the package's, on purpose: it must not matter.
FLAGS = ["-O2", "-ffp-contract=off", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-static"]

BACKENDS = ["avx512", "avx2", "sse2", "neon", "portable"]

#: law, location, scale, elements; the last are subnormal.
CASES = [
    ("normal", 0.0, 1.0, 200_000),
    ("normal", 0.5, 0.02, 16_384 + 77),
    ("uniform", -1.0, 3.0, 100_000),
    ("constant", 0.1, 0.0, 5_000),
    ("normal", 1e-38, 1e-38, 50_000),
    ("tiny_uniform", 0.0, 1e-40, 50_000),
]

SEED, TAG = bytes(range(32)), b"x32"
KEY = _kernels.stream_key(SEED, "", TAG)


def expected_bytes(case: tuple) -> bytes:
    law, location, scale, n_elements = case
    out = np.empty(n_elements, np.float32)
    law = (_kernels.laws().index(law), 0, TAG, (to_float32(location), to_float32(scale)))
    _kernels.fill(out, law, SEED, "", None, 1, False)
    return out.tobytes()


def to_float32(value: float) -> float:
    return float(np.float32(value))


def build(compiler: str, folder: str) -> Path:
    program = Path(folder, "fill_main")
    sources = [*SOURCE.glob("*.c"), *SOURCE.glob("isa/*.c"), HERE / "fill_main.c"]
    sources = [str(path) for path in sources if path.name != "_kernels.c"]
    subprocess.run([compiler, *FLAGS, f"-I{SOURCE}", *sources, "-o", str(program), "-lm"], check=True)
    return program


def check(compiler: str, emulator: str) -> int:
    """Compare every backend this program can run; returns how many there were."""
    n_backends = 0
    with tempfile.TemporaryDirectory() as folder:
        command = [*([emulator] if emulator else []), str(build(compiler, folder))]
        for backend in BACKENDS:
            for case in CASES:
                law, location, scale, n_elements = case
                numbers = [*KEY, repr(to_float32(location)), repr(to_float32(scale)), n_elements]
                arguments = [backend, _kernels.laws().index(law), *numbers]
                done = subprocess.run([*command, *map(str, arguments)], capture_output=True, check=False)
                if done.returncode == 3:
                    break
                if done.returncode != 0 or done.stdout != expected_bytes(case):
                    sys.exit(f"{compiler}: {backend}: {case}: other bits than the package (exit {done.returncode})")
            else:
                print(f"{compiler}{' under ' + emulator if emulator else ''}: {backend}: equal")
                n_backends += 1
    return n_backends


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for argument in sys.argv[1:]:
        compiler, _, emulator = argument.partition(":")
        if check(compiler, emulator) < 2:
            sys.exit(f"{argument}: expected a vector backend and the portable one to run")


if __name__ == "__main__":
    main()

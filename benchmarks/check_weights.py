"""What `fastinit.check` of weights alone costs: ``python benchmarks/check_weights.py [options]``.

Writes a checkpoint of each dtype, with an embedding, matrices and vectors, and checks it in the system's cache. Shows
processor seconds for 512 MiB (medians of rounds that take the dtypes in turn, and their range) and the most memory that
Python and NumPy held in one more call, the mapped file aside. OMP_NUM_THREADS=1 keeps products on one processor, as
the bound of 0.5 s has it.

Every verdict is checked: all tensors are as drawn. The control is the same file with NaN at its end.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
import tracemalloc
from pathlib import Path

import fastinit as fi
import fastinit.safetensors as fs
from fastinit.laws import dtypes

WIDTH, EMBEDDING = 2048, (50_000, 512)

RULES = {
    "embedding": fi.get("normal", std=0.02),
    "*.query": "he_normal",
    "*.key": "glorot_uniform",
    "*.bias": "zeros",
    "*.norm": "ones",
}

#: With all bits set a number is NaN, in each dtype.
NAN = b"\xff" * 8


def write(path: Path, dtype: str, n_bytes: int) -> None:
    """A file of about that size; parts so large as they are in language models."""
    itemsize = dtypes.resolve("check_weights", dtype).itemsize
    n_layers = max(1, (n_bytes // itemsize - EMBEDDING[0] * EMBEDDING[1]) // (2 * WIDTH * WIDTH + 2 * WIDTH))
    shapes: dict[str, tuple[int, ...]] = {"embedding": EMBEDDING}
    for i in range(n_layers):
        shapes |= {
            f"{i}.query": (WIDTH, WIDTH),
            f"{i}.key": (WIDTH, WIDTH),
            f"{i}.bias": (WIDTH,),
            f"{i}.norm": (WIDTH,),
        }
    fs.create(path, shapes, RULES, dtype=dtype)


def seconds(path: Path, expected: str) -> float:
    """Processor seconds of a check, for 512 MiB."""
    start = time.process_time()
    report = fi.check(path)
    taken = time.process_time() - start
    if report.verdict != expected:
        raise AssertionError(f"{path.name}: expected {expected}, got {report.verdict}")
    return taken * (512 << 20) / path.stat().st_size


def peak_bytes(path: Path) -> int:
    """The most that Python and NumPy held during a check."""
    tracemalloc.start()
    fi.check(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def control(path: Path) -> None:
    """NaN in the last 8 bytes of the file must be found."""
    with path.open("r+b") as file:
        file.seek(-len(NAN), os.SEEK_END)
        file.write(NAN)
    seconds(path, "not finite")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mib", type=int, default=512, help="size of each file")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dtypes", nargs="+", default=list(dtypes.FORMATS), choices=list(dtypes.FORMATS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = {dtype: Path(folder) / f"{dtype}.safetensors" for dtype in options.dtypes}
        for dtype, path in paths.items():
            write(path, dtype, options.mib << 20)
            seconds(path, "known")  # not counted: from now on the file is in the cache
        rounds = [{dtype: seconds(path, "known") for dtype, path in paths.items()} for _ in range(options.rounds)]
        print("dtype          processor s for 512 MiB   memory beside the file")
        for dtype, path in paths.items():
            taken = [one[dtype] for one in rounds]
            spread = f"{statistics.median(taken):6.2f} ({min(taken):.2f} to {max(taken):.2f})"
            print(f"{dtype:14} {spread:25} {peak_bytes(path) / (1 << 20):6.1f} MiB")
            control(path)


if __name__ == "__main__":
    main()

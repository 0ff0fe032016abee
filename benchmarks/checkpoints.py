"""Checkpoints against the disk: ``python benchmarks/checkpoints.py FOLDER [MODEL] [ROUNDS]``.

In each round, one after the other, each fsynced, GB/s of wall time:

`disk`    as many bytes, already in memory, written past the cache by 2, then by 4 threads, 16 MiB at a time
`create`  the file made by `fastinit.safetensors.create`
`read`    the file read past the cache by 4 threads into the same buffers
`fill`    as many values filled, in two threads, into memory that has been touched
`verify`  the file verified, none of it in the system's cache

The pieces that are written from memory hold random bytes of their own, each thread's different. Medians and ranges.
"""

from __future__ import annotations

import mmap
import os
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import fastinit as fi
import fastinit.safetensors as fs
from fastinit.plans.models import MODELS

PIECE_BYTES = 16 << 20


def in_threads(n_threads: int, n_bytes: int, work: Callable[[int, np.ndarray], object]) -> None:
    """work(offset, buffer) for each piece; buffers are on pages, filled before the clock starts."""
    buffers = [np.frombuffer(mmap.mmap(-1, PIECE_BYTES), np.uint8) for _ in range(n_threads)]
    for i, buffer in enumerate(buffers):
        fi.uniform(out=buffer.view(np.float32), rng=i)
    todo, lock = iter(range(0, n_bytes, PIECE_BYTES)), threading.Lock()

    def run(buffer: np.ndarray) -> None:
        while True:
            with lock:
                at = next(todo, None)
            if at is None:
                return
            work(at, buffer)

    threads = [threading.Thread(target=run, args=(buffer,)) for buffer in buffers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def write_disk(path: Path, n_bytes: int, n_threads: int) -> None:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_DIRECT, 0o600)
    os.posix_fallocate(file, 0, n_bytes)
    in_threads(n_threads, n_bytes, lambda at, buffer: os.pwrite(file, buffer, at))
    os.ftruncate(file, n_bytes)
    os.fsync(file)
    os.close(file)


def read_disk(path: Path, n_bytes: int) -> None:
    file = os.open(path, os.O_RDONLY | os.O_DIRECT)
    in_threads(4, n_bytes, lambda at, buffer: os.preadv(file, [buffer], at))
    os.close(file)


def fill(n_bytes: int, touched: np.ndarray) -> None:
    for i in range(-(-n_bytes // touched.nbytes)):
        fi.normal(out=touched, rng=i, threads=2)


def forget(path: Path) -> None:
    """Take a file out of the system's cache."""
    file = os.open(path, os.O_RDONLY)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)


def main(folder: str, model: str = "gpt2-xl", rounds: str = "5") -> None:
    path, other = Path(folder, f"{model}.safetensors"), Path(folder, "disk")
    plan, touched = MODELS[model](), np.ones(64 << 20, np.float32)
    n_bytes = fs.create(path, plan, force=True).n_bytes
    steps: dict[str, Callable[[], object]] = {
        "disk, 2 threads": lambda: write_disk(other, n_bytes, 2),
        "disk, 4 threads": lambda: write_disk(other, n_bytes, 4),
        "create": lambda: fs.create(path, plan, force=True),
        "read": lambda: read_disk(path, n_bytes),
        "fill": lambda: fill(n_bytes, touched),
        "verify": lambda: fs.verify(path),
    }
    found: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(int(rounds)):
        for name, step in steps.items():
            forget(path)
            other.unlink(missing_ok=True)
            os.sync()
            began = time.perf_counter()
            done = step()
            found[name].append(n_bytes / (time.perf_counter() - began) / 1e9)
            assert name != "verify" or done.is_as_planned
    for name, rates in found.items():
        print(f"{name:16} {statistics.median(rates):5.2f} GB/s ({min(rates):.2f} to {max(rates):.2f})")
    middle = {name: statistics.median(rates) for name, rates in found.items()}
    best = max(middle["disk, 2 threads"], middle["disk, 4 threads"])
    print(f"create / best of the disk {middle['create'] / best:.2f}")
    print(f"verify / lesser of read and fill {middle['verify'] / min(middle['read'], middle['fill']):.2f}")
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"greatest memory {peak_mib} MiB, of which 256 MiB are the memory of fill, and 64 those of disk")
    other.unlink(missing_ok=True)
    path.unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])

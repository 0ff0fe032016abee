"""Orthogonal matrices beside ``torch.nn.init.orthogonal_``: ``python benchmarks/orthogonal.py [THREADS]``

Each row is a ratio of medians in one run, both sides in turn, on as many threads (2 by default). ``busy`` is the time
beside as many programs that never wait, over the quiet one; ``part`` that of the last eighth of the columns over the
whole; ``products`` the time of as many floating-point operations in NumPy's matrix products over it, one thread each.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import subprocess
import sys
import time

import numpy as np
import torch

import fastinit as fi

SHAPES = [(2048, 2048), (8192, 1024), (4096, 4096)]

#: Matrices of a stack, and their sides.
STACK = (4096, 64, 64)


def medians(*actions, repeats: int = 5) -> list[float]:
    """Seconds of each, in turn."""
    taken: list[list[float]] = [[] for _ in actions]
    for _ in range(repeats):
        for seconds, action in zip(taken, actions, strict=True):
            began = time.perf_counter()
            action()
            seconds.append(time.perf_counter() - began)
    return [statistics.median(seconds[1:] or seconds) for seconds in taken]


def n_operations(m: int, n: int) -> float:
    """Additions and multiplications of n reflections applied to the identity's first n columns."""
    return 4 * (m * n * n / 2 - n**3 / 6)


def beside_torch(shape: tuple[int, int], n_threads: int) -> None:
    torch.set_num_threads(n_threads)
    ours, theirs = np.zeros(shape, np.float32), torch.zeros(shape)
    fill_s, torch_s = medians(
        lambda: fi.orthogonal(out=ours, rng=0, threads=n_threads), lambda: torch.nn.init.orthogonal_(theirs)
    )
    print(f"{shape}: {fill_s * 1e3:.0f} ms, {torch_s / fill_s:.2f} times PyTorch on {n_threads} threads", flush=True)


def beside_products(shape: tuple[int, int]) -> None:
    a, out = np.random.default_rng(0).random((1536, 1536), np.float32), np.zeros(shape, np.float32)
    fill_s, product_s = medians(lambda: fi.orthogonal(out=out, rng=0, threads=1), lambda: a @ a)
    product_s *= n_operations(*shape) / (2 * 1536**3)
    print(f"{shape}, products: {product_s / fill_s:.2f} of their rate on one thread", flush=True)


def part(shape: tuple[int, int], n_threads: int) -> None:
    last = shape[1] - shape[1] // 8
    whole_s, last_s, middle_s = medians(
        lambda: fi.orthogonal(shape, rng=0, threads=n_threads),
        lambda: fi.orthogonal(shape, rng=0, index=np.s_[:, last:], threads=n_threads),
        lambda: fi.orthogonal(
            shape, rng=0, index=np.s_[:, shape[1] // 2 : shape[1] // 2 + shape[1] // 8], threads=n_threads
        ),
    )
    print(f"{shape}, part: last eighth {last_s / whole_s:.2f}, one in the middle {middle_s / whole_s:.2f}", flush=True)


def stack(n_threads: int) -> None:
    out, one = np.zeros(STACK, np.float32), np.zeros((2048, 2048), np.float32)
    fill_s, one_s = medians(
        lambda: fi.get("orthogonal", fans=fi.axes(batch_axis=0))(out=out, rng=0, threads=n_threads),
        lambda: fi.orthogonal(out=one, rng=0, threads=n_threads),
    )
    rates = [STACK[0] * n_operations(*STACK[1:]) / fill_s / 1e9, n_operations(2048, 2048) / one_s / 1e9]
    print(f"{STACK}: {fill_s * 1e3:.0f} ms, {rates[0]:.0f} Gflop/s; 2048^2 {rates[1]:.0f}", flush=True)


def spin() -> None:
    while True:
        pass


def busy(shape: tuple[int, int], n_threads: int) -> None:
    out = np.zeros(shape, np.float32)

    def fill() -> None:
        fi.orthogonal(out=out, rng=0, threads=n_threads)

    (quiet_s,) = medians(fill)
    others = [multiprocessing.Process(target=spin, daemon=True) for _ in range(n_threads)]
    for other in others:
        other.start()
    (busy_s,) = medians(fill)
    for other in others:
        other.terminate()
    print(f"{shape}, busy: {busy_s / quiet_s:.2f} times as long", flush=True)


def main() -> None:
    if sys.argv[1:] == ["products"]:
        for shape in SHAPES[:2]:
            beside_products(shape)
        return
    n_threads = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    for shape in SHAPES:
        beside_torch(shape, n_threads)
    for shape in SHAPES[:2]:
        part(shape, n_threads)
    # In a process of its own: the number of NumPy's threads is read when it is imported.
    subprocess.run([sys.executable, __file__, "products"], env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}, check=True)
    stack(n_threads)
    busy(SHAPES[0], n_threads)


if __name__ == "__main__":
    main()

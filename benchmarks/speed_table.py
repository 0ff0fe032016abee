"""The project's speed table: ``python benchmarks/speed_table.py [rounds]``, some five minutes.

One run, one prefaulted buffer of 512 MiB, all of it unless a row says otherwise. In each round the two sides of a row
run in turn; a row's figure is the median over the rounds of their ratio. Peers that are not installed are named as
missing. Floors and aims are the project's own, set on an AVX-512 machine.
"""

from __future__ import annotations

import statistics
import sys
import time
import timeit
from collections.abc import Callable

import numpy as np
from speed_rows import ALL, N_TENSORS, TENSOR_ELEMENTS, Row, many_tensors, rows

import fastinit as fi
from fastinit import config

N_ELEMENTS = 1 << 27

#: Powers of two: tensors of so many elements, each filled part by part into the one buffer.
GROWTH = (20, 23, 27, 30, 33)


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def measure(row: Row, n_rounds: int) -> list[float]:
    """The ratio in each round, after one that does not count."""
    ratios = []
    for _ in range(n_rounds + 1):
        ours = seconds(row.ours)
        ratios.append(row.scale * min(seconds(theirs) for theirs in row.theirs) / ours)
    return ratios[1:]


def growth(out: np.ndarray, n_rounds: int) -> dict[int, list[float]]:
    """Nanoseconds for each value of tensors of each size, round by round, all threads.

    Larger ones than the buffer pass through it part by part; smaller ones lie in it side by side.
    """
    found: dict[int, list[float]] = {power: [] for power in GROWTH}
    for _ in range(n_rounds):
        for power in GROWTH:
            n_whole, n_part = 1 << power, min(1 << power, out.size)
            start = time.perf_counter()
            for first in range(0, max(n_whole, out.size), n_part):
                place = out[first % out.size :][:n_part]
                where = first % n_whole
                fi.normal(n_whole, index=np.s_[where : where + n_part], out=place, rng=0, threads=ALL)
            found[power].append((time.perf_counter() - start) / max(n_whole, out.size) * 1e9)
    return found


def small_fill() -> tuple[float, float]:
    """Microseconds of a fill of 16 elements, NumPy's and ours: the best of many."""
    out, generator = np.empty(16, np.float32), np.random.default_rng(0)
    calls = [lambda: generator.standard_normal(16, dtype=np.float32), lambda: fi.normal(out=out, rng=0)]
    best = [min(timeit.repeat(call, number=5000, repeat=20)) / 5000 * 1e6 for call in calls]
    return best[0], best[1]


def spread(figures: list[float]) -> str:
    return f"{statistics.median(figures):10.3g}{min(figures):8.3g}{max(figures):8.3g}"


def main(n_rounds: int = 5) -> None:
    out = fi.empty(N_ELEMENTS)
    out.fill(0)
    shown = config.collect()["instruction sets"]
    print(f"{shown['processor']}, {shown['chosen']}, NumPy {np.__version__}; ratios, medians of {n_rounds} rounds\n")
    table = [row for row in rows(out) if row.theirs]
    print(
        f"{'work, float32 if not said':32}{'against':16}{'floor':>7}{'aim':>7}{'measured':>10}{'least':>8}{'most':>8}"
    )
    for row in table:
        print(f"{row.work:32}{row.against:16}{row.floor:7g}{row.aim:7g}{spread(measure(row, n_rounds))}")
    numpys, ours = small_fill()
    print(f"{'16 elements':32}{'NumPy':16}{'<= 5 us':>7}{'<= 2 us':>7}{ours - numpys:7.1f} us more")
    for n_threads in sorted({1, ALL}):
        ratios = measure(many_tensors(out, n_threads), 5 * n_rounds)
        what = f"{N_TENSORS:,} x {TENSOR_ELEMENTS:,}, {n_threads} threads"
        print(f"{what:32}{'one tensor':16}{'0.5':>7}{'-':>7}{spread(ratios)}")
    print(f"\n{'normal, ' + str(ALL) + ' threads':32}{'ns for each value':>40}{'least':>8}{'most':>8}")
    for power, figures in growth(out, n_rounds).items():
        print(f"{f'2**{power} elements':62}{spread(figures)}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

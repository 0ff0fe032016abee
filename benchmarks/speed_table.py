"""The speed table: ``python benchmarks/speed_table.py [rounds]``, some five minutes.

One run, one prefaulted float32 buffer of 512 MiB. In each round the two sides of a row run in turn; a row's figure is
the median over the rounds of their ratio. Peers that are not installed are named as missing. Floors and aims are the
project's own, set on an AVX-512 machine.
"""

from __future__ import annotations

import statistics
import sys
import time
import timeit
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import fastinit as fi
from fastinit import _kernels, config
from fastinit.bench.peer_interface import STD, Unavailable
from fastinit.bench.peers import PEERS

N_ELEMENTS = 1 << 27
HALF_WIDTH = 0.05
ALL = fi.get_num_threads()


class Row(NamedTuple):
    """A ratio to measure: how many times as fast `ours` is as the fastest of `theirs`."""

    work: str
    against: str
    floor: float
    aim: float
    ours: Callable[[], object]
    theirs: list[Callable[[], object]]


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def measure(row: Row, n_rounds: int) -> list[float]:
    """The ratio in each round, after one that does not count."""
    ratios = []
    for _ in range(n_rounds + 1):
        ours = seconds(row.ours)
        ratios.append(min(seconds(theirs) for theirs in row.theirs) / ours)
    return ratios[1:]


def peer(name: str, out: np.ndarray, law: str, n_threads: int) -> list[Callable[[], object]]:
    """A peer's fill as a list of one; of none, with a word about it, if it is missing."""
    try:
        return [PEERS[name].prepare(out, law, n_threads)]
    except Unavailable as reason:
        print(f"left out: {name}: {reason}")
        return []


def with_isa(name: str, function: Callable[[], object]) -> Callable[[], object]:
    """The function with an instruction set forced for its length."""

    def forced() -> None:
        before = _kernels.isa()
        assert _kernels.choose_isa(name)
        function()
        _kernels.choose_isa(before)

    return forced


def checked(law: str, fill: Callable[[], object], out: np.ndarray) -> Callable[[], object]:
    """The fill, after one whose values have been looked at."""
    fill()
    sample = out[:: out.size >> 16].astype(np.float64)
    expected = STD if law == "normal" else HALF_WIDTH / 3**0.5
    assert abs(sample.std() / expected - 1) < 0.02, (law, sample.std())
    return fill


def rows(out: np.ndarray) -> list[Row]:
    def normal(n_threads: int) -> Callable[[], object]:
        return checked("normal", lambda: fi.normal(out=out, std=STD, rng=0, threads=n_threads), out)

    def uniform(n_threads: int) -> Callable[[], object]:
        fill = lambda: fi.uniform(out=out, low=-HALF_WIDTH, high=HALF_WIDTH, rng=0, threads=n_threads)  # noqa: E731
        return checked("uniform", fill, out)

    def memset(n_threads: int) -> list[Callable[[], object]]:
        return [*peer("memset", out, "normal", n_threads), lambda: fi.ones(out=out, threads=n_threads)]

    avx2 = with_isa("avx2", normal(1)) if _kernels.isas().get("avx2") else normal(1)
    part = out[: 65536 * 1024].reshape(65536, 1024)
    shard = np.s_[:, 3072:4096]
    return [
        Row("uniform, 1 thread", "memset", 0.85, 1.0, uniform(1), memset(1)),
        Row(f"uniform, {ALL} threads", "memset", 0.85, 1.0, uniform(ALL), memset(ALL)),
        Row("normal, 1 thread", "memset", 0.30, 0.45, normal(1), memset(1)),
        Row("normal, 1 thread", "NumPy", 18, 28, normal(1), peer("numpy", out, "normal", 1)),
        Row("normal, 1 thread", "PyTorch", 7, 11, normal(1), peer("torch", out, "normal", 1)),
        Row("normal, 1 thread", "MKL VSL, ICDF", 2.5, 4, normal(1), peer("mkl-vsl", out, "normal", 1)),
        Row("normal, 1 thread, AVX2", "NumPy", 9, 13, avx2, peer("numpy", out, "normal", 1)),
        Row("uniform, 1 thread", "NumPy", 14, 18, uniform(1), peer("numpy", out, "uniform", 1)),
        Row(f"normal, {ALL} threads / {ALL}", "1 thread", 0.85, 0.95, normal(ALL), [normal(1)]),
        Row(
            "normal W[:, a:a+1024]",
            "whole, as many",
            0.8,
            0.95,
            lambda: fi.normal((65536, 8192), index=shard, out=part, rng=0, threads=1),
            [lambda: fi.normal(out=part, rng=0, threads=1)],
        ),
    ]


def small_fill() -> tuple[float, float]:
    """Microseconds of a fill of 16 elements, NumPy's and ours: the best of many."""
    out, generator = np.empty(16, np.float32), np.random.default_rng(0)
    calls = [lambda: generator.standard_normal(16, dtype=np.float32), lambda: fi.normal(out=out, rng=0)]
    best = [min(timeit.repeat(call, number=5000, repeat=20)) / 5000 * 1e6 for call in calls]
    return best[0], best[1]


def main(n_rounds: int = 5) -> None:
    out = fi.empty(N_ELEMENTS)
    out.fill(0)
    shown = config.collect()["instruction sets"]
    print(f"{shown['processor']}, {shown['chosen']}, NumPy {np.__version__}; ratios, medians of {n_rounds} rounds\n")
    table = [row for row in rows(out) if row.theirs]
    print(f"{'float32 work':28}{'against':16}{'floor':>7}{'aim':>7}{'measured':>10}{'least':>8}{'most':>8}")
    for row in table:
        ratios = measure(row, n_rounds)
        if row.against == "1 thread":
            ratios = [ratio / ALL for ratio in ratios]
        figures = (statistics.median(ratios), min(ratios), max(ratios))
        print(f"{row.work:28}{row.against:16}{row.floor:7g}{row.aim:7g}" + "{:10.3g}{:8.3g}{:8.3g}".format(*figures))
    numpys, ours = small_fill()
    print(f"{'16 elements':28}{'NumPy':16}{'<= 5 us':>7}{'<= 2 us':>7}{ours - numpys:7.1f} us more")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

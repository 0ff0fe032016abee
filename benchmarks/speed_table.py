"""The project's speed table: ``python benchmarks/speed_table.py [rounds]``, some two minutes.

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
from fastinit.bench import values
from fastinit.bench.peer_interface import STD, Fill, Unavailable
from fastinit.bench.peers import CEILINGS, PEERS

N_ELEMENTS = 1 << 27
ALL = fi.get_num_threads()

#: Powers of two: tensors of so many elements, each filled part by part into the one buffer.
GROWTH = (20, 23, 27, 30, 33)

N_TENSORS, TENSOR_ELEMENTS = 10_000, 1_000


class Row(NamedTuple):
    """A ratio to measure: how many times as fast `ours` is as the fastest of `theirs`."""

    work: str
    against: str
    floor: float
    aim: float
    ours: Callable[[], object]
    theirs: list[Callable[[], object]]
    scale: float = 1.0


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


def contender(name: str, out: np.ndarray, law: str, n_threads: int) -> Fill:
    """The peer's fill, after one whose values have been checked."""
    fill = PEERS[name].prepare(out, law, n_threads)
    values.erase(out)
    result = fill()
    if PEERS[name].ceiling:
        values.require_written(result, name)
    else:
        values.require_law(result, law, name)
    return fill


def peer(name: str, out: np.ndarray, law: str, n_threads: int) -> list[Fill]:
    """A peer's fill as a list of one; of none, with a word about it, if it is missing."""
    try:
        return [contender(name, out, law, n_threads)]
    except Unavailable as reason:
        print(f"left out: {PEERS[name].title}: {reason}")
        return []


def with_isa(name: str, function: Callable[[], object]) -> Callable[[], object]:
    """The function with an instruction set forced for its length."""

    def forced() -> None:
        before = _kernels.isa()
        assert _kernels.choose_isa(name)
        function()
        _kernels.choose_isa(before)

    return forced


def rows(out: np.ndarray) -> list[Row]:
    uniform = {n: contender("fastinit", out, "uniform", n) for n in (1, ALL)}
    normal = {n: contender("fastinit", out, "normal", n) for n in (1, ALL)}
    memset = {n: [contender(name, out, "normal", n) for name in CEILINGS] for n in (1, ALL)}
    numpy = peer("numpy", out, "normal", 1)
    avx2 = [with_isa("avx2", normal[1])] if _kernels.isas().get("avx2") else []
    part = out[: 65536 * 1024].reshape(65536, 1024)
    shard = np.s_[:, 3072:4096]
    return [
        Row("uniform, 1 thread", "memset", 0.85, 1.0, uniform[1], memset[1]),
        Row(f"uniform, {ALL} threads", "memset", 0.85, 1.0, uniform[ALL], memset[ALL]),
        Row("normal, 1 thread", "memset", 0.30, 0.45, normal[1], memset[1]),
        Row("normal, 1 thread", "NumPy", 18, 28, normal[1], numpy),
        Row("normal, 1 thread", "PyTorch", 7, 11, normal[1], peer("torch", out, "normal", 1)),
        Row("normal, 1 thread", "MKL VSL, ICDF", 2.5, 4, normal[1], peer("mkl-vsl", out, "normal", 1)),
        *(Row("normal, 1 thread, AVX2", "NumPy", 9, 13, ours, numpy) for ours in avx2),
        Row("uniform, 1 thread", "NumPy", 14, 18, uniform[1], peer("numpy", out, "uniform", 1)),
        Row(f"uniform, {ALL} threads / {ALL}", "1 thread", 0.85, 0.95, uniform[ALL], [uniform[1]], 1 / ALL),
        Row(f"normal, {ALL} threads / {ALL}", "1 thread", 0.85, 0.95, normal[ALL], [normal[1]], 1 / ALL),
        Row(
            "normal W[:, a:a+1024]",
            "whole, as many",
            0.8,
            0.95,
            lambda: fi.normal((65536, 8192), index=shard, out=part, rng=0, threads=1),
            [lambda: fi.normal(out=part, rng=0, threads=1)],
        ),
    ]


def many_tensors(out: np.ndarray, n_threads: int) -> Row:
    """All of a model's small tensors by one call, against one tensor of as many elements."""
    flat = out[: N_TENSORS * TENSOR_ELEMENTS]
    arrays = {f"h.{i}.weight": tensor for i, tensor in enumerate(flat.reshape(N_TENSORS, TENSOR_ELEMENTS))}
    rules = {"*": fi.get("normal", std=STD)}
    several = lambda: fi.initialize(arrays, rules, rng=0, threads=n_threads)  # noqa: E731
    one = lambda: fi.normal(std=STD, out=flat, rng=0, threads=n_threads)  # noqa: E731
    return Row("many tensors", "one tensor", 0.5, 1, several, [one])


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
    print(f"{'float32 work':28}{'against':16}{'floor':>7}{'aim':>7}{'measured':>10}{'least':>8}{'most':>8}")
    for row in table:
        print(f"{row.work:28}{row.against:16}{row.floor:7g}{row.aim:7g}{spread(measure(row, n_rounds))}")
    numpys, ours = small_fill()
    print(f"{'16 elements':28}{'NumPy':16}{'<= 5 us':>7}{'<= 2 us':>7}{ours - numpys:7.1f} us more")
    for n_threads in sorted({1, ALL}):
        ratios = measure(many_tensors(out, n_threads), 5 * n_rounds)
        what = f"{N_TENSORS:,} x {TENSOR_ELEMENTS:,}, {n_threads} threads"
        print(f"{what:28}{'one tensor':16}{'0.5':>7}{'-':>7}{spread(ratios)}")
    print(f"\n{'normal, ' + str(ALL) + ' threads':28}{'ns for each value':>40}{'least':>8}{'most':>8}")
    for power, figures in growth(out, n_rounds).items():
        print(f"{f'2**{power} elements':58}{spread(figures)}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

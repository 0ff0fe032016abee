"""The laws are what they say. Each test states its false-alarm rate, and each has one that must fail.

The same at 2**30 draws: ``python tests/battery.py``.
"""

import math

import numpy as np
import pytest
from exact_laws import Normal, Uniform, ends
from reference import fma
from statistics_of import BOUND, TAILS, normal_scores
from tally import N_CELLS, Tally, beyond

import fastinit as fi
from fastinit.laws import dtypes, kernel_laws
from fastinit.laws.dtypes import FLOAT32_FORMAT


def draw(law, n, dtype, **call):
    """n values of an exact law, by the scheme that has it."""
    if isinstance(law, Uniform):
        return fi.uniform(n, low=law.low, high=law.high, rng=9, dtype=dtype, **call)
    params = dict(mean=law.mean, std=law.std, rng=9, dtype=dtype, **call)
    if math.isinf(law.z_low) and math.isinf(law.z_high):
        return fi.normal(n, **params)
    return fi.truncated_normal(n, low=law.z_low, high=law.z_high, **params)


def test_normal_moments_and_tails():
    """False alarms: 7 scores at 6.8e-6."""
    scores = normal_scores(1 << 25)
    assert len(scores) == 4 + len(TAILS)
    assert max(map(abs, scores.values())) < BOUND, scores


@pytest.mark.parametrize(
    ("flaw", "seen_in"),
    [
        (lambda z: z * np.float32(1.0015), "variance"),
        (lambda z: z + np.float32(0.0015), "mean"),
        (lambda z: np.where(abs(z) > 5, np.float32(0), z), "count beyond 5.0"),
        (lambda z: np.clip(z, -3.9, 3.9), "count beyond 4.0"),
        (lambda z: z + np.float32(1e-3) * (z * z - 1), "skewness"),
    ],
)
def test_normal_scores_can_fail(flaw, seen_in):
    n = 1 << 25
    scores = normal_scores(n, lambda first, last: flaw(fi.normal(n, rng=2026, index=slice(first, last), threads=1)))
    assert abs(scores[seen_in]) > BOUND, scores


CELLS = {
    "normal": Normal(),
    "uniform": Uniform(-1.0, 1.0),
    "within 2": Normal(0.0, 1.0, -2.0, 2.0),
    "below -1": Normal(0.0, 1.0, -math.inf, -1.0),
    "above 0.5": Normal(0.0, 1.0, 0.5, math.inf),
    "from 5 to 6": Normal(0.0, 1.0, 5.0, 6.0),
    "within 0.001": Normal(0.0, 1.0, -0.001, 0.001),
}


def count_of_numbers(law, dtype):
    """How many numbers of the dtype lie strictly between the law's bounds."""
    first, last = ends(law, dtypes.resolve("test", dtype))
    return last - first + 1


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", dtypes.FORMATS)
@pytest.mark.parametrize("law", CELLS)
def test_cells(law, dtype):
    """Chi-squared on 4096 cells of equal probability at 2**24 draws, on as many as there are in fewer numbers.

    False alarm 6.8e-6. A normal wider by 0.5 % adds 839 to chi-squared, 9.3 of its standard deviations; others more.
    """
    n_numbers = count_of_numbers(CELLS[law], dtype)
    if n_numbers < 2:  # refused, or that number alone: test_truncated.py
        return
    tally = Tally(CELLS[law], dtypes.resolve("test", dtype))
    n, piece = 1 << 24, 1 << 20
    for first in range(0, n, piece):
        tally.add(draw(CELLS[law], n, dtype, index=slice(first, first + piece)))
    # A cell for each number, but for those that share one with their neighbour for being improbable.
    least = {1: min(8, n_numbers / 2), 2: 31}.get(tally.dtype.itemsize, N_CELLS)
    assert tally.in_cells().size >= least
    assert tally.is_inside()
    assert abs(tally.scores()["cells"]) < BOUND
    assert tally.scores(CELLS[law].scaled(1.005))["cells"] > BOUND


def test_largest_radius_and_symmetry():
    """The kernel's extremes, from its own formula: 7.54 sigma, signs equally likely."""
    z = fi.normal(1 << 24, rng=8)
    assert abs(np.count_nonzero(z > 0) / z.size - 0.5) * 2 * math.sqrt(z.size) < BOUND
    assert np.count_nonzero(z == 0) < 10


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-0.05, 0.05), (-1.0, 3.0), (100.0, 101.0), (-1e-30, 1e-30)])
def test_uniform(low, high):
    """False alarms: six scores at 6.8e-6, and one for the signs."""
    n = 1 << 22
    law = Uniform(low, high)
    u = draw(law, n, "float32")
    tally = Tally(law, u.dtype).add(u)
    assert tally.is_inside()
    assert tally.least - low < (high - low) * 1e-5
    assert high - tally.greatest < (high - low) * 1e-5
    assert not beyond(tally.scores())
    assert abs(np.count_nonzero(u > (low + high) / 2) / n - 0.5) * 2 * math.sqrt(n) < BOUND
    assert beyond(tally.scores(law.scaled(1.005))).keys() >= {"variance", "cells", "Kolmogorov-Smirnov"}


NARROW = [
    (1.0, 1.0 + 2**-22),
    (1.0, 1.0 + 3 * 2**-23),
    (1.0 - 2**-24, 1.0 + 2**-23),
    (0.0, 3e-45),
    (-1.5e-45, 1.5e-45),
    (16777216.0, 16777220.0),
    (-3.4e38, 3.4e38),
    (0.1, 0.1000001),
    (1 / 3, 0.3333334),
]


@pytest.mark.parametrize(("low", "high"), NARROW)
def test_uniform_never_touches_its_bounds(isa, low, high):
    """The largest and smallest possible draws, computed as the kernel does, lie strictly inside; so do a million."""
    midpoint, half_width, *_ = kernel_laws.uniform("uniform", low, high, FLOAT32_FORMAT).numbers
    reach = np.float32(1 - 2**-24)
    ends = fma(np.array([-reach, reach]), np.float32(half_width), np.float32(midpoint)).astype(np.float64)
    assert low < ends[0] <= ends[1] < high
    u = fi.uniform(1 << 20, low=low, high=high, rng=1).astype(np.float64)
    assert low < u.min() <= u.max() < high


def test_symmetric_uniforms_are_symmetric_to_the_bit():
    """U(-1, 1) is the lattice of odd multiples of 2**-24: -x is as possible as x, and 0 is not a value."""
    assert kernel_laws.uniform("uniform", -1.0, 1.0, FLOAT32_FORMAT).numbers[:2] == (0, 1)
    k = fi.uniform(1 << 22, low=-1.0, high=1.0, rng=3).astype(np.float64) * 2**24
    assert np.array_equal(k % 2, np.ones(k.size))
    assert abs(k).max() <= 2**24 - 1

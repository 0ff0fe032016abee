"""The laws are what they say. Each test states its false-alarm rate, and each has one that must fail.

The same at 2**30 draws: ``python tests/battery.py``.
"""

import math

import numpy as np
import pytest
from reference import fma
from statistics_of import BOUND, TAILS, kolmogorov_smirnov, normal_cdf, normal_scores

import fastinit as fi
from fastinit import laws
from fastinit.dtypes import FLOAT32_FORMAT

#: P(sqrt(n) D > 2.6) = 2 exp(-2 * 2.6**2) = 2.7e-6.
KS_BOUND = 2.6


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
    scores = normal_scores(n, lambda first, last: flaw(fi.normal(n, rng=2026, index=slice(first, last))))
    assert abs(scores[seen_in]) > BOUND, scores


def test_normal_kolmogorov_smirnov():
    """False alarm 2.7e-6; a scale wrong by 0.5 % is seen."""
    z = fi.normal(1 << 20, rng=5)
    assert kolmogorov_smirnov(z, normal_cdf) < KS_BOUND
    assert kolmogorov_smirnov(z * np.float32(1.012), normal_cdf) > KS_BOUND


def test_normal_cells():
    """Chi-squared on 4096 equiprobable cells at 2**24 draws: within 4.5 standard deviations, 6.8e-6."""
    from statistics import NormalDist

    edges = np.array([NormalDist().inv_cdf(k / 4096) for k in range(1, 4096)], np.float64)

    def score(z):
        counts = np.bincount(np.searchsorted(edges, z.astype(np.float64)), minlength=4096)
        expected = z.size / 4096
        chi2 = ((counts - expected) ** 2 / expected).sum()
        return (chi2 - 4095) / math.sqrt(2 * 4095)

    z = fi.normal(1 << 24, rng=6)
    assert abs(score(z)) < BOUND
    assert score(z * np.float32(1.005)) > BOUND


def test_largest_radius_and_symmetry():
    """The kernel's extremes, from its own formula: 7.54 sigma, signs equally likely."""
    z = fi.normal(1 << 24, rng=8)
    assert abs(np.count_nonzero(z > 0) / z.size - 0.5) * 2 * math.sqrt(z.size) < BOUND
    assert np.count_nonzero(z == 0) < 10


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-0.05, 0.05), (-1.0, 3.0), (100.0, 101.0), (-1e-30, 1e-30)])
def test_uniform(low, high):
    """False alarms: three scores at 6.8e-6, one at 2.7e-6."""
    n = 1 << 22
    u = fi.uniform(n, low=low, high=high, rng=9).astype(np.float64)
    assert low < u.min()
    assert u.max() < high
    assert u.min() - low < (high - low) * 1e-5
    assert high - u.max() < (high - low) * 1e-5
    x = (u - low) / (high - low)
    assert abs(x.mean() - 0.5) * math.sqrt(12 * n) < BOUND
    assert abs(x.var() - 1 / 12) * math.sqrt(180 * n) < BOUND
    assert abs(np.count_nonzero(x > 0.5) / n - 0.5) * 2 * math.sqrt(n) < BOUND
    assert kolmogorov_smirnov(x, lambda t: t) < KS_BOUND
    assert kolmogorov_smirnov(x * 1.005, lambda t: np.minimum(t, 1)) > KS_BOUND


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
    midpoint, half_width, *_ = laws.uniform("uniform", low, high, FLOAT32_FORMAT).numbers
    reach = np.float32(1 - 2**-24)
    ends = fma(np.array([-reach, reach]), np.float32(half_width), np.float32(midpoint)).astype(np.float64)
    assert low < ends[0] <= ends[1] < high
    u = fi.uniform(1 << 20, low=low, high=high, rng=1).astype(np.float64)
    assert low < u.min() <= u.max() < high


def test_symmetric_uniforms_are_symmetric_to_the_bit():
    """U(-1, 1) is the lattice of odd multiples of 2**-24: -x is as possible as x, and 0 is not a value."""
    assert laws.uniform("uniform", -1.0, 1.0, FLOAT32_FORMAT).numbers[:2] == (0, 1)
    k = fi.uniform(1 << 22, low=-1.0, high=1.0, rng=3).astype(np.float64) * 2**24
    assert np.array_equal(k % 2, np.ones(k.size))
    assert abs(k).max() <= 2**24 - 1

"""rng and name: SPEC 7, and what makes streams equal or independent."""

import numpy as np
import pytest
from statistics_of import correlation

import fastinit as fi

N = 1 << 20
#: |correlation| sqrt(n) exceeds this with probability 6.8e-6 for independent streams.
BOUND = 4.5


def test_an_int_is_a_pure_function():
    assert np.array_equal(fi.normal(100, rng=7), fi.normal(100, rng=7))
    assert not np.array_equal(fi.normal(100, rng=7), fi.normal(100, rng=8))


@pytest.mark.parametrize("seed", [0, 1, 2**64, 2**200, [1, 2, 3], np.int64(5), np.array([1, 2])])
def test_seeds_equal_generators(seed):
    expected = fi.normal(100, rng=np.random.default_rng(seed))
    assert np.array_equal(fi.normal(100, rng=seed), expected)
    assert np.array_equal(fi.normal(100, rng=np.random.PCG64(np.random.SeedSequence(seed))), expected)
    assert np.array_equal(fi.normal(100, rng=np.random.SeedSequence(seed)), expected)


@pytest.mark.parametrize(
    "bits", [np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64, np.random.PCG64DXSM]
)
def test_generators_are_advanced(bits):
    generator = np.random.Generator(bits(0))
    first, second = fi.normal(100, rng=generator), fi.normal(100, rng=generator)
    assert not np.array_equal(first, second)
    again = np.random.Generator(bits(0))
    assert np.array_equal(fi.normal(100, rng=again), first)
    assert np.array_equal(fi.normal(100, rng=again), second)


def test_none_is_fresh():
    assert not np.array_equal(fi.normal(100), fi.normal(100))


def test_global_state_is_left_alone():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = fi.normal(100, rng=3)
    np.random.seed(1)  # noqa: NPY002
    assert np.array_equal(fi.normal(100, rng=3), first)
    np.random.seed(0)  # noqa: NPY002
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_constants_draw_nothing():
    generator = np.random.default_rng(0)
    before = generator.bit_generator.state
    fi.ones(3, rng=generator)
    assert generator.bit_generator.state == before


@pytest.mark.parametrize("function", [lambda z: z, np.square, np.abs], ids=["z", "z squared", "|z|"])
def test_neighbours_are_uncorrelated(function):
    """Seeds one bit apart, names one letter apart, pairs, steps, blocks. 42 comparisons: 3e-4 false alarms in all."""
    z = function(fi.normal(N + 1024, rng=0))
    others = {
        **{f"seed bit {bit}": fi.normal(N, rng=1 << bit) for bit in (0, 1, 31, 32, 63)},
        "name a": fi.normal(N, rng=0, name="a"),
        "name of a NUL": fi.normal(N, rng=0, name="\0"),
    }
    scores = {name: correlation(z[:N], function(other)) for name, other in others.items()}
    scores["a, b"] = correlation(*(function(fi.normal(N, rng=0, name=name)) for name in "ab"))
    scores |= {f"lag {lag}": correlation(z[:N], z[lag : N + lag]) for lag in (1, 2, 15, 16, 17, 32)}
    scores["next block"] = correlation(z[:N], z[1024 : N + 1024])
    bad = {name: score for name, score in scores.items() if abs(score) > BOUND}
    assert not bad


def test_correlation_can_fail():
    z, noise = fi.normal(N, rng=0), fi.normal(N, rng=1)
    assert abs(correlation(z, noise + 0.01 * z)) > BOUND


def test_laws_have_streams_of_their_own():
    u, z = fi.uniform(N, rng=0), fi.normal(N, rng=0)
    assert abs(correlation(u, z)) < BOUND
    assert abs(correlation(u, z * z)) < BOUND

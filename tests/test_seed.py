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


ITSELF: list = []
ITSELF.append(ITSELF)


@pytest.mark.parametrize(
    ("rng", "kind", "words"),
    [
        (np.array([[1, 2]]).view(np.matrix), TypeError, "a sequence of them"),
        (np.array([[1, 2]]), TypeError, "a sequence of them"),
        (np.array([1.0, 2.0]), TypeError, "a sequence of them"),
        (np.array([True]), TypeError, "a sequence of them"),
        (ITSELF, TypeError, "a sequence of them"),
        ([[1], 2], TypeError, "a sequence of them"),
        (["5"], TypeError, "a sequence of them"),
        ([True], TypeError, "a sequence of them"),
        (range(10**9), ValueError, "a sequence of at most 65,536 ints, got 1,000,000,000 of them"),
        (1 << 10**7, ValueError, "an int of at most 65,536 bits, got an int of 10000001 bits"),
        ([1 << 10**6], ValueError, "ints of at most 65,536 bits"),
    ],
    ids=range(11),
)
@pytest.mark.parametrize("fill", [fi.zeros, fi.normal])
def test_seeds_that_numpy_does_not_check(fill, rng, kind, words):
    """Of nests NumPy runs into some without an end, and of the others it makes what nobody meant."""
    with pytest.raises(kind, match=f"{fill.__name__}: rng: expected .*{words}"):
        fill(3, rng=rng)


def test_kinds_of_ints_are_one_seed():
    plain = fi.normal(9, rng=[1, 2])
    for rng in ((1, 2), np.array([1, 2]), np.array([1, 2], np.uint32), range(1, 3), [np.int8(1), np.uint64(2)]):
        assert np.array_equal(fi.normal(9, rng=rng), plain)
    assert np.array_equal(fi.normal(9, rng=np.int64(5)), fi.normal(9, rng=5))
    assert np.array_equal(fi.normal(9, rng=(1 << 65_536) - 1), fi.normal(9, rng=(1 << 65_536) - 1))

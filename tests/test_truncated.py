"""Truncated normals: strictly inside, the right shape up to the bounds, and nothing piled up there, wherever they lie.

The scores are those of the law rounded to each dtype; see also test_distributions.py and test_scheme_laws.py.
"""

import itertools
import math

import numpy as np
import pytest
from exact_laws import Normal, at_least, ends, from_ordinals, location_and_scale, moments
from statistics_of import BOUND
from tally import Tally, beyond, end_scores

import fastinit as fi
from fastinit.laws import dtypes, normal_tail, spec

N_VALUES = 1 << 18

BOUNDS = [
    (-2.0, 2.0),
    (-1e-9, 1e-9),
    (-3.0, 3.0),  # the widest of the float32 law for bounds on either side alike
    (-3.1, 3.1),
    (-1.0, 4.0),
    (-math.inf, 1.0),
    (0.5, math.inf),
    (5.0, 6.0),
    (-8.0, -7.9),
    (8.0, math.inf),
    (-1e308, 1.0),
    (1.0, 1.001),
    (-12.0, 0.0),
    (0.0, 0.01),
]

#: mean and std. Means are numbers of every dtype.
LOCATIONS = [(0.0, 1.0), (0.0, 1e-6), (0.0, 1e3), (0.75, 0.02), (-96.0, 1.0), (24.0, 1e3)]

#: The law of the schemes' truncated normals, before they are scaled.
WITHIN_2 = Normal(0.0, 1.0, -2.0, 2.0)


def dtype_of(name):
    return dtypes.resolve("test", name)


def in_range(law, dtype):
    """Whether the dtype has numbers of the law's size."""
    fmt, reach = dtypes.FORMATS[dtype], max(min(abs(z), 13.0) for z in (law.z_low, law.z_high))
    return fmt.nearest(law.std) > 0 and abs(law.mean) + reach * law.std <= fmt.max


def draw(law, dtype, n=N_VALUES, **call):
    return fi.truncated_normal(
        n, mean=law.mean, std=law.std, low=law.z_low, high=law.z_high, rng=21, dtype=dtype, threads=1, **call
    )


@pytest.mark.parametrize(("mean", "std"), [(0.7, 1e-6), (-0.3, 1e-5), (1 / 3, 0.02)])
def test_means_that_float32_lacks(mean, std):
    """Of 0.7 the two neighbours are up to 0.03 of 1e-6 away. False alarms: 8 scores at 6.8e-6 each."""
    law = Normal(mean, std, -2.0, 2.0)
    values = draw(law, "float32")
    tally = Tally(law, values.dtype, n_cells=64).add(values)
    assert tally.is_inside()
    assert not beyond({**tally.scores(), **end_scores(values, law)})
    moved = Normal(mean + 0.02 * std, std, -2.0, 2.0)
    assert beyond(Tally(moved, values.dtype, n_cells=64).add(values).scores())


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", dtypes.FORMATS)
@pytest.mark.parametrize(("low", "high"), BOUNDS)
def test_law_at_every_location(low, high, dtype):
    """False alarms: 8 scores at 6.8e-6 for each of six locations.

    Where there is no number between the bounds the call is refused; where there is one alone, it is the value.
    """
    for mean, std in LOCATIONS:
        law = Normal(mean, std, low, high)
        if not in_range(law, dtype):
            with pytest.raises(ValueError, match=r"truncated_normal: (std|mean, std): expected"):
                draw(law, dtype)
            continue
        first, last = ends(law, dtype_of(dtype))
        if first > last:
            with pytest.raises(ValueError, match=r"truncated_normal: .*: expected .*between"):
                draw(law, dtype)
            continue
        values = draw(law, dtype, name=f"{law}")
        if first == last:
            assert (values == from_ordinals(np.array([first]), values.dtype)).all()
            continue
        tally = Tally(law, values.dtype, n_cells=512).add(values)
        assert tally.is_inside(), law
        if tally.in_cells().size < 2:  # nearly all values are one number
            continue
        assert not beyond({**tally.scores(), **end_scores(values, law)}), law


@pytest.mark.parametrize("dtype", dtypes.FORMATS)
@pytest.mark.parametrize("clamped", ["all beyond", "few beyond"])
def test_end_scores_see_values_moved_to_the_bounds(dtype, clamped):
    """Normals clamped to the interval, and those within bounds half a percent farther out, clamped."""
    law = WITHIN_2
    if clamped == "few beyond" and dtypes.FORMATS[dtype].precision < 8:
        return  # they lie within the rounding of the last number
    source = Normal() if clamped == "all beyond" else Normal(0.0, 1.0, -2.01, 2.01)
    values = draw(source, dtype)
    first, last = from_ordinals(np.array(ends(law, values.dtype)), values.dtype)
    values = np.clip(values, first, last)
    assert beyond(end_scores(values, law)).keys() == {"lower end", "upper end"}
    assert not beyond(end_scores(draw(law, dtype), law))


#: In units of a dtype's step at 1: numbers, halfways between two, and beside both.
NEAR_ONE = [-2.0, -1.01, -1.0, -0.51, -0.5, -0.49, 0.0, 0.01, 0.49, 0.5, 0.51, 1.0, 1.5, 3.0]


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", dtypes.FORMATS)
def test_open_interval_after_rounding(isa, dtype):
    """Bounds on, beside and halfway between numbers: none is touched, and all numbers between them are reached."""
    one = int(at_least(np.array([1.0]), dtype_of(dtype))[0])
    step = float(np.diff(from_ordinals(np.array([one, one + 1]), dtype_of(dtype)).astype(np.float64))[0])
    # In float64 the test itself could not tell a bound beside a number from the number.
    near = [z for z in NEAR_ONE if dtype != "float64" or z.is_integer()]
    n_reached = 0
    for low, high in itertools.combinations(near, 2):
        law = Normal(1.0, step, low, high)
        first, last = ends(law, dtype_of(dtype))
        if first > last:
            with pytest.raises(ValueError, match="between"):
                draw(law, dtype)
            continue
        values = draw(law, dtype, n=1 << 11)
        assert law.low < values.astype(np.float64).min() <= values.astype(np.float64).max() < law.high
        numbers = from_ordinals(np.arange(first, last + 1), values.dtype)
        assert np.isin(numbers, values).all(), law
        n_reached += numbers.size > 1
    assert n_reached >= 6


@pytest.mark.parametrize("dtype", dtypes.FORMATS)
def test_bounds_as_computed_in_float64_are_not_touched(dtype):
    """0.1 times 10 is 1 in float64, and a little more exactly."""
    for std, high in itertools.product([10.0, 1000.0, 3.0], [0.1, 0.01, 3.1]):
        if not in_range(Normal(0.5, std, -math.inf, high), dtype):
            continue
        assert float(abs(draw(Normal(0.0, std, -high, high), dtype)).max()) < std * high
        assert float(draw(Normal(0.5, std, -math.inf, high), dtype).max()) < 0.5 + std * high


def test_bounds_far_beyond_reach():
    """Such as cannot be multiplied by std in float64."""
    far = fi.truncated_normal(1000, std=1e10, low=-1e308, high=1, rng=0)
    assert np.array_equal(far, fi.truncated_normal(1000, std=1e10, low=-math.inf, high=1, rng=0))


SCALED = {
    "glorot_normal": (dict(gain=3.0, truncated=True), 9 * 2 / 3072),
    "he_normal": (dict(negative_slope=0.1, truncated=True), 2 / 1.01 / 1024),
    "lecun_normal": (dict(truncated=True), 1 / 1024),
    "variance_scaling": (dict(scale=5.0, mode="fan_out", distribution="truncated_normal"), 5 / 2048),
}


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", dtypes.FORMATS)
@pytest.mark.parametrize("scheme", SCALED)
def test_truncated_schemes_have_the_stated_variance(scheme, dtype):
    """And bounds at two standard deviations of the normal before truncation. False alarm 6.8e-6; 0.5 % are seen."""
    params, variance = SCALED[scheme]
    values = fi.get(scheme, **params)((1024, 2048), rng=22, dtype=dtype, threads=1)
    squares = values.astype(np.float64) ** 2
    z, weight = WITHIN_2.nodes()
    kurtosis = float(np.sum(weight * z**4) / np.sum(weight * z**2) ** 2)
    # Rounding adds 2**-18 of the variance at most in bfloat16, nothing to see here; in float8 a percent, or two.
    precision, deviation = dtypes.FORMATS[dtype].precision, math.sqrt(variance / np.sum(weight * z**2))
    rounded = moments(Normal(0.0, deviation, -2.0, 2.0), values.dtype, 0.0, 1.0)[2]
    assert abs(rounded / variance - 1) < max(2.0 ** (1 - 2 * precision), 1e-9)
    spread = math.sqrt((kurtosis - 1) / squares.size)
    assert abs(squares.mean() / rounded - 1) < BOUND * spread
    assert abs(squares.mean() / (1.005**2 * rounded) - 1) > BOUND * spread
    limit = 2 * deviation
    assert limit * (1 - 2.0 ** (1 - min(8, precision))) < math.sqrt(squares.max()) < limit


def test_constants_against_integrals():
    """The package's decimal constants, by their series, against Gauss and Legendre's integration."""
    for low, high in BOUNDS:
        assert math.isclose(
            normal_tail.truncated_std(low, high), location_and_scale(Normal(0, 1, low, high))[1], rel_tol=1e-9
        )
    assert normal_tail.truncated_std(-2.0, 2.0) == spec.TRUNCATED_STD

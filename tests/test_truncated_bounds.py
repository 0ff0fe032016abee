"""Truncated normals by absolute bounds, and with the standard deviation kept: numbers, laws, and bounds untouched."""

import itertools
import math

import numpy as np
import pytest
import reference_laws
import reference_numbers
from exact_laws import Normal
from fills import same_bits
from reference_laws import DTYPES
from statistics_of import BOUND
from tally import Tally, beyond, end_scores
from test_bad_input import refused

import fastinit as fi
from fastinit.laws import normal_tail, truncation, widening
from fastinit.laws.dtypes import FORMATS

INF = math.inf

N_VALUES = 1 << 18

#: mean, std, lower, upper
BETWEEN = [
    (0.0, 0.02, -0.04, 0.04),
    (0.3, 0.45, -0.5, 0.75),
    (0.0, 1.0, 0.5, INF),
    (0.1, 2.0, -INF, -1.0),
    (0.0, 0.5, -INF, INF),
    (-3.0, 1.0, 2.0, 2.5),
    (0.25, 1e3, 0.25, 0.75),
    (0.1, 0.02, 0.06, 1e30),
]

#: The same, where `std` is that of the values.
KEPT = [
    (0.0, 0.02, -0.04, 0.04),
    (0.0, 0.57, -1.0, 1.0),
    (0.3, 0.45, -0.5, 1.5),
    (0.0, 0.1, 0.5, INF),
    (0.1, 2.0, -INF, -1.0),
    (0.0, 0.1, 5.0, INF),
    (-3.0, 0.1, 2.0, 2.5),
    (0.0, 0.5, -INF, INF),
    (0.0, 1.0, -1.74, 3.0),
]


#: Of these, the ones between whose bounds float8 has no number or nearly always the same one.
NARROW_FOR_FLOAT8 = {(-3.0, 1.0, 2.0, 2.5), (-3.0, 0.1, 2.0, 2.5), (0.0, 0.1, 5.0, INF)}


def in_every_dtype(cases: list[tuple]) -> list[tuple]:
    return [
        (numbers, dtype)
        for numbers in cases
        for dtype in DTYPES
        if not (dtype.startswith("float8") and numbers in NARROW_FOR_FLOAT8)
    ]


def law_of(mean: float, std: float, lower: float, upper: float) -> Normal:
    return Normal(mean, std, (lower - mean) / std, (upper - mean) / std)


def fill(mean, std, lower, upper, **call):
    return fi.truncated_normal(mean=mean, std=std, lower=lower, upper=upper, **call)


@pytest.mark.each_value
@pytest.mark.parametrize(("numbers", "dtype"), in_every_dtype(BETWEEN), ids=str)
def test_bit_for_bit(isa, numbers, dtype):
    """Against docs/stream-truncated.md in NumPy, its numbers in mpmath."""
    ours = fill(*numbers, shape=3000, rng=7, name="w", dtype=DTYPES[dtype], index=np.s_[900:2100])
    law = reference_numbers.truncated_between(*numbers, dtype)
    assert same_bits(ours, reference_laws.elements(law, dtype, 7, "w", 900, 1200))
    assert not same_bits(ours, reference_laws.elements(law, dtype, 7, "w", 901, 1200))


@pytest.mark.each_value
@pytest.mark.parametrize(("numbers", "dtype"), in_every_dtype(BETWEEN), ids=str)
def test_law(numbers, dtype):
    """False alarms: 8 scores at 6.8e-6 each."""
    law = law_of(*numbers)
    values = fill(*numbers, shape=N_VALUES, rng=8, dtype=DTYPES[dtype], name=str(numbers), threads=1)
    scores = {**Tally(law, values.dtype, n_cells=512).add(values).scores(), **end_scores(values, law)}
    assert not beyond(scores)
    numbers = numbers[2:]
    assert numbers[0] < values.astype(np.float64).min() <= values.astype(np.float64).max() < numbers[1]


@pytest.mark.parametrize("numbers", KEPT, ids=str)
def test_width_to_the_nearest_float64(numbers):
    exact = reference_numbers.widened(*numbers)
    assert widening.widened(*numbers) == float(exact)
    assert widening.widened(*numbers) != float(exact * (1 + 1e-15))


@pytest.mark.each_value
@pytest.mark.parametrize(("numbers", "dtype"), in_every_dtype(KEPT), ids=str)
def test_law_of_the_widened(numbers, dtype):
    """False alarms: 8 scores at 6.8e-6 each. The one that is not widened is seen."""
    mean, std, lower, upper = numbers
    law = law_of(mean, float(reference_numbers.widened(*numbers)), lower, upper)
    values = fill(*numbers, keep_std=True, shape=N_VALUES, rng=9, dtype=DTYPES[dtype], threads=1)
    tally = Tally(law, values.dtype, n_cells=512).add(values)
    assert not beyond({**tally.scores(), **end_scores(values, law)})
    assert law.std == std or (law.z_low > 8 * std / law.std) or beyond(tally.scores(law_of(*numbers)))


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("numbers", KEPT, ids=str)
def test_std_is_kept(numbers, dtype):
    """About the values' own mean: 6.8e-6 a test. One that is off by twice the bound, at most 1.4 percent, is seen."""
    mean, std, lower, upper = numbers
    law = law_of(mean, float(reference_numbers.widened(*numbers)), lower, upper)
    values = fill(*numbers, keep_std=True, shape=1 << 20, rng=9, dtype=DTYPES[dtype], threads=1).astype(np.float64)
    z, weight = law.nodes()
    centre = float(np.sum(weight * z))
    kurtosis = float(np.sum(weight * (z - centre) ** 4)) / std**4
    spread = math.sqrt((kurtosis - 1) / values.size)
    ratio = values.var() / std**2
    assert abs(ratio - 1) < BOUND * spread
    assert abs(ratio / (1 + 2 * BOUND * spread) - 1) > BOUND * spread
    assert spread < 0.003


def test_the_width_grows_with_the_std():
    """What the search stands on: what is left between bounds grows with the width, whatever the bounds."""
    for mean, lower, upper in [(0, -1, 1), (0.9, -1, 1), (-2, -1, 1), (0, -1, 30), (-5, 0, INF), (3, 0, INF)]:
        widths = np.geomspace(0.7, 300, 60)
        left = [s * normal_tail.truncated_std((lower - mean) / s, (upper - mean) / s) for s in widths]
        assert (np.diff(left) > 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_kept_by_bounds_in_standard_deviations(dtype):
    """The default is what the schemes scaled by fans draw; other bounds widen by their own factor."""
    ours = fi.truncated_normal(500, std=0.1, keep_std=True, rng=3, dtype=DTYPES[dtype])
    theirs = fi.lecun_normal(500, truncated=True, fans=(100, 1), rng=3, dtype=DTYPES[dtype])
    assert same_bits(ours, theirs)
    wide = fi.truncated_normal(500, std=0.1, low=-1, high=4, keep_std=True, rng=3, dtype=DTYPES[dtype])
    factor = normal_tail.truncated_std(-1, 4)
    assert same_bits(wide, fi.truncated_normal(500, std=0.1 / factor, low=-1, high=4, rng=3, dtype=DTYPES[dtype]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_equal_to_bounds_in_standard_deviations_where_those_are_exact(dtype):
    call = dict(shape=5000, rng=1, dtype=DTYPES[dtype], mean=0.5, std=0.25)
    by_std = fi.truncated_normal(low=-2, high=3, **call)
    assert same_bits(fi.truncated_normal(lower=0.0, upper=1.25, **call), by_std)
    assert same_bits(fi.truncated_normal(lower=0.0, **call), fi.truncated_normal(low=-2, high=INF, **call))
    assert same_bits(fi.truncated_normal(upper=1.0, **call), fi.truncated_normal(low=-INF, high=2, **call))
    assert not same_bits(fi.truncated_normal(lower=0.0, upper=1.5, **call), by_std)


@pytest.mark.parametrize("dtype", DTYPES)
def test_bounds_are_never_touched(dtype):
    """Numbers of the dtype as bounds, beside means and widths of which they are no exact multiples."""
    means, stds, near = (-0.3, 0.1, 1 / 3), (0.45, 0.7, 1e3), max(0.1, 1.01 * 2.0 ** -FORMATS[dtype].precision)
    for mean, std, lower, upper in itertools.product(means, stds, (-1.0, -0.25), (0.25, 0.75)):
        values = fill(mean, std, lower, upper, shape=1 << 14, rng=2, dtype=DTYPES[dtype]).astype(np.float64)
        assert lower < values.min() < lower + near
        assert upper - near < values.max() < upper


def test_bounds_converted_by_hand_are_touched():
    """What absolute bounds are for, and that the test above can fail."""
    law = dict(mean=-0.3, std=0.45, low=-2.0, high=(0.25 + 0.3) / 0.45)
    values = fi.truncated_normal(10**6, rng=0, dtype="bfloat16", **law)
    assert np.count_nonzero(values == np.asarray(0.25, values.dtype)) > 100


REFUSED = [
    (TypeError, "got some of both", dict(low=-1, lower=0)),
    (TypeError, "got some of both", dict(high=1, lower=0, upper=1)),
    (TypeError, "lower: expected a real number", dict(lower="0")),
    (TypeError, "upper", dict(upper=True)),
    (TypeError, "keep_std", dict(keep_std=1)),
    (ValueError, "lower <= upper", dict(lower=1, upper=0)),
    (ValueError, "lower <= upper", dict(lower=math.nan)),
    (ValueError, "lower <= upper", dict(lower=INF, upper=INF)),
    (ValueError, "begins within 8.0 standard deviations of the mean", dict(lower=9)),
    (ValueError, "differ by", dict(lower=1, upper=1 + 1e-13)),
    (ValueError, "the mean between them", dict(std=0, lower=0, upper=1)),
    (ValueError, "std: expected at most 0.57735", dict(lower=-1, upper=1, keep_std=True)),
    (ValueError, "std: expected at most 0.57735", dict(std=3**-0.5, lower=-1, upper=1, keep_std=True)),
    (ValueError, "std: expected at most 2.88675e-121", dict(lower=0, upper=1e-120, keep_std=True)),
    (ValueError, "std: expected at most 5.7735e-201", dict(std=1e100, lower=-1e-200, upper=1e-200, keep_std=True)),
    (ValueError, "std: expected at least 0.0748", dict(std=0.01, lower=5, keep_std=True)),
    (ValueError, "low < high", dict(low=1, high=1, keep_std=True)),
    (ValueError, "lower < upper", dict(lower=1, upper=1, keep_std=True)),
    (ValueError, "absolute bounds: lower, upper", dict(low=10, high=20)),
]


@pytest.mark.parametrize(("error", "words", "params"), REFUSED)
def test_refused(error, words, params):
    out = np.full((4, 5), 7, np.float32)
    refused(error, words, fi.truncated_normal, out=out, **params)
    refused(error, words, fi.get, "truncated_normal", **params)
    assert (out == 7).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_no_number_between_the_bounds(dtype):
    refused(ValueError, f"a {dtype} strictly between", fill, 1.0, 1.0, 1.0, 1.0005, shape=3, dtype=dtype)
    just = fill(1.0, 1.0, 0.99, 1.0005, shape=300, dtype=dtype, rng=0).astype(np.float64)
    assert just.max() == 1.0


@pytest.mark.parametrize("dtype", DTYPES)
def test_std_0_stays_between_the_bounds(dtype):
    """A mean that rounds to a bound or beyond it gives the number before."""
    values = fill(0.9999999999, 0.0, 0.0, 1.0, shape=3, dtype=DTYPES[dtype], rng=0).astype(np.float64)
    assert (values == np.nextafter(np.float32(1), np.float32(0))).all() if dtype == "float32" else (values < 1).all()


def test_laws_are_remembered():
    """A width is sought once: the same call again asks for nothing."""
    fill(0.0, 0.021, -0.04, 0.04, keep_std=True, shape=3, rng=0)
    before = widening.widened.cache_info(), truncation.truncated_between.cache_info()
    fill(0.0, 0.021, -0.04, 0.04, keep_std=True, shape=3, rng=0)
    after = widening.widened.cache_info(), truncation.truncated_between.cache_info()
    assert [a.misses for a in after] == [b.misses for b in before]

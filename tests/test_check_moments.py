"""A tensor's figures against sums without rounding, for every dtype that checks accept."""

import math
from fractions import Fraction

import numpy as np
import pytest
from quick import heavy_but

from fastinit import _kernels
from fastinit.checking import moments, units
from fastinit.checking.widening import as_floats
from fastinit.laws import dtypes

DTYPES = [dtypes.resolve("test", name) for name in dtypes.FORMATS]
NARROW = [dtype for dtype in DTYPES if dtype.itemsize < 4]

#: Relative errors of mean over standard deviation, of standard deviation and, four times that, of kurtosis. Each power
#: in float32 is rounded to 6e-8 up to three times, and sums of 2,048 of them, in 8 lanes, 256 times, at random: 1e-6.
#: Bytes are counted, as many 16 bits are, and float64 is itself.
ERRORS = {dtype: 1e-6 if dtype.itemsize in (2, 4) else 1e-11 for dtype in DTYPES}

SIZES = [1, 2, 255, moments.PIECE_ELEMENTS - 1, moments.PIECE_ELEMENTS, moments.PIECE_ELEMENTS + 1]


def draws(dtype, size, mean=0.0, std=1.0):
    return (mean + std * np.random.default_rng(size).standard_normal(size)).astype(dtype)


def exact(array):
    """n, zeros, mean, deviation, kurtosis, least, greatest: products as fractions, sums by `math.fsum`."""
    x = [float(value) for value in array.reshape(-1).tolist()]
    mean = math.fsum(x) / len(x)
    squares = [(value - mean) ** 2 for value in x]
    variance = math.fsum(squares) / len(x)
    fourth = math.fsum(square**2 for square in squares) / len(x)
    return len(x), x.count(0.0), mean, math.sqrt(variance), fourth / variance**2 if variance else 0, min(x), max(x)


def assert_exact(array, error):
    sample = moments.of(array)
    n, n_zeros, mean, std, kurtosis, least, greatest = exact(array)
    assert (sample.n, sample.n_not_finite, sample.n_zeros) == (n, 0, n_zeros)
    assert (sample.least, sample.greatest) == (least, greatest)
    if least == greatest:
        assert (sample.mean, sample.std) == (least, 0)
        assert math.isnan(sample.kurtosis)
        return
    assert sample.mean == pytest.approx(mean, rel=1e-15, abs=error * std)
    assert sample.std == pytest.approx(std, rel=error)
    assert sample.kurtosis == pytest.approx(kurtosis, rel=4 * error)


@pytest.mark.parametrize("dtype", heavy_but(DTYPES, *(d for d in DTYPES if d.name in ("float64", "bfloat16"))), ids=str)
def test_sizes_about_a_piece(dtype):
    for size in SIZES:
        assert_exact(draws(dtype, size), ERRORS[dtype])


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype.itemsize < 4], ids=str)
def test_numbers_that_are_counted(dtype, monkeypatch):
    """In parts of odd sizes and at odd addresses; eight bytes at a time, and single ones after them."""
    monkeypatch.setattr(moments, "COUNTED_ELEMENTS", 67)
    monkeypatch.setattr(moments, "LEAST_COUNTED", 0)
    array = draws(dtype, 204)
    for part in array, array[:-12], array[1:], array[:64], array[:63], array[:1], array[::-3]:
        assert_exact(part, 1e-11)


@pytest.mark.parametrize("itemsize", [1, 2])
def test_counts(itemsize):
    elements = np.random.default_rng(0).integers(0, 1 << 8 * itemsize, 100_003).astype(f"u{itemsize}")
    counts = np.ones(1 << 8 * itemsize, np.uint64)
    _kernels.tally(elements[1:], counts)
    assert np.array_equal(counts, 1 + np.bincount(elements[1:], minlength=counts.size))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_means_far_from_0(dtype):
    """Sums of powers about 0 would lose 3000**4 = 8e13 of float32's 1.7e7: they are taken about the first mean."""
    std = max(1 / 3000, 4 * 2.0 ** -dtypes.FORMATS[dtype.name].precision)
    assert_exact(draws(dtype, 40_000, mean=1.0, std=std), 10 * ERRORS[dtype])


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_scales_whose_powers_no_float32_holds(dtype):
    """From the least numbers of the dtype to the greatest: fourth powers vanish or overflow, of float64 too."""
    found = dtypes.FORMATS[dtype.name]
    for scale in 20 * 2.0**found.least_exponent, found.max / 20:
        array = (draws(np.float64, 5000) * scale).astype(dtype)
        sample = moments.of(array)
        n, n_zeros, _, std, kurtosis, *_ = exact(array.astype(np.float64) / scale)
        assert (sample.n, sample.n_not_finite, sample.n_zeros) == (n, 0, n_zeros)
        assert sample.std == pytest.approx(std * scale, rel=ERRORS[dtype], abs=5e-324)  # the least float64
        assert sample.kurtosis == pytest.approx(kurtosis, rel=4 * ERRORS[dtype])


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, -np.nan])
def test_what_is_not_finite_is_counted(dtype, number):
    for at in 0, moments.PIECE_ELEMENTS, -1:
        array = draws(dtype, moments.PIECE_ELEMENTS + 3)
        array[at] = number  # float8_e4m3fn has no infinity: it is NaN there
        sample = moments.of(array)
        assert (sample.n, sample.n_not_finite) == (array.size, 1)
        assert all(map(math.isnan, sample[3:]))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_one_far_value_is_seen(dtype):
    for at, value in (moments.PIECE_ELEMENTS, 100.0), (-1, -100.0):
        array = draws(dtype, moments.PIECE_ELEMENTS + 3)
        array[at] = value
        sample = moments.of(array)
        assert (sample.greatest if value > 0 else sample.least) == float(array[at])


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_shapes_and_strides(dtype):
    array = draws(dtype, 5040)
    for view in (
        array[::3],
        array[::-1],
        array.reshape(70, 72).T,
        array.reshape(7, 8, 90)[:, ::2, 1:],
        array[3].reshape(()),
    ):
        assert_exact(view, ERRORS[dtype])
    assert moments.of(array[:0])[:3] == (0, 0, 0)
    assert all(map(math.isnan, moments.of(array[:0])[3:]))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_zeros_of_either_sign(dtype):
    for number in 0.0, -0.0, 1.0:
        assert_exact(np.full(300, number, dtype), 0)
    signs = np.array([0.0, -0.0, 1.0, -0.0], dtype)
    assert moments.of(signs).n_zeros == 3


@pytest.mark.parametrize("name", [">f4", ">f2", ">f8", "int8", "int32", "uint16"])
def test_other_numbers(name):
    dtype = np.dtype(name)
    assert_exact((100 + 20 * draws(np.float64, 3000)).clip(0, 127).astype(dtype), ERRORS[DTYPES[0]])


@pytest.mark.parametrize("dtype", NARROW, ids=str)
def test_every_number_is_widened_as_by_its_own_conversion(dtype):
    bits = np.arange(1 << 8 * dtype.itemsize, dtype=f"u{dtype.itemsize}")
    numbers = bits.view(dtype)
    theirs = numbers.astype(np.float32)
    finite = np.isfinite(theirs)
    widened = as_floats(numbers)
    np.testing.assert_array_equal(widened[finite].view(np.uint32), theirs[finite].view(np.uint32))  # signs of 0 too
    assert not (abs(widened[~finite]) <= dtypes.FORMATS[dtype.name].max).any()
    assert finite.sum() < finite.size


def test_units_that_differ_in_one_weight_are_told_apart():
    for dtype in DTYPES:
        rows = np.repeat(draws(dtype, 90)[None], 5, axis=0)
        assert units.n_duplicates(rows) == 5
        rows[1, 41], rows[3, 0] = 100, -100
        assert units.n_duplicates(rows) == 3
        rows[0, 12], rows[2, 12] = 0.0, -0.0  # among the weights that are looked at first
        assert units.n_duplicates(rows) == 2


def test_the_reference_is_exact_enough():
    """The control: by fractions, which round nothing."""
    array = draws(np.float64, 50, mean=3.0)
    x = [Fraction(value) for value in array.tolist()]
    mean = sum(x) / len(x)
    second, fourth = (sum((value - mean) ** k for value in x) / len(x) for k in (2, 4))
    _, _, found, std, kurtosis, *_ = exact(array)
    assert found == pytest.approx(float(mean), rel=1e-15)
    assert std == pytest.approx(math.sqrt(second), rel=1e-14)
    assert kurtosis == pytest.approx(float(fourth / second**2), rel=1e-13)

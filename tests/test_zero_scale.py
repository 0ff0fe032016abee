"""One rule for every scheme with a width: at 0 it gives its one value, and signs of gains and of zeros are kept."""

import math

import numpy as np
import pytest
from fills import same_bits
from laws_of_schemes import MATRICES
from reference_laws import DTYPES

import fastinit as fi

SHAPE = (3, 4, 5, 7)

#: scheme, parameters of width 0, the value
WITHOUT_WIDTH = [
    ("normal", dict(std=0), 0.0),
    ("normal", dict(mean=-0.3, std=0), -0.3),
    ("uniform", dict(low=0.1, high=0.1), 0.1),
    ("uniform", dict(low=-0.0, high=0.0), 0.0),
    ("truncated_normal", dict(mean=-0.3, std=0), -0.3),
    ("truncated_normal", dict(mean=-0.3, std=0, keep_std=True), -0.3),
    ("truncated_normal", dict(mean=-0.3, std=0, lower=-1.0, upper=1.0), -0.3),
    ("truncated_normal", dict(mean=0.5, std=0.25, low=1, high=1), 0.75),
    ("truncated_normal", dict(lower=0.1, upper=0.1), 0.1),
    ("sparse", dict(sparsity=0, mean=0.3, std=0), 0.3),
    ("sparse", dict(sparsity=0.5, std=0), 0.0),
    ("variance_scaling", dict(scale=0), 0.0),
    ("variance_scaling", dict(scale=0.0, distribution="uniform"), 0.0),
    ("variance_scaling", dict(scale=-0.0, distribution="truncated_normal"), 0.0),
    ("glorot_normal", dict(gain=0), 0.0),
    ("glorot_normal", dict(gain=0, truncated=True), 0.0),
    ("glorot_uniform", dict(gain=0), 0.0),
    ("orthogonal", dict(gain=0), 0.0),
    ("delta_orthogonal", dict(gain=0), 0.0),
    ("dirac", dict(gain=0), 0.0),
]


@pytest.fixture(params=DTYPES)
def dtype(request):
    return DTYPES[request.param]


def rounded(value: float, dtype) -> np.ndarray:
    """What fills of one value give: the float32 number rounded, but float64's own."""
    return np.full(SHAPE, value, np.float64 if np.dtype(dtype).itemsize == 8 else np.float32).astype(dtype)


@pytest.mark.each_value
@pytest.mark.parametrize(("scheme", "params", "value"), WITHOUT_WIDTH)
def test_without_width(isa, dtype, scheme, params, value):
    filled = fi.get(scheme, **params)(SHAPE, rng=0, dtype=dtype)
    assert same_bits(filled, rounded(value, dtype))
    part = fi.get(scheme, **params)(SHAPE, rng=0, dtype=dtype, index=np.s_[1:, ::2, ..., -1])
    assert same_bits(part, np.ascontiguousarray(filled[1:, ::2, ..., -1]))


@pytest.mark.parametrize(("scheme", "params", "value"), WITHOUT_WIDTH)
def test_a_generator_is_advanced_as_by_any_other_width(scheme, params, value):
    """By eight words, but by schemes that never draw."""
    generator, other = np.random.default_rng(5), np.random.default_rng(5)
    before = generator.bit_generator.state
    fi.get(scheme, **params)(SHAPE, rng=generator)
    fi.normal(3, rng=other)
    never = scheme == "dirac"
    assert generator.bit_generator.state == (before if never else other.bit_generator.state)
    assert other.bit_generator.state != before


@pytest.mark.parametrize("distribution", ["normal", "truncated_normal", "uniform"])
def test_so_is_it_by_complex_numbers(distribution):
    generator, other = np.random.default_rng(5), np.random.default_rng(5)
    for scale, rng in (0, generator), (1, other):
        fi.variance_scaling(SHAPE, scale=scale, distribution=distribution, dtype="complex64", rng=rng)
    assert generator.bit_generator.state == other.bit_generator.state


@pytest.mark.parametrize("scheme", ["glorot_normal", "glorot_uniform"])
@pytest.mark.parametrize("gain", [1e-200, 5e-324])
def test_gains_that_are_zero_only_as_squares_are_refused(scheme, gain):
    with pytest.raises(ValueError, match=f"^{scheme}: standard deviation: expected "):
        getattr(fi, scheme)(SHAPE, gain=gain)


@pytest.mark.parametrize("scheme", sorted(MATRICES))
def test_negative_gains_of_matrices(dtype, scheme):
    positive, negative = (fi.get(scheme, gain=gain)(SHAPE, rng=0, dtype=dtype) for gain in (2.0, -2.0))
    assert (positive == -negative).all()
    assert abs(positive.astype(np.float64)).max() > 0.5


@pytest.mark.parametrize("gain", [-0.5, 3.0])
@pytest.mark.parametrize("fans", ["io", "oi"])
def test_dirac_with_a_gain(dtype, fans, gain):
    ones = fi.dirac(SHAPE, fans=fans, dtype=dtype)
    assert ones.any()
    assert np.array_equal(fi.dirac(SHAPE, fans=fans, dtype=dtype, gain=gain), ones * np.asarray(gain, dtype))


def test_sparse_with_a_mean(dtype):
    """The zeros stay 0; the other elements are those of normal."""
    filled = fi.sparse((60, 40), sparsity=0.7, mean=3.0, std=0.1, rng=4, name="w", dtype=dtype)
    drawn = fi.normal((60, 40), mean=3.0, std=0.1, rng=4, name="w", dtype=dtype)
    is_zero = np.asarray(filled == 0)
    assert (is_zero.sum(axis=0) == math.ceil(0.7 * 60)).all()
    assert np.array_equal(filled[~is_zero], drawn[~is_zero])
    assert not np.asarray(drawn == 0).any()


#: A number that rounds to zero in the dtype.
TINY = {"float32": 1e-60, "float16": 1e-9, "bfloat16": 1e-60}


@pytest.mark.parametrize("name", TINY)
def test_underflow_keeps_the_sign(name):
    """As IEEE 754 has it, and as an array of the same numbers does."""
    for sign in (1, -1):
        value, dtype = sign * TINY[name], DTYPES[name]
        filled = [
            fi.constant((2, 2), value=value, dtype=dtype),
            fi.constant((2, 2), value=[[value]], dtype=dtype),
            fi.identity((1, 1), gain=value, dtype=dtype),
            fi.dirac((1, 1, 1), gain=value, dtype=dtype),
        ]
        for array in filled:
            assert (array == 0).all()
            assert (np.signbit(array.astype(np.float64)) == (sign < 0)).all()
    near_half = fi.log_odds(1, p=0.5 - 1e-12, dtype="float16")
    assert near_half[0] == 0
    assert np.signbit(near_half[0])


def test_the_zero_about_which_laws_draw_has_one_sign(dtype):
    for mean in (0.0, -0.0):
        assert not np.signbit(fi.normal(50, mean=mean, std=0, rng=0, dtype=dtype).astype(np.float64)).any()
    assert same_bits(fi.normal(50, mean=-0.0, rng=0, dtype=dtype), fi.normal(50, rng=0, dtype=dtype))

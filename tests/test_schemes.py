"""Each scheme against its formula, and the ways to call it."""

import copy
import math
import pickle

import numpy as np
import pytest
from cases import NEEDED, shape_for

import fastinit as fi
from fastinit.laws.dtypes import FORMATS

SHAPE = (300, 500)
IN, OUT = SHAPE

#: scheme, parameters, variance, distribution
FORMULAS = [
    ("fan_in_uniform", {}, 1 / (3 * IN), "uniform"),
    ("glorot_uniform", {}, 2 / (IN + OUT), "uniform"),
    ("glorot_uniform", {"gain": 5 / 3}, 25 / 9 * 2 / (IN + OUT), "uniform"),
    ("glorot_normal", {"gain": 2.0}, 4 * 2 / (IN + OUT), "normal"),
    ("he_uniform", {}, 2 / IN, "uniform"),
    ("he_uniform", {"mode": "fan_out"}, 2 / OUT, "uniform"),
    ("he_normal", {"negative_slope": 0.2}, 2 / 1.04 / IN, "normal"),
    ("he_normal", {"fans": "oi"}, 2 / OUT, "normal"),
    ("he_normal", {"fans": (7, 9), "mode": "fan_out"}, 2 / 9, "normal"),
    ("lecun_uniform", {}, 1 / IN, "uniform"),
    ("lecun_normal", {}, 1 / IN, "normal"),
    ("variance_scaling", {"scale": 3.0}, 3 / IN, "normal"),
    ("variance_scaling", {"mode": "fan_avg", "distribution": "uniform"}, 2 / (IN + OUT), "uniform"),
    ("variance_scaling", {"mode": "fan_geo_avg"}, 1 / math.sqrt(IN * OUT), "normal"),
    ("xavier_uniform", {}, 2 / (IN + OUT), "uniform"),
    ("xavier_normal", {}, 2 / (IN + OUT), "normal"),
    ("kaiming_uniform", {}, 2 / IN, "uniform"),
    ("kaiming_normal", {}, 2 / IN, "normal"),
    ("random_uniform", {"low": -1, "high": 1}, 1 / 3, "uniform"),
    ("random_normal", {"std": 0.5}, 1 / 4, "normal"),
]


@pytest.mark.parametrize(("scheme", "params", "variance", "distribution"), FORMULAS)
def test_formula(scheme, params, variance, distribution):
    """The scheme is its law with the stated parameters, to the bit."""
    std = math.sqrt(variance)
    a = math.sqrt(3) * std
    ours = getattr(fi, scheme)(SHAPE, rng=0, **params)
    if distribution == "normal":
        expected = fi.normal(SHAPE, std=std, rng=0)
    else:
        expected = fi.uniform(SHAPE, low=-a, high=a, rng=0)
        assert abs(ours).max() < a
    # The order of the formula's roundings may differ in float64, and the last bit of std with it.
    np.testing.assert_allclose(ours, expected, rtol=5e-7)
    assert abs(ours.var(dtype=np.float64) / variance - 1) < 4.5 * math.sqrt(2 / ours.size)


def test_constants():
    assert (fi.zeros(1000) == 0).all()
    assert (fi.ones(1000) == 1).all()
    assert (fi.constant(1000, value=0.1) == np.float32(0.1)).all()
    assert np.isnan(fi.constant(3, value=math.nan)).all()
    assert (fi.constant(3, value=-math.inf) == -math.inf).all()
    assert np.signbit(fi.constant(3, value=-0.0)).all()
    assert (fi.normal(1000, mean=0.3, std=0, rng=0) == np.float32(0.3)).all()


@pytest.mark.parametrize("dtype", FORMATS)
def test_given_values_are_rounded_once(dtype):
    """float64 numbers near the ties of every format, subnormal ones among them, against rounding by integers."""
    generator = np.random.default_rng(1)
    bits = generator.integers(0, 0x7F000000, 6000, dtype=np.uint32) & 0xFFFF8000
    ties = np.concatenate([(bits & mask).view(np.float32) for mask in (0xFFFF8000, 0xFFFFF000)]).astype(np.float64)
    numbers = np.concatenate([ties, -ties * (1 + 2.0**-50), ties * (1 - 2.0**-50), ties * (1 + 2.0**-25), [0.0, 1e-45]])
    numbers = numbers[abs(numbers) < 0.99 * FORMATS[dtype].max]
    expected = [FORMATS[dtype].nearest(number) for number in numbers.tolist()]
    assert len(expected) > 5000
    assert fi.constant(numbers.shape, value=numbers, dtype=dtype).astype(np.float64).tolist() == expected


def test_equal_parameters_give_equal_bits():
    """Also after a call with the other zero, which a cache could hand out again."""
    for std in (0.0, -0.0, 0, 1.0, 1, np.float32(1)):
        expected = fi.normal(100, mean=0.0, std=float(std) + 0.0, rng=0)
        for mean in (0, -0.0, 0.0):
            assert fi.normal(100, mean=mean, std=std, rng=0).tobytes() == expected.tobytes()


def test_get_is_the_function():
    for name in fi.schemes():
        params, shape = NEEDED.get(name, {}), shape_for(name)
        configured = fi.get(name, **params)
        direct = getattr(fi, name)
        assert (configured(shape, rng=3) == direct(shape, rng=3, **params)).all()
        assert pickle.loads(pickle.dumps(configured)) == configured
        assert pickle.loads(pickle.dumps(direct)) is direct


def test_get_configures():
    init = fi.get("he_normal", negative_slope=0.2)
    assert np.array_equal(init(SHAPE, rng=0), fi.he_normal(SHAPE, negative_slope=0.2, rng=0))
    assert np.array_equal(init(SHAPE, rng=0, fans="oi"), fi.he_normal(SHAPE, negative_slope=0.2, fans="oi", rng=0))
    out = np.zeros(SHAPE, np.float32)
    assert init(out=out, rng=0) is out
    assert init == fi.get("he_normal", negative_slope=0.2) != fi.get("he_normal")
    assert hash(init) == hash(fi.get("he_normal", negative_slope=0.2))
    assert eval(repr(init), {"fastinit": fi}) == init


def test_names_are_independent_streams():
    a, b = (fi.normal(1000, rng=0, name=name) for name in ("a", "b"))
    assert not np.array_equal(a, b)
    assert np.array_equal(a, fi.normal(1000, rng=0, name="a"))


def test_fans_of_empty_and_extreme_axes():
    assert fi.he_normal((0, 4)).shape == fi.he_normal((0, 4), fans=fi.fans((0, 4))).shape == (0, 4)
    huge = fi.he_normal((3, 4), fans=(1e40, 1e40), mode="fan_geo_avg", rng=0)
    assert np.allclose(huge, fi.normal((3, 4), std=math.sqrt(2) * 1e-20, rng=0), rtol=1e-6, atol=0)


def test_layouts_name_axes():
    shape = (64, 3, 7, 7)
    assert np.array_equal(
        fi.he_normal(shape, fans="oi", rng=0), fi.he_normal(shape, fans=fi.fans(shape, in_axis=1, out_axis=0), rng=0)
    )
    assert np.array_equal(fi.he_normal(shape, fans="io", rng=0), fi.he_normal(shape, fans=fi.fans(shape), rng=0))


def test_configured_schemes_keep_their_own_arrays():
    given, rows = np.array([1.0, 2.0]), [[1.0], [2.0]]
    for value in (given, rows):
        configured = fi.get("constant", value=value)
        shape = (2,) if value is given else (2, 2)
        expected = configured(shape)
        value[0] = [9.0] if value is rows else 9.0
        for twin in (configured, pickle.loads(pickle.dumps(configured)), copy.deepcopy(configured)):
            assert np.array_equal(twin(shape), expected)
            assert twin == configured
        assert fi.get("constant", value=value) != configured


def test_equality_takes_nan_as_itself():
    for value in (math.nan, [math.nan, 1.0], [np.ones(2), np.ones(2)]):
        assert fi.get("constant", value=value) == fi.get("constant", value=value)
    assert fi.get("constant", value=math.nan) != fi.get("constant", value=1.0)

"""Schemes in complex dtypes: the laws of their parts, JAX's convention of variances, parts, layouts, refusals."""

import numpy as np
import pytest
from fills import same_bits

import fastinit as fi
from fastinit.filling import seed
from fastinit.laws import complex_laws
from fastinit.laws.dtypes import COMPLEX_FORMATS

DTYPES = [np.dtype(name) for name in COMPLEX_FORMATS]

RANDOM = [
    fi.get("normal", std=0.02),
    fi.get("truncated_normal", std=0.5, low=-1.5, high=1.5),
    fi.get("glorot_uniform"),
    fi.get("he_normal", fans="oi"),
    fi.get("lecun_normal", truncated=True),
    fi.get("normal").but(np.s_[3:9, ::-2], "zeros").but(np.s_[20:], "glorot_uniform"),
]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_normal_is_that_of_its_parts(dtype):
    """The float tensor with an axis of 2 more, and a standard deviation smaller by sqrt(2)."""
    parts = dtype.type().real.dtype
    ours = fi.normal((300, 70), std=0.5, rng=1, name="w", dtype=dtype)
    theirs = fi.normal((300, 70, 2), std=0.5 / np.sqrt(2), rng=1, name="w", dtype=parts)
    assert same_bits(ours.view(parts).reshape(theirs.shape), theirs)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("scheme", RANDOM, ids=lambda scheme: scheme.name)
def test_parts_layouts_and_threads(scheme, dtype):
    whole = scheme((40, 34), rng=3, name="w", dtype=dtype)
    for index in np.s_[3:20], np.s_[::-3, 5], np.s_[7, ::2], np.s_[[7, 1, -3], 1:30:4], np.s_[..., [3, 3, 0]]:
        assert same_bits(scheme((40, 34), rng=3, name="w", dtype=dtype, index=index), np.asarray(whole[index]))
    for out in np.empty((34, 40), dtype).T, np.full((80, 68), 7, dtype)[::2, ::-2], np.empty((40, 34), dtype, "F"):
        assert same_bits(scheme(out=out, rng=3, name="w"), whole)
        assert same_bits(fi.initialize({"w": out}, {"w": scheme}, rng=3)["w"], whole)
    assert same_bits(scheme((40, 34), rng=3, name="w", dtype=dtype, threads=3), whole)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("distribution", ["normal", "uniform", "truncated_normal"])
def test_the_variance_is_shared_by_both_parts(distribution, dtype):
    """Scores of means of 10**6, each within 5: a false alarm of all in 10**5 runs; and 1 % more is seen."""
    w = fi.variance_scaling((500, 2000), distribution=distribution, rng=2, dtype=dtype)
    for part in w.real, w.imag:
        assert abs((part**2).mean() * 1000 - 1) < 7.1e-3
        assert abs(part.mean()) < 5e-3 / 1000**0.5
    assert abs((w.real * w.imag).mean() * 1000) < 5e-3
    bound = {"normal": np.inf, "uniform": np.sqrt(2), "truncated_normal": 2 / complex_laws.truncated_std(2.0)}
    assert abs(w).max() < bound[distribution] / 500**0.5
    assert abs(((1.01 * w.real) ** 2).mean() * 1000 - 1) > 7.1e-3


def test_truncated_by_modulus():
    w = fi.truncated_normal((100000,), std=0.5, low=-1.5, high=1.5, rng=0, dtype="complex64")
    assert 0.7 < abs(w).max() < 0.75


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_what_draws_nothing(dtype):
    assert fi.zeros(2, dtype=dtype).tolist() == [0, 0]
    assert fi.ones(2, dtype=dtype).tolist() == [1, 1]
    assert fi.constant(2, value=1 - 2j, dtype=dtype).tolist() == [1 - 2j, 1 - 2j]
    assert fi.constant((2, 2), value=[1j, 2], dtype=dtype).tolist() == [[1j, 2], [1j, 2]]
    assert fi.log_odds(1, p=0.5, dtype=dtype).tolist() == [0]
    assert fi.identity((2, 3), gain=0.5, dtype=dtype).tolist() == [[0.5, 0, 0], [0, 0.5, 0]]
    assert fi.dirac((1, 2, 2), dtype=dtype).tolist() == [[[1, 0], [0, 1]]]
    assert fi.constant((3, 2), value=[1j, 2], dtype=dtype, index=np.s_[[0, 2], ::-1]).tolist() == [[2, 1j], [2, 1j]]


def test_width_0():
    assert not fi.normal(5, std=0, rng=0, dtype="complex64").any()
    assert not fi.variance_scaling((5, 5), scale=0, distribution="uniform", rng=0, dtype="complex64").any()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda out: fi.uniform(out=out, rng=0), TypeError, "uniform: dtype: expected float32"),
        (lambda out: fi.orthogonal(out=out, rng=0), TypeError, "orthogonal: dtype: expected float32"),
        (lambda out: fi.sparse(out=out, sparsity=0.5, rng=0), TypeError, "sparse: dtype: expected float32"),
        (
            lambda out: fi.normal(out=out, mean=1, rng=0),
            TypeError,
            "normal: mean: expected 0 where the dtype is complex, got 1.0",
        ),
        (
            lambda out: fi.truncated_normal(out=out, high=3, rng=0),
            TypeError,
            "truncated_normal: parameters: expected mean 0, low = -high, no lower",
        ),
        (lambda out: fi.constant(out=out, value=1e39), ValueError, "constant: value: expected a number within float32"),
        (
            lambda out: fi.constant(out=out, value=1e39j),
            ValueError,
            "constant: value: expected a number within float32",
        ),
        (
            lambda out: fi.get("normal").but(0, "uniform")(out=out, rng=0),
            TypeError,
            "normal: but[0] (uniform: dtype): expected float32",
        ),
        (
            lambda out: fi.initialize({"w": out}, {"w": "uniform"}, rng=0),
            TypeError,
            "initialize: arrays['w'] (uniform: dtype): expected float32",
        ),
    ],
)
def test_refused_before_anything_is_written(call, error, message):
    out = np.full((4, 4), 7, np.complex64)
    with pytest.raises(error) as raised:
        call(out)
    assert str(raised.value).startswith(message)
    assert (out == 7).all()


def test_complex_numbers_for_reals_are_refused():
    with pytest.raises(TypeError, match=r"^constant: value: expected real numbers for float32, got complex ones$"):
        fi.constant(3, value=1j)


def test_generators_are_advanced_alike():
    words = seed.seed_of("", np.random.default_rng(0))
    assert words == seed.seed_of("", 0)
    generator = np.random.default_rng(0)
    assert same_bits(fi.normal(5, rng=generator, dtype="complex64"), fi.normal(5, rng=0, dtype="complex64"))


@pytest.mark.parametrize("dtype", ["complex64", "complex128", "float32", "bfloat16"])
def test_arrays_without_elements(dtype):
    assert fi.normal((0, 3), dtype=dtype).shape == (0, 3)
    assert fi.normal((5, 3), dtype=dtype, index=np.s_[:0]).shape == (0, 3)
    assert fi.lecun_uniform((5, 3), dtype=dtype, index=[]).dtype == fi.empty(0, dtype).dtype
    arrays = {"empty": fi.empty((0, 3), dtype), "full": fi.empty((2, 3), dtype)}
    fi.initialize(arrays, {"*": "normal"}, rng=0)
    assert np.array_equal(arrays["full"], fi.normal((2, 3), dtype=dtype, rng=0, name="full"))

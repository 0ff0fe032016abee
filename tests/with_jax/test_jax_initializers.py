"""The functions of jax.nn.initializers: each equal to a scheme of this package, in every dtype, at any key."""

import inspect
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fastinit as fi
import fastinit.jax as fj

KEY = jax.random.key(7)
WORDS = [0, 7]
TRUNCATED = dict(truncated=True)
SHAPE = (24, 40)

#: An initializer of JAX's, the scheme it is, and dtypes besides float32.
FLOATS = ["bfloat16", "float16", "float8_e5m2"]
CASES = [
    (fj.normal(), fi.get("normal", std=0.01), [*FLOATS, "complex64"]),
    (fj.normal(-0.5), fi.get("normal", std=0.5), []),
    (fj.uniform(), fi.get("uniform", high=0.01), FLOATS),
    (fj.uniform(-2), fi.get("uniform", low=-2, high=0), []),
    (fj.truncated_normal(0.5), fi.get("truncated_normal", std=0.5), FLOATS),
    (fj.truncated_normal(0.5, lower=-1, upper=3), fi.get("truncated_normal", std=0.5, low=-1, high=3), []),
    (fj.truncated_normal(-0.5, lower=-1, upper=3), fi.get("truncated_normal", std=0.5, low=-3, high=1), []),
    (fj.truncated_normal(1, upper=np.inf), fi.get("truncated_normal", high=np.inf), []),
    (fj.glorot_normal(), fi.get("glorot_normal", **TRUNCATED), [*FLOATS, "complex64"]),
    (fj.glorot_uniform(), fi.get("glorot_uniform"), [*FLOATS, "complex64"]),
    (fj.lecun_normal(), fi.get("lecun_normal", **TRUNCATED), [*FLOATS, "complex64"]),
    (fj.lecun_uniform(), fi.get("lecun_uniform"), [*FLOATS, "complex64"]),
    (fj.he_normal(), fi.get("he_normal", **TRUNCATED), [*FLOATS, "complex64"]),
    (fj.he_normal(1, 0), fi.get("he_normal", fans="oi", **TRUNCATED), []),
    (fj.he_uniform(), fi.get("he_uniform"), [*FLOATS, "complex64"]),
    (fj.he_uniform([0], -1), fi.get("he_uniform"), []),
    *(
        (
            fj.variance_scaling(3, mode, distribution),
            fi.get("variance_scaling", scale=3, mode=mode, distribution=distribution),
            ["bfloat16", "complex64"],
        )
        for mode in ("fan_in", "fan_out", "fan_avg", "fan_geo_avg")
        for distribution in ("uniform", "normal", "truncated_normal")
    ),
]


@pytest.mark.parametrize(("initializer", "scheme", "dtypes"), CASES)
def test_equal_to_a_scheme(initializer, scheme, dtypes):
    for dtype in ["float32", *dtypes]:
        values = initializer(KEY, SHAPE, jnp.dtype(dtype))
        assert isinstance(values, jax.Array)
        assert values.dtype == dtype
        assert np.asarray(values).tobytes() == scheme(SHAPE, dtype=dtype, rng=WORDS).tobytes()


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (2, 3, 5), (3, 0)])
@pytest.mark.parametrize("column_axis", [-1, 0, 1])
def test_orthogonal(shape, column_axis):
    q = np.moveaxis(np.asarray(fj.orthogonal(-2.0, column_axis)(KEY, shape)), column_axis, -1)
    q = q.reshape(-1, q.shape[-1]) if q.size else q
    gram = q.T @ q if q.shape[0] >= q.shape[1] else q @ q.T
    np.testing.assert_allclose(gram, 4 * np.eye(len(gram)), atol=1e-5)


def test_delta_orthogonal():
    w = np.asarray(fj.delta_orthogonal(3.0)(KEY, (4, 3, 5)))
    np.testing.assert_allclose(w[1] @ w[1].T, 9 * np.eye(3), atol=1e-5)
    assert not w[[0, 2, 3]].any()


@pytest.mark.parametrize("name", fj.__all__)
def test_same_names_and_arguments(name):
    ours, theirs = getattr(fj, name), getattr(jax.nn.initializers, name, None)
    if theirs is None:
        assert name in ("initialize", "make_array")
    elif theirs is not ours:
        assert [(p.name, p.default) for p in inspect.signature(ours).parameters.values()] == [
            (p.name, p.default) for p in inspect.signature(theirs).parameters.values()
        ]


def test_every_initializer_of_jax_is_here():
    missing = set(jax.nn.initializers.__dict__) - set(fj.__all__)
    assert {name for name in missing if not name.startswith("_")} == {"Initializer"}


AXES = [-2, -1, 0, (0, 1), (0, 0), (-1, 2), [], (1, -2)]


@pytest.mark.parametrize(("in_axis", "out_axis", "batch_axis"), list(itertools.product(AXES, AXES, [(), 0, (2,)])))
def test_fans_are_those_of_jax(in_axis, out_axis, batch_axis):
    """Axes named twice, and in several roles, too."""
    from jax._src.nn.initializers import _compute_fans

    shape = (3, 5, 7, 11)
    fan_in, fan_out = _compute_fans(shape, in_axis, out_axis, batch_axis)
    for mode, fan in ("fan_in", fan_in), ("fan_out", fan_out):
        ours = fj.variance_scaling(1, mode, "normal", in_axis, out_axis, batch_axis)(KEY, shape)
        assert np.array_equal(ours, fi.normal(shape, std=fan**-0.5, rng=WORDS))


def test_kinds_of_keys():
    typed, raw = jax.random.key(5), jax.random.PRNGKey(5)
    values = [np.asarray(fj.he_normal()(key, SHAPE)) for key in (typed, raw, np.asarray(raw))]
    assert np.array_equal(values[0], values[1])
    assert np.array_equal(values[0], values[2])
    others = [jax.random.key(6), jax.random.key(5, impl="rbg"), jax.random.fold_in(typed, 1)]
    for key in others[:1] + others[2:]:
        assert not np.array_equal(values[0], fj.he_normal()(key, SHAPE))
    assert fj.he_normal()(others[1], SHAPE).shape == SHAPE


def test_dtypes():
    init = fj.normal(dtype=jnp.bfloat16)
    assert init(KEY, (3,)).dtype == jnp.bfloat16
    assert init(KEY, (3,), jnp.float16).dtype == jnp.float16
    assert init(KEY, (3,), None).dtype == jnp.float32
    assert fj.normal()(KEY, (3,)).dtype == jnp.float32
    assert fj.normal()(KEY, (3,), jnp.float64).dtype == jnp.float32
    with jax.enable_x64(True):
        assert fj.normal()(KEY, (3,)).dtype == jnp.float64
        assert np.array_equal(fj.normal(1)(KEY, (9,)), fi.normal(9, dtype="float64", rng=WORDS))


def test_handed_over_without_a_copy(monkeypatch):
    from fastinit.filling import memory

    made = []

    def aligned(*arguments):
        made.append(memory_aligned(*arguments))
        return made[-1]

    memory_aligned = memory.aligned
    monkeypatch.setattr(memory, "aligned", aligned)
    for dtype in jnp.float32, jnp.bfloat16:
        values = fj.he_normal()(KEY, (500, 300), dtype)
        assert values.unsafe_buffer_pointer() == made[-1].ctypes.data


def test_placed_by_jax():
    assert not fj.normal()(KEY, (3,)).committed
    with jax.default_device(jax.devices()[3]):
        assert fj.normal()(KEY, (3,)).devices() == {jax.devices()[3]}


REFUSED = [
    (lambda: fj.normal("x"), TypeError, "normal: stddev: expected a real number, got 'x'"),
    (lambda: fj.normal(bad=1), TypeError, r"normal: bad: expected one of its parameters \(stddev, dtype\), got"),
    (lambda: fj.he_normal(in_axis=1.5), TypeError, "he_normal: in_axis: expected an int or a sequence of ints"),
    (lambda: fj.he_normal(7)(KEY, SHAPE), ValueError, "he_normal: in_axis: expected .* in .*-2, 2., got 7"),
    (lambda: fj.he_normal()(KEY, (5,)), ValueError, "he_normal: shape: expected two dimensions or more"),
    (lambda: fj.he_normal()(KEY, (5, -1)), ValueError, "he_normal: shape: expected"),
    (lambda: fj.he_normal()(KEY, (5, 1.5)), TypeError, "he_normal: shape: expected"),
    (lambda: fj.variance_scaling(1, "x", "normal"), ValueError, "variance_scaling: mode: expected one of"),
    (lambda: fj.variance_scaling(1, "fan_in", "x"), ValueError, "variance_scaling: distribution: expected one of"),
    (lambda: fj.variance_scaling(-1, "fan_in", "normal"), ValueError, "variance_scaling: scale: expected"),
    (lambda: fj.orthogonal()(KEY, (5,)), ValueError, "orthogonal: shape: expected two dimensions or more"),
    (lambda: fj.orthogonal(column_axis=3)(KEY, SHAPE), ValueError, "orthogonal: column_axis: expected an int in"),
    (lambda: fj.orthogonal(column_axis=(0, 0)), TypeError, "orthogonal: column_axis: expected an int, got"),
    (lambda: fj.delta_orthogonal(column_axis=()), TypeError, "delta_orthogonal: column_axis: expected an int, got"),
    (lambda: fj.normal()(), TypeError, "normal: key: expected a value, got nothing"),
    (lambda: fj.normal()(KEY, SHAPE, rng=1), TypeError, "normal: rng: expected one of its parameters"),
    (lambda: fj.normal()(KEY, SHAPE, KEY.dtype), TypeError, "normal: dtype: expected float32, .* got key<fry>"),
    (lambda: fj.normal()(jax.ShapeDtypeStruct((2,), "uint32"), SHAPE), TypeError, "normal: key: expected a key"),
    (lambda: jax.jit(fj.normal)(jnp.ones(3)), TypeError, "normal: stddev: expected a real number, got a traced array"),
    (lambda: jax.jit(fj.normal)(1j), TypeError, "normal: stddev: expected a real number, got a traced array"),
    (
        lambda: jax.jit(lambda s: fj.variance_scaling(s, "fan_in", "normal")(KEY, (3,)))(1.0),
        ValueError,
        "variance_scaling: shape: expected two dimensions",
    ),
    (lambda: fj.delta_orthogonal()(KEY, (3, 5, 4)), ValueError, "delta_orthogonal: shape: expected no more inputs"),
    (lambda: fj.normal()(0, SHAPE), TypeError, "normal: key: expected a key of jax.random, .*, got 0"),
    (lambda: fj.normal()(None, SHAPE), TypeError, "normal: key: expected a key of jax.random"),
    (lambda: fj.normal()(jnp.zeros(2), SHAPE), TypeError, r"normal: key: .* got an array of float32 and shape \(2,\)"),
    (lambda: fj.normal()(np.zeros(3, np.uint32), SHAPE), TypeError, r"normal: key: .* uint32 and shape \(3,\)"),
    (lambda: fj.normal()(jax.random.split(KEY), SHAPE), ValueError, "a single key; for several, jax.vmap"),
    (lambda: fj.normal()(KEY, SHAPE, jnp.int32), TypeError, "normal: dtype: expected float32, .*, got int32"),
    (lambda: fj.normal()(KEY, SHAPE, "x"), TypeError, "normal: dtype: expected float32, .*, got 'x'"),
    (lambda: jax.jit(lambda k: fj.normal()(k, SHAPE, "int32"))(KEY), TypeError, "normal: dtype: expected float32"),
    (lambda: jax.jit(lambda k: fj.he_normal()(k, (5,)))(KEY), ValueError, "he_normal: shape: expected two dimensions"),
]


@pytest.mark.parametrize(("call", "error", "words"), REFUSED)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_jax_arrays_are_not_filled_and_the_error_says_what_to_use():
    with pytest.raises(
        ValueError, match=r"^normal: out: expected a writable array, got one of JAX's, .* fastinit\.jax"
    ):
        fi.normal(out=jnp.ones(3))

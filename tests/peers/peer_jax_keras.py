"""fastinit beside JAX and Keras: the same fans, laws and constants, and the stated differences.

Not part of the default run: ``pytest tests/peers/peer_jax_keras.py``, with both installed.
"""

import inspect
import math
import os

os.environ["KERAS_BACKEND"] = "jax"  # read at Keras's import

import jax
import keras
import numpy as np
import pytest
from agreement import BOUND, N_MATRICES, SHAPES, assert_same_law, assert_same_law_of_matrices, distance, told
from jax._src.nn.initializers import _compute_fans as jax_fans
from jax.nn import initializers
from keras.src.initializers.random_initializers import compute_fans as keras_fans

import fastinit as fi
import fastinit.jax as fj

#: What other libraries warn of is not this project's error.
pytestmark = pytest.mark.filterwarnings("default")

jax.config.update("jax_disable_most_optimizations", True)  # compiling takes most of the time

KEY = jax.random.key(1)

FANS = [
    dict(shape=(784, 256)),
    dict(shape=(5, 16, 32)),
    dict(shape=(3, 3, 16, 32)),
    dict(shape=(2, 3, 5, 16, 32)),
]

FANS_WITH_AXES = [
    dict(shape=(32, 16, 3, 3), in_axis=1, out_axis=0),
    dict(shape=(3, 3, 32, 16), in_axis=-1, out_axis=-2),
    dict(shape=(512, 8, 64), in_axis=0, out_axis=(1, 2)),
    dict(shape=(8, 64, 512), in_axis=(0, 1), out_axis=2),
    dict(shape=(4, 128, 256), batch_axis=0),
    dict(shape=(2, 4, 256, 128), in_axis=-1, out_axis=-2, batch_axis=(0, 1)),
    dict(shape=(3, 3, 16, 2), in_axis=(), out_axis=-1, batch_axis=-2),
    dict(shape=(7,), in_axis=0, out_axis=()),
    dict(shape=(7,), in_axis=0),  # in and out at once
    dict(shape=(1000, 64), out_axis=0),  # Flax's default embedding
    dict(shape=(6, 5, 4), in_axis=(0, 1), out_axis=0),
    dict(shape=(6, 5, 4), in_axis=1, out_axis=(1, 2)),
    dict(shape=(7,), in_axis=(), out_axis=()),
    dict(shape=(), in_axis=(), out_axis=()),
]


@pytest.mark.parametrize("arguments", FANS + FANS_WITH_AXES)
def test_fans_are_those_of_jax(arguments):
    assert fi.fans(**arguments) == jax_fans(**arguments)


@pytest.mark.parametrize("arguments", FANS)
def test_fans_are_those_of_keras(arguments):
    assert fi.fans(**arguments) == keras_fans(**arguments)


def test_stated_differences_of_fans():
    for refuses in (fi.fans, jax_fans):
        with pytest.raises(ValueError, match="dimension"):
            refuses((7,))
    assert keras_fans((7,)) == (7, 7) == fi.fans((7,), in_axis=(), out_axis=())
    assert keras_fans(()) == (1, 1) == fi.fans((), in_axis=(), out_axis=())
    assert keras_fans((512, 8, 64)) == (512 * 8, 512 * 64)  # attention, taken for a convolution
    assert keras_fans((512, 8, 64), (0,), (1, 2)) == (512, 512)
    assert keras_fans((3, 3, 16, 32), (2,), (3,)) == (16, 32)  # with axes, no receptive field
    assert fi.fans((3, 3, 16, 32), in_axis=2, out_axis=3) == (144, 288)
    for theirs in (jax_fans, keras_fans):
        assert theirs((3, 3, 4, 32)) == (36, 288)  # 4 groups: all outputs
    assert fi.fans((3, 3, 4, 32), out_groups=4) == (36, 72)


layers = keras.layers

#: A layer, the shape of its inputs, the arguments of fans.
LAYERS = [
    (layers.Dense(5), (7,), {}),
    (layers.Conv1D(6, 3), (11, 4), {}),
    (layers.Conv2D(6, (3, 5)), (11, 11, 4), {}),
    (layers.Conv2D(32, 3, groups=4), (11, 11, 16), dict(out_groups=4)),
    (layers.Conv2DTranspose(6, 3), (11, 11, 4), dict(in_axis=-1, out_axis=-2)),
    (layers.DepthwiseConv2D(3, depth_multiplier=2), (11, 11, 4), dict(in_axis=(), out_axis=-1, batch_axis=-2)),
    (layers.EinsumDense("bx,xhd->bhd", (2, 3)), (5,), dict(in_axis=0, out_axis=(1, 2))),
]


@pytest.mark.parametrize(("layer", "shape", "arguments"), LAYERS, ids=[case[0].__class__.__name__ for case in LAYERS])
def test_fans_are_the_layers(layer, shape, arguments):
    """Inputs that reach an output in the middle, and outputs that an input in the middle reaches: weights of 1."""
    inputs = jax.numpy.ones((1, *shape))
    layer.build(inputs.shape)
    layer.set_weights([np.full(w.shape, len(w.shape) > 1, np.float32) for w in layer.weights])
    outputs, gradient = layer(inputs), jax.grad(lambda x: layer(x).sum())(inputs)
    middle = tuple(int(t[0][tuple(n // 2 for n in t.shape[1:])]) for t in (outputs, gradient))
    assert fi.fans(tuple(layer.weights[0].shape), **arguments) == middle


def test_transposed_kernels_of_jax():
    """With transpose_kernel the axes change places: (k..., out, in)."""
    inputs, kernel = jax.numpy.ones((1, 11, 4)), jax.numpy.ones((3, 6, 4))

    def convolved(x):
        return jax.lax.conv_transpose(
            x, kernel, (1,), "VALID", dimension_numbers=("NHC", "HIO", "NHC"), transpose_kernel=True
        )

    middle = int(convolved(inputs)[0, 6, 0]), int(jax.grad(lambda x: convolved(x).sum())(inputs)[0, 5, 0])
    assert fi.fans(kernel.shape, in_axis=-1, out_axis=-2) == middle == (12, 18)


TRUNCATED = dict(truncated=True)

JAX_LAWS = [
    ("normal", dict(std=0.2), initializers.normal(0.2)),
    ("uniform", dict(high=0.2), initializers.uniform(0.2)),
    ("truncated_normal", dict(std=0.2), initializers.truncated_normal(0.2)),
    ("truncated_normal", dict(std=0.2, low=-1, high=3), initializers.truncated_normal(0.2, lower=-1.0, upper=3.0)),
    ("glorot_uniform", {}, initializers.glorot_uniform()),
    ("glorot_normal", TRUNCATED, initializers.glorot_normal()),
    ("he_uniform", {}, initializers.he_uniform()),
    ("he_normal", TRUNCATED, initializers.he_normal()),
    ("he_normal", dict(truncated=True, fans="oi"), initializers.he_normal(1, 0)),
    ("lecun_uniform", {}, initializers.lecun_uniform()),
    ("lecun_normal", TRUNCATED, initializers.lecun_normal()),
    *(
        (
            "variance_scaling",
            dict(scale=3.0, mode=mode, distribution=distribution),
            initializers.variance_scaling(3.0, mode, distribution),
        )
        for mode in ("fan_in", "fan_out", "fan_avg", "fan_geo_avg")
        for distribution in ("uniform", "normal", "truncated_normal")
    ),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("scheme", "params", "initializer"), JAX_LAWS)
def test_laws_of_jax(scheme, params, initializer, shape):
    assert_same_law(getattr(fi, scheme)(shape, rng=0, **params), initializer(KEY, shape))


COMPLEX_LAWS = [
    ("normal", (0.2,)),
    ("glorot_uniform", ()),
    ("lecun_normal", ()),
    *(("variance_scaling", (3.0, "fan_avg", law)) for law in ("uniform", "normal", "truncated_normal")),
]


@pytest.mark.parametrize(("name", "arguments"), COMPLEX_LAWS)
def test_complex_laws_of_jax(name, arguments):
    """The moduli and the real parts; the angles are uniform."""
    ours, theirs = (
        np.asarray(getattr(module, name)(*arguments)(KEY, SHAPES[0], "complex64")) for module in (fj, initializers)
    )
    assert_same_law(abs(ours), abs(theirs))
    assert_same_law(ours.real, theirs.real)
    assert distance(np.angle(ours), np.angle(theirs)) < BOUND


KERAS_LAWS = [
    ("normal", dict(mean=0.1, std=0.2), keras.initializers.RandomNormal(0.1, 0.2, seed=1)),
    ("uniform", dict(low=-0.1, high=0.3), keras.initializers.RandomUniform(-0.1, 0.3, seed=1)),
    ("truncated_normal", dict(mean=0.1, std=0.2), keras.initializers.TruncatedNormal(0.1, 0.2, seed=1)),
    ("glorot_uniform", {}, keras.initializers.GlorotUniform(seed=1)),
    ("glorot_normal", TRUNCATED, keras.initializers.GlorotNormal(seed=1)),
    ("he_uniform", {}, keras.initializers.HeUniform(seed=1)),
    ("he_normal", TRUNCATED, keras.initializers.HeNormal(seed=1)),
    ("lecun_uniform", {}, keras.initializers.LecunUniform(seed=1)),
    ("lecun_normal", TRUNCATED, keras.initializers.LecunNormal(seed=1)),
    *(
        (
            "variance_scaling",
            dict(scale=3.0, mode=mode, distribution=distribution),
            keras.initializers.VarianceScaling(3.0, mode, theirs, seed=1),
        )
        for mode in ("fan_in", "fan_out", "fan_avg")
        for distribution, theirs in (
            ("uniform", "uniform"),
            ("normal", "untruncated_normal"),
            ("truncated_normal", "normal"),
            ("truncated_normal", "truncated_normal"),
        )
    ),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("scheme", "params", "initializer"), KERAS_LAWS)
def test_laws_of_keras(scheme, params, initializer, shape):
    assert_same_law(getattr(fi, scheme)(shape, rng=0, **params), initializer(shape))


def test_normal_is_truncated_in_keras():
    """The stated difference, and a control of the comparison: the variances are equal."""
    ours = fi.variance_scaling(SHAPES[0], rng=0)
    theirs = np.asarray(keras.initializers.VarianceScaling(1.0, "fan_in", "normal", seed=1)(SHAPES[0]))
    assert ours.std() == pytest.approx(theirs.std(), rel=0.01)
    assert distance(ours, theirs) > BOUND


def matrices(scheme, shape):
    rng = np.random.default_rng(0)
    return np.array([scheme(shape, rng=rng) for _ in range(N_MATRICES)])


ORTHOGONAL_SHAPES = [(4, 4), (5, 3), (3, 5), (2, 3, 4)]


@pytest.mark.parametrize("shape", ORTHOGONAL_SHAPES)
def test_orthogonal_of_jax(shape):
    init = initializers.orthogonal()
    theirs = jax.vmap(lambda key: init(key, shape))(jax.random.split(KEY, N_MATRICES))
    flat = (N_MATRICES, math.prod(shape[:-1]), shape[-1])
    assert_same_law_of_matrices(matrices(fi.orthogonal, shape).reshape(flat), theirs.reshape(flat))


@pytest.mark.parametrize("shape", ORTHOGONAL_SHAPES)
def test_orthogonal_of_keras(shape):
    theirs = np.array([keras.initializers.Orthogonal(seed=seed)(shape) for seed in range(N_MATRICES)])
    flat = (N_MATRICES, math.prod(shape[:-1]), shape[-1])
    assert_same_law_of_matrices(matrices(fi.orthogonal, shape).reshape(flat), theirs.reshape(flat))


@pytest.mark.parametrize("shape", [(3, 4, 4), (4, 3, 5), (3, 4, 3, 5), (2, 3, 4, 3, 5)])
def test_delta_orthogonal_of_jax(shape):
    """In the same place of the receptive field, for odd and even sizes, and of the same law there."""
    init = initializers.delta_orthogonal()
    theirs = np.array(jax.vmap(lambda key: init(key, shape))(jax.random.split(KEY, N_MATRICES)))
    ours = matrices(fi.delta_orthogonal, shape)
    centre = (slice(None), *((n - 1) // 2 for n in shape[:-2]))
    assert_same_law_of_matrices(ours[centre], theirs[centre])
    for stack in (ours, theirs):
        stack[centre] = 0
        assert not stack.any()


CONSTANTS = [
    ("zeros", {}, initializers.zeros, keras.initializers.Zeros(), (3, 4)),
    ("ones", {}, initializers.ones, keras.initializers.Ones(), (3, 4)),
    ("constant", dict(value=0.1), initializers.constant(0.1), keras.initializers.Constant(0.1), (3, 4)),
    ("identity", dict(gain=0.1), None, keras.initializers.Identity(0.1), (3, 5)),
    ("identity", {}, None, keras.initializers.Identity(), (5, 3)),
]


@pytest.mark.parametrize(("scheme", "params", "of_jax", "of_keras", "shape"), CONSTANTS)
def test_constants(scheme, params, of_jax, of_keras, shape):
    ours = getattr(fi, scheme)(shape, **params).tobytes()
    assert ours == np.asarray(of_keras(shape)).tobytes()
    assert of_jax is None or ours == np.asarray(of_jax(KEY, shape)).tobytes()


def test_the_page_has_every_initializer():
    of_jax = {name for name in dir(initializers) if name.islower() and not name.startswith("_")}
    assert told(3) == of_jax
    # Names for one class count once; STFT draws nothing, as the page says.
    classes = {value for value in vars(keras.initializers).values() if inspect.isclass(value)}
    assert told(2) | {"STFT", "Initializer"} == {value.__name__ for value in classes}

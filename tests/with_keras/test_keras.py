"""Keras's initializers on the backend that KERAS_BACKEND names: values, layers, saving, names, seeds, refusals."""

import doctest
import inspect
import math

import keras
import numpy as np
import pytest
from keras import layers

import fastinit as fi
import fastinit.keras as fk

pytestmark = pytest.mark.filterwarnings("default")  # what Keras's backends warn of is not this project's error

BACKEND = keras.backend.backend()
SHAPE = (24, 40)
TRUNCATED = dict(truncated=True)


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


CASES = [
    (fk.RandomNormal(0.1, 0.2, seed=3), fi.get("normal", mean=0.1, std=0.2)),
    (fk.TruncatedNormal(seed=3), fi.get("truncated_normal", std=0.05)),
    (fk.RandomUniform(seed=3), fi.get("uniform", low=-0.05, high=0.05)),
    (fk.GlorotNormal(seed=3), fi.get("glorot_normal", **TRUNCATED)),
    (fk.GlorotUniform(seed=3), fi.get("glorot_uniform")),
    (fk.HeNormal(seed=3), fi.get("he_normal", **TRUNCATED)),
    (fk.HeUniform(seed=3), fi.get("he_uniform")),
    (fk.LecunNormal(seed=3), fi.get("lecun_normal", **TRUNCATED)),
    (fk.LecunUniform(seed=3), fi.get("lecun_uniform")),
    (fk.Orthogonal(2.0, seed=3), fi.get("orthogonal", gain=2)),
    (
        fk.VarianceScaling(3.0, "fan_avg", "untruncated_normal", seed=3),
        fi.get("variance_scaling", scale=3, mode="fan_avg"),
    ),
    (
        fk.VarianceScaling(3.0, "fan_out", "normal", seed=3),
        fi.get("variance_scaling", scale=3, mode="fan_out", distribution="truncated_normal"),
    ),
    (
        fk.VarianceScaling(3.0, "fan_out", "uniform", seed=3),
        fi.get("variance_scaling", scale=3, mode="fan_out", distribution="uniform"),
    ),
]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", None])
@pytest.mark.parametrize(("initializer", "scheme"), CASES)
def test_equal_to_a_scheme(initializer, scheme, dtype):
    values = initializer(SHAPE, dtype)
    assert keras.ops.is_tensor(values) or BACKEND == "numpy"
    assert keras.backend.standardize_dtype(values.dtype) == (dtype or "float32")
    ours = numpy(values).astype(np.float64)
    if scheme.name == "orthogonal":
        np.testing.assert_allclose(ours @ ours.T, 4 * np.eye(24), atol=0.1 if dtype else 1e-5)
    else:
        assert np.array_equal(ours, scheme(SHAPE, dtype=dtype or "float32", rng=3).astype(np.float64))


@pytest.mark.parametrize("shape", [(), (7,), (7, 5), (3, 7, 5), (2, 3, 7, 5), (0, 3)])
@pytest.mark.parametrize("axes", [{}, dict(input_axes=[0], output_axes=[-1]), dict(input_axes=[], output_axes=[])])
def test_fans_are_those_of_keras(shape, axes):
    from keras.src.initializers.random_initializers import compute_fans

    if axes and len(shape) <= 1 and axes["input_axes"]:
        axes = {name: [0] * len(shape) for name in axes}
    fan_in, fan_out = (max(1, fan) for fan in compute_fans(shape, **axes))
    for mode, n in ("fan_in", fan_in), ("fan_out", fan_out), ("fan_avg", (fan_in + fan_out) / 2):
        ours = fk.VarianceScaling(2.0, mode, "untruncated_normal", seed=1, **axes)(shape)
        assert np.array_equal(numpy(ours), fi.normal(shape, std=math.sqrt(2 / n), rng=1))


@pytest.mark.parametrize("name", fk.__all__)
def test_classes_of_keras(name):
    ours, theirs = getattr(fk, name), getattr(keras.initializers, name)
    assert issubclass(ours, theirs)
    if ours is not theirs:
        own = list(inspect.signature(ours).parameters.values())
        assert [(p.name, p.default) for p in own[:-2]] == [
            (p.name, p.default) for p in inspect.signature(theirs).parameters.values()
        ]


def test_every_initializer_of_keras_is_here():
    classes = {cls.__name__ for cls in vars(keras.initializers).values() if inspect.isclass(cls)}
    assert classes == {"Initializer", *fk.__all__}


def assert_same_weights(model, other):
    assert len(model.weights) == len(other.weights) > 0
    for one, two in zip(model.weights, other.weights, strict=True):
        assert np.array_equal(numpy(one), numpy(two)), one.path


def build():
    attention = layers.MultiHeadAttention(4, 8, kernel_initializer=fk.GlorotUniform(0, name_from_path=True), name="mha")
    x = keras.Input((5, 16))
    y = attention(x, x)
    named = dict(seed=0, name_from_path=True)
    recurrent = fk.RandomUniform(**named)
    y = layers.LSTM(8, kernel_initializer=fk.HeNormal(**named), recurrent_initializer=recurrent, name="lstm")(y)
    bias = fk.RandomNormal(0, 0.1, seed=2, name="bias of out")
    out = layers.Dense(3, kernel_initializer=fk.LecunUniform(seed=1), bias_initializer=bias, name="out")(y)
    return keras.Model(x, out, name="net")


def test_models_are_saved_loaded_cloned_and_rebuilt(tmp_path):
    model = build()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert_same_weights(loaded, model)
    assert isinstance(loaded.get_layer("out").bias_initializer, fk.RandomNormal)
    assert loaded.get_layer("out").bias_initializer.name == "bias of out"
    assert_same_weights(keras.models.clone_model(model), model)
    assert_same_weights(keras.Model.from_config(model.get_config()), model)
    assert_same_weights(build(), model)
    by_path = {weight.path: numpy(weight) for weight in model.weights}
    kernel = fi.he_normal((16, 32), rng=0, name="lstm/lstm_cell/kernel", **TRUNCATED)
    assert np.array_equal(by_path["lstm/lstm_cell/kernel"], kernel)
    assert not np.array_equal(by_path["mha/query/kernel"], by_path["mha/key/kernel"])
    assert np.array_equal(by_path["out/bias"], fi.normal(3, std=0.1, rng=2, name="bias of out"))


def test_loads_without_an_import(tmp_path):
    """In a process that has not imported the module: Keras finds it by its name, or says what is missing."""
    import subprocess
    import sys

    build().save(tmp_path / "model.keras")
    code = "import sys, keras, fastinit.keras; print(keras.models.load_model(sys.argv[1]).get_layer('out').name)"
    run = subprocess.run([sys.executable, "-c", code, tmp_path / "model.keras"], capture_output=True, text=True)
    assert run.stdout.strip().endswith("out"), run.stderr


@pytest.mark.parametrize("case", CASES, ids=lambda case: type(case[0]).__name__)
def test_configurations(case):
    initializer = case[0]
    for again in (
        initializer.clone(),
        keras.initializers.get(keras.initializers.serialize(initializer)),
        type(initializer).from_config(initializer.get_config()),
    ):
        assert type(again) is type(initializer)
        assert again.get_config() == initializer.get_config()
        assert np.array_equal(numpy(again((3, 4))), numpy(initializer((3, 4))))


def test_attention_counts_its_own_axes():
    """Keras tells its own classes which axes count: 32 inputs, not 32 * 8."""
    attention = layers.MultiHeadAttention(8, 64, kernel_initializer=fk.LecunNormal(seed=0))
    attention.build((None, 10, 32), (None, 10, 32))
    query = numpy(attention.query_dense.kernel)
    assert query.shape == (32, 8, 64)
    assert query.std() == pytest.approx(32**-0.5, rel=0.02)  # 0.1768


def test_seeds():
    generator = keras.random.SeedGenerator(5)
    first, second = (numpy(fk.RandomNormal(seed=generator)((6,))) for _ in range(2))
    assert not np.array_equal(first, second)
    assert np.array_equal(first, numpy(fk.RandomNormal(seed=keras.random.SeedGenerator(5))((6,))))
    config = fk.RandomNormal(seed=keras.random.SeedGenerator(5)).get_config()
    assert np.array_equal(first, numpy(fk.RandomNormal.from_config(config)((6,))))
    unseeded = fk.RandomNormal()
    assert np.array_equal(numpy(unseeded((6,))), numpy(unseeded((6,))))
    assert not np.array_equal(numpy(unseeded((6,))), numpy(fk.RandomNormal()((6,))))
    keras.utils.set_random_seed(3)
    one = numpy(fk.RandomNormal()((6,)))
    keras.utils.set_random_seed(3)
    assert np.array_equal(one, numpy(fk.RandomNormal()((6,))))
    for seed, rng in (-1, 2**64 - 1), (2**64 + 5, 2**64 + 5), (np.int64(7).item(), 7):
        assert np.array_equal(numpy(fk.RandomNormal(seed=seed)((6,))), fi.normal(6, std=0.05, rng=rng))


def test_subclasses():
    @keras.saving.register_keras_serializable("test")
    class Warm(fk.HeNormal):
        def __init__(self, temperature=1.0, **kwargs):
            super().__init__(seed=3, **kwargs)
            self.temperature = temperature

    assert np.array_equal(numpy(Warm(2.0)(SHAPE)), numpy(fk.HeNormal(seed=3)(SHAPE)))
    assert Warm(2.0, name="w").name == "w"


@pytest.mark.skipif(BACKEND != "jax", reason="JAX alone has no 64 bits, and traces")
def test_what_is_jaxs():
    assert np.array_equal(numpy(fk.HeNormal(seed=0)(SHAPE, "float64")), fi.he_normal(SHAPE, rng=0, **TRUNCATED))
    generator = keras.random.SeedGenerator(5)
    import jax

    with pytest.raises(ValueError, match="RandomNormal: call: expected one outside of traced functions"):
        jax.jit(lambda: fk.RandomNormal(seed=generator)((6,)))()
    assert np.array_equal(
        numpy(fk.RandomNormal(seed=generator)((6,))),
        numpy(fk.RandomNormal(seed=keras.random.SeedGenerator(5))((6,))),
    )


def test_dtype_policies_and_quantization():
    dense = layers.Dense(16, kernel_initializer=fk.HeNormal(seed=0), dtype="bfloat16")
    dense.build((None, 16))
    assert keras.backend.standardize_dtype(dense.kernel.dtype) == "bfloat16"
    dense = layers.Dense(16, kernel_initializer=fk.HeNormal(seed=0))
    dense.build((None, 16))
    dense.quantize("int8")
    assert keras.backend.standardize_dtype(dense._kernel.dtype) == "int8"
    for dtype in "int8", "uint8", "bool":
        assert not numpy(fk.Zeros()((3,), dtype)).any()


def test_variables_made_later():
    """In a stateless scope Keras makes the values afterwards, outside of the layer's name scope."""
    with keras.StatelessScope():
        variable = keras.Variable(fk.HeNormal(0, name_from_path=True), (3, 4), name="w")
    assert np.array_equal(numpy(variable), fi.he_normal((3, 4), rng=0, name=variable.path, **TRUNCATED))


@pytest.mark.skipif(BACKEND != "jax", reason="Keras distributes under JAX alone")
@pytest.mark.parametrize("layout", [(None, "model"), ("model", None), ("batch", "model"), (None, None)])
def test_distributed(layout, monkeypatch):
    from fastinit.filling import memory

    mesh = keras.distribution.DeviceMesh((2, 2), ("batch", "model"), keras.distribution.list_devices()[:4])
    layouts = keras.distribution.LayoutMap(mesh)
    layouts[".*kernel"] = keras.distribution.TensorLayout(layout)
    sizes, aligned = [], memory.aligned

    def recorded(*arguments):
        array = aligned(*arguments)
        sizes.append(array.size)
        return array

    monkeypatch.setattr(memory, "aligned", recorded)
    with keras.distribution.ModelParallel(layout_map=layouts, batch_dim_name="batch").scope():
        dense = layers.Dense(8, kernel_initializer=fk.HeNormal(0, name_from_path=True), name="fc")
        dense.build((None, 16))
    whole = fi.he_normal((16, 8), rng=0, name="fc/kernel", **TRUNCATED)
    value = dense.kernel.value
    assert value.sharding.is_equivalent_to(keras.distribution.TensorLayout(layout, mesh).backend_layout, 2)
    assert np.array_equal(np.asarray(value), whole)
    assert max(sizes[:-1]) == 128 // 2 ** sum(axis is not None for axis in layout)


REFUSED = [
    (lambda: fk.HeNormal(0, name_from_path=True)((3, 4)), "HeNormal: name_from_path: expected a call by a variable"),
    (lambda: fk.HeNormal(0, name=3), "HeNormal: name: expected a string, got 3"),
    (lambda: fk.HeNormal(0, name_from_path=1), "HeNormal: name_from_path: expected True or False, got 1"),
    (lambda: fk.HeNormal(0, name="a", name_from_path=True), "HeNormal: name, name_from_path: expected one of them"),
    (lambda: fk.HeNormal(0, bad=1), "HeNormal: bad: expected one of its parameters"),
    (lambda: fk.HeNormal(0)(None), "HeNormal: shape: expected an int or a tuple of ints, each >= 0, got None"),
    (lambda: fk.HeNormal(0)({2: 3}), "HeNormal: shape: expected"),
    (lambda: fk.HeNormal(0, input_axes="a", output_axes=[0])((3, 4)), "HeNormal: input_axes: expected ints"),
    (lambda: fk.RandomNormal(stddev="0.5", seed=0)((3,)), "RandomNormal: stddev: expected a finite number, got '0.5'"),
    (lambda: fk.Orthogonal(gain=None, seed=0)((3, 3)), "Orthogonal: gain: expected a finite number, got None"),
    (lambda: fk.HeNormal(0)((3, 4), layout=5), "HeNormal: layout: expected"),
    (lambda: fk.HeNormal(0)((3, -4)), "HeNormal: shape: expected"),
    (lambda: fk.HeNormal(0)((3, None)), "HeNormal: shape: expected"),
    (lambda: fk.HeNormal(0)((3, 4), "int32"), "dtype: expected float32, .* got int32"),
    (lambda: fk.RandomNormal(stddev=-1)((3,)), "normal: std: expected a finite number >= 0"),
    (lambda: fk.RandomUniform(1, 0)((3,)), "uniform: low, high: expected low <= high"),
    (lambda: fk.Orthogonal()((3,)), "orthogonal: shape: expected two dimensions"),
    (lambda: fk.HeNormal(0, input_axes=[5], output_axes=[0])((3, 4)), r"HeNormal: input_axes: expected ints in \[-2"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_refusals(call, words):
    with pytest.raises((TypeError, ValueError), match=words):
        call()


def test_example():
    found = doctest.DocTestFinder(recurse=False).find(fk, "fastinit.keras")
    assert sum(len(test.examples) for test in found) > 0
    assert all(doctest.DocTestRunner().run(test).failed == 0 for test in found)

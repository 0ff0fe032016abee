"""Every refusal: the right exception, the one message form, and not a byte written."""

import collections.abc
import itertools
import re
import warnings

import numpy as np
import pytest

import fastinit as fi
from fastinit.laws import kernel_laws
from fastinit.laws.dtypes import FORMATS

FORM = re.compile(r"^[a-z_0-9]+: [\w, \-\[\]']+: expected .+, got .+", re.DOTALL)


def refused(error, words, function, *args, **kwargs):
    with pytest.raises(error) as caught:
        function(*args, **kwargs)
    message = str(caught.value)
    assert type(caught.value) is error
    assert FORM.match(message), message
    assert words in message, message


def read_only(a):
    a.flags.writeable = False
    return a


def misaligned():
    return np.zeros(41, np.uint8)[1:].view(np.float32)


def windows():
    return np.lib.stride_tricks.sliding_window_view(np.zeros(20, np.float32), 5, writeable=True)


def stride_0():
    return np.lib.stride_tricks.as_strided(np.zeros(4, np.float32), (3, 4), (0, 4))


def interleaved():
    return np.lib.stride_tricks.as_strided(np.zeros(40, np.float32), (4, 4), (8, 4))


OUT = [
    ("int dtype", TypeError, "int32", lambda: np.zeros(4, np.int32)),
    ("bool dtype", TypeError, "bool", lambda: np.zeros(4, bool)),
    ("object dtype", TypeError, "object", lambda: np.array([None, None])),
    ("list", TypeError, "list", lambda: [0.0, 0.0]),
    ("tuple", TypeError, "tuple", lambda: (0.0, 0.0)),
    ("scalar", TypeError, "float", lambda: 1.0),
    ("NumPy scalar", TypeError, "float32", lambda: np.float32(1)),
    ("bytes", TypeError, "bytes", lambda: b"\0" * 16),
    ("bytes with an unknown type", TypeError, "dtype", lambda: np.zeros(16, "V1")),
    ("no array at all", TypeError, "object", lambda: object()),
    ("read-only", ValueError, "read-only", lambda: read_only(np.zeros(4, np.float32))),
    ("misaligned", ValueError, "misaligned", misaligned),
    ("byte-swapped", ValueError, "byte order", lambda: np.zeros(4, np.dtype(np.float32).newbyteorder())),
    ("sliding window", ValueError, "strides", windows),
    ("stride 0", ValueError, "strides", stride_0),
    ("interleaved", ValueError, "strides", interleaved),
    ("broadcast", ValueError, "writable", lambda: np.broadcast_to(np.float32(1), (3,))),
]


@pytest.mark.parametrize(("error", "words", "make"), [case[1:] for case in OUT], ids=[case[0] for case in OUT])
def test_out(error, words, make):
    out = make()
    before = np.array(out, copy=True) if isinstance(out, np.ndarray) else repr(out)
    for scheme in (fi.normal, fi.uniform) if words in ("int32", "bool") else (fi.normal, fi.zeros, fi.uniform):
        refused(error, words, scheme, out=out)
    after = np.array(out, copy=True) if isinstance(out, np.ndarray) else repr(out)
    assert np.array_equal(before, after) if isinstance(out, np.ndarray) else type(out) is object or before == after


ARGUMENTS = [
    ("no shape", TypeError, "shape", dict()),
    ("negative dim", ValueError, "shape", dict(shape=(3, -1))),
    ("float dim", TypeError, "shape", dict(shape=(3, 2.0))),
    ("float shape", TypeError, "shape", dict(shape=3.0)),
    ("string shape", TypeError, "shape", dict(shape="33")),
    ("bool dim", TypeError, "shape", dict(shape=(True, 2))),
    ("overflow", ValueError, "2**63", dict(shape=(2**33, 2**33))),
    ("overflow behind a zero", ValueError, "2**63", dict(shape=(0, 2**33, 2**33))),
    ("endless shape", TypeError, "shape", dict(shape=itertools.repeat(1))),
    ("0-d array shape", TypeError, "shape", dict(shape=np.array(3.0))),
    ("huge dim", ValueError, "2**63", dict(shape=10**5000)),
    ("65 dimensions", ValueError, "64", dict(shape=(1,) * 65)),
    ("dtype", TypeError, "datetime64", dict(shape=3, dtype="M8[s]")),
    ("no dtype", TypeError, "dtype", dict(shape=3, dtype="float31")),
    ("impossible dtype", TypeError, "dtype", dict(shape=3, dtype=("f4", -1))),
    ("structured dtype", TypeError, "dtype", dict(shape=3, dtype=[("a", "f4")])),
    ("swapped dtype", TypeError, "byte order", dict(shape=3, dtype=np.dtype("f4").newbyteorder())),
    ("rng -1", ValueError, "rng", dict(shape=3, rng=-1)),
    ("rng 1.5", TypeError, "rng", dict(shape=3, rng=1.5)),
    ("rng string", TypeError, "rng", dict(shape=3, rng="a")),
    ("rng sequence", ValueError, "rng", dict(shape=3, rng=[1, -1])),
    ("rng module", TypeError, "rng", dict(shape=3, rng=np.random)),
    ("name", TypeError, "name", dict(shape=3, name=3)),
    ("name bytes", TypeError, "name", dict(shape=3, name=b"w")),
    ("name surrogate", ValueError, "name", dict(shape=3, name="\ud800")),
    ("threads 0", ValueError, "threads", dict(shape=3, threads=0)),
    ("threads -1", ValueError, "threads", dict(shape=3, threads=-1)),
    ("threads 1.5", TypeError, "threads", dict(shape=3, threads=1.5)),
    ("index step 0", ValueError, "index", dict(shape=10, index=np.s_[::0])),
    ("index out of range", ValueError, "axis 0", dict(shape=10, index=10)),
    ("index below range", ValueError, "axis 1", dict(shape=(10, 3), index=(2, -4))),
    ("index axes", ValueError, "at most 1 axes", dict(shape=10, index=(1, 2))),
    ("index newaxis", TypeError, "index", dict(shape=(10, 3), index=(None, 1))),
    ("index array of floats", TypeError, "float64", dict(shape=10, index=np.array([1.0, 2.0]))),
    ("index mask", TypeError, "bool", dict(shape=2, index=[True, False])),
    ("index array out of range", ValueError, "axis 1", dict(shape=(3, 10), index=(0, [1, 10]))),
    ("index array below range", ValueError, "got -11", dict(shape=10, index=np.array([1, -11]))),
    ("index unsigned array", ValueError, "got 18446744073709551615", dict(shape=10, index=np.array([2**64 - 1], "u8"))),
    ("index ragged", TypeError, "index", dict(shape=10, index=[[1], [2, 3]])),
    ("index arrays that do not pair", ValueError, "broadcast", dict(shape=(4, 4), index=([1, 2], [1, 2, 3]))),
    ("rng bool", TypeError, "rng", dict(shape=10, rng=True)),
    ("index bool", TypeError, "index", dict(shape=10, index=True)),
    ("index float", TypeError, "index", dict(shape=10, index=1.0)),
    ("index float slice", TypeError, "index", dict(shape=10, index=np.s_[1.0:3])),
    ("index two ellipses", ValueError, "index", dict(shape=(10, 3), index=(..., 1, ...))),
]


@pytest.mark.parametrize(("error", "words", "arguments"), [c[1:] for c in ARGUMENTS], ids=[c[0] for c in ARGUMENTS])
def test_arguments(error, words, arguments):
    refused(error, words, fi.normal, **arguments)
    if words != "rng" or "rng" in arguments:
        refused(error, words, fi.zeros, **arguments)


WITH_OUT = [
    ("shape", ValueError, "(4, 5)", dict(shape=(5, 4))),
    ("shape broadcast", ValueError, "(4, 5)", dict(shape=(20,))),
    ("dtype conflict", TypeError, "float32", dict(dtype="float64")),
    ("index without shape", TypeError, "full shape", dict(index=0)),
    ("indexed shape", ValueError, "(3, 5)", dict(shape=(10, 5), index=np.s_[:3])),
    ("rng", ValueError, "rng", dict(rng=-3)),
    ("threads", ValueError, "threads", dict(threads=0)),
    ("std", ValueError, "std", dict(std=-1)),
    ("unknown", TypeError, "stdev", dict(stdev=1)),
]


@pytest.mark.parametrize(("error", "words", "arguments"), [c[1:] for c in WITH_OUT], ids=[c[0] for c in WITH_OUT])
def test_nothing_written(error, words, arguments):
    out = np.full((4, 5), 7, np.float32)
    refused(error, words, fi.normal, out=out, **arguments)
    assert (out == 7).all()


PARAMETERS = [
    (fi.normal, ValueError, "std", dict(std=-0.1)),
    (fi.normal, ValueError, "std", dict(std=float("nan"))),
    (fi.normal, ValueError, "std", dict(std=float("inf"))),
    (fi.normal, ValueError, "mean", dict(mean=float("nan"))),
    (fi.normal, ValueError, "std", dict(std=10**400)),
    (fi.normal, TypeError, "std", dict(std="1")),
    (fi.normal, TypeError, "std", dict(std=None)),
    (fi.normal, TypeError, "std", dict(std=1j)),
    (fi.normal, TypeError, "std", dict(std=np.array(["a"]))),
    (fi.normal, TypeError, "std", dict(std=np.True_)),
    (fi.normal, TypeError, "std", dict(std=np.complex64(1 + 2j))),
    (fi.normal, ValueError, "std", dict(std=-(10**5000))),
    (fi.uniform, ValueError, "low, high", dict(low=1.0, high=0.0)),
    (fi.uniform, ValueError, "low", dict(low=float("-inf"))),
    (fi.uniform, ValueError, "high", dict(high=float("nan"))),
    (fi.constant, TypeError, "value", dict()),
    (fi.constant, TypeError, "value", dict(value="x")),
    (fi.variance_scaling, ValueError, "mode", dict(mode="fan_sum")),
    (fi.variance_scaling, TypeError, "mode", dict(mode=1)),
    (fi.variance_scaling, ValueError, "distribution", dict(distribution="cauchy")),
    (fi.variance_scaling, ValueError, "scale", dict(scale=-1)),
    (fi.he_normal, ValueError, "fans", dict(fans="ooi")),
    (fi.he_normal, TypeError, "fans", dict(fans=3)),
    (fi.he_normal, ValueError, "fans", dict(fans=(1, 2, 3))),
    (fi.he_normal, ValueError, "fans", dict(fans=(-1, 2))),
    (fi.he_normal, ValueError, "standard deviation", dict(fans=(1e-300, 2))),
    (fi.he_normal, ValueError, "standard deviation", dict(negative_slope=1e200)),
    (fi.he_uniform, ValueError, "standard deviation", dict(fans=(1e308, 1e308))),
    (fi.glorot_uniform, ValueError, "standard deviation", dict(gain=1e300)),
    (fi.constant, ValueError, "value", dict(value=10**400)),
    (fi.he_normal, ValueError, "fans", dict(fans=(1, float("inf")))),
    (fi.he_normal, TypeError, "fans", dict(fans=("a", "b"))),
    (fi.he_normal, ValueError, "mode", dict(mode="FAN_IN")),
    (fi.he_uniform, ValueError, "negative_slope", dict(negative_slope=float("nan"))),
    (fi.glorot_normal, ValueError, "gain", dict(gain=-1)),
    (fi.dirac, ValueError, "gain", dict(gain=float("inf"))),
    (fi.orthogonal, ValueError, "gain", dict(gain=float("nan"))),
    (fi.sparse, ValueError, "mean", dict(sparsity=0.5, mean=float("inf"))),
    (fi.glorot_uniform, TypeError, "gain", dict(gain="relu")),
    (fi.zeros, TypeError, "value", dict(value=0)),
    (fi.constant, ValueError, "value", dict(value=[np.longdouble("1e4000")])),
]


@pytest.mark.parametrize(("scheme", "error", "words", "params"), PARAMETERS)
def test_parameters(scheme, error, words, params):
    out = np.full((4, 5), 7, np.float32)
    refused(error, words, scheme, out=out, **params)
    assert (out == 7).all()
    if words != "standard deviation":  # which needs the shape
        refused(error, words, fi.get, scheme.__name__, **params)


BY_DTYPE = [
    (fi.normal, "float32", "mean, std", dict(std=1e38)),
    (fi.normal, "float32", "std", dict(std=1e-46)),
    (fi.normal, "float64", "mean, std", dict(std=1e290)),
    (fi.normal, "float64", "std", dict(std=1e-250)),
    (fi.normal, "float16", "mean, std", dict(std=1e4)),
    (fi.normal, "float16", "mean, std", dict(mean=6.6e4)),
    (fi.normal, "float16", "std", dict(std=2e-8)),
    (fi.normal, "bfloat16", "mean, std", dict(std=1e38)),
    (fi.normal, "bfloat16", "std", dict(std=1e-41)),
    (fi.uniform, "float32", "strictly between", dict(low=1.0, high=1.0 + 2**-23)),
    (fi.uniform, "float32", "within float32", dict(low=-1e39, high=0)),
    (fi.uniform, "float32", "within float32", dict(low=0, high=1e39)),
    (fi.uniform, "float64", "within 1e", dict(low=0, high=1e300)),
    (fi.uniform, "float64", "apart", dict(low=0, high=1e-300)),
    (fi.uniform, "float16", "strictly between", dict(low=1.0, high=1.0 + 2**-10)),
    (fi.uniform, "float16", "within float16", dict(low=0, high=1e5)),
    (fi.uniform, "bfloat16", "strictly between", dict(low=1.0, high=1.0 + 2**-7)),
    (fi.constant, "float32", "within float32", dict(value=1e39)),
    (fi.constant, "float16", "within float16", dict(value=65520)),
    (fi.constant, "bfloat16", "within bfloat16", dict(value=3.4e38)),
    (fi.normal, "float8_e4m3fn", "mean, std", dict(std=60.0)),
    (fi.normal, "float8_e4m3fn", "std", dict(std=9e-4)),
    (fi.normal, "float8_e5m2", "mean, std", dict(std=8000.0)),
    (fi.uniform, "float8_e5m2", "strictly between", dict(low=1.0, high=1.25)),
    (fi.uniform, "float8_e4m3fn", "within float8_e4m3fn", dict(low=0, high=449)),
    (fi.constant, "float8_e4m3fn", "value: expected a number within float8_e4m3fn", dict(value=465)),
    (fi.constant, "float8_e4m3fn", "value: expected a number within float8_e4m3fn", dict(value=np.inf)),
    (
        fi.constant,
        "float8_e4m3fn",
        "value: expected a number within float8_e4m3fn",
        dict(value=[1.0, 2, -np.inf, 4, 5]),
    ),
    (fi.constant, "float8_e5m2", "within float8_e5m2", dict(value=61440)),
    (fi.he_normal, "float8_e4m3fn", "standard deviation", dict(fans=(1e7, 1))),
    (fi.he_normal, "float16", "standard deviation", dict(fans=(1e16, 1))),
    (fi.he_normal, "float16", "standard deviation", dict(fans=(1e-8, 1))),
]


@pytest.mark.parametrize(("scheme", "dtype", "words", "params"), BY_DTYPE)
def test_parameters_that_a_dtype_cannot_hold(scheme, dtype, words, params):
    out = fi.empty((4, 5), dtype)
    out.fill(7)
    refused(ValueError, words, scheme, out=out, **params)
    assert (out == 7).all()
    refused(ValueError, words, scheme, (4, 5), dtype=dtype, **params)


@pytest.mark.parametrize("scheme", [fi.he_normal, fi.glorot_uniform, fi.variance_scaling, fi.lecun_normal])
@pytest.mark.parametrize("shape", [(), (3,)])
def test_fans_need_two_dimensions(scheme, shape):
    refused(ValueError, "shape", scheme, shape)
    assert scheme(shape, fans=(3, 3), rng=0).shape == shape


def test_a_refused_call_does_not_advance_the_generator():
    generator = np.random.default_rng(0)
    before = generator.bit_generator.state
    for arguments in (dict(threads=0), dict(std=-1), dict(out=[0.0]), dict(name=1), dict(index=9)):
        with pytest.raises((ValueError, TypeError)):
            fi.normal(3, rng=generator, **arguments)
    assert generator.bit_generator.state == before


@pytest.mark.parametrize(
    ("name", "words"),
    [("he_norml", "he_normal"), ("kaiming", "kaiming_normal"), ("xyz", "schemes()"), ("Zeros", "zeros")],
)
def test_get_names_the_nearest(name, words):
    refused(ValueError, words, fi.get, name)


def test_get_refuses_other_types():
    refused(TypeError, "name", fi.get, None)


FANS = [
    (ValueError, "shape", dict(shape=(3,))),
    (ValueError, "in_axis", dict(shape=(3, 4), in_axis=2)),
    (TypeError, "in_axis", dict(shape=(3, 4), in_axis="a")),
    (ValueError, "at most once", dict(shape=(3, 4), in_axis=(0, 0), out_axis=1)),
    (ValueError, "at most once", dict(shape=(3, 4, 5), batch_axis=-1)),
    (TypeError, "batch_axis", dict(shape=(3, 4, 5), batch_axis=1.0)),
    (ValueError, "shape", dict(shape=())),
    (ValueError, "shape", dict(shape=(3,), out_axis=0)),
    (ValueError, "in_axis", dict(shape=(3,), in_axis=1, out_axis=())),
    (ValueError, "at most once", dict(shape=(3,), in_axis=0, out_axis=(), batch_axis=0)),
    (ValueError, "in_axis", dict(shape=(), in_axis=0, out_axis=())),
    (ValueError, "in_groups: expected a divisor of 4, got 3", dict(shape=(4, 6), in_groups=3)),
    (ValueError, "out_groups: expected a divisor of 6, got 4", dict(shape=(4, 6), out_groups=4)),
    (ValueError, "in_groups", dict(shape=(9, 4, 6), in_groups=9)),
    (ValueError, "in_groups", dict(shape=(4, 6), in_groups=0)),
    (ValueError, "out_groups", dict(shape=(4, 6), out_groups=-2)),
    (TypeError, "out_groups", dict(shape=(4, 6), out_groups=2.0)),
    (TypeError, "in_groups", dict(shape=(4, 6), in_groups=True)),
    (TypeError, "out_groups", dict(shape=(4, 6), out_groups=None)),
]


@pytest.mark.parametrize(("error", "words", "arguments"), FANS)
def test_fans(error, words, arguments):
    refused(error, words, fi.fans, **arguments)


GAIN = [
    (ValueError, "expected 'gelu'", ("gleu",)),
    (ValueError, "'relu'", ("ReLU",)),
    (ValueError, "'leaky_relu'", ("leakyrelu",)),
    (ValueError, "one of 'linear', 'identity'", ("xyz",)),
    (TypeError, "nonlinearity", (None,)),
    (TypeError, "nonlinearity", (["relu"],)),
    (TypeError, "nonlinearity", (b"relu",)),
    (TypeError, "param", ("leaky_relu", True)),
    (TypeError, "param", ("leaky_relu", [0.1])),
    (TypeError, "param", ("prelu", np.full(3, 0.1))),
    (TypeError, "param", ("leaky_relu", "0.1")),
    (TypeError, "param", ("elu", {})),
    (TypeError, "param", ("elu", 1j)),
    (ValueError, "param", ("leaky_relu", float("nan"))),
    (ValueError, "param", ("elu", float("inf"))),
    (ValueError, "param", ("leaky_relu", 10**400)),
    (ValueError, "finite square", ("leaky_relu", 1e200)),
    (ValueError, "finite square", ("elu", -1e200)),
    (ValueError, "> 0", ("softplus", 0)),
    (ValueError, "> 0", ("softplus", -1.0)),
    (ValueError, "> 0", ("softplus", float("inf"))),
    (TypeError, "None for 'relu', which takes none, got 0.2", ("relu", 0.2)),
    (TypeError, "None for 'gelu'", ("gelu", 0)),
    (TypeError, "None for 'linear'", ("linear", float("nan"))),
]


@pytest.mark.parametrize(("error", "words", "arguments"), GAIN)
def test_gain(error, words, arguments):
    refused(error, words, fi.gain, *arguments)


RECOMMEND = [
    (ValueError, "expected 'relu' or", dict(activation="rleu")),
    (ValueError, "'softmax'", dict(activation="Softmax")),
    (ValueError, "None if unsure", dict(activation="unknown")),
    (ValueError, "activation", dict(activation="")),
    (ValueError, "activation", dict(activation="rleu", kind="bias")),
    (TypeError, "None if unsure", dict(activation=1)),
    (TypeError, "activation", dict(activation=fi.normal)),
    (ValueError, "'recurrent'", dict(activation="relu", kind="lstm")),
    (TypeError, "kind", dict(activation="relu", kind=None)),
    (ValueError, "fans", dict(activation="relu", fans="ooi")),
    (ValueError, "fans", dict(activation="relu", kind="bias", fans="ooi")),
    (ValueError, "fans", dict(activation="relu", fans=(-1, 2))),
    (TypeError, "fans", dict(activation="relu", fans=3)),
    (TypeError, "'io', 'oi'", dict(activation="tanh", kind="recurrent", fans=(3, 4))),
]


@pytest.mark.parametrize(("error", "words", "arguments"), RECOMMEND)
def test_recommend(error, words, arguments):
    refused(error, words, fi.recommend, **arguments)


def test_other_functions():
    refused(ValueError, "align", fi.empty, 3, align=24)
    refused(ValueError, "align", fi.empty, 3, align=8)
    refused(TypeError, "align", fi.empty, 3, align=64.0)
    refused(TypeError, "dtype", fi.empty, 3, "U3")
    refused(ValueError, "shape", fi.empty, -3)
    refused(ValueError, "n", fi.set_num_threads, 0)
    refused(TypeError, "n", fi.set_num_threads, "2")
    refused(ValueError, "mode", fi.show_config, "html")


def test_too_large_for_memory_is_a_memory_error():
    refused(MemoryError, "fits in memory", fi.normal, (2**40, 2**18), rng=0)
    refused(MemoryError, "fits in memory", fi.empty, 2**61 - 1)


class Starved(collections.abc.Sequence):
    """A sequence, an array, a number and a seed, for none of which there is memory."""

    def _refuse(self, *arguments):
        raise MemoryError("of someone else")

    __array__ = __float__ = __iter__ = __getitem__ = _refuse

    def __len__(self):
        return 3


@pytest.mark.parametrize(
    ("parameter", "call"),
    {
        "rng": lambda: fi.normal(3, rng=Starved()),
        "shape": lambda: fi.zeros(Starved()),
        "index": lambda: fi.normal((4, 4), index=([Starved()], 0), rng=0),
        "value": lambda: fi.constant((3,), value=Starved()),
        "mean": lambda: fi.normal(3, mean=Starved(), rng=0),
        "batch": lambda: fi.check([3, 4], batch=Starved()),
        "layers['w']": lambda: fi.check({"w": Starved()}),
        "activation": lambda: fi.check([3, 4], lambda z: Starved()),
    }.items(),
)
def test_no_memory_for_an_argument_is_a_memory_error(parameter, call):
    refused(MemoryError, f": {parameter}: expected one that fits in memory, got ", call)


@pytest.mark.parametrize("attribute", ["__array_interface__", "__dlpack__"])
def test_no_memory_to_look_at_an_output_is_a_memory_error(attribute):
    output = type("Output", (), {attribute: property(lambda self: self.asked), "__getattr__": Starved._refuse})
    refused(MemoryError, "zeros: out: expected one that fits in memory, got ", fi.zeros, out=output())


def test_a_subclass_cannot_redirect_the_fill():
    class Elsewhere(np.ndarray):
        def view(self, *args, **kwargs):
            return np.zeros(4, np.float32)

    out = np.zeros(4, np.float32).view(Elsewhere)
    assert fi.ones(out=out) is out
    assert np.array_equal(np.asarray(out), np.ones(4))


def test_the_callers_errstate_is_left_out():
    kernel_laws.uniform.cache_clear()
    with np.errstate(all="raise"):
        fi.uniform(3, rng=0)
        fi.uniform(3, low=0, high=1e-44, rng=0)
        fi.constant(3, value=1e-46)


def test_an_array_whose_dtype_changes_after_the_check():
    """By user code that runs in between; nothing is written, least of all behind the array."""
    memory = np.full(16, 7, np.float32)
    out = memory[:12]

    class Threads:
        def __index__(self):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # NumPy's, from 2.5 on
                out.dtype = "i1"
            return 1

    with pytest.raises(TypeError, match="expected the array that was checked"):
        fi.normal(out=out, rng=0, threads=Threads())
    assert (memory == 7).all()


def test_a_bit_generator_that_generates_nothing():
    class Bare(np.random.BitGenerator):
        pass

    with pytest.raises(ValueError, match=r"^normal: rng: expected a BitGenerator that generates, got "):
        fi.normal(3, rng=Bare(0))


@pytest.mark.parametrize("value", [np.array(True), np.array("1"), np.void(b"1234")])
def test_numbers_that_are_none(value):
    with pytest.raises(TypeError, match=r"^normal: std: expected a finite number >= 0, got "):
        fi.normal(3, std=value, rng=0)


def test_a_number_beyond_float64():
    if np.finfo(np.longdouble).maxexp > 1024:
        with pytest.raises(ValueError, match=r"^constant: value: "):
            fi.constant(3, value=np.longdouble("1e4000"))


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("gain", [1e-300, 1e-46, 1e300, 3e38, -1e-300, -3e38])
@pytest.mark.parametrize("name", ["orthogonal", "delta_orthogonal"])
def test_gains_that_no_matrix_can_have(name, gain, dtype):
    out = fi.empty((3, 3, 4, 4), dtype)
    out.fill(7)
    refused(ValueError, "gain", getattr(fi, name), out=out, gain=gain)
    assert (out == 7).all()


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_given_values_beside_special_ones(special):
    for value, dtype in ((1e39, "float32"), (1e5, "float16"), (3.4e38, "bfloat16"), (465, "float8_e4m3fn")):
        refused(ValueError, "value", fi.constant, 2, value=[special, value], dtype=dtype)
    assert fi.constant(2, value=[special, 1.0])[1] == 1


@pytest.mark.parametrize("far", [25.0, 27.0, 1e300])
def test_far_bounds_do_not_let_rounding_cross_the_near_one(far):
    law = dict(mean=1.0, high=0.0, low=-far, dtype="bfloat16")
    values = fi.truncated_normal(1000, std=1.0, rng=0, **law)
    assert (values < 1).all()
    if far < 1e300:  # the nearest number below 1 is beyond the far bound
        refused(ValueError, "mean, std, low, high", fi.truncated_normal, 5, std=1e-4, **law)


@pytest.mark.parametrize("gain", [1e-37, 1.0, 1e37])
def test_orthogonal_leaves_the_callers_errstate_out(gain):
    with np.errstate(all="raise"):
        q = fi.orthogonal((40, 30), gain=gain, rng=0).astype(np.float64) / gain
    assert abs(q.T @ q - np.eye(30)).max() < 1e-4

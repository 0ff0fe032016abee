"""Calls that do not fit a signature, names of other libraries, and messages that stay short whatever came."""

import pickle
import re
import time

import numpy as np
import pytest

import fastinit as fi
from fastinit.common import calls, errors

FORM = re.compile(r"^[a-z_.]+: [\w, ]+: expected .+, got .+", re.DOTALL)


#: Characters of a message.
LONGEST = 320


class Silent:
    def __repr__(self):
        raise RuntimeError


class Endless(str):
    def __repr__(self):
        return "x" * 10**6


class Tensor:
    """Of another library."""

    ndim = 2

    def __dlpack__(self):
        raise AssertionError("not to be asked")


class Listed(list):
    """Whose own repr would show everything."""


class Hostile(list):
    def __iter__(self):
        raise RuntimeError

    __repr__ = __len__ = __iter__


CALLS = [
    (lambda: fi.kaiming_normal(np.ones((3, 3))), "he_normal: shape: ", "got an array; to fill it, use out="),
    (lambda: fi.normal(Tensor()), "normal: shape: ", "got an array; to fill it, use out="),
    (lambda: fi.normal(3, stddev=1), "normal: stddev: ", "perhaps std is meant"),
    (lambda: fi.uniform(3, minval=1), "uniform: minval: ", "perhaps low is meant"),
    (lambda: fi.normal(3, seed=1), "normal: seed: ", "perhaps rng is meant"),
    (lambda: fi.he_normal((3, 3), a=1), "he_normal: a: ", "perhaps negative_slope is meant"),
    (lambda: fi.truncated_normal((3, 3), a=1), "truncated_normal: a: ", "perhaps lower is meant"),
    (lambda: fi.he_normal((3, 3), nonlinearity="relu"), "he_normal: nonlinearity: ", "fastinit.gain has the factor"),
    (lambda: fi.normal(3, mean_=1), "normal: mean_: ", "perhaps mean is meant"),
    (lambda: fi.normal(3, thread=1), "normal: thread: ", "perhaps threads is meant"),
    (lambda: fi.get("normal", stddev=1), "normal: stddev: ", "perhaps std is meant"),
    (lambda: fi.normal(3, zzz=1), "normal: zzz: ", "got another name"),
    (lambda: fi.normal(3, 4), "normal: arguments: ", "expected at most 1 by position, got 2"),
    (lambda: fi.get("normal")(3, 4), "normal: arguments: ", "expected at most 1 by position, got 2"),
    (lambda: fi.get("normal", 3), "get: arguments: ", "expected at most 1 by position, got 2"),
    (lambda: fi.get(name="normal"), "get: name: ", "expected a value, got nothing"),
    (lambda: fi.he_normal((3, 3), gain=2), "he_normal: gain: ", "variance_scaling has one, as scale=gain**2"),
    (lambda: fi.get(), "get: name: ", "expected a value, got nothing"),
    (lambda: fi.get("normal").but(0), "but: scheme: ", "expected a value, got nothing"),
    (lambda: fi.gain("relu", 1, 2), "gain: arguments: ", "expected at most 2 by position, got 3"),
    (lambda: fi.gain("relu", parm=1), "gain: parm: ", "perhaps param is meant"),
    (lambda: fi.fans(), "fans: shape: ", "expected a value, got nothing"),
    (lambda: fi.fans((3, 3), 1, 0, (), 2), "fans: arguments: ", "expected at most 4 by position, got 5"),
    (lambda: fi.initialize({}, {}, seed=3), "initialize: seed: ", "perhaps rng is meant"),
    (lambda: fi.empty(3, shape=3), "empty: shape: ", "expected it once"),
    (lambda: fi.recommend("relu", kinds="dense"), "recommend: kinds: ", "perhaps kind is meant"),
    (lambda: fi.schemes(3), "schemes: arguments: ", "expected at most 0 by position, got 1"),
    (lambda: fi.set_num_threads(), "set_num_threads: n: ", "expected a value, got nothing"),
    (lambda: fi.get_num_threads(1), "get_num_threads: arguments: ", "got 1"),
    (lambda: fi.show_config(modes="dicts"), "show_config: modes: ", "perhaps mode is meant"),
    (lambda: fi.part(np.ones(3), (3,)), "part: index: ", "expected a value, got nothing"),
    (lambda: fi.check([3, 4], activations="relu"), "check: activations: ", "perhaps activation is meant"),
    (lambda: fi.axes(0, 1, 2, 3, 4, 5), "axes: arguments: ", "expected at most 5 by position, got 6"),
]


@pytest.mark.parametrize(("call", "begin", "end"), CALLS)
def test_calls_that_do_not_fit(call, begin, end):
    with pytest.raises(TypeError) as raised:
        call()
    assert str(raised.value).startswith(begin)
    assert end in str(raised.value)
    assert FORM.match(str(raised.value))
    assert len(str(raised.value)) < 300


def test_every_meant_name_is_one_of_ours():
    ours = {name for scheme in fi.schemes() for name in getattr(fi, scheme).__signature__.parameters}
    assert {name for names in calls.MEANT.values() for name in names} <= ours


@pytest.mark.each_value
@pytest.mark.parametrize(
    "value",
    [
        [1.0] * 10**7,
        [[1.0] * 1000] * 1000,
        tuple(range(10**6)),
        {i: i for i in range(10**5)},
        set(range(10**5)),
        10**10**5,
        "x" * 10**7,
        b"x" * 10**7,
        Endless("x"),
        Silent(),
        np.zeros(10**7),
        range(10**12),
        slice(10**5000),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("parameter", ["shape", "std", "rng", "name", "index", "dtype", "threads", "out"])
def test_messages_stay_short(parameter, value):
    """Whatever came where. What is right for a parameter is left out."""
    if (parameter, type(value)) in {("name", str), ("name", Endless), ("rng", int), ("index", slice), ("threads", int)}:
        return
    arguments = {"shape": (2, 2), **{parameter: value}}
    if parameter in ("out", "rng") and isinstance(value, (list, tuple, np.ndarray, range)):
        return  # arrays to fill, and seeds
    with pytest.raises((TypeError, ValueError)) as raised:
        fi.normal(**arguments)
    assert len(str(raised.value)) <= LONGEST
    assert FORM.match(str(raised.value))


def test_subclasses_are_not_asked_to_show_themselves():
    """The repr of ten million numbers takes a second."""
    many = Listed([0.5] * 10**7)
    began = time.process_time()
    message = errors.message("f", "x", "less", many)
    assert time.process_time() - began < 0.1
    assert errors.message("f", "x", "less", Listed([1] * 30)) == "f: x: expected less, got a Listed of 30 entries"
    assert errors.message("f", "x", "less", Hostile([1])) == "f: x: expected less, got a Hostile of 1 entries"
    assert len(message) <= LONGEST


@pytest.mark.parametrize("function", [fi.normal, fi.gain, fi.get("normal")], ids=["scheme", "function", "configured"])
def test_long_names_are_cut(function):
    with pytest.raises(TypeError) as raised:
        function("relu", **{"q" * 10_000: 1})
    assert len(str(raised.value)) <= LONGEST


def test_long_expectations_are_cut():
    assert len(errors.message("f", "x", "one of " + "a, " * 1000, 3)) < 300
    assert errors.message("f", "x", "less", [1, 2, [3, "four"]]) == "f: x: expected less, got [1, 2, [3, 'four']]"


def test_functions_are_themselves_otherwise():
    for function in fi.gain, fi.fans, fi.get, fi.initialize, fi.recommend, fi.normal:
        assert pickle.loads(pickle.dumps(function)) is function
    with pytest.raises(TypeError, match=r"^gain: nonlinearity: expected one of"):
        fi.gain(3)  # an error from inside passes through
    assert fi.gain.__doc__.startswith("Return the factor")

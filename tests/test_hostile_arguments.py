"""Each argument of each public function, given values that it is not made for: refused in the one form, at once.

Where a value is right after all, as a name of a million characters is, the call succeeds.
"""

import inspect
import json
import re
import signal

import numpy as np
import pytest
from hostile_values import MAKERS

import fastinit as fi

FORM = re.compile(r"^[a-z_0-9.]+: .+: expected .+, got .+")

#: Longer than any message may be.
MAX_CHARACTERS = 420

#: Seconds of processor time that a call may take: generous, against those that never end.
MOST_SECONDS = 5

#: What a call needs beside the argument that is tried; other schemes need a shape.
BESIDE = {
    "axes": {},
    "calibrate": {"layers": [np.ones((4, 4)), np.ones((4, 4))], "activation": "relu"},
    "check": {"layers": [4, 4]},
    "constant": {"shape": (4, 4), "value": 1.0},
    "delta_orthogonal": {"shape": (3, 4, 4)},
    "dirac": {"shape": (3, 4, 4)},
    "gain": {"nonlinearity": "leaky_relu"},
    "get": {"name": "normal"},
    "initialize": {"arrays": {"a": np.ones((4, 4), np.float32)}, "rules": {"*": "normal"}},
    "log_odds": {"shape": (4, 4), "p": 0.1},
    "part": {"array": np.ones((4, 4), np.float32), "shape": (4, 4), "index": slice(None)},
    "recommend": {"activation": "relu"},
    "set_num_threads": {},
    "sparse": {"shape": (4, 4), "sparsity": 0.5},
}

#: Of every law that differs in its parameters one; the others share their code, and are heavy.
QUICK = ("constant", "empty", "fans", "he_normal", "normal", "orthogonal", "sparse", "truncated_normal", *BESIDE)

FUNCTIONS = {
    function.__name__: function
    for function in map(fi.__dict__.get, fi.__all__)
    if callable(function) and function.__name__ not in ("show_config", "schemes", "get_num_threads")
}


class Hangs(BaseException):
    """A call took too long."""


@pytest.fixture
def timer():
    def ring(number, frame):
        raise Hangs

    before = signal.signal(signal.SIGPROF, ring)
    yield lambda seconds: signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


def parameters():
    for name, function in FUNCTIONS.items():
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind is not parameter.VAR_KEYWORD:
                marks = () if name in QUICK else pytest.mark.heavy
                yield pytest.param(name, parameter.name, marks=marks, id=f"{name}-{parameter.name}")


def refusal(call, timer):
    """The message; None if the call succeeded."""
    timer(MOST_SECONDS)
    try:
        call()
    except (ValueError, TypeError, MemoryError) as error:
        return str(error)
    finally:
        timer(0)


@pytest.mark.parametrize(("name", "parameter"), list(parameters()))
def test_refused_in_the_one_form(name, parameter, timer):
    n_threads = fi.get_num_threads()
    function, positional = FUNCTIONS[name], []
    for what, make in MAKERS.items():
        arguments = {**BESIDE.get(name, {"shape": (4, 4)}), parameter: make()}
        if parameter == "out":
            del arguments["shape"]
        if name == "get":
            positional = [arguments.pop("name")]
        message = refusal(lambda: function(*positional, **arguments), timer)  # noqa: B023 called at once
        assert message is None or (FORM.match(message) and len(message) <= MAX_CHARACTERS), (what, message)
    if name == "set_num_threads":
        fi.set_num_threads(n_threads)


@pytest.mark.parametrize("name", sorted(set(QUICK) & set(fi.schemes())))
def test_parameters_of_a_configured_scheme(name, timer):
    """They are checked before they are copied, and what is kept can be copied."""
    own = [p for p in inspect.signature(FUNCTIONS[name]).parameters if p not in inspect.signature(fi.zeros).parameters]
    required = {key: value for key, value in BESIDE.get(name, {}).items() if key != "shape"}
    for parameter in own:
        for what, make in MAKERS.items():
            message = refusal(lambda: fi.get(name, **{**required, parameter: make()}), timer)  # noqa: B023
            assert message is None or (FORM.match(message) and len(message) <= MAX_CHARACTERS), (what, message)


def test_values_of_the_table_are_hostile():
    """Without any check: NumPy alone does not come to an end, or raises what the objects raise."""
    with pytest.raises(ZeroDivisionError):
        np.empty(3)[MAKERS["what raises"]()]
    assert len(MAKERS["a range of 10**10"]()) == 10**10
    with pytest.raises(OverflowError):
        len(MAKERS["a range of 10**30"]())


@pytest.mark.parametrize("scheme", ["zeros", "normal"])
def test_an_interface_without_memory_is_not_filled_in_vain(scheme):
    """NumPy makes memory for it, which nobody else sees."""
    with pytest.raises(ValueError, match=rf"^{scheme}: out: expected a tensor with memory, got one without"):
        getattr(fi, scheme)(out=MAKERS["memory without an address"]())


def test_a_mistyped_rule_among_100_000_names(timer):
    arrays = {f"layers.{i}.weight": np.ones(1, np.float32) for i in range(100_000)}
    message = refusal(lambda: fi.initialize(arrays, {"layers.0.wieght": "zeros", "*": "ones"}), timer)
    assert "near it are 'layers.0.weight'" in message


@pytest.mark.heavy  # most of it is reading the header
def test_a_mistyped_tensor_among_100_000(tmp_path, timer):
    rows = {f"a.{i}.b": {"dtype": "F32", "shape": [2], "data_offsets": [8 * i, 8 * i + 8]} for i in range(100_000)}
    text = json.dumps(rows).encode()
    (tmp_path / "w.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + bytes(800_000))
    (tmp_path / "m.toml").write_text('file = "w.safetensors"\n[[layers]]\ntensor = "a.5.bb"\n')
    assert "layers[0].tensor: expected 'a.5.b'" in refusal(lambda: fi.check(tmp_path / "m.toml"), timer)

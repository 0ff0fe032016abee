"""fastinit.initialize refuses: the right exception, its message, and not a byte written."""

import re
import types

import numpy as np
import pytest
from test_initialize import filled

import fastinit as fi
from fastinit import _kernels
from fastinit.plans import overlaps


def read_only():
    array = np.full(4, 7, np.float32)
    array.flags.writeable = False
    return array


SQUARE = np.full((6, 6), 7, np.float32)
REFUSED = [
    ("a list", TypeError, r"arrays\['bad'\] \(normal: out\)", dict(bad=[1.0])),
    ("int64", TypeError, r"arrays\['bad'\].*int64", dict(bad=np.zeros(3, np.int64))),
    ("read-only", ValueError, r"arrays\['bad'\].*read-only", dict(bad=read_only())),
    ("the same twice", ValueError, "share no memory, got 'b' and 'bad'", dict(b=SQUARE, bad=SQUARE)),
    ("overlapping", ValueError, "'b' and 'bad'", dict(b=SQUARE[:3], bad=SQUARE[2:])),
    ("interleaved and overlapping", ValueError, "'b' and 'bad'", dict(b=SQUARE[:, :4], bad=SQUARE[:, 3:])),
    ("a surrogate", ValueError, r"arrays\['\\ud800'\] \(normal: name\)", {"\ud800": np.full(3, 7, np.float32)}),
    ("a name that is no string", TypeError, "arrays: expected strings or integers", {3.5: np.full(3, 7, np.float32)}),
]


@pytest.mark.parametrize(("error", "words", "more"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_bad_arrays_at_the_end(error, words, more):
    generator = np.random.default_rng(0)
    before = generator.bit_generator.state
    arrays = filled() | more
    refused(error, words, arrays, {"*": "normal"}, rng=generator)
    assert generator.bit_generator.state == before


def refused(error, words, arrays, rules, **arguments):
    with pytest.raises(error, match=words) as caught:
        fi.initialize(arrays, rules, **arguments)
    assert type(caught.value) is error
    assert re.match(r"^initialize: \w+(\[.*\] \(\w+: [\w, ]+\))?: expected .+, got .+", str(caught.value), re.DOTALL)
    for array in arrays.values() if isinstance(arrays, dict) else ():
        if not isinstance(array, list) and np.asarray(array).dtype == np.float32:
            assert (np.asarray(array) == 7).all()


ARGUMENTS = [
    (ValueError, "none for 'h.0.w1'", dict(rules={"layout*": "normal"})),
    (ValueError, "'x.*', which matches no name", dict(rules={"x.*": "ones", "*": "normal"})),
    (ValueError, "earlier rules take", dict(rules={"*": "normal", "h.*": "ones"})),
    (ValueError, r"rules\['\*'\] \(get: name\): expected 'normal'", dict(rules={"*": "norml"})),
    (TypeError, r"rules\['\*'\] \(constant: value\)", dict(rules={"*": "constant"})),
    (TypeError, "rules: expected a scheme", dict(rules={"*": 3})),
    (TypeError, "rules: expected strings", dict(rules={None: "ones"})),
    (TypeError, "rules: expected a mapping", dict(rules=[("*", "ones")])),
    (TypeError, "arrays: expected a mapping", dict(arrays=np.zeros(3, np.float32))),
    (TypeError, "arrays: expected a mapping", dict(arrays=None)),
    (ValueError, "rng", dict(rng=-1)),
    (TypeError, "rng", dict(rng="seed")),
    (ValueError, "rng", dict(rng=-1, rules={"*": "zeros"})),
    (ValueError, "threads", dict(threads=0)),
    (TypeError, "threads", dict(threads="2")),
    (TypeError, "progress", dict(progress=1)),
]


@pytest.mark.parametrize(("error", "words", "arguments"), ARGUMENTS)
def test_bad_arguments(error, words, arguments):
    refused(error, words, **{"arrays": filled(), "rules": {"*": "normal"}, **arguments})


def test_a_shape_without_fans():
    arrays = filled() | {"ln.bias": np.full(3, 7, np.float32)}
    refused(ValueError, r"arrays\['ln.bias'\] \(he_normal: shape\): expected two dim", arrays, {"*": "he_normal"})


def test_memory_that_is_too_hard_to_tell_apart_is_refused(monkeypatch):
    monkeypatch.setattr(overlaps, "MAX_OVERLAP_WORK", 0)
    refused(ValueError, "share no memory", {"a": SQUARE[:, ::2], "b": SQUARE[:, 1::2]}, {"*": "normal"})


def test_the_batch_refuses_what_it_has_no_room_for():
    full = _kernels.Batch(0)
    with pytest.raises(IndexError):
        full.add(np.zeros(3, np.float32), "", 0, None)


def test_a_mapping_that_makes_its_arrays_anew(tmp_path):
    np.savez(tmp_path / "w.npz", a=np.zeros((4, 4), np.float32))
    with (
        np.load(tmp_path / "w.npz") as file,
        pytest.raises(TypeError, match=r"^initialize: arrays: expected a mapping "),
    ):
        fi.initialize(file, {"*": "ones"})
    held = types.MappingProxyType({"a": np.zeros(3, np.float32)})
    assert fi.initialize(held, {"*": "ones"})["a"].tolist() == [1, 1, 1]

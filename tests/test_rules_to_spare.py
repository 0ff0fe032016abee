"""Rules of fastinit.initialize that nothing needs, names that are skipped, and what the messages name and how long."""

import pytest
from test_rules import arrays, firsts, refused

import fastinit as fi
from fastinit.plans.patterns import nearest, quoted


def test_rules_to_spare():
    table = {"*.bias": "zeros", "head.*": "ones", "*.scale": fi.keep, "*": "normal"}
    refused(ValueError, "'head.*', which matches no name and 2 more", arrays("a.bias"), table)
    filled = fi.initialize(arrays("a.bias"), table, unused="ignore")
    assert firsts(filled) == {"a.bias": 0}
    assert fi.initialize({}, table, unused="ignore") == {}
    refused(ValueError, "none for 'a'", arrays("a"), {"b": "ones"}, unused="ignore")


def test_skip():
    weights = arrays("a.w", "a.step", "b.step") | {"note": "text"}
    fi.initialize(weights, {"*": "ones"}, skip=["*.step", "note"])
    assert [weights[name].flat[0] for name in ("a.w", "a.step", "b.step")] == [1, 7, 7]
    fi.initialize(weights, {"a.*": "zeros"}, skip=("b*", "*.step", "note"))
    assert weights["a.w"].flat[0] == 0
    tied = arrays("a")
    fi.initialize(tied | {"b": tied["a"]}, {"*": "ones"}, skip="b")
    assert firsts(fi.initialize(arrays("a"), {}, skip="*")) == {"a": 7}
    named = arrays("x[0]", "x1", "x0")
    assert firsts(fi.initialize(named, {"*": "ones"}, skip="x[0]")) == {"x[0]": 7, "x1": 1, "x0": 7}


SKIPS = [
    (ValueError, "skip: expected each pattern to match some name, got 'x.*'", dict(skip="x.*")),
    (ValueError, "skip: .*'bais', which matches no name; near it are 'bias'", dict(skip=["w", "bais"])),
    (TypeError, "skip: expected a pattern, or a list or tuple", dict(skip=3)),
    (TypeError, "skip: expected a pattern, or a list or tuple", dict(skip=None)),
    (TypeError, "skip: expected a pattern, or a list or tuple", dict(skip=["a", 3])),
    (TypeError, "skip: expected a pattern, or a list or tuple", dict(skip=iter("a"))),
    (TypeError, "sep: expected a string", dict(sep=None)),
    (TypeError, "sep: expected a string", dict(sep=b".")),
    (ValueError, "unused: expected one of 'error', 'ignore'", dict(unused="warn")),
    (TypeError, "unused: expected one of 'error', 'ignore'", dict(unused=True)),
]


@pytest.mark.parametrize(("error", "words", "arguments"), SKIPS)
def test_bad_arguments(error, words, arguments):
    refused(error, words, arrays("w", "bias"), {"*": "ones"}, **arguments)


def test_skip_patterns_to_spare():
    assert firsts(fi.initialize(arrays("a"), {"*": "ones"}, skip="x.*", unused="ignore")) == {"a": 1}


def test_the_nearest_are_named():
    names = [f"model.layers.{i}.{part}.weight" for i in range(400) for part in ("attention", "mlp", "norm")]
    rules = dict.fromkeys(names, "ones")
    words = "none for 'model.layers.7.mlp.weight'; near it are 'model.layers.7.mpl.weight'"
    rules["model.layers.7.mpl.weight"] = rules.pop("model.layers.7.mlp.weight")
    refused(ValueError, words, arrays(*names, shape=1), rules)
    rules["model.layers.7.mlp.weight"] = "ones"
    words = "'model.layers.7.mpl.weight', which matches no name; near it are 'model.layers.7.mlp.weight'"
    refused(ValueError, words, arrays(*names, shape=1), rules)
    assert [name[-7:] for name in nearest("*.wieght", names)] == [".weight"]
    assert nearest("mdoel.*", names)[0].startswith("model.")
    assert nearest("q", names) == []
    assert nearest("", []) == []


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "\0" * 5000, "\U0010ffff" * 300, "'" * 200, "a\nb"], ids=["x", "0", "u", "q", "n"]
)
def test_messages_stay_short(text):
    assert len(quoted(text)) <= 100
    rules = {text: lambda name, shape: 3}
    refused(TypeError, "expected", arrays(text), rules)
    refused(ValueError, "expected", arrays(text), {text + "?": "ones"})
    refused(ValueError, "expected", arrays(text), {text + "?": "ones", "*": "ones"})
    refused(ValueError, "expected", arrays(text), {"*": "ones"}, skip=text + "?")
    refused(ValueError, "expected", arrays(text), {text: "he_normal"} if text else {}, threads=0)

"""Rules of fastinit.initialize: functions, keep, exact names, skipped names, tables with rules to spare."""

import copy
import fnmatch
import itertools
import pickle
import random
import re

import numpy as np
import pytest
from fills import same_bits

import fastinit as fi
from fastinit.plans.patterns import MAX_TRIED, Patterns


def arrays(*names, shape=(3, 4)):
    return {name: np.full(shape, 7, np.float32) for name in names}


def constant(value):
    return fi.get("constant", value=value)


def firsts(filled):
    return {name: float(array.flat[0]) for name, array in filled.items()}


def refused(error, words, weights, rules, **arguments):
    """Refused in the one form, shortly, with nothing written."""
    generator = np.random.default_rng(0)
    with pytest.raises(error, match=words) as caught:
        fi.initialize(weights, rules, generator, **arguments)
    assert re.match(r"^initialize: \w+(\[.*\])?.*: expected .+, got .+", str(caught.value), re.DOTALL)
    assert len(str(caught.value)) <= 360
    assert all((array == 7).all() for array in weights.values())
    assert generator.bit_generator.state == np.random.default_rng(0).bit_generator.state


ANSWERS = ["ones", fi.ones, fi.get("ones"), constant(1)]


@pytest.mark.parametrize("answer", ANSWERS, ids=repr)
def test_a_function_chooses(answer):
    filled = fi.initialize(arrays("a", "b"), {"*": lambda name, shape: answer})
    assert firsts(filled) == {"a": 1, "b": 1}


def test_a_function_gets_name_and_shape():
    seen = []

    def by_shape(name, shape):
        seen.append((name, shape))
        return "zeros" if len(shape) == 1 else "ones"

    weights = {"b": np.empty(3, np.float32), "w": np.empty((3, 2), np.float16), "s": np.empty((), np.float64)}
    weights["m"] = memoryview(bytearray(24)).cast("f", (3, 2))
    fi.initialize(weights, {"*": by_shape})
    assert seen == [("b", (3,)), ("w", (3, 2)), ("s", ()), ("m", (3, 2))]
    assert all(type(shape) is tuple for _, shape in seen)
    assert [weights[name].flat[0] for name in "bw"] == [0, 1]


def test_a_shape_like_pytorchs_is_a_tuple():
    torch = pytest.importorskip("torch")
    shapes = []
    tensor = torch.full((2, 3), 7.0)
    fi.initialize({"w": tensor}, {"*": lambda name, shape: shapes.append(shape) or "ones"})
    assert shapes == [(2, 3)]
    assert type(shapes[0]) is tuple
    assert tensor.eq(1).all()


def test_none_leaves_it_to_the_next_rule():
    calls = []

    def asks(label, answered):
        def rule(name, shape):
            calls.append((label, name))
            return constant(float(label)) if name in answered else None

        return rule

    rules = {"a*": asks(1, ["a1"]), "ab": constant(2.0), "?b": asks(3, ["bb"]), "*": constant(4.0)}
    filled = fi.initialize(arrays("bb", "ab", "a1", "c", "a2"), rules | {"a1": constant(5.0)}, unused="ignore")
    assert firsts(filled) == {"bb": 3, "ab": 2, "a1": 1, "c": 4, "a2": 4}
    assert calls == [(3, "bb"), (1, "ab"), (1, "a1"), (1, "a2")]  # once each, in the order of the names


def test_none_reaches_an_exact_rule_behind():
    filled = fi.initialize(
        arrays("a", "b"), {"*": lambda name, shape: None, "b": "zeros", "?": "ones"}, unused="ignore"
    )
    assert firsts(filled) == {"a": 1, "b": 0}


def test_functions_equal_single_calls_when_each_makes_its_own_scheme():
    weights = {f"layers.{i}.w": np.empty((5, 6), np.float32) for i in range(300)}

    def by_depth(name, shape):
        depth = int(name.split(".")[1])
        scheme = fi.get("normal", std=0.02 / (1 + depth))
        return scheme.but(np.s_[depth % 5], "zeros") if depth % 2 else scheme

    fi.initialize(weights, {"*": by_depth}, rng=1)
    for name, array in weights.items():
        assert same_bits(array, by_depth(name, (5, 6))((5, 6), rng=1, name=name)), name


def test_equal_schemes_with_blocks_share_their_laws():
    asked = []

    def shifted(name, shape):
        asked.append(name)
        return fi.get("constant", value=int(name) % 3).but(0, constant(int(name) % 2))

    filled = fi.initialize(arrays(*map(str, range(600))), {"*": shifted})
    assert all((a[0] == int(n) % 2).all() and (a[1:] == int(n) % 3).all() for n, a in filled.items())
    assert len(asked) == 600


def test_what_a_function_raises_comes_through():
    class Own(Exception):
        pass

    def fails(name, shape):
        if name == "b":
            raise Own("my words")
        return "ones"

    weights = arrays("a", "b")
    with pytest.raises(Own, match=r"^my words") as caught:
        fi.initialize(weights, {"?": fails})
    assert caught.value.__notes__ == ["initialize: rules['?'] raised this for 'b'"]
    assert firsts(weights) == {"a": 7, "b": 7}
    with pytest.raises(TypeError) as caught:
        fi.initialize(weights, {"*": max})
    assert "rules['*'] raised this for 'a'" in caught.value.__notes__[0]


@pytest.mark.parametrize("answer", [3, 1.5, b"ones", [], lambda: None, object, np.zeros(3)], ids=repr)
def test_wrong_answers(answer):
    words = r"rules\['\*'\]: expected a scheme, .* or None for 'a', got"
    refused(TypeError, words, arrays("a"), {"*": lambda name, shape: answer})


def test_an_unknown_name_as_an_answer():
    words = r"rules\['\*'\] for 'a' \(get: name\): expected 'ones' or .*, got 'onse'"
    refused(ValueError, words, arrays("a"), {"*": lambda name, shape: "onse"})


def test_a_function_that_never_answers_is_unneeded():
    rules = {"a": lambda name, shape: None, "*": "ones"}
    refused(ValueError, "'a', which answered None for every name", arrays("a", "b"), rules)
    assert firsts(fi.initialize(arrays("a", "b"), rules, unused="ignore")) == {"a": 1, "b": 1}
    refused(ValueError, "none for 'b'", arrays("a", "b"), {"*": lambda name, shape: "ones" if name == "a" else None})


def test_a_function_is_asked_about_an_array_that_cannot_be_filled():
    frozen = np.arange(3)
    rules = {"*": lambda name, shape: fi.keep if shape == (3,) else "ones"}
    fi.initialize({"count": frozen, "w": np.empty((2, 2), np.float32)}, rules)
    assert frozen.tolist() == [0, 1, 2]
    with pytest.raises(TypeError, match=r"^initialize: arrays\['x'\] \(rule: out\): expected a writable"):
        fi.initialize({"x": "text"}, {"*": lambda name, shape: "ones"})


def test_keep():
    weights = arrays("a", "b.scale", "c") | {"step": 3, "none": None}
    fi.initialize(weights, {"*.scale": fi.keep, "[sn]*": fi.keep, "*": "ones"})
    assert [weights[name].flat[0] for name in ("a", "b.scale", "c")] == [1, 7, 1]
    fi.initialize(weights, {"*": fi.keep}, rng=np.random.default_rng(0))
    tied = arrays("a")
    fi.initialize(tied | {"b": tied["a"]}, {"a": "ones", "b": fi.keep})
    assert firsts(tied) == {"a": 1}


def test_keep_by_name_is_no_scheme():
    expected = r"^initialize: rules\['a'\] \(get: name\): expected .* fastinit.keep itself, got 'keep'$"
    with pytest.raises(ValueError, match=expected):
        fi.initialize({"a": np.zeros(3, np.float32)}, {"a": "keep"})


def test_keep_is_one():
    assert pickle.loads(pickle.dumps(fi.keep)) is fi.keep
    assert copy.deepcopy(fi.keep) is fi.keep
    assert repr(fi.keep) == "fastinit.keep"
    refused(ValueError, "'b', which matches no name", arrays("a"), {"b": fi.keep, "*": "ones"})


def test_a_rule_that_is_the_name_itself():
    names = ["ab", "layers0.w", "[", "layers[0].w", "layers[1].w", "a*b", "a?", "[!a]"]
    filled = fi.initialize(arrays(*names), {name: constant(i) for i, name in enumerate(names)})
    assert firsts(filled) == {name: i for i, name in enumerate(names)}


def test_order_holds_between_exact_rules_and_globs():
    rules = {"a.*": constant(0), "a.b": constant(1), "b.c": constant(2), "b.*": constant(3)}
    filled = fi.initialize(arrays("a.b", "b.c", "b.d"), rules, unused="ignore")
    assert firsts(filled) == {"a.b": 0, "b.c": 2, "b.d": 3}


def texts(generator, characters, wildcards, n):
    """Short texts, half of them without wildcards."""
    found = set()
    while len(found) < n:
        alphabet = characters + wildcards * generator.randint(0, 1)
        found.add("".join(generator.choices(alphabet, k=generator.randint(0, 6))))
    return sorted(found, key=lambda text: (text.count("*"), generator.random()))


@pytest.mark.parametrize("n_patterns", [MAX_TRIED // 2, 80, 300])
def test_patterns_match_what_fnmatch_says(n_patterns):
    """Against trying every pattern in order, on short texts that often match."""
    generator = random.Random(n_patterns)
    patterns = texts(generator, list("ab./_é"), [*"*?[]!", "[ab]", "[!b.]"], n_patterns)
    names = texts(generator, list("ab./_é[]!\n"), [], 400)

    def expected(name, after):
        for i, pattern in enumerate(patterns):
            if i > after and (pattern == name or fnmatch.fnmatchcase(name, pattern)):
                return i
        return len(patterns)

    matcher = Patterns(patterns)
    for after in -1, 0, len(patterns) // 2:
        found = matcher.first(names, after)
        assert found == [expected(name, after) for name in names]
    assert len(set(matcher.first(names))) > min(12, n_patterns // 5)


def test_equal_texts_of_string_subclasses():
    class Text(str):
        __slots__ = ()
        __hash__ = object.__hash__

        def __eq__(self, other):
            return self is other

    refused(ValueError, "earlier rules take", arrays("a"), {Text("a"): "ones", Text("a"): "zeros"})
    filled = fi.initialize(arrays("a"), {Text("a"): "ones", Text("a"): "zeros"}, unused="ignore")
    assert firsts(filled) == {"a": 1}


def test_many_of_all_kinds():
    """Every name a rule of its own, through all that finds it: exact, by a word, by trying."""
    names = [f"h.{i}.{kind}" for i, kind in itertools.product(range(40), ("exact", "word", "tried"))]
    rules = {}
    for i in range(40):
        rules |= {
            f"h.{i}.exact": constant(3 * i),
            f"*.{i}.wor?": constant(3 * i + 1),
            f"h?{i}?trie*": constant(3 * i + 2),
        }
    assert list(firsts(fi.initialize(arrays(*names), rules)).values()) == list(range(120))

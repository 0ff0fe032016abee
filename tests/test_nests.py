"""Nested arrays in fastinit.initialize: one name each, equal to filling them flat; and what is refused."""

import collections
import re
import types

import numpy as np
import pytest
from fills import same_bits

import fastinit as fi
from fastinit.plans.nests import MAX_LEVELS, MAX_WAYS, flat


def array(value=7):
    return np.full((3, 4), value, np.float32)


Pair = collections.namedtuple("Pair", ["kernel", "bias"])


def nest():
    return {
        "embed": array(),
        "layers": [{"w": array(), "ln": (array(), array())}, {"w": array(), "ln": ()}],
        "head": Pair(array(), array()),
        "steps": {0: array(), np.int64(10): [array()]},
        "frozen": types.MappingProxyType({"a": collections.OrderedDict(b=array())}),
        "rest": collections.UserList([array()]),
        "none": {},
    }


NAMES = ["embed", "layers.0.w", "layers.0.ln.0", "layers.0.ln.1", "layers.1.w", "head.kernel", "head.bias"]
NAMES += ["steps.0", "steps.10.0", "frozen.a.b", "rest.0"]


@pytest.mark.parametrize("sep", [".", "/", "", "::", "重"])
def test_equals_filling_flat(sep):
    arrays = nest()
    found = flat(arrays, sep)
    assert list(found) == [name.replace(".", sep) for name in NAMES]
    assert fi.initialize(arrays, {"*": "he_normal"}, rng=2, sep=sep) is arrays
    for name, filled in found.items():
        assert same_bits(filled, fi.he_normal((3, 4), rng=2, name=name)), name
    assert same_bits(arrays["layers"][1]["w"], found[f"layers{sep}1{sep}w"])


@pytest.mark.parametrize("top", [list, tuple, collections.UserList])
def test_a_sequence_at_the_top(top):
    """As in JAX's own tutorial: [(weights, biases), ...]."""
    layers = top([(array(), array()), (array(), array())])
    assert fi.initialize(layers, {"*.0": "normal", "*.1": "zeros"}, rng=0) is layers
    assert same_bits(layers[1][0], fi.normal((3, 4), rng=0, name="1.0"))
    assert not layers[0][1].any()


def test_what_is_an_array_is_no_nest():
    class Own(collections.UserList):
        def __init__(self, held):
            super().__init__([1, held])
            self.__array_interface__ = held.__array_interface__

    class Bytes(collections.abc.Mapping):
        """Makes an entry of every name, as some mappings do of attributes."""

        def __getitem__(self, name):
            return self.__dict__.setdefault(name, array())

        __getattr__ = __getitem__

        def __iter__(self):
            return iter(["a"])

        def __len__(self):
            return 1

    held, memory, mapping = array(), memoryview(bytearray(24)).cast("f", (2, 3)), Bytes()
    fi.initialize({"own": Own(held), "memory": memory, "mapping": mapping}, {"*": "ones"})
    assert (held == 1).all()
    assert memory.tolist() == [[1, 1, 1]] * 2
    assert (mapping["a"] == 1).all()


def test_mappings_that_wrap_what_they_hold():
    held = {"params": {f"layer{i}": {"kernel": array(), "bias": array()} for i in range(2 * MAX_WAYS)}}
    tree = Frozen(held)
    assert fi.initialize(tree, {"*/kernel": "normal", "*/bias": "zeros"}, rng=0, sep="/") is tree
    assert same_bits(held["params"]["layer1"]["kernel"], fi.normal((3, 4), rng=0, name="params/layer1/kernel"))


def test_a_tree_of_tensors():
    torch = pytest.importorskip("torch")
    tree = {"layer": [torch.full((3, 4), 7.0), array()]}
    fi.initialize(tree, {"*": "normal"}, rng=0)
    assert same_bits(tree["layer"][0].numpy(), fi.normal((3, 4), rng=0, name="layer.0"))


def test_skipped_and_kept_leaves_may_be_anything():
    tree = {"w": [array(), None], "count": 3, "name": "text", "scales": [1.0, 2.0], "opt": Pair(np.float32(3), array())}
    fi.initialize(tree, {"w.1": fi.keep, "*": "ones"}, skip=["count", "name", "scales", "opt.kernel"])
    assert tree["w"][0].flat[0] == tree["opt"].bias.flat[0] == 1


def cycle(kind):
    inner = [array()] if kind is list else {"w": array()}
    outer = {"a": array(), "b": inner, "c": inner}
    if kind is list:
        inner += [outer, outer]
    else:
        inner |= {"x": outer, "y": outer}
    return outer


def deep(levels):
    found = array()
    for _ in range(levels):
        found = {"a": found}
    return found


def ladder(n):
    """Ways that double at each level."""
    found = {"w": array()}
    for _ in range(n):
        found = {"a": found, "b": found}
    return found


class Renewing(collections.abc.Mapping):
    def __init__(self, kind):
        self.kind = kind

    def __getitem__(self, name):
        return {"array": array, "nest": lambda: {"w": array()}}[self.kind]()

    def __iter__(self):
        return iter(["a"])

    def __len__(self):
        return 1


class Frozen(collections.abc.Mapping):
    """As Flax's: holds its arrays, and wraps the mappings that it holds anew at each look."""

    def __init__(self, held):
        self.held = held

    def __getitem__(self, name):
        found = self.held[name]
        return Frozen(found) if isinstance(found, dict) else found

    def __iter__(self):
        return iter(self.held)

    def __len__(self):
        return len(self.held)


class Bottomless(collections.abc.Mapping):
    """Never the same, and never an array."""

    def __getitem__(self, name):
        return Bottomless()

    def __iter__(self):
        return iter("ab")

    def __len__(self):
        return 2


class RenewingSequence(collections.abc.Sequence):
    def __getitem__(self, i):
        return [array()][i]

    def __len__(self):
        return 1


LEVELS = f"at most {MAX_LEVELS} levels, and at most {MAX_WAYS} ways"
REFUSED = {
    "a cycle": (ValueError, LEVELS, lambda: cycle(dict)),
    "a cycle of lists": (ValueError, LEVELS, lambda: cycle(list)),
    "too deep": (ValueError, LEVELS, lambda: deep(MAX_LEVELS + 1)),
    "very deep": (ValueError, LEVELS, lambda: deep(50_000)),
    "many ways": (ValueError, LEVELS, lambda: ladder(40)),
    "two ways": (ValueError, "share no memory", lambda: ladder(1)),
    "one name for two": (ValueError, "'a.b' for two", lambda: {"a.b": array(), "a": {"b": array()}}),
    "one number for two": (ValueError, "'1' for two", lambda: {1: array(), "1": array()}),
    "a float key": (TypeError, "strings or integers as keys in 'a.', got 0.5", lambda: {"a": {0.5: array()}}),
    "a bool key": (TypeError, "strings or integers as keys, got True", lambda: {True: array()}),
    "a tuple key": (TypeError, "strings or integers as keys", lambda: {("a", "b"): array()}),
    "a key of bytes": (TypeError, "strings or integers as keys", lambda: {b"a": array()}),
    "a surrogate": (ValueError, r"arrays\['a.\\ud800'\] \(normal: name\)", lambda: {"a": {"\ud800": array()}}),
    "new arrays": (TypeError, "holds its arrays, got Renewing", lambda: {"a": [Renewing("array")]}),
    "new nests": (TypeError, "holds its arrays, got Renewing", lambda: {"a": [Renewing("nest")]}),
    "new nests without end": (TypeError, "holds its arrays, got Bottomless", lambda: {"a": Bottomless()}),
    "new items": (TypeError, "holds its arrays, got Renewing", lambda: {"a": RenewingSequence()}),
    "numbers": (TypeError, r"arrays\['a.b'\] \(normal: out\).* got list", lambda: {"a": {"b": [1.0, 2]}}),
    "rows": (TypeError, r"arrays\['a.0'\] \(normal: out\).* got list", lambda: {"a": [[1.0, 2], [3.0]]}),
    "a range": (TypeError, r"arrays\['a'\] \(normal: out\)", lambda: {"a": range(5)}),
    "a set": (TypeError, r"arrays\['a'\] \(normal: out\)", lambda: {"a": {1.0}}),
    "text": (TypeError, r"arrays\['a.0'\] \(normal: out\).* got str", lambda: {"a": ["text"]}),
    "None": (TypeError, r"arrays\['a.0'\] \(normal: out\)", lambda: {"a": [None, array()]}),
    "an iterator": (TypeError, r"arrays\['a'\] \(normal: out\)", lambda: {"a": iter([array()])}),
    "text at the top": (TypeError, "arrays: expected a mapping", lambda: "text"),
    "numbers at the top": (TypeError, "arrays: expected a mapping", lambda: [1.0, 2.0]),
    "a number at the top": (TypeError, "arrays: expected a mapping", lambda: 3),
    "parts at the top": (TypeError, "arrays: expected a mapping", lambda: (fi.part(array(), (3, 4), ...),)),
    "a class": (TypeError, "arrays: expected a mapping", lambda: dict),
}


@pytest.mark.parametrize(("error", "words", "made"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(error, words, made):
    first = array()
    made = made()
    arrays = made if "at the top" in words or not isinstance(made, dict) else {"first": first} | made
    with pytest.raises(error, match=words) as caught:
        fi.initialize(arrays, {"*": "normal"}, rng=0)
    assert re.match(r"^initialize: arrays(\[.*\] \(\w+: \w+\))?: expected .+, got .+", str(caught.value), re.DOTALL)
    assert len(str(caught.value)) <= 300
    assert (first == 7).all()
    while isinstance(made, dict) and made:  # frees what is deep level by level
        made = made.popitem()[1]


def test_an_npz_file_inside(tmp_path):
    np.savez(tmp_path / "w.npz", a=array())
    with np.load(tmp_path / "w.npz") as file, pytest.raises(TypeError, match="which makes a new one at each look"):
        fi.initialize({"model": file}, {"*": "ones"})


def test_as_deep_as_allowed():
    arrays = deep(MAX_LEVELS)
    fi.initialize(arrays, {"*": "ones"})
    assert (next(iter(flat(arrays, ".").values())) == 1).all()


def test_one_nest_in_few_places_may_be_skipped():
    """As where a model holds one table twice."""
    table = {"weight": array()}
    fi.initialize({"encoder": table, "decoder": table}, {"*": "ones"}, skip="decoder.*")
    assert (table["weight"] == 1).all()

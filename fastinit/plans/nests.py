"""Nested mappings and sequences of arrays as one flat dict, by names that join the keys."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from fastinit._kernels import types_of
from fastinit.common.checks import MAX_ENTRIES, as_integer
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.plans.part import Part
from fastinit.plans.patterns import quoted

EXPECTED = "a mapping from names to arrays, or a nest of mappings and sequences"

#: Levels of a nest. What has more is taken to hold itself.
MAX_LEVELS = 64

#: Ways to one and the same nest. Few share one at all, and ways multiply from level to level.
MAX_WAYS = 1000

#: Of a sequence that is no list, so many numbers tell that it has no arrays.
MAX_NUMBERS = 1000

NUMBERS = (int, float, complex, np.generic)


def flat(arrays: object, sep: str) -> dict[str, object]:
    """All arrays by name: of a type that is refused later, if they are no arrays; parts of one tensor as a tuple."""
    if type(arrays) is dict and types_of(arrays) <= {str} and types_of(arrays.values()) <= {np.ndarray}:
        return dict(arrays)
    if not _is_nest(arrays) or _are_parts(arrays):
        got = arrays if arrays is None else Shown(type(arrays).__name__)
        reject_type("initialize", "arrays", EXPECTED, got)
    walk = _Walk(sep)
    walk.through(arrays, "", 1)
    return walk.found


class _Walk:
    """The arrays met so far."""

    def __init__(self, sep: str):
        self.found: dict[str, object] = {}
        self._sep = sep
        self._ways: dict[int, list] = {}  # to each nest, by its identity, for which all are held

    def through(self, nest: Mapping | Sequence, prefix: str, level: int) -> None:
        items = _items(nest)
        ways = self._ways.setdefault(id(nest), [])
        if items:
            ways.append(nest)
        if level > MAX_LEVELS or len(ways) > MAX_WAYS:
            got = Shown(f"more at {quoted(prefix)}")
            expected = f"a nest of at most {MAX_LEVELS} levels, and at most {MAX_WAYS} ways to each part of it"
            reject_value("initialize", "arrays", expected, got)
        for key, value in items:
            name = prefix + self._text(key, prefix)
            if type(value) is not np.ndarray and _is_nest(value):
                if not _are_parts(value):
                    self.through(value, name + self._sep, level + 1)
                    continue
                value = _pieces(name, value)
            if name in self.found:
                reject_value("initialize", "arrays", "a name for each array", Shown(f"{quoted(name)} for two"))
            self.found[name] = value

    @staticmethod
    def _text(key: object, prefix: str) -> str:
        if isinstance(key, str):
            return str.__str__(key)
        number = as_integer(key)
        if number is None or number.bit_length() > 63:
            where = f" in {quoted(prefix)}" if prefix else ""
            reject_type("initialize", "arrays", f"strings or integers as keys{where}", key)
        return str(number)


def _items(nest: Mapping | Sequence) -> list[tuple[object, object]]:
    """Keys and values, once it is sure that the nest holds the values themselves."""
    if type(nest) is dict:
        return list(nest.items())
    items = _pairs(nest)
    if type(nest) not in (list, tuple) and not all(_are_same(nest[key], value) for key, value in items):
        got = Shown(f"{type(nest).__name__}, which makes a new one at each look")
        reject_type("initialize", "arrays", "a mapping that holds its arrays", got)
    fields = getattr(nest, "_fields", None) if isinstance(nest, tuple) else None
    if fields is not None:
        return list(zip(fields, nest, strict=True))
    return items


def _pairs(nest: Mapping | Sequence) -> list[tuple[object, object]]:
    if type(nest) in (dict, list, tuple):
        return list(nest.items() if type(nest) is dict else enumerate(nest))
    keys = list(itertools.islice(nest, MAX_ENTRIES + 1))  # its length may be a lie
    if len(keys) > MAX_ENTRIES:
        expected = f"at most {MAX_ENTRIES:,} entries in one nest"
        reject_value("initialize", "arrays", expected, Shown(f"more ({type(nest).__name__})"))
    return [(key, nest[key]) for key in keys] if isinstance(nest, Mapping) else list(enumerate(keys))


def _are_same(value: object, again: object, level: int = 1) -> bool:
    """Whether two looks found the same arrays. The nests around them may be new ones, as those in Flax's are."""
    if value is again:
        return True
    if level > MAX_LEVELS or not _is_nest(value) or type(value) is not type(again):
        return False
    pairs, others = _pairs(value), _pairs(again)
    return len(pairs) == len(others) and all(
        key == other_key and _are_same(item, other_item, level + 1)
        for (key, item), (other_key, other_item) in zip(pairs, others, strict=True)
    )


def _is_nest(value: object) -> bool:
    """Whether it has arrays rather than being one; a sequence of numbers, no array either, has none."""
    kind = type(value)
    if kind is dict:
        return True
    if kind is not list and kind is not tuple and (not isinstance(value, (Mapping, Sequence)) or _is_array(value)):
        return False
    if isinstance(value, Mapping) or kind in (list, tuple):
        return isinstance(value, Mapping) or not value or not all(isinstance(item, NUMBERS) for item in value)
    try:
        some = list(itertools.islice(value, MAX_NUMBERS))  # it may have no end
    except Exception:  # whatever a sequence raises
        return False
    return not some or not all(isinstance(item, NUMBERS) for item in some)


def _is_array(value: object) -> bool:
    if isinstance(value, str):
        return True
    # Not by hasattr: some mappings make an entry of every attribute that they are asked for.
    if any(inspect.getattr_static(value, name, None) for name in ("__array_interface__", "__dlpack__")):
        return True
    try:
        memoryview(value)
    except TypeError:
        return False
    return True


def _are_parts(value: object) -> bool:
    """Whether it is pieces of one tensor: a plain tuple of parts. A list of them is layers, each with its own name."""
    return type(value) is tuple and any(type(item) is Part for item in value)


def _pieces(name: str, value: Sequence) -> tuple[Part, ...]:
    for item in value:
        if type(item) is not Part:
            got = Shown(f"{type(item).__name__} among parts")
            reject_type("initialize", f"arrays[{quoted(name)}]", "parts alone", got)
        if item.shape != value[0].shape:
            got = Shown(f"parts of {value[0].shape} and {item.shape}")
            reject_value("initialize", f"arrays[{quoted(name)}]", "parts of one tensor", got)
    return tuple(value)

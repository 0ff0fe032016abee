"""A model's configuration, read one key at a time: each value checked, or its family's default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from fastinit.common import checks
from fastinit.common.errors import Shown, reject_type, reject_value

#: In front of every message.
WHERE = "config"

#: Sizes are below it. Products of two stay within 63 bits; those of more are checked with the shape.
SIZE_END = 2**31

#: Twice the deepest model that was published. No family has 50 tensors a layer, so that no plan has 200,000.
MAX_LAYERS = 2_000

#: Standard deviations, scales and time steps are far below it.
MAX_NUMBER = 1e6

#: Characters of a string.
MAX_TEXT = 100

#: Entries of a list of numbers, such as those of the layers that differ.
MAX_INDICES = 100_000

#: What the weights of a model may be kept in.
DTYPES = ("float32", "bfloat16", "float16", "float64")


class Config:
    """A configuration with the defaults of its family, by the names that the family has for both."""

    def __init__(self, table: Mapping[str, object], defaults: Mapping[str, Any], aliases: Mapping[str, str]):
        self._values = {**defaults, **table}
        for other, key in aliases.items():
            if other in table:
                self._values[key] = table[other]
        self._indices: dict[str, frozenset[int]] = {}

    def size(self, key: str, least: int = 1, end: int = SIZE_END) -> int:
        """An integer from `least` to below `end`."""
        value = self._values[key]
        expected = f"an int from {least} to {end - 1:,}"
        number = checks.as_integer(value)
        if number is None:
            reject_type(WHERE, key, expected, value)
        if not least <= number < end:
            reject_value(WHERE, key, expected, value)
        return number

    def size_or(self, key: str, otherwise: int) -> int:
        """The same where the key has a value, else another."""
        return otherwise if self._values.get(key) is None else self.size(key)

    def layers(self, key: str) -> int:
        """A number of layers."""
        return self.size(key, end=MAX_LAYERS + 1)

    def number(self, key: str) -> float:
        """A number that is not negative, and no larger than any model has one."""
        value = self._values[key]
        expected = f"a number from 0 to {MAX_NUMBER:,.0f}"
        number = checks.finite(WHERE, key, value, expected)
        if not 0 <= number <= MAX_NUMBER:
            reject_value(WHERE, key, expected, value)
        return number

    def positive(self, key: str) -> float:
        """The same above 0."""
        return self.number(key) or checks.positive(WHERE, key, 0.0)

    def flag(self, key: str) -> bool:
        """True or False."""
        return checks.boolean(WHERE, key, self._values[key])

    def has(self, key: str) -> bool:
        """Whether the key has a value."""
        return self._values.get(key) is not None

    def text(self, key: str) -> str:
        """A string, not a long one."""
        value = self._values[key]
        expected = f"a string of at most {MAX_TEXT} characters"
        if not isinstance(value, str):
            reject_type(WHERE, key, expected, value)
        if len(value) > MAX_TEXT:
            reject_value(WHERE, key, expected, value)
        return value

    def indices(self, key: str) -> frozenset[int]:
        """A list of integers, or null, as a set. It may be long, and is read once."""
        if key not in self._indices:
            values = [] if self._values[key] is None else self._values[key]
            if not isinstance(values, (list, tuple)):
                reject_type(WHERE, key, "a list of ints", values)
            self._indices[key] = frozenset(checks.as_integers(WHERE, key, values, "a list of ints", MAX_INDICES))
        return self._indices[key]

    def pair(self, key: str) -> tuple[int, int]:
        """Two sizes, or one for both."""
        value = self._values[key]
        if not isinstance(value, (list, tuple)):
            return (self.size(key),) * 2
        if len(value) != 2:
            reject_value(WHERE, key, "an int or a pair of ints", value)
        first, second = (Config({key: one}, {}, {}).size(key) for one in value)
        return first, second

    def position(self, key: str, n: int) -> int | None:
        """A position among `n`, from the end if negative; None where the key is null."""
        value = self._values[key]
        if value is None:
            return None
        position = self.size(key, -n, n)
        return position % n

    def parts(self, key: str, n_parts: str) -> int:
        """How much of a size each of a number of parts has, which must go into it."""
        whole, n = self.size(key), self.size(n_parts)
        if whole % n:
            reject_value(WHERE, key, f"a multiple of {n_parts}, which is {n}", whole)
        return whole // n

    def refuse(self, key: str) -> None:
        """Raise ValueError where a key is set that would make tensors which no table here has."""
        value = self._values.get(key)
        if value not in (None, False, {}):
            reject_value(WHERE, key, "null or False, the only ones with a table here", value)

    def dtype(self) -> str:
        """What the weights are kept in."""
        key = "dtype" if self.has("dtype") else "torch_dtype"
        return checks.one_of(WHERE, key, self._values[key], DTYPES) if self.has(key) else "float32"

    def labels(self) -> int:
        """How many classes a classifier tells apart."""
        names = self._values.get("id2label")
        if self.has("num_labels") or names is None:
            return self.size_or("num_labels", 2)
        if not isinstance(names, Mapping):
            reject_type(WHERE, "id2label", "a table of names by number", names)
        if not names:
            reject_value(WHERE, "id2label", "a name at least", Shown("none"))
        return len(names)


def reject_key(key: str, expected: str, got: object) -> NoReturn:
    """Raise ValueError about a key's value."""
    reject_value(WHERE, key, expected, got)

"""Values that no argument is made for: without an end, beyond any size, that lie, or raise when they are asked."""

from __future__ import annotations

import collections.abc
import decimal
import itertools
import types
import warnings

import numpy as np


class Raises:
    """An object that raises whatever it is asked."""

    def _refuse(self, *arguments):
        raise ZeroDivisionError("asked")

    __eq__ = __array__ = __index__ = __float__ = __len__ = __iter__ = __getitem__ = __repr__ = __str__ = __bool__ = (
        _refuse
    )
    __hash__ = object.__hash__


class Attributes:
    """An object that raises for each attribute."""

    def __getattr__(self, name):
        raise ZeroDivisionError(name)


class Text(str):
    """A string that cannot be compared."""

    __eq__ = __hash__ = Raises._refuse


class Integer(int):
    """An integer that cannot be compared."""

    __eq__ = __hash__ = __lt__ = __gt__ = __index__ = __float__ = Raises._refuse


class Endless(collections.abc.Sequence):
    """A sequence without an end, of a length that is a lie."""

    def __init__(self, length):
        self.length = length

    def __len__(self):
        return self.length

    def __getitem__(self, position):
        return 1


class EndlessMapping(collections.abc.Mapping):
    """A mapping without an end."""

    def __len__(self):
        return 3

    def __getitem__(self, key):
        return 1

    def __iter__(self):
        return itertools.count()


class LongerThanItSays(list):
    def __len__(self):
        return 2**62


class Memory:
    """An array interface without memory, of which NumPy makes an array of its own, with the number in it."""

    def __init__(self):
        self.__array_interface__ = {"version": 3, "typestr": "<f4", "shape": (1,)}

    def __float__(self):
        return 7.0


class Capsule:
    """An exporter that cannot export."""

    __dlpack__ = __dlpack_device__ = Raises._refuse


def _matrix():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.matrix([[1, 2]])


def _in_itself():
    nest: list = []
    nest.append(nest)
    return nest


def _deep():
    nest: list = []
    for _ in range(90):
        nest = [nest]
    return nest


#: 3.3 million bits.
HUGE = 10**10**6

MAKERS = {
    "a range of 10**10": lambda: range(10**10),
    "a range of 10**30": lambda: range(10**30),
    "a generator": lambda: (i for i in (1, 2)),
    "a generator without an end": itertools.count,
    "a sequence without an end": lambda: Endless(2**62),
    "a sequence that says it has two": lambda: Endless(2),
    "a mapping without an end": EndlessMapping,
    "a list that says it is long": lambda: LongerThanItSays([1, 2]),
    "a list of itself": _in_itself,
    "a deep list": _deep,
    "a ragged list": lambda: [[1], [2, 3]],
    "a list of arrays": lambda: [np.zeros(3), np.zeros(4)],
    "many integers": lambda: (10**30,) * 10_000,
    "a million digits": lambda: HUGE,
    "a million digits below 0": lambda: -HUGE,
    "slices of a million digits": lambda: slice(0, HUGE, HUGE),
    "slices that raise": lambda: slice(Raises(), Raises()),
    "what raises": Raises,
    "what has no attributes": Attributes,
    "text that raises": lambda: Text("normal"),
    "an integer that raises": lambda: Integer(3),
    "a module": lambda: types,
    "a class": lambda: int,
    "a memoryview": lambda: memoryview(b"abcd"),
    "a memoryview of two dimensions": lambda: memoryview(np.zeros((2, 2))),
    "a megabyte": lambda: b"x" * 1_000_000,
    "a megabyte that can be written": lambda: bytearray(1_000_000),
    "a long text": lambda: "x" * 1_000_000,
    "half a surrogate": lambda: "\ud800",
    "a matrix": _matrix,
    "an array of objects": lambda: np.array([None, 1, "x"], dtype=object),
    "an array of structures": lambda: np.zeros(3, [("a", "f4")]),
    "a wide array": lambda: np.broadcast_to(np.float32(1), (2**20, 2**20)),
    "wide integers": lambda: np.broadcast_to(np.int64(0), (2**20, 2**20)),
    "a masked array": lambda: np.ma.array([1.0, 2.0], mask=[1, 0]),
    "memory without an address": Memory,
    "an exporter that raises": Capsule,
    "beyond float64": lambda: np.longdouble("1e4000"),
    "a decimal beyond float64": lambda: decimal.Decimal("1e999999"),
    "a decimal that signals": lambda: decimal.Decimal("sNaN"),
    "a complex number": lambda: 1j,
    "a date": lambda: np.datetime64("2020-01-01"),
    "a set": lambda: set(range(10_000)),
}

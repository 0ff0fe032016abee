"""Checks of plain arguments, each returning the value in the form the code below uses."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Collection, Iterable, Mapping, Sequence, Set

import numpy as np

from fastinit.common.errors import Shown, reject_size, reject_type, reject_value

Shape = tuple[int, ...]

SHAPE_EXPECTED = "an int or a tuple of ints, each >= 0"

#: What float() would take without being a real number.
NOT_REAL = (str, bytes, bytearray, bool, np.bool_, complex, np.complexfloating, np.void)

#: Characters of a wrong name that are compared with the right ones, which are shorter.
MAX_NAME = 100

#: Axes of an array: NumPy has no more.
MAX_DIMS = 64

#: Flat indices and byte counts are signed 64-bit integers in C.
INT64_MAX = 2**63 - 1


def as_integer(value: object) -> int | None:
    """`value` as an int if it is an integer of any kind except bool, else None."""
    if type(value) is int:
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, int):  # whose own comparisons may be anything
        return int.__index__(value)
    try:
        return operator.index(value)
    except Exception:  # whatever an object raises that is asked
        return None


def n_dims(value: object) -> int:
    """Dimensions of any library's array; 0 for what is none."""
    try:
        found = getattr(value, "ndim", 0)
    except Exception:  # as above
        return 0
    return found if type(found) is int else 0


def real(where: str, parameter: str, value: object, expected: str = "a real number") -> float:
    """A Python float, perhaps NaN or infinite; strings, booleans, arrays and complex numbers are refused."""
    if type(value) is float:
        return value
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, NOT_REAL) or n_dims(value) != 0:
        reject_type(where, parameter, expected, value)
    try:
        number = float(value)
        if math.isinf(number) and isinstance(value, np.longdouble) and np.isfinite(value):
            raise OverflowError
        return number
    except OverflowError:
        reject_value(where, parameter, expected, value)
    except MemoryError:
        reject_size(where, parameter, value)
    except Exception:  # whatever an object raises that is asked
        reject_type(where, parameter, expected, value)


def finite(where: str, parameter: str, value: object, expected: str = "a finite number") -> float:
    number = real(where, parameter, value, expected)
    if not math.isfinite(number):
        reject_value(where, parameter, expected, value)
    return number


def non_negative(where: str, parameter: str, value: object) -> float:
    expected = "a finite number >= 0"
    number = finite(where, parameter, value, expected)
    if number < 0:
        reject_value(where, parameter, expected, value)
    return number


def positive(where: str, parameter: str, value: object) -> float:
    expected = "a finite number > 0"
    number = finite(where, parameter, value, expected)
    if number <= 0:
        reject_value(where, parameter, expected, value)
    return number


def one_of(where: str, parameter: str, value: object, choices: Sequence[str]) -> str:
    expected = "one of " + ", ".join(map(repr, choices))
    if not isinstance(value, str):
        reject_type(where, parameter, expected, value)
    value = str.__str__(value)  # subclasses compare as they like
    if value not in choices:
        reject_value(where, parameter, expected, value)
    return value


def name_among(where: str, parameter: str, value: object, names: Collection[str], otherwise: str) -> str:
    """A name that is among `names`; the message has the nearest of them, or, if none is near, `otherwise`."""
    if not isinstance(value, str):
        reject_type(where, parameter, otherwise, value)
    value = str.__str__(value)
    if value not in names:
        import difflib  # only for the message

        nearest = difflib.get_close_matches(value[:MAX_NAME].lower(), names, n=3, cutoff=0.5)
        reject_value(where, parameter, " or ".join(map(repr, nearest)) or otherwise, value)
    return value


def boolean(where: str, parameter: str, value: object) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        reject_type(where, parameter, "True or False", value)
    return bool(value)


def callback(where: str, parameter: str, value: object) -> None:
    if value is not None and not callable(value):
        reject_type(where, parameter, "a callable or None", value)


def positive_integer(where: str, parameter: str, value: object) -> int:
    expected = "an int >= 1"
    number = as_integer(value)
    if number is None:
        reject_type(where, parameter, expected, value)
    if number < 1:
        reject_value(where, parameter, expected, value)
    return number


def as_shape(where: str, shape: object, itemsize: int = 1) -> Shape:
    """A tuple of non-negative ints, their product in bytes within 63 bits."""
    dims = (shape,) if type(shape) is int else shape
    if type(dims) is not tuple or not _are_plain(dims):
        dims = as_integers(where, "shape", shape, SHAPE_EXPECTED)
    if len(dims) > MAX_DIMS:
        reject_value(where, "shape", f"at most {MAX_DIMS} dimensions", Shown(len(dims)))
    if dims and min(dims) < 0:
        reject_value(where, "shape", SHAPE_EXPECTED, shape)
    if dims and max(dims) > INT64_MAX:  # before they are multiplied
        reject_value(where, "shape", "a total size below 2**63 bytes", shape)
    # Zero-size shapes too: their strides must fit, as they must in NumPy.
    if (math.prod(dims) or math.prod(dim for dim in dims if dim)) * itemsize > INT64_MAX:
        reject_value(where, "shape", "a total size below 2**63 bytes", shape)
    return dims


def _are_plain(dims: tuple) -> bool:
    for dim in dims:  # noqa: SIM110  four times as fast as all()
        if type(dim) is not int:
            return False
    return True


def as_integers(where: str, parameter: str, values: object, expected: str, n_most: int = MAX_DIMS) -> tuple[int, ...]:
    """One integer, or a list, tuple or other sequence of at most so many, as a tuple of ints."""
    one = as_integer(values)
    if one is not None:
        return (one,)
    if not isinstance(values, Sequence) or isinstance(values, (str, bytes, bytearray)):
        reject_type(where, parameter, expected, values)
    some = entries(where, parameter, values, expected, n_most, f"at most {n_most} of them")
    integers = tuple(map(as_integer, some))
    if None in integers:
        reject_type(where, parameter, expected, values)
    return integers


def entries(where: str, parameter: str, values: Iterable, expected: str, n_most: int, at_most: str) -> list:
    """What a sequence has, if that is not too much: its length may be a lie, and it may raise."""
    try:
        some = list(itertools.islice(values, n_most + 1))
    except MemoryError:
        reject_size(where, parameter, values)
    except Exception:  # whatever a sequence raises
        reject_type(where, parameter, expected, values)
    if len(some) > n_most:
        reject_value(where, parameter, at_most, n_told(values))
    return some


#: Entries of a sequence or mapping that is none of Python's own, and may lie about its length.
MAX_ENTRIES = 1_000_000

#: Python's own, whose lengths are true.
OWN_SEQUENCES = (list, tuple, str, bytes, bytearray, memoryview)


def as_array(where: str, parameter: str, value: object) -> np.ndarray | None:
    """NumPy's array of numbers or of another library's array; None if it makes none, or finds no end."""
    if isinstance(value, (Mapping, Set, str, bytes)):
        return None
    try:
        is_known = isinstance(value, (*OWN_SEQUENCES, np.ndarray)) or not isinstance(value, Sequence)
        if is_known or hasattr(value, "__array__") or (len(value) <= MAX_ENTRIES and _ends(value, MAX_ENTRIES)):
            return np.asarray(value)
        return None
    except MemoryError:
        reject_size(where, parameter, value)
    except Exception:  # ragged lists, and what other libraries raise
        return None


def n_told(values: object) -> Shown:
    """How many entries a sequence says that it has, for messages."""
    try:
        return Shown(f"{len(values):,} of them")
    except Exception:  # a range of more than a length can be, and whatever a sequence raises
        return Shown(f"more ({type(values).__name__})")


def reject_endless(where: str, parameter: str, value: Mapping, n_most: int = MAX_ENTRIES) -> None:
    """Refuse a mapping of more names, its length may be a lie, and one that cannot say its names."""
    if type(value) is dict:
        return
    try:
        ends = _ends(value, n_most)
    except Exception:  # whatever a mapping raises
        reject_type(where, parameter, "a mapping that can be gone through", value)
    if not ends:
        reject_value(where, parameter, f"at most {n_most:,} names", Shown(f"more ({type(value).__name__})"))


def _ends(value: Iterable, n_most: int) -> bool:
    return next(itertools.islice(iter(value), n_most, None), value) is value


def without_repeats(array: np.ndarray) -> np.ndarray:
    """An array's own elements: of axes along which memory repeats itself, as broadcasting makes them, one position."""
    repeats = (stride == 0 and extent > 1 for stride, extent in zip(array.strides, array.shape, strict=True))
    return array[(*(slice(0, 1) if repeated else slice(None) for repeated in repeats), ...)]

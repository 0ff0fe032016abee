"""Checks of plain arguments, each returning the value in the form the code below uses."""

from __future__ import annotations

import math
import operator
from collections.abc import Collection, Sequence

import numpy as np

from fastinit.common.errors import Shown, reject_type, reject_value

Shape = tuple[int, ...]

SHAPE_EXPECTED = "an int or a tuple of ints, each >= 0"

#: What float() would take without being a real number.
NOT_REAL = (str, bytes, bytearray, bool, np.bool_, complex, np.complexfloating, np.void)

#: Characters of a wrong name that are compared with the right ones, which are shorter.
MAX_NAME = 100

#: Flat indices and byte counts are signed 64-bit integers in C.
INT64_MAX = 2**63 - 1


def as_integer(value: object) -> int | None:
    """`value` as an int if it is an integer of any kind except bool, else None."""
    if type(value) is int:
        return value
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def real(where: str, parameter: str, value: object, expected: str = "a real number") -> float:
    """A Python float, perhaps NaN or infinite; strings, booleans, arrays and complex numbers are refused."""
    if type(value) is float:
        return value
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, NOT_REAL) or getattr(value, "ndim", 0) != 0:
        reject_type(where, parameter, expected, value)
    try:
        number = float(value)
        if math.isinf(number) and isinstance(value, np.longdouble) and np.isfinite(value):
            raise OverflowError
        return number
    except OverflowError:
        reject_value(where, parameter, expected, value)
    except (TypeError, ValueError, RuntimeError):
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
    if value not in choices:
        reject_value(where, parameter, expected, value)
    return value


def name_among(where: str, parameter: str, value: object, names: Collection[str], otherwise: str) -> str:
    """A name that is among `names`; the message has the nearest of them, or, if none is near, `otherwise`."""
    if not isinstance(value, str):
        reject_type(where, parameter, otherwise, value)
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
    if isinstance(dims, (list, tuple, range)) and len(dims) > 64:
        reject_value(where, "shape", "at most 64 dimensions", Shown(len(dims)))
    if type(dims) is not tuple or not _are_plain(dims):
        dims = as_integers(where, "shape", shape, SHAPE_EXPECTED)
    if dims and min(dims) < 0:
        reject_value(where, "shape", SHAPE_EXPECTED, shape)
    # Zero-size shapes too: their strides must fit, as they must in NumPy.
    if (math.prod(dims) or math.prod(dim for dim in dims if dim)) * itemsize > INT64_MAX:
        reject_value(where, "shape", "a total size below 2**63 bytes", shape)
    return dims


def _are_plain(dims: tuple) -> bool:
    for dim in dims:  # noqa: SIM110  four times as fast as all()
        if type(dim) is not int:
            return False
    return True


def as_integers(where: str, parameter: str, values: object, expected: str) -> tuple[int, ...]:
    """One integer, or a list, tuple or other finite sequence of them, as a tuple of ints."""
    one = as_integer(values)
    if one is not None:
        return (one,)
    if not isinstance(values, Sequence) or isinstance(values, (str, bytes, bytearray)):
        reject_type(where, parameter, expected, values)
    integers = []
    for value in values:
        integer = as_integer(value)
        if integer is None:
            reject_type(where, parameter, expected, values)
        integers.append(integer)
    return tuple(integers)


def without_repeats(array: np.ndarray) -> np.ndarray:
    """An array's own elements: of axes along which memory repeats itself, as broadcasting makes them, one position."""
    repeats = (stride == 0 and extent > 1 for stride, extent in zip(array.strides, array.shape, strict=True))
    return array[(*(slice(0, 1) if repeated else slice(None) for repeated in repeats), ...)]

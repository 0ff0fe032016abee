"""Numbers that the caller gives: arrays of them, checked and copied."""

from __future__ import annotations

import numpy as np

from fastinit.common import checks
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.laws.dtypes import holds_reals

EXPECTED = "a real number or an array of them"


def frozen(array: np.ndarray) -> np.ndarray:
    """A copy that nobody can write to, not even by another view; the array itself if it is one already."""
    base = array
    while isinstance(base, np.ndarray):
        base = base.base
    if type(base) is bytes:
        return array
    own = checks.without_repeats(array)
    if array.dtype.hasobject:
        own = own.copy()
        own.flags.writeable = False
    else:
        own = np.frombuffer(own.tobytes(), np.uint8).view(array.dtype).reshape(own.shape)
    return np.broadcast_to(own, array.shape)


def converted(array: np.ndarray, dtype: type) -> np.ndarray:
    """The array in another dtype, without its repeats."""
    return np.broadcast_to(checks.without_repeats(array).astype(dtype), array.shape)


def real_array(where: str, parameter: str, value: object) -> np.ndarray:
    """A copy of an array or nested sequence of real numbers: of floats no wider than float64 as they are."""
    given = _array(where, parameter, value)
    own = checks.without_repeats(given)
    if own.dtype.kind in "fV" and own.itemsize <= 8:
        return frozen(given)
    try:
        with np.errstate(all="ignore"):
            floats = own.astype(np.float64)
    except OverflowError:  # of Python's integers
        reject_value(where, parameter, "numbers within float64", value)
    if own.dtype != object and (np.isinf(floats) & np.isfinite(own)).any():
        reject_value(where, parameter, "numbers within float64", value)
    return np.broadcast_to(floats, given.shape)


def numbers(where: str, parameter: str, value: object) -> np.ndarray:
    """The same, or complex numbers no wider than complex128, integers of any size or booleans as they are."""
    array = checks.as_array(where, parameter, value)
    is_as_it_is = array is not None and (array.dtype in (np.complex64, np.complex128) or array.dtype.kind in "iub")
    exact = array if is_as_it_is else _integers(value)
    if exact is None:
        return real_array(where, parameter, value)
    return frozen(exact)


def _array(where: str, parameter: str, value: object) -> np.ndarray:
    array = checks.as_array(where, parameter, value)
    if array is not None and array.dtype == object:
        array = _integers(value)
    if array is None or not (array.dtype == object or holds_reals(array.dtype)):
        reject_type(where, parameter, EXPECTED, value)
    return array


def _integers(value: object) -> np.ndarray | None:
    """Python's integers as they are, of which NumPy makes floats where no integer dtype holds all; None for others."""
    if not isinstance(value, (list, tuple)):
        return None
    try:
        array = np.asarray(value, object)
    except ValueError:  # ragged
        return None
    return array if all(type(item) is int for item in array.reshape(-1)) else None  # flat has 32 axes at the most


def check_broadcasts(where: str, parameter: str, given: Shape, shape: Shape) -> None:
    """Refuse arrays of a shape that does not broadcast to a tensor's."""
    if len(given) > len(shape) or not all(n in (1, dim) for n, dim in zip(given[::-1], shape[::-1], strict=False)):
        reject_value(where, parameter, f"an array that broadcasts to {shape}", Shown(f"shape {given}"))

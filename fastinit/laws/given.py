"""Numbers that the caller gives: arrays of them, checked and copied."""

from __future__ import annotations

import numpy as np

from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.laws.dtypes import holds_reals


def real_array(where: str, parameter: str, value: object) -> np.ndarray:
    """A copy of an array or nested sequence of real numbers: of floats no wider than float64 as they are."""
    expected = "a real number or an array of them"
    try:
        array = np.asarray(value)
    except Exception:  # arrays of other libraries raise what they like
        reject_type(where, parameter, expected, value)
    if not holds_reals(array.dtype):
        reject_type(where, parameter, expected, value)
    if array.dtype.kind in "fV" and array.itemsize <= 8:
        return array.copy()
    with np.errstate(all="ignore"):
        floats = array.astype(np.float64)
    if (np.isinf(floats) & np.isfinite(array)).any():
        reject_value(where, parameter, "numbers within float64", value)
    return floats


def numbers(where: str, parameter: str, value: object) -> np.ndarray:
    """The same, or complex numbers no wider than complex128, integers or booleans as they are."""
    try:
        array = np.asarray(value)
    except Exception:  # as above
        array = None
    if array is None or not (array.dtype in (np.complex64, np.complex128) or array.dtype.kind in "iub"):
        return real_array(where, parameter, value)
    return array.copy()


def check_broadcasts(where: str, parameter: str, given: Shape, shape: Shape) -> None:
    """Refuse arrays of a shape that does not broadcast to a tensor's."""
    if len(given) > len(shape) or not all(n in (1, dim) for n, dim in zip(given[::-1], shape[::-1], strict=False)):
        reject_value(where, parameter, f"an array that broadcasts to {shape}", Shown(f"shape {given}"))

"""A function of the caller's as an activation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fastinit.checking.activations import SATURATED_SLOPE, Activation
from fastinit.common.errors import Shown, brief, reject_size, reject_value
from fastinit.common.terminal import printable

EXPECTED = "a function that acts on each number of an array of floats by itself"

#: Pre-activations at which a function is tried, and the number of the first that it is tried on alone.
PROBES, N_ALONE = np.linspace(-20.0, 20.0, 401), 3

#: Central differences have the least error at the cube root of float64's rounding: 1e-10, relative.
STEP = float(np.finfo(np.float64).eps) ** (1 / 3)


def make(where: str, parameter: str, function: Callable) -> Activation:
    """The activation, after the function has been tried."""
    # With brackets, so that it is no name of a table's.
    name = f"{brief(str(getattr(function, '__name__', type(function).__name__)))}()"
    tried = _called(where, parameter, function, PROBES)
    pair = _called(where, parameter, function, np.stack([PROBES, PROBES[::-1]]))
    alone = _called(where, parameter, function, PROBES[:N_ALONE])
    if not (_alike(tried[:N_ALONE], alone) and _alike(pair, np.stack([tried, tried[::-1]]))):  # a softmax
        reject_value(where, parameter, EXPECTED, Shown(f"{name}, of which one number depends on others"))

    def value(z: np.ndarray) -> np.ndarray:
        return _called(where, parameter, function, z, must_be_finite=False)

    def slope(z: np.ndarray, h: np.ndarray) -> np.ndarray:
        step = STEP * np.maximum(1.0, np.abs(z))
        return (value(z + step) - value(z - step)) / (2 * step)

    slopes = np.abs(slope(PROBES, tried))
    largest = float(slopes.max())
    is_flat = slopes[[0, -1]] < SATURATED_SLOPE * largest
    return Activation(name, None, value, slope, 2 if is_flat.all() else 0, largest, function=function)


def _alike(a: np.ndarray, b: np.ndarray) -> bool:
    return np.allclose(a, b, rtol=1e-6, atol=1e-12)


def _called(where: str, parameter: str, function: Callable, z: np.ndarray, must_be_finite: bool = True) -> np.ndarray:
    """The function's values, of a copy that it may write into."""
    try:
        with np.errstate(all="ignore"):
            found = np.asarray(function(z.copy()))
            found = found if found.dtype.kind == "c" else found.astype(np.float64)
    except MemoryError:
        reject_size(where, parameter, function)
    except Exception as error:  # the caller's own
        got = f"one that raises {type(error).__name__}: {' '.join(str(error).split())}"
        raise ValueError(printable(f"{where}: {parameter}: expected {EXPECTED}, got {got[:120]}")) from error
    if found.dtype.kind == "c":
        reject_value(where, parameter, EXPECTED, Shown("complex values"))
    if found.shape != z.shape or (must_be_finite and not np.isfinite(found).all()):
        got = f"shape {found.shape} of {z.shape}" if found.shape != z.shape else "values that are not finite"
        reject_value(where, parameter, EXPECTED, Shown(got))
    return found

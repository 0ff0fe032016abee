"""A function of the caller's as an activation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fastinit.checking.activations import SATURATED_SLOPE, Activation
from fastinit.common.errors import Shown, reject_value

EXPECTED = "a function that acts on each number of an array of floats by itself"

#: Pre-activations at which a function is tried, and the number of the first that it is tried on alone.
PROBES, N_ALONE = np.linspace(-20.0, 20.0, 401), 3

#: Central differences have the least error at the cube root of float64's rounding: 1e-10, relative.
STEP = float(np.finfo(np.float64).eps) ** (1 / 3)


def make(where: str, parameter: str, function: Callable) -> Activation:
    """The activation, after the function has been tried."""
    name = getattr(function, "__name__", type(function).__name__)
    tried = _tried(where, parameter, function, PROBES)
    alone = _tried(where, parameter, function, PROBES[:N_ALONE])
    if not np.allclose(tried[:N_ALONE], alone, rtol=1e-6, atol=1e-12):  # a softmax
        reject_value(where, parameter, EXPECTED, Shown(f"{name!r}, of which one number depends on others"))

    def value(z: np.ndarray) -> np.ndarray:
        return np.asarray(function(z), dtype=np.float64)

    def slope(z: np.ndarray, h: np.ndarray) -> np.ndarray:
        step = STEP * np.maximum(1.0, np.abs(z))
        return (value(z + step) - value(z - step)) / (2 * step)

    slopes = np.abs(slope(PROBES, tried))
    largest = float(slopes.max())
    is_flat = slopes[[0, -1]] < SATURATED_SLOPE * largest
    return Activation(name, None, value, slope, 2 if is_flat.all() else 0, largest, function=function)


def _tried(where: str, parameter: str, function: Callable, z: np.ndarray) -> np.ndarray:
    try:
        with np.errstate(all="ignore"):
            found = np.asarray(function(z.copy()), dtype=np.float64)
    except Exception as error:  # the caller's own
        got = f"one that raises {type(error).__name__}: {' '.join(str(error).split())}"
        raise ValueError(f"{where}: {parameter}: expected {EXPECTED}, got {got[:120]}") from error
    if found.shape != z.shape or not np.isfinite(found).all():
        got = f"shape {found.shape} of {z.shape}" if found.shape != z.shape else "values that are not finite"
        reject_value(where, parameter, EXPECTED, Shown(got))
    return found

"""The dtypes that can be filled: one table, and the way from what a user writes to a row of it."""

from __future__ import annotations

import numpy as np

from fastinit.errors import Shown, reject_type

FLOAT32 = np.dtype(np.float32)

#: Every dtype that fills accept, by name.
DTYPES = {"float32": FLOAT32}

EXPECTED = " or ".join(DTYPES)

FLOAT32_MAX = float(np.finfo(np.float32).max)


def resolve(where: str, dtype: object) -> np.dtype:
    """The NumPy dtype that `dtype` spells; None means float32."""
    if dtype is None or dtype is FLOAT32:
        return FLOAT32
    try:
        resolved = np.dtype(dtype)
    except Exception:  # NumPy raises whatever it meets in what it is given
        reject_type(where, "dtype", EXPECTED, dtype)
    if resolved not in DTYPES.values():
        reject_type(where, "dtype", EXPECTED, Shown(describe(resolved)))
    return resolved


def describe(dtype: np.dtype) -> str:
    """The dtype's name, and its byte order where that is not this machine's."""
    return dtype.name if dtype.isnative else f"{dtype.name} in the other byte order"


def to_float32(value: float) -> float:
    """The nearest float32; infinite beyond its range."""
    with np.errstate(all="ignore"):
        return float(np.float32(value))

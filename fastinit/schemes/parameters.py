"""Parameters of a configured scheme: kept so that nobody can change them, and compared."""

from __future__ import annotations

import copy

import numpy as np

from fastinit.common.errors import reject_type
from fastinit.filling.placing import is_many
from fastinit.laws.axis_roles import Axes
from fastinit.laws.given import frozen


def kept(where: str, parameter: str, value: object) -> object:
    """A parameter, checked, that nobody can change any more: of other libraries' arrays and of lists an array."""
    if isinstance(value, (int, float, str, tuple, Axes)) or value is None:
        return value
    try:
        return frozen(np.asarray(value)) if is_many(value) else copy.deepcopy(value)
    except Exception:  # whatever an object raises that is asked
        reject_type(where, parameter, "a value that can be copied", value)


def is_same(a: object, b: object) -> bool:
    """Equality that takes arrays as a whole, and NaN as itself."""
    if a is b:
        return True
    try:
        x, y = np.asarray(a), np.asarray(b)
        return x.shape == y.shape and bool(((x == y) | ((x != x) & (y != y))).all())
    except Exception:  # what NumPy or another library cannot compare
        return False

"""Results as plain data, for JSON."""

from __future__ import annotations

import math

import numpy as np


def of(value: object) -> object:
    """Rows as mappings, without arrays; other tuples as lists; None in place of numbers that are not finite."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: of(one) for name, one in value._asdict().items() if not isinstance(one, np.ndarray)}
    if isinstance(value, tuple):
        return [of(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

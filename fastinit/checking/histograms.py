"""The shape of a layer's values: a histogram about their own mean, as wide as they are."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

#: A histogram reaches so many standard deviations to both sides of the mean. Of normal values 6e-5 lie beyond; of no
#: values at all more than 1/16 (Chebyshev).
END = 4.0

#: An odd number, so that one bin has the mean in its middle.
N_BINS = 81

#: Values that a histogram looks at: all units of the first samples, since samples become alike from layer to layer.
N_VALUES = 1 << 14


class Histogram(NamedTuple):
    """Counts in bins of equal width, END standard deviations to both sides of the mean; values beyond are in none.

    All counts are 0 if there is no value, or one that is not finite. If all values are equal, they are in the middle.
    """

    counts: np.ndarray  #: of shape (N_BINS,)
    centre: float  #: the mean of the values; NaN without counts
    scale: float  #: their standard deviation; NaN without counts


def of(array: np.ndarray) -> Histogram:
    """The histogram of an array's first N_VALUES values."""
    values = np.asarray(array).reshape(-1)[:N_VALUES].astype(np.float64)
    if not values.size or not np.isfinite(values).all():
        return Histogram(np.zeros(N_BINS, int), math.nan, math.nan)
    largest = float(np.abs(values).max()) or 1.0
    values /= largest  # squares of what is left neither overflow nor vanish
    mean, std = float(values.mean()), float(values.std())
    deviations = (values - mean) / std if std else np.zeros_like(values)
    counts, _ = np.histogram(deviations, N_BINS, (-END, END))
    return Histogram(counts, mean * largest, std * largest)

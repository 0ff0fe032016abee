"""A tensor's mean, standard deviation and more, in two passes over pieces of it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

#: Elements looked at together: 8 MiB of float64.
PIECE_ELEMENTS = 1 << 20


class Sample(NamedTuple):
    """Figures of a tensor; all NaN but the first two if it has values that are not finite, or none."""

    n: int
    n_not_finite: int
    mean: float
    std: float
    kurtosis: float  #: the fourth central moment over the squared variance; NaN if all values are equal
    least: float
    greatest: float


def of(array: np.ndarray) -> Sample:
    flat = array.reshape(-1)
    pieces = [slice(first, first + PIECE_ELEMENTS) for first in range(0, flat.size, PIECE_ELEMENTS)]
    n_not_finite = sum(int(np.count_nonzero(~np.isfinite(flat[piece]))) for piece in pieces)
    if n_not_finite or not flat.size:
        return Sample(flat.size, n_not_finite, *[math.nan] * 5)
    total, least, greatest = 0.0, math.inf, -math.inf
    for piece in pieces:
        values = flat[piece].astype(np.float64)
        total += values.sum()
        least, greatest = min(least, values.min()), max(greatest, values.max())
    mean = total / flat.size
    second = fourth = 0.0
    scale = max(greatest - mean, mean - least) or 1.0  # so that no power overflows
    for piece in pieces:
        squares = ((flat[piece].astype(np.float64) - mean) / scale) ** 2
        second += squares.sum() / flat.size
        fourth += (squares @ squares) / flat.size
    kurtosis = fourth / second**2 if greatest > least else math.nan
    return Sample(
        flat.size, 0, float(mean), float(scale * math.sqrt(second)), float(kurtosis), float(least), float(greatest)
    )

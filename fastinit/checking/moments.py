"""A tensor's mean, standard deviation and more, in one pass over pieces of it."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

#: Elements looked at together: 128 KiB of float32, which stay in the cache.
PIECE_ELEMENTS = 1 << 15


class Sample(NamedTuple):
    """Figures of a tensor; all NaN but the first three if it has values that are not finite, or none."""

    n: int
    n_not_finite: int
    n_zeros: int  #: exact ones
    mean: float
    std: float
    kurtosis: float  #: the fourth central moment over the squared variance; NaN if all values are equal
    least: float
    greatest: float


def of(array: np.ndarray) -> Sample:
    """By sums in float32 over each piece, in float64 over all: to some 1e-6, which no standard error is below.

    Where those overflow, values are scaled and summed in float64.
    """
    flat = array.reshape(-1)
    if not flat.size:
        return Sample(0, 0, 0, *[math.nan] * 5)
    with np.errstate(all="ignore"):
        shift = as_floats(flat[:PIECE_ELEMENTS]).mean(dtype=np.float64)
        found = _summed(flat, shift if math.isfinite(shift) else 0.0, 1.0, np.float32)
        if found is None:
            n_not_finite = sum(int(np.count_nonzero(~np.isfinite(piece))) for piece in _pieces(flat))
            if n_not_finite:
                return Sample(flat.size, n_not_finite, 0, *[math.nan] * 5)
            largest = max(float(abs(piece.astype(np.float64)).max()) for piece in _pieces(flat))
            found = _summed(flat, 0.0, largest, np.float64)
    return found


def _pieces(flat: np.ndarray) -> Iterator[np.ndarray]:
    return (flat[first : first + PIECE_ELEMENTS] for first in range(0, flat.size, PIECE_ELEMENTS))


def as_floats(piece: np.ndarray) -> np.ndarray:
    """As float32, float64 as it is. bfloat16 is float32's upper half, which is faster than its own conversion."""
    if piece.dtype.name == "bfloat16":
        return (piece.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    if piece.dtype.itemsize == 1:
        return _numbers_of(piece.dtype)[piece.view(np.uint8)]
    return piece if piece.dtype == np.float64 else piece.astype(np.float32)


@functools.cache
def _numbers_of(dtype: np.dtype) -> np.ndarray:
    """What each of the 256 numbers of a dtype of 8 bits is."""
    return np.arange(256, dtype=np.uint8).view(dtype).astype(np.float32)


def _summed(flat: np.ndarray, shift: float, scale: float, least: type) -> Sample | None:
    """From the sums of the powers of (value - shift) / scale; None if they are not finite."""
    sums, lowest, highest, n_zeros = np.zeros(4), math.inf, -math.inf, 0
    for piece in _pieces(flat):
        x = as_floats(piece).astype(least, copy=False) if least is np.float64 else as_floats(piece)
        lowest, highest = min(lowest, x.min()), max(highest, x.max())
        n_zeros += x.size - np.count_nonzero(x)
        x = (x - x.dtype.type(shift)) / x.dtype.type(scale) if scale != 1.0 else x - x.dtype.type(shift)
        squares = x * x
        sums += x.sum(), x @ x, x @ squares, squares @ squares
    if not np.isfinite(sums).all():
        return None
    m1, m2, m3, m4 = sums / flat.size
    variance = max(m2 - m1**2, 0.0)
    fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    is_constant = lowest == highest
    kurtosis = math.nan if is_constant or not variance else fourth / variance**2
    mean = float(lowest) if is_constant else shift + scale * m1
    std = 0.0 if is_constant else scale * math.sqrt(variance)
    return Sample(flat.size, 0, int(n_zeros), *map(float, (mean, std, kurtosis, lowest, highest)))

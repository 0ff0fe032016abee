"""A tensor's mean, standard deviation and more, in one pass over pieces of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from fastinit import _kernels
from fastinit.checking.widening import as_floats, floats_of, widen
from fastinit.laws import dtypes

#: Numbers looked at together: their powers, four times 128 KiB of float32, stay in the second-level cache.
PIECE_ELEMENTS = 1 << 17

#: Of them, those summed at once in the numbers' own precision. OpenBLAS starts threads for a vector's product with a
#: matrix of 9,216 elements; four rows of this many are fewer, and threads would cost more than they save.
GROUP_ELEMENTS = 1 << 11

#: Numbers of 16 bits from which on they are counted: the 65,536 counts cost as much as powers of so many do.
LEAST_COUNTED = 1 << 17

#: Numbers counted in one call, some hundredths of a second.
COUNTED_ELEMENTS = 1 << 26

#: The first so many numbers tell about what to take moments.
SHIFT_ELEMENTS = 1 << 14

#: Of a mean below so many standard deviations nothing is lost if moments are taken about 0.
LEAST_SHIFT = 1 / 16


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


class _Sums(NamedTuple):
    """Over all values."""

    powers: np.ndarray  #: of (value - shift) / scale, from the first to the fourth
    n_zeros: int
    least: float
    greatest: float


def of(array: np.ndarray) -> Sample:
    """By sums in float32 over groups, in float64 over all: to some 1e-6, which no standard error is below.

    float64 is summed as such, and so is all else where powers overflow float32 or vanish. Of 8 bits, and of many
    numbers of 16, each number that there may be is counted, and the figures are those of float64.
    """
    flat = array.reshape(-1)
    if not flat.size:
        return _not_finite(0, 0)
    with np.errstate(all="ignore"):
        if flat.itemsize == 1 or (flat.itemsize == 2 and flat.size >= LEAST_COUNTED and flat.dtype.isnative):
            return _counted(flat)
        shift, scale, dtype = _shift(flat), 1.0, floats_of(flat.dtype)
        sums = _sums(flat, shift, scale, dtype)
        if not _are_of_use(sums, flat, dtype):
            n_not_finite = sum(int(np.count_nonzero(~np.isfinite(piece))) for piece in _pieces(flat))
            if n_not_finite:
                return _not_finite(flat.size, n_not_finite)
            scale = max(float(abs(piece.astype(np.float64)).max()) for piece in _pieces(flat))
            sums = _sums(flat, shift, scale, np.float64)
    return _sample(sums, flat.size, shift, scale)


def _not_finite(n: int, n_not_finite: int) -> Sample:
    return Sample(n, n_not_finite, 0, *[math.nan] * 5)


def _pieces(flat: np.ndarray) -> Iterator[np.ndarray]:
    return (flat[first : first + PIECE_ELEMENTS] for first in range(0, flat.size, PIECE_ELEMENTS))


def _shift(flat: np.ndarray) -> float:
    """About what to take moments, so that they do not cancel: 0, or the mean of the first numbers."""
    first = as_floats(flat[:SHIFT_ELEMENTS])
    mean, std = (float(figure(dtype=np.float64)) for figure in (first.mean, first.std))
    # As the numbers' own dtype has it, so that what is added in the end is what was subtracted.
    return float(first.dtype.type(mean)) if abs(mean) > LEAST_SHIFT * std else 0.0


def _sums(flat: np.ndarray, shift: float, scale: float, dtype: type) -> _Sums:
    """Powers are made and summed piece by piece, in memory that is had once: fresh memory costs more than they do."""
    n_groups = -(-min(flat.size, PIECE_ELEMENTS) // GROUP_ELEMENTS)
    rows = np.ones((4, n_groups, GROUP_ELEMENTS), dtype)
    _, x, square, cube = rows.reshape(4, -1)
    powers, n_zeros, least, greatest = np.zeros(4), 0, math.inf, -math.inf
    for piece in _pieces(flat):
        numbers, x[piece.size :] = x[: piece.size], 0
        widen(piece, numbers)
        least, greatest = min(least, np.minimum.reduce(numbers)), max(greatest, np.maximum.reduce(numbers))
        n_zeros += np.count_nonzero(numbers == 0)
        if scale != 1:
            np.divide(numbers, scale, out=numbers)
        if shift:
            np.subtract(numbers, shift / scale, out=numbers)
        np.multiply(x, x, out=square)
        np.multiply(x, square, out=cube)
        powers += (rows.swapaxes(0, 1) @ rows[1, :, :, None]).sum(axis=(0, 2), dtype=np.float64)
    return _Sums(powers, int(n_zeros), float(least), float(greatest))


def _are_of_use(sums: _Sums, flat: np.ndarray, dtype: type) -> bool:
    """Whether all values are finite, and the sums, and powers not so small that digits are lost."""
    known = dtypes.FORMATS.get(flat.dtype.name)
    limit = math.inf if known is None else known.max
    are_finite = -limit <= sums.least and sums.greatest <= limit and np.isfinite(sums.powers).all()
    smallest = flat.size * np.finfo(dtype).tiny / np.finfo(dtype).eps
    return bool(are_finite and (sums.powers[3] >= smallest or sums.least == sums.greatest))


def _sample(sums: _Sums, n: int, shift: float, scale: float) -> Sample:
    m1, m2, m3, m4 = map(float, sums.powers / n)
    variance = max(m2 - m1**2, 0.0)
    fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    if sums.least == sums.greatest:
        return Sample(n, 0, sums.n_zeros, sums.least, 0.0, math.nan, sums.least, sums.greatest)
    kurtosis = fourth / variance**2 if variance else math.nan
    mean, std = shift + scale * m1, scale * math.sqrt(variance)
    return Sample(n, 0, sums.n_zeros, mean, std, kurtosis, sums.least, sums.greatest)


def _counted(flat: np.ndarray) -> Sample:
    """From how often each of the 256 or 65,536 numbers occurs."""
    counts = np.zeros(1 << 8 * flat.itemsize, np.uint64)
    for first in range(0, flat.size, COUNTED_ELEMENTS):  # in parts, so that Ctrl-C is heard between them
        _kernels.tally(np.ascontiguousarray(flat[first : first + COUNTED_ELEMENTS]), counts)
    patterns = np.flatnonzero(counts)
    x = patterns.astype(f"u{flat.itemsize}").view(flat.dtype.newbyteorder("=")).astype(np.float64)
    counts = counts[patterns].astype(np.float64)
    n_not_finite = int(counts[~np.isfinite(x)].sum())
    if n_not_finite:
        return _not_finite(flat.size, n_not_finite)
    mean = float((counts * x).sum()) / flat.size
    powers = ((x - mean) ** np.arange(1, 5)[:, None] * counts).sum(axis=1)
    sums = _Sums(powers, int(counts[x == 0].sum()), float(x.min()), float(x.max()))
    return _sample(sums, flat.size, mean, 1.0)

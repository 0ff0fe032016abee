"""Numbers of every dtype as float32, of more than 32 bits as float64: floats of this package exactly.

NumPy converts 8 and 16 bits one number at a time. Their bits shifted to where float32 has them are the same numbers but
for a power of 2, the difference of the exponents' offsets, and many are made at once.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from fastinit.laws import dtypes
from fastinit.laws.dtypes import FLOAT32_FORMAT

SIGN = 1 << 31


class _Narrow(NamedTuple):
    """How the bits of a format become those of float32."""

    integers: np.dtype  #: signed ones of the format's size
    n_places: np.uint32  #: to the left
    kept: np.uint32  #: the bits that are the number's; between sign and exponent there are copies of the sign
    factor: np.float32  #: 1 if float32 has the format's exponents


def floats_of(numbers: np.dtype) -> type:
    """What numbers of that dtype are converted to."""
    return np.float64 if numbers.itemsize > 4 else np.float32


def widen(numbers: np.ndarray, out: np.ndarray) -> None:
    """Write numbers of any dtype into an array of floats, of one axis both.

    What is not finite in 8 bits or in float16 becomes a number above the format's `max`, or below its negative.
    """
    narrow = _narrow(numbers.dtype) if out.dtype == np.float32 else None
    if narrow is None:
        np.copyto(out, numbers, casting="unsafe")
        return
    bits = out.view(np.uint32)
    np.copyto(bits, numbers.view(narrow.integers), casting="unsafe")
    np.left_shift(bits, narrow.n_places, out=bits)
    if narrow.factor != 1:
        np.bitwise_and(bits, narrow.kept, out=bits)
        np.multiply(out, narrow.factor, out=out)


def as_floats(numbers: np.ndarray) -> np.ndarray:
    """The numbers of a contiguous array in an array like it, or itself if it is float64."""
    if numbers.dtype == np.float64:
        return numbers
    out = np.empty(numbers.shape, floats_of(numbers.dtype))
    widen(numbers.reshape(-1), out.reshape(-1))
    return out


@functools.cache
def _narrow(dtype: np.dtype) -> _Narrow | None:
    """None for what is neither float16 nor of ml_dtypes, in this machine's byte order."""
    found = dtypes.format_of(dtype)
    if found is None or found.kind != "float" or dtype.itemsize > 2:
        return None
    n_bits, n_places = 8 * dtype.itemsize, FLOAT32_FORMAT.precision - found.precision
    kept = SIGN | ((1 << (n_bits - 1)) - 1) << n_places
    # The least number is the bit 1 in both, which is n_places higher in float32.
    factor = 2.0 ** (found.least_exponent - FLOAT32_FORMAT.least_exponent - n_places)
    return _Narrow(np.dtype(f"i{dtype.itemsize}"), np.uint32(n_places), np.uint32(kept), np.float32(factor))

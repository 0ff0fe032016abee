"""Laws: what the kernels compute, with their parameters as exact float32 values."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastinit import _kernels
from fastinit.dtypes import FLOAT32_MAX, to_float32
from fastinit.errors import Shown, reject_value

if TYPE_CHECKING:
    from fractions import Fraction

_CODES = {name: code for code, name in enumerate(_kernels.laws())}

#: The largest |x| that the uniform kernel multiplies the half-width by (src/kernel/laws.h).
UNIFORM_REACH = 1 - 2.0**-24

#: Below it, half_width * 2**-31 is no normal float32, and the kernel multiplies in another order.
TINY_HALF_WIDTH = 2.0**-95

#: Above the largest |z| that the normal kernel draws, sqrt(2 ln 2**41) = 7.539.
NORMAL_REACH = 7.54

#: Standard deviations that schemes scaled by fans may ask for: normal float32 numbers with room for the tails.
MIN_STD, MAX_STD = 1e-37, 1e37


class Law(NamedTuple):
    """A law and its two parameters; see fi_law in src/fastinit.h for what they mean."""

    code: int
    tag: bytes  #: names the law in the stream's key; empty for laws without randomness
    location: float
    scale: float


def constant(where: str, value: float) -> Law:
    """`value` itself; NaN and infinities are values like any other."""
    rounded = to_float32(value)
    if math.isinf(rounded) and not math.isinf(value):
        reject_value(where, "value", "a number within float32", value)
    return Law(_CODES["constant"], b"", rounded, 0.0)


@functools.lru_cache(maxsize=1024)
def normal(where: str, mean: float, std: float) -> Law:
    """mean + std z, z standard normal up to NORMAL_REACH."""
    if std > 0 and to_float32(std) == 0:
        reject_value(where, "std", "0 or at least 1e-45, the smallest float32", std)
    if abs(mean) + NORMAL_REACH * std > FLOAT32_MAX:
        reject_value(
            where, "mean, std", f"|mean| + {NORMAL_REACH} std within float32", Shown(f"mean {mean!r}, std {std!r}")
        )
    return Law(_CODES["normal"], b"n32", to_float32(mean), to_float32(std))


@functools.lru_cache(maxsize=1024)
def uniform(where: str, low: float, high: float) -> Law:
    """Uniform on the open interval (low, high).

    The kernel computes fma(x, half_width, midpoint) for |x| <= UNIFORM_REACH. Rounding is monotonic, so it is enough
    that the two ends round to values strictly inside: half_width is the largest float32 up to (high - low) / 2 for
    which they do.
    """
    got = Shown(f"low {low!r}, high {high!r}")
    if not low < high:
        reject_value(where, "low, high", "low < high", got)
    if max(-low, high) > FLOAT32_MAX:
        reject_value(where, "low, high", f"bounds within float32, {FLOAT32_MAX:.8g} either way", got)
    lowest, highest = _float32_above(low), _float32_below(high)
    if lowest > highest:
        reject_value(where, "low, high", "bounds with a float32 strictly between them", got)
    from fractions import Fraction  # imported here for the sake of the package's import time

    midpoint = min(max(to_float32(low / 2 + high / 2), lowest), highest)
    room = min(_tie_above(highest) - Fraction(midpoint), Fraction(midpoint) + _tie_above(-lowest))
    half_width = min(to_float32(high / 2 - low / 2), _float32_below(room / Fraction(UNIFORM_REACH)))
    name = "uniform" if half_width >= TINY_HALF_WIDTH else "tiny_uniform"
    return Law(_CODES[name], b"u32", midpoint, half_width)


def _float32_below(bound: float | Fraction) -> float:
    """The largest float32 strictly below `bound`."""
    nearest = to_float32(float(bound))
    return nearest if nearest < bound else _next_float32(nearest, -math.inf)


def _float32_above(bound: float) -> float:
    return -_float32_below(-bound)


def _next_float32(value: float, towards: float) -> float:
    with np.errstate(all="ignore"):
        return float(np.nextafter(np.float32(value), np.float32(towards)))


def _tie_above(value: float) -> Fraction:
    """Halfway to the next float32: every real below it rounds to one <= value."""
    from fractions import Fraction

    return (Fraction(value) + Fraction(_next_float32(value, math.inf))) / 2

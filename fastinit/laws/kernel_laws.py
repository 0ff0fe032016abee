"""Laws: what the kernels compute, with their parameters as exact numbers of the arithmetic they are computed in."""

from __future__ import annotations

import functools
import math
from fractions import Fraction
from typing import NamedTuple

from fastinit import _kernels
from fastinit.common.errors import Shown, reject_value
from fastinit.laws.dtypes import FLOAT32_FORMAT, FLOAT64_FORMAT, Format

CODES = {name: code for code, name in enumerate(_kernels.laws())}

#: Below it, half_width * 2**-31 is no normal float32, and the kernel multiplies in another order.
TINY_HALF_WIDTH = 2.0**-95

#: In float64, standard deviations and widths from this on, and magnitudes up to this: products of the kernels then have
#: float64 errors, which is what the emulation of fused multiply-adds needs (src/kernel/fma_exact.h).
LEAST64, GREATEST64 = 1e-240, 1e290

#: Standard deviations that schemes scaled by fans may ask for, besides what the dtype itself demands.
MIN_STD, MAX_STD = 1e-37, 1e37


class Law(NamedTuple):
    """A law and its numbers; see fi_law in src/fastinit.h for what they mean."""

    code: int
    dtype_code: int
    tag: bytes  #: names the law in the stream's key; empty for laws without randomness
    numbers: tuple[float, ...]


def arithmetic(fmt: Format) -> Format:
    """What values of a dtype are computed in, before they are rounded to it."""
    return FLOAT64_FORMAT if fmt is FLOAT64_FORMAT else FLOAT32_FORMAT


def normal_reach(fmt: Format) -> float:
    """Above the largest |z| that the normal kernels draw: sqrt(2 ln 2**41) = 7.539, sqrt(2 ln 2**65) = 9.493."""
    return 9.5 if fmt is FLOAT64_FORMAT else 7.54


def tag(letter: str, fmt: Format) -> bytes:
    """The tag of a law: float32 and the dtypes rounded from it share the stream, float64 has its own."""
    return f"{letter}{'64' if fmt is FLOAT64_FORMAT else '32'}".encode()


def constant(where: str, value: float, fmt: Format, parameter: str = "value") -> Law:
    """`value` itself; NaN and the infinities that the dtype has are values like any other."""
    rounded = fmt.nearest(value)
    if math.isinf(rounded) and not (math.isinf(value) and fmt.has_infinity):
        reject_value(where, parameter, f"a number within {fmt.name}", value)
    return Law(CODES["constant"], fmt.code, b"", (math.nan if math.isnan(rounded) else rounded,))


def without_width(where: str, letter: str, value: float, fmt: Format, parameter: str) -> Law:
    """What the law of a letter comes to at width 0: one value, for which a key is drawn as for any other width."""
    return constant(where, value, fmt, parameter)._replace(tag=tag(letter, fmt))


@functools.lru_cache(maxsize=1024)
def normal(where: str, mean: float, std: float, fmt: Format) -> Law:
    """mean + std z, z standard normal up to normal_reach."""
    check_mean_and_std(where, mean, std, normal_reach(fmt), fmt)
    computed = arithmetic(fmt)
    return Law(CODES["normal"], fmt.code, tag("n", fmt), (centre(mean, computed), computed.nearest(std)))


def centre(mean: float, computed: Format) -> float:
    """A law's mean in the arithmetic of its values, in which zero has one sign: sums with it shall have one too."""
    return computed.nearest(mean) + 0.0


def smallest_std(fmt: Format) -> float:
    """The least standard deviation besides 0; in fewer bits than 64 a little less may still round to it."""
    return LEAST64 if fmt is FLOAT64_FORMAT else math.ldexp(1.0, fmt.least_exponent)


def largest(fmt: Format) -> float:
    """How far from 0 numbers of a law may lie."""
    return min(fmt.max, GREATEST64)


def check_mean_and_std(where: str, mean: float, std: float, reach: float, fmt: Format) -> None:
    """Refuse what would be all 0, overflow, or leave the range that the kernels compute exactly in."""
    smallest = smallest_std(fmt)
    if std > 0 and (std < smallest if fmt is FLOAT64_FORMAT else fmt.nearest(std) == 0):
        what = "the smallest" if fmt is not FLOAT64_FORMAT else "for"
        reject_value(where, "std", f"0 or at least {smallest:.2g}, {what} {fmt.name}", std)
    if abs(mean) + reach * std > largest(fmt):
        within = fmt.name if largest(fmt) == fmt.max else f"{largest(fmt):g}"
        reject_value(where, "mean, std", f"|mean| + {reach} std within {within}", Shown(f"mean {mean!r}, std {std!r}"))


@functools.lru_cache(maxsize=1024)
def uniform(where: str, low: float, high: float, fmt: Format) -> Law:
    """Uniform on the open interval (low, high); if they are equal, that number.

    The kernel computes fma(x, half_width, midpoint) for |x| <= 1 - 2**-precision. Rounding is monotonic, so it is
    enough that the two ends round to values strictly inside: half_width is the largest number up to (high - low) / 2
    for which they do. Where the result is rounded once more, the kernel keeps it between lowest and highest.
    """
    if low == high:
        return without_width(where, "u", low + 0.0, fmt, "low, high")
    lowest, highest = inside(where, low, high, fmt)
    computed = arithmetic(fmt)
    least, greatest = computed.above(low), computed.below(high)
    midpoint = min(max(computed.nearest(low / 2 + high / 2), least), greatest)
    room = min(_tie_above(greatest, computed) - Fraction(midpoint), Fraction(midpoint) + _tie_above(-least, computed))
    reach = 1 - Fraction(1, 2**computed.precision)
    half_width = min(computed.nearest(high / 2 - low / 2), computed.below(room / reach))
    name = "tiny_uniform" if computed is FLOAT32_FORMAT and half_width < TINY_HALF_WIDTH else "uniform"
    return Law(CODES[name], fmt.code, tag("u", fmt), (midpoint, half_width, lowest, highest))


def inside(where: str, low: float, high: float, fmt: Format) -> tuple[float, float]:
    """The smallest and the largest number of a format strictly between two bounds, or a refusal."""
    got = Shown(f"low {low!r}, high {high!r}")
    if not low < high:
        reject_value(where, "low, high", "low <= high", got)
    if max(-low, high) > largest(fmt):
        within = f"{fmt.name}, {fmt.max:.8g}" if largest(fmt) == fmt.max else f"{largest(fmt):g}"
        reject_value(where, "low, high", f"bounds within {within} either way", got)
    lowest, highest = fmt.above(low), fmt.below(high)
    if lowest > highest:
        reject_value(where, "low, high", f"bounds with a {fmt.name} strictly between them", got)
    if fmt is FLOAT64_FORMAT and high / 2 - low / 2 < LEAST64:
        reject_value(where, "low, high", f"bounds {2 * LEAST64:g} or more apart", got)
    return lowest, highest


def _tie_above(value: float, fmt: Format) -> Fraction:
    """Halfway to the next number: every real below it rounds to one <= value."""
    return (Fraction(value) + Fraction(-fmt.next_below(-value))) / 2

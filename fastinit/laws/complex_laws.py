"""Laws of complex numbers: from a variance to the numbers that the kernels draw by (src/kernel/complex.h).

A complex tensor of a shape is the float tensor of that shape and one more axis of 2, for the real and the imaginary
part, in the same memory; its stream is that tensor's. The variance E|z|**2 is shared by both parts, as JAX has it, so
that a complex normal is `kernel_laws.normal` of std / sqrt(2) on the float tensor. Here are the other two.
"""

from __future__ import annotations

import functools
import math
from fractions import Fraction

from fastinit.common.errors import Shown, reject_value
from fastinit.laws import kernel_laws, normal_tail
from fastinit.laws.dtypes import FLOAT64_FORMAT, Format
from fastinit.laws.kernel_laws import CODES, GREATEST64, LEAST64, MIN_STD, Law, tag

#: The bound on the modulus is drawn smaller by this share, in float32 and in float64, so that with all errors of the
#: kernels no modulus reaches the bound itself.
INWARDS32, INWARDS64 = 2.0**-20, 2.0**-48

#: sqrt(2 ln 2), by which the kernels' cosine and sine are too large.
KERNEL_FACTOR = 1.17741002251547469101

#: The least bound on the modulus in standard deviations: what the kernels compute keeps to normal numbers from here on.
MIN_HIGH = 1e-6


def normal(where: str, std: float, fmt: Format) -> Law:
    """E|z|**2 = std**2, shared by both parts alike, which are normal and independent."""
    return kernel_laws.normal(where, 0.0, std / math.sqrt(2), fmt)


@functools.lru_cache(maxsize=256)
def disc(where: str, std: float, fmt: Format) -> Law:
    """Uniform on the open disc |z| < sqrt(2) std: mean 0 and E|z|**2 = std**2."""
    if std == 0:
        return kernel_laws.without_width(where, "cd", 0.0, fmt, "std")
    radius = math.sqrt(2) * std
    _check_range(where, std, radius, radius, fmt)
    scale = radius * (1 - _inwards(fmt)) / KERNEL_FACTOR
    return Law(CODES["complex_disc"], fmt.code, tag("cd", fmt), (0.0, fmt.nearest(scale)))


@functools.lru_cache(maxsize=256)
def truncated_normal(where: str, std: float, high: float, fmt: Format) -> Law:
    """std z, z complex normal with E|z|**2 = 1 given |z| < high, which may be infinite.

    The radius is std sqrt(-ln v) with v uniform on (exp(-high**2), 1). Multiply std by 1 / :func:`truncated_std` for a
    result whose standard deviation it is.
    """
    if not high >= MIN_HIGH:
        reject_value(where, "high", f"a bound >= {MIN_HIGH:g} on the modulus, in standard deviations", high)
    if std == 0:
        return kernel_laws.without_width(where, "ct", 0.0, fmt, "std")
    _check_range(where, std, min(high, 1.0) * std, min(high, reach(fmt)) * std, fmt)
    numbers = (0.0, std / math.sqrt(2), 0.0, 0.0, *_sides(high * (1 - _inwards(fmt))))
    return Law(CODES["complex_truncated"], fmt.code, tag("ct", fmt), tuple(map(fmt.nearest, numbers)))


def reach(fmt: Format) -> float:
    """Above the largest modulus that the kernels draw, in standard deviations: sqrt(ln 2**41) and sqrt(ln 2**65)."""
    return 6.72 if fmt is FLOAT64_FORMAT else 5.34


@functools.lru_cache(maxsize=256)
def truncated_std(high: float) -> float:
    """The square root of E|z|**2 for a complex normal z with E|z|**2 = 1, given |z| < high: 0.96196182800821354 for 2.

    |z|**2 is exponential, so that E|z|**2 = 1 - high**2 exp(-high**2) / (1 - exp(-high**2)).
    """
    if math.isinf(high) or high > normal_tail.MAX_Z:
        return 1.0
    context = normal_tail.decimal_context()
    square, beyond = _square_and_beyond(high)
    share = context.divide(context.multiply(square, beyond), context.subtract(context.create_decimal(1), beyond))
    return float(context.sqrt(context.subtract(context.create_decimal(1), share)))


def _square_and_beyond(high: float):
    """high**2 and exp(-high**2), as decimals."""
    context = normal_tail.decimal_context()
    square = context.multiply(context.create_decimal_from_float(high), context.create_decimal_from_float(high))
    return square, context.exp(context.minus(square))


def _sides(high: float) -> tuple[float, ...]:
    """(base, slope, y_base, y_slope) of the inner and of the outer side: v = base + slope d and 1 - v likewise."""
    beyond, within = 0.0, 1.0
    if high <= normal_tail.MAX_Z:
        context = normal_tail.decimal_context()
        exact = _square_and_beyond(high)[1]
        beyond, within = float(exact), float(context.subtract(context.create_decimal(1), exact))
    return (1.0, -within / 2, 0.0, within / 2, beyond, within / 2, within, -within / 2)


def _inwards(fmt: Format) -> float:
    return INWARDS64 if fmt is FLOAT64_FORMAT else INWARDS32


def _check_range(where: str, std: float, least_size: float, greatest: float, fmt: Format) -> None:
    """Refuse moduli that overflow or leave the range that the kernels compute exactly in."""
    least, most = (LEAST64, GREATEST64) if fmt is FLOAT64_FORMAT else (MIN_STD, fmt.max)
    if not (least <= min(std, least_size) and Fraction(greatest) <= most):
        expected = f"0, or moduli between {least:g} and {most:.3g}, in {fmt.name}"
        reject_value(where, "std", expected, Shown(f"std {std!r}, moduli up to {greatest!r}"))


def _truncated_at_2(where: str, std: float, fmt: Format) -> Law:
    """Truncated at two standard deviations, and wider before, so that the result's is `std`."""
    return truncated_normal(where, std / truncated_std(2.0), 2.0, fmt)


#: What the distributions of schemes scaled by fans are for complex numbers.
LAWS = {"normal": normal, "truncated_normal": _truncated_at_2, "uniform": disc}

"""The truncated normal law: from bounds to the numbers that the kernels draw by (src/kernel/truncated.h)."""

from __future__ import annotations

import functools
import math
from fractions import Fraction

from fastinit.common.errors import Shown, reject_value
from fastinit.laws import kernel_laws, normal_tail, widening
from fastinit.laws.dtypes import FLOAT32_FORMAT, Format
from fastinit.laws.kernel_laws import CODES, Law, tag

#: How near to 0 the interval must come, in standard deviations: the kernels' polynomials end at 13, which is reached
#: with probability 2**-64 from here.
MAX_NEAREST = 8.0

#: The least width relative to the bound farther from 0: float64 has 10**4 steps and more in it. And the least at
#: all: draws near 0 then keep to the products that kernel_laws.LEAST64 allows.
MIN_RELATIVE_WIDTH, MIN_WIDTH = 1e-10, 2e-12

#: Symmetric bounds up to this have a float32 kernel of their own.
MAX_NEAR = 3.0

#: In it the mean is a float32 number. Where that moves the law by more than this many standard deviations, which some
#: 2**32 draws would show, the law of float64 arithmetic serves.
MAX_SHIFT = 2.0**-16

#: No draw lies beyond, whatever the bounds.
REACH = 13.0


#: What users of libraries with absolute bounds may have meant.
MEANT = "(absolute bounds: lower, upper)"


@functools.lru_cache(maxsize=1024)
def truncated_normal(where: str, mean: float, std: float, low: float, high: float, fmt: Format) -> Law:
    """mean + std z, z standard normal on the open interval (low, high), either of which may be infinite."""
    check_bounds(where, low, high)
    if std == 0 or low == high:
        value = mean + std * low if low == high else mean
        return kernel_laws.without_width(where, "t", value, fmt, "mean, std, low, high")
    kernel_laws.check_mean_and_std(where, mean, std, max(_reach(low), _reach(high)), fmt)
    return _law(mean, std, low, high, _inside(where, mean, std, low, high, fmt), fmt)


@functools.lru_cache(maxsize=1024)
def truncated_between(where: str, mean: float, std: float, lower: float, upper: float, fmt: Format) -> Law:
    """The same on the open interval (lower, upper), by bounds that are not relative to mean and std."""
    check_between(where, mean, std, lower, upper)
    if lower == upper:
        return kernel_laws.without_width(where, "t", lower + 0.0, fmt, "lower, upper")
    lowest, highest = _least_above(lower, fmt), -_least_above(-upper, fmt)
    if lowest > highest:
        got = Shown(f"lower {lower!r}, upper {upper!r}")
        reject_value(where, "lower, upper", f"bounds with a {fmt.name} strictly between them", got)
    if std == 0:
        law = kernel_laws.without_width(where, "t", mean, fmt, "mean")
        return law._replace(numbers=(min(max(*law.numbers, lowest), highest),))
    low, high = relative(mean, std, lower, upper)
    kernel_laws.check_mean_and_std(where, mean, std, max(_reach(low), _reach(high)), fmt)
    return _law(mean, std, low, high, (lowest, highest), fmt)


def relative(mean: float, std: float, *bounds: float) -> tuple[float, ...]:
    """Bounds in standard deviations from the mean, each rounded once."""
    return tuple(
        bound if math.isinf(bound) else _as_float((Fraction(bound) - Fraction(mean)) / Fraction(std))
        for bound in bounds
    )


def _as_float(number: Fraction) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _law(mean: float, std: float, low: float, high: float, bounds: tuple[float, float], fmt: Format) -> Law:
    """By bounds in standard deviations, and the least and the greatest number between them."""
    computed = kernel_laws.arithmetic(fmt)
    shift = abs(computed.nearest(mean) - mean)
    if computed is FLOAT32_FORMAT and low == -high and high <= MAX_NEAR and shift <= MAX_SHIFT * std:
        _, side = _sides(low, high)
        numbers = (computed.nearest(number) for number in (std, *bounds, *side))
        return Law(CODES["truncated_near"], fmt.code, tag("t", fmt), (kernel_laws.centre(mean, computed), *numbers))
    sides = (number for side in _sides(low, high) for number in side)
    # Another tag: the words of an element are others than in the law above.
    return Law(CODES["truncated"], fmt.code, tag("w", fmt), (mean, std, *bounds, *sides))


def check_bounds(where: str, low: float, high: float) -> None:
    """Refuse bounds, in standard deviations, that are crossed, too far out or too close together, but not equal."""
    _check(where, "low, high", low, high, Shown(f"low {low!r}, high {high!r}"), f"0 {MEANT}")


def check_between(where: str, mean: float, std: float, lower: float, upper: float) -> None:
    """The same for absolute bounds."""
    got = Shown(f"lower {lower!r}, upper {upper!r}, mean {mean!r}, std {std!r}")
    if std == 0 and lower < upper:
        if not lower < mean < upper:
            reject_value(where, "lower, upper", "bounds with the mean between them where std is 0", got)
        return
    low, high = (lower, upper) if not lower < upper else relative(mean, std, lower, upper)
    _check(where, "lower, upper", low, high, got, "the mean")


def _check(where: str, parameter: str, low: float, high: float, got: Shown, centre: str) -> None:
    names = " <= ".join(parameter.split(", "))
    if not low <= high or (low == high and math.isinf(low)):
        reject_value(where, parameter, names, got)
    if low == high:
        return
    if max(low, -high) > MAX_NEAREST:
        expected = f"an interval that begins within {MAX_NEAREST} standard deviations of {centre}"
        reject_value(where, parameter, expected, got)
    if high - low < max(MIN_RELATIVE_WIDTH * max(abs(low), abs(high)), MIN_WIDTH):
        expected = f"bounds that differ by {MIN_WIDTH} std, and by {MIN_RELATIVE_WIDTH} of the larger, or more"
        reject_value(where, parameter, expected, got)


def width_that_keeps(where: str, std: float, low: float, high: float) -> float:
    """The standard deviation before truncation, at bounds in such, for which `std` is left between them."""
    if std == 0:
        return std
    if low == high:
        reject_value(where, "low, high", "low < high, to keep a std", Shown(f"low {low!r}, high {high!r}"))
    return std / normal_tail.truncated_std(low, high)


def width_that_keeps_between(where: str, mean: float, std: float, lower: float, upper: float) -> float:
    """The same at absolute bounds."""
    if std == 0 or not lower <= upper:
        return std
    if lower == upper:
        reject_value(where, "lower, upper", "lower < upper, to keep a std", Shown(f"lower {lower!r}, upper {upper!r}"))
    try:
        return widening.widened(mean, std, lower, upper)
    except widening.Unreachable as error:
        if error.nearest < std:
            expected = f"at most {error.nearest:.6g}, nearly that of uniform values between lower and upper"
        else:
            expected = f"at least {error.nearest:.6g}, which has its mean {widening.FARTHEST} std from the bounds"
        reject_value(where, "std", expected, std)


def _reach(bound: float) -> float:
    return min(abs(bound), REACH)


def _least_above(bound: float | Fraction, fmt: Format) -> float:
    """The least number above a bound; of all, where that is beyond their range."""
    return fmt.above(bound) if bound >= -fmt.max else -fmt.max


def _inside(where: str, mean: float, std: float, low: float, high: float, fmt: Format) -> tuple[float, float]:
    """The smallest and largest number of the format between the bounds; of all, where a bound is beyond its range."""
    lowest = max(_least_above(bound, fmt) for bound in _bounds(mean, std, low))
    highest = min(-_least_above(-bound, fmt) for bound in _bounds(mean, std, high))
    if lowest > highest:
        got = Shown(f"mean {mean!r}, std {std!r}, low {low!r}, high {high!r}")
        expected = f"a {fmt.name} between mean + low std and mean + high std {MEANT}"
        reject_value(where, "mean, std, low, high", expected, got)
    return lowest, highest


def _bounds(mean: float, std: float, z: float) -> tuple[Fraction | float, float]:
    """mean + z std, exactly and in float64, as a caller would compare: the one may be a value where the other is not.

    0.1 is a little more than a tenth, and 1 less than 0.1 times 10.
    """
    computed = mean + z * std
    return computed if math.isinf(z) else Fraction(mean) + Fraction(std) * Fraction(z), computed


@functools.lru_cache(maxsize=1024)
def _sides(low: float, high: float) -> tuple[tuple[float, ...], ...]:
    """(base, slope, y_base, y_slope) of the lower and of the upper side.

    With the direction `out` of the tail that a side's q counts, 1 up and -1 down: q = base + slope d is twice the
    probability beyond z in that direction, and y = out (1 - q). The tail is the nearer one where the interval lies on
    one side of 0, else each side's own.
    """
    p = float(normal_tail.between(low, high))
    outs = (1, 1) if low >= 0 else (-1, -1) if high <= 0 else (-1, 1)
    sides = []
    for bound, inwards, out in ((low, 1, outs[0]), (high, -1, outs[1])):
        base = 2 * float(normal_tail.above(out * bound))
        slope = -out * inwards * p  # moving inwards towards the counted tail leaves less beyond
        y_base = 2 * float(normal_tail.central(bound))
        sides.append((base, slope, y_base, -out * slope))
    return tuple(sides)

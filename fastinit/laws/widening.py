"""How wide a normal distribution must be for what is left between two bounds to have a given standard deviation."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from fastinit.laws import normal_tail

if TYPE_CHECKING:
    from decimal import Decimal

#: How far from the mean, in its own standard deviations, the interval begins where the distribution is narrowest, and
#: how far its farther bound is where it is widest: a uniform one but for 2e-10 of its standard deviation.
FARTHEST, NEAREST = 8, "1e-4"

#: Relative error of the standard deviation: exact_truncated_std has 50 digits.
TOLERANCE = "1e-48"


class Unreachable(Exception):
    """No width gives what was asked for; `nearest` is the standard deviation that comes nearest to it."""

    def __init__(self, nearest: Decimal):
        super().__init__(nearest)
        self.nearest = float(nearest)


@functools.lru_cache(maxsize=256)
def widened(mean: float, std: float, lower: float, upper: float) -> float:
    """The s for which a normal distribution of this mean and of standard deviation s has `std` between the bounds.

    To the nearest float64, on every machine. What is left between the bounds grows with s, from 0 to what the uniform
    distribution has there.
    """
    import decimal  # here for the sake of the package's import time

    with decimal.localcontext(normal_tail.decimal_context()):
        number, tolerance = decimal.Decimal, decimal.Decimal(TOLERANCE)
        low, high, wanted = number(lower) - number(mean), number(upper) - number(mean), number(std)

        uniform = (high - low) / number(12).sqrt()
        if wanted >= uniform:  # and so wide that what follows would be computed to too few digits
            raise Unreachable(uniform)

        def excess(s: Decimal) -> Decimal:
            return s * normal_tail.exact_truncated_std(low / s, high / s) / wanted - 1

        left = max(wanted, max(low, -high) / FARTHEST)  # truncation leaves no more than there was
        widest = max(abs(low), abs(high)) / number(NEAREST)
        below = excess(left)
        if below > tolerance:
            raise Unreachable((below + 1) * wanted)
        right, beyond = left, below
        while beyond < -tolerance:
            if right >= widest:
                raise Unreachable((beyond + 1) * wanted)
            left, below, right = right, beyond, min(2 * right, widest)
            beyond = excess(right)
        return float(_root(excess, (left, below), (right, beyond), tolerance))


def _root(
    f: Callable[[Decimal], Decimal], left: tuple[Decimal, Decimal], right: tuple[Decimal, Decimal], tolerance: Decimal
) -> Decimal:
    """Where an increasing function is 0, from two points on either side of it with their values.

    By the rule of false position, in which the value of an end that stays is halved (the Illinois algorithm: M. Dowell
    and P. Jarratt, "A modified regula falsi method for computing the root of an equation", BIT 11, 1971).
    """
    if abs(right[1]) <= tolerance:
        return right[0]
    stayed = None
    while True:
        (a, f_a), (b, f_b) = left, right
        point = (a * f_b - b * f_a) / (f_b - f_a)
        value = f(point)
        if abs(value) <= tolerance:
            return point
        if value < 0:
            left, right = (point, value), (b, f_b / 2 if stayed == "right" else f_b)
            stayed = "right"
        else:
            left, right = (a, f_a / 2 if stayed == "left" else f_a), (point, value)
            stayed = "left"

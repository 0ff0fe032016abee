"""The numbers of each law, from the definitions in docs/: in rationals, and for the normal distribution in mpmath.

Nothing here calls the package; see reference.py.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

import mpmath
import numpy as np
from reference_truncated import Side


class Format(NamedTuple):
    """Numbers k 2^e with |k| < 2^precision, e from least on, none beyond `greatest`."""

    precision: int
    least: int
    greatest: float


FORMATS = {
    "float32": Format(24, -149, (2.0**24 - 1) * 2.0**104),
    "float64": Format(53, -1074, (2.0**53 - 1) * 2.0**971),
    "float16": Format(11, -24, 65504.0),
    "bfloat16": Format(8, -133, 255 * 2.0**120),
    "float8_e4m3fn": Format(4, -9, 448.0),
    "float8_e5m2": Format(3, -16, 57344.0),
}


class Law(NamedTuple):
    """What an element's value depends on besides the seed, the name and its index."""

    name: str
    tag: bytes
    location: float
    scale: float
    lowest: float = -math.inf  #: infinite where nothing is to be kept within bounds
    highest: float = math.inf
    sides: tuple[Side, ...] = ()


def arithmetic(dtype: str) -> str:
    return "float64" if dtype == "float64" else "float32"


def tag(letter: str, dtype: str) -> bytes:
    return f"{letter}{64 if dtype == 'float64' else 32}".encode()


def below(bound: Fraction, fmt: Format) -> Fraction:
    """The largest number of a format below a bound."""
    size = abs(bound)
    if bound == 0:
        return -(Fraction(2) ** fmt.least)
    e = max(fmt.least, size.numerator.bit_length() - size.denominator.bit_length() - fmt.precision - 1)
    # Numbers of the binade that ends at the bound, or begins there and goes down, are 2^e apart.
    while size > Fraction(2) ** (e + fmt.precision) or (bound < 0 and size == Fraction(2) ** (e + fmt.precision)):
        e += 1
    return (math.ceil(bound / Fraction(2) ** e) - 1) * Fraction(2) ** e


def above(bound: Fraction, fmt: Format) -> Fraction:
    return -below(-bound, fmt)


def inside(low: Fraction | float, high: Fraction | float, fmt: Format) -> tuple[float, float]:
    """The least number above `low`, -0 if it is zero, and the greatest below `high`; of all, beyond them."""
    lowest = -fmt.greatest if low < -fmt.greatest else float(above(low, fmt)) or -0.0
    return lowest, fmt.greatest if high > fmt.greatest else float(below(high, fmt))


def nearest32(value: float) -> float:
    return float(np.float32(value))


def normal(mean: float, std: float, dtype: str) -> Law:
    if dtype != "float64":
        mean, std = nearest32(mean), nearest32(std)
    return Law("normal", tag("n", dtype), mean + 0.0, std)


def uniform(low: float, high: float, dtype: str) -> Law:
    """midpoint and half-width, the latter by bisection over the patterns of the arithmetic's numbers."""
    fmt = FORMATS[arithmetic(dtype)]
    real = np.float64 if dtype == "float64" else np.float32
    ends = above(Fraction(low), fmt), below(Fraction(high), fmt)
    midpoint = float(real(low / 2 + high / 2))  # a zero keeps its sign
    if not ends[0] <= midpoint <= ends[1]:
        midpoint = float(ends[0] if midpoint < ends[0] else ends[1])
    ties = (ends[0] + below(ends[0], fmt)) / 2, (ends[1] + above(ends[1], fmt)) / 2
    reach, centre = 1 - Fraction(1, 2**fmt.precision), Fraction(midpoint)

    def fits(half_width: float) -> bool:
        return ties[0] - centre < -Fraction(half_width) * reach and Fraction(half_width) * reach < ties[1] - centre

    half_width = real(high / 2 - low / 2)
    if not fits(float(half_width)):
        integer = np.int64 if dtype == "float64" else np.int32
        good, bad = 0, int(half_width.view(integer))  # positive numbers are in the order of their patterns
        while bad - good > 1:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if fits(float(integer(middle).view(real))) else (good, middle)
        half_width = integer(good).view(real)
    bounds = inside(Fraction(low), Fraction(high), FORMATS[dtype])
    return Law("uniform", tag("u", dtype), midpoint, float(half_width), *bounds)


def truncated(mean: float, std: float, low: float, high: float, dtype: str) -> Law:
    lowests, highests = zip(
        *(inside(*pair, FORMATS[dtype]) for pair in absolute_bounds(mean, std, low, high)), strict=True
    )
    return _truncated(mean, std, low, high, (max(lowests), min(highests)), dtype)


def truncated_between(mean: float, std: float, lower: float, upper: float, dtype: str) -> Law:
    low, high = (b if math.isinf(b) else float((Fraction(b) - Fraction(mean)) / Fraction(std)) for b in (lower, upper))
    lower, upper = (b if math.isinf(b) else Fraction(b) for b in (lower, upper))
    return _truncated(mean, std, low, high, inside(lower, upper, FORMATS[dtype]), dtype)


def _truncated(mean: float, std: float, low: float, high: float, bounds: tuple[float, float], dtype: str) -> Law:
    sides = both_sides(low, high)
    near = dtype != "float64" and low == -high and high <= 3
    if near and abs(Fraction(nearest32(mean)) - Fraction(mean)) <= Fraction(std) / 2**16:
        mean, std, side = nearest32(mean) + 0.0, nearest32(std), Side(*map(nearest32, sides[1]))
        return Law("truncated_near", tag("t", dtype), mean, std, *bounds, (side,))
    return Law("truncated", tag("w", dtype), mean, std, *bounds, sides)


def absolute_bounds(mean: float, std: float, low: float, high: float) -> list[list[Fraction | float]]:
    """The two bounds exactly, and as float64 arithmetic has them."""

    def absolute(bound: float, exact: bool) -> Fraction | float:
        computed = mean + std * bound
        if math.isinf(bound) or (math.isinf(computed) and not exact):
            return computed
        return Fraction(mean) + Fraction(std) * Fraction(bound) if exact else Fraction(computed)

    return [[absolute(bound, exact) for bound in (low, high)] for exact in (True, False)]


def both_sides(low: float, high: float) -> tuple[Side, Side]:
    """The lower and the upper side; q is twice the probability in the nearer tail."""
    with mpmath.workdps(150):
        root = mpmath.sqrt(2)
        beyond = {
            out: {b: mpmath.erfc(out * b / root) if out * b < 1e9 else mpmath.mpf(0) for b in (low, high)}
            for out in (-1, 1)
        }
        p = float((mpmath.erf(high / root) - mpmath.erf(low / root)) / 2)
        sides = []
        for bound, inwards in ((low, 1), (high, -1)):
            out = 1 if low >= 0 else -1 if high <= 0 else -inwards
            slope = -out * inwards * p
            sides.append(Side(float(beyond[out][bound]), slope, float(mpmath.erf(bound / root)), -out * slope))
    return tuple(sides)


def truncated_std(low: float, high: float) -> mpmath.mpf:
    """The standard deviation between the bounds, by integration of the density."""
    with mpmath.workdps(60):
        points = [low, *(x for x in range(-20, 21, 2) if low < x < high), high]
        mass, first, second = (mpmath.quad(lambda z, k=k: z**k * mpmath.npdf(z), points) for k in (0, 1, 2))
        return mpmath.sqrt(second / mass - (first / mass) ** 2)


def widened(mean: float, std: float, lower: float, upper: float) -> mpmath.mpf:
    """The standard deviation before truncation that leaves `std` between the bounds, by bisection of its logarithm."""
    with mpmath.workdps(60):
        low, high = mpmath.mpf(lower) - mean, mpmath.mpf(upper) - mean

        def left_over(s: mpmath.mpf) -> mpmath.mpf:
            a, b = low / s, high / s
            mass = (mpmath.erf(b / mpmath.sqrt(2)) - mpmath.erf(a / mpmath.sqrt(2))) / 2
            first = (mpmath.npdf(a) - mpmath.npdf(b)) / mass
            edges = [0 if mpmath.isinf(z) else z * mpmath.npdf(z) for z in (a, b)]
            return s * mpmath.sqrt(1 + (edges[0] - edges[1]) / mass - first**2)

        narrow, wide = mpmath.mpf(std), mpmath.mpf(std) * 10**6
        while wide / narrow - 1 > mpmath.mpf(10) ** -25:
            middle = mpmath.sqrt(narrow * wide)
            narrow, wide = (middle, wide) if left_over(middle) < std else (narrow, middle)
        return middle

"""Exact laws, and what rounding to a dtype makes of them. Nothing here calls the package."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

gauss_legendre = functools.cache(np.polynomial.legendre.leggauss)

_erf, _erfc = (np.frompyfunc(function, 1, 1) for function in (math.erf, math.erfc))

#: Standard deviations beyond which a normal's moments have nothing to gain.
REACH = 13.0

#: Moments of laws with more numbers than this in reach of a dtype are those of the law itself: of 2**16 numbers
#: rounding moves the variance by less than 2**-32 of the width squared.
MANY = 1 << 16


def normal_between(low: float, z: np.ndarray) -> np.ndarray:
    """P(low < Z < z) for a standard normal Z, without cancellation in the tails or about 0."""
    z, root = np.asarray(z, np.float64), math.sqrt(2)
    if low >= 0:
        return 0.5 * (math.erfc(low / root) - _float64(_erfc(z / root)))
    below = 0.5 * (_float64(_erfc(-z / root)) - math.erfc(-low / root))
    across = 0.5 * (_float64(_erf(z / root)) - math.erf(low / root))
    return np.where(z < 0, below, across)


def _float64(objects) -> np.ndarray:
    return np.asarray(objects, np.float64)


@dataclass(frozen=True)
class Uniform:
    """U(low, high)."""

    low: float
    high: float

    def scaled(self, factor: float) -> Uniform:
        """The same, wider by a factor about its midpoint."""
        midpoint, half_width = (self.low + self.high) / 2, (self.high - self.low) / 2
        return Uniform(midpoint - factor * half_width, midpoint + factor * half_width)

    def cdf(self, x: np.ndarray) -> np.ndarray:
        return np.clip((np.asarray(x, np.float64) - self.low) / (self.high - self.low), 0, 1)

    def quantile(self, p: np.ndarray) -> np.ndarray:
        return self.low + np.asarray(p) * (self.high - self.low)

    def nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """Points and weights of an integration over the law: Gauss and Legendre's, exact for the moments used here."""
        x, weight = gauss_legendre(16)
        return (self.low + self.high) / 2 + (self.high - self.low) / 2 * x, weight / 2


@dataclass(frozen=True)
class Normal:
    """mean + std Z for a standard normal Z with z_low < Z < z_high."""

    mean: float = 0.0
    std: float = 1.0
    z_low: float = -math.inf
    z_high: float = math.inf

    @property
    def low(self) -> float:
        return self.mean + self.std * self.z_low

    @property
    def high(self) -> float:
        return self.mean + self.std * self.z_high

    def scaled(self, factor: float) -> Normal:
        """The same, wider by a factor about the mean."""
        return replace(self, std=factor * self.std)

    def cdf(self, x: np.ndarray) -> np.ndarray:
        z = np.clip((np.asarray(x, np.float64) - self.mean) / self.std, self.z_low, self.z_high)
        if self.z_high <= 0:  # from the upper bound, where the probability is
            return 1 - normal_between(-self.z_high, -z) / normal_between(-self.z_high, -self.z_low)
        return normal_between(self.z_low, z) / normal_between(self.z_low, self.z_high)

    def quantile(self, p: np.ndarray) -> np.ndarray:
        inverse, p = NormalDist().inv_cdf, np.asarray(p, np.float64)
        mirrored = self.z_low >= 0
        low, high, p = (-self.z_high, -self.z_low, 1 - p) if mirrored else (self.z_low, self.z_high, p)
        below = 0.5 * math.erfc(-low / math.sqrt(2)) + p * normal_between(low, high)
        z = np.array([inverse(x) for x in np.ravel(below)]).reshape(p.shape)
        return self.mean + self.std * (-z if mirrored else z)

    def nodes(self) -> tuple[np.ndarray, np.ndarray]:
        """Points and weights of an integration over the law, precise to 1e-12."""
        a, b = max(self.z_low, -REACH), min(self.z_high, REACH)
        x, weight = gauss_legendre(300)
        z = (a + b) / 2 + (b - a) / 2 * x
        weight = weight * np.exp((min(a * a, b * b) if a * b > 0 else 0) / 2 - z * z / 2)
        return self.mean + self.std * z, weight / weight.sum()


Law = Uniform | Normal


def to_ordinals(numbers: np.ndarray) -> np.ndarray:
    """The place of each number among all numbers of its dtype, counted from 0."""
    bits = numbers.view(f"i{numbers.itemsize}").astype(np.int64)
    return np.where(bits < 0, np.iinfo(f"i{numbers.itemsize}").min - bits, bits)


def from_ordinals(ordinals: np.ndarray, dtype: np.dtype) -> np.ndarray:
    integer = np.dtype(f"i{dtype.itemsize}")
    bits = np.where(ordinals < 0, np.iinfo(integer).min - ordinals, ordinals)
    return bits.astype(integer).view(dtype)


def at_least(points: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Ordinals of the smallest number of the dtype at or above each point."""
    with np.errstate(over="ignore"):
        near = np.asarray(points, np.float64).astype(dtype)
    return to_ordinals(near) + (near.astype(np.float64) < points)


def ends(law: Law, dtype: np.dtype) -> tuple[int, int]:
    """Ordinals of the smallest and the largest finite number of the dtype strictly between the law's bounds."""
    infinity = int(to_ordinals(np.array([np.inf], dtype))[0])
    points = np.array([law.low, np.nextafter(law.low, np.inf), law.high])
    low, above_low, high = (int(ordinal) for ordinal in at_least(points, dtype))
    # A bound that is itself a number of the dtype is not one of the law's.
    first = above_low if low == above_low else low + 1
    return max(first, 1 - infinity), min(high - 1, infinity - 1)


def probability_below(law: Law, ordinals: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """P(X < each number), X rounded to nearest and kept strictly between the bounds.

    Rounding goes to a number from the middle between it and the one before; a number of float64 stands for itself.
    """
    first, last = ends(law, dtype)
    ordinals = np.clip(ordinals, first, last + 1)
    here, before = (from_ordinals(o, dtype).astype(np.float64) for o in (ordinals, ordinals - 1))
    with np.errstate(invalid="ignore"):  # beyond the largest number: 1, below
        cut = here if dtype.itemsize == 8 else (here + before) / 2
    below = law.cdf(np.where(np.isnan(cut), here, cut))
    return np.where(ordinals <= first, 0.0, np.where(ordinals > last, 1.0, below))


def moments(law: Law, dtype: np.dtype, centre: float, unit: float) -> np.ndarray:
    """E[((X - centre) / unit)**k] for k up to 8, X rounded to the dtype and kept strictly between the bounds."""
    first, last = ends(law, dtype)
    if last - first < MANY:
        ordinals = np.arange(first, last + 2)
        probability = np.diff(probability_below(law, ordinals, dtype))
        possible = probability > 0
        x, probability = from_ordinals(ordinals[:-1][possible], dtype).astype(np.float64), probability[possible]
    else:
        x, probability = law.nodes()
    return np.array([np.sum(probability * ((x - centre) / unit) ** k) for k in range(9)])


def location_and_scale(law: Law) -> tuple[float, float]:
    """Mean and standard deviation, before rounding."""
    x, weight = law.nodes()
    mean = float(np.sum(weight * x))
    return mean, math.sqrt(np.sum(weight * (x - mean) ** 2))

"""Exact constants of the standard normal distribution, the same on every machine.

Decimal arithmetic rounds correctly, its exp and sqrt included, where each C library's erf and log have their own last
bits, which float64 values would show.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    Number = float | Decimal

#: Digits: 30 of the answer, and what 1/2 - P(0 < Z < z) loses for |z| up to MAX_Z, about 0.22 z**2 + 2.
N_DIGITS = 120

#: Beyond it probabilities count as those of infinity.
MAX_Z = 19.0

TWO_PI = (
    "6.2831853071795864769252867665590057683943387987502116419498891846156328125724179972560696506842341359"
    "64296173026565"
)


@functools.cache
def decimal_context():
    """Arithmetic of N_DIGITS digits, every result correctly rounded."""
    import decimal  # here for the sake of the package's import time

    return decimal.Context(
        prec=N_DIGITS, rounding=decimal.ROUND_HALF_EVEN, Emin=-99999, Emax=99999, traps=[decimal.InvalidOperation]
    )


def density(z: Number) -> Decimal:
    """exp(-z**2 / 2) / sqrt(2 pi); 0 at infinity."""
    context = decimal_context()
    if abs(z) > MAX_Z:
        return context.create_decimal(0)
    square = context.multiply(context.create_decimal(z), context.create_decimal(z))
    bell = context.exp(context.divide(square, context.create_decimal(-2)))
    return context.divide(bell, context.sqrt(context.create_decimal(TWO_PI)))


def central(z: Number) -> Decimal:
    """P(0 < Z < z), negative for negative z.

    density(z) times the sum over k of z**(2 k + 1) / (1 * 3 * ... * (2 k + 1)), whose terms have one sign.
    """
    context = decimal_context()
    if abs(z) > MAX_Z:
        return context.create_decimal(math.copysign(0.5, z))
    x = context.create_decimal(z)
    square, term, total, k = context.multiply(x, x), x, context.create_decimal(0), 1
    while term and term.adjusted() >= total.adjusted() - N_DIGITS:
        total = context.add(total, term)
        k += 2
        term = context.divide(context.multiply(term, square), context.create_decimal(k))
    return context.multiply(total, density(z))


def above(z: Number) -> Decimal:
    """P(Z > z), to 30 digits at least up to z = MAX_Z, 0 beyond it."""
    context = decimal_context()
    return context.subtract(context.create_decimal("0.5"), central(z))


def between(low: Number, high: Number) -> Decimal:
    """P(low < Z < high)."""
    return decimal_context().subtract(central(high), central(low))


@functools.lru_cache(maxsize=256)
def truncated_std(low: float, high: float) -> float:
    """The standard deviation of Z given low < Z < high: 0.87962566103423978 for -2 and 2."""
    return float(exact_truncated_std(low, high))


def exact_truncated_std(low: Number, high: Number) -> Decimal:
    """The same to 50 digits, for bounds that are 2e-12 or more apart and begin within 8 of 0.

    The variance is 1 + (low density(low) - high density(high)) / p - mean**2, where mean = (density(low) -
    density(high)) / p and p = P(low < Z < high).
    """
    context = decimal_context()
    p, mean, edge = between(low, high), context.create_decimal(0), context.create_decimal(0)
    for bound, sign in ((low, 1), (high, -1)):
        if not math.isinf(bound):
            height = context.multiply(context.create_decimal(sign), context.divide(density(bound), p))
            mean = context.add(mean, height)
            edge = context.add(edge, context.multiply(context.create_decimal(bound), height))
    variance = context.subtract(context.add(context.create_decimal(1), edge), context.multiply(mean, mean))
    return context.sqrt(variance)

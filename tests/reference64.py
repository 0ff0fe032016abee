"""The laws of float64 arithmetic, from docs/stream-float64.md; see reference.py."""

from __future__ import annotations

import numpy as np
from reference import BLOCK, U64, draws

STEP = 16


def two_sum(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rounded sum, and its error exactly."""
    s = a + b
    part = s - a
    return s, (a - (s - part)) + (b - part)


def two_product(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rounded product, and its error exactly: Dekker's, from halves of 26 bits."""
    (a_high, a_low), (b_high, b_low) = halves(a), halves(b)
    p = a * b
    return p, a_low * b_low - (((p - a_high * b_high) - a_low * b_high) - a_high * b_low)


def halves(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    big = (2.0**27 + 1) * a
    high = big - (big - a)
    return high, a - high


def sum_to_odd(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a + b, moved to the neighbour with an odd last bit if inexact."""
    s, error = two_sum(a, b)
    bits = np.ascontiguousarray(s).view(np.int64)
    away = np.where((error > 0) == (s > 0), 1, -1)
    return np.where((error != 0) & (bits & 1 == 0), bits + away, bits).view(np.float64)


def fma(a, b, c) -> np.ndarray:
    """float64 a*b + c rounded once, in the range where the errors of sums and products are float64 too."""
    a, b, c = (np.array(x) for x in np.broadcast_arrays(*(np.asarray(x, np.float64) for x in (a, b, c))))
    p, p_error = two_product(a, b)
    assert (abs(a) < 2.0**996).all()
    assert (abs(b) < 2.0**996).all()
    assert (((abs(p) >= 2.0**-969) & (abs(p) < 2.0**996)) | (a == 0) | (b == 0)).all()
    u, u_error = two_sum(c, p_error)
    t, t_error = two_sum(p, u)
    return t + sum_to_odd(t_error, u_error)


def horner(x: np.ndarray, coefficients: list[float]) -> np.ndarray:
    total = np.full(x.shape, coefficients[-1])
    for c in coefficients[-2::-1]:
        total = fma(total, x, c)
    return total


def float64s(literals: str) -> list[float]:
    return [float.fromhex(literal) for literal in literals.split()]


#: 1 / the middle of the numbers that share the first three bits of their mantissa, between 3/4 and 3/2; 1 next to 1.
FACTORS = [1.0, *(1 / (1 + (k + 0.5) / 8) for k in (1, 2, 3)), *(2 / (1 + (k + 0.5) / 8) for k in (4, 5, 6)), 1.0]
LOG2_FACTORS = float64s(
    "0x0p+0 -0x1.fbc16b902680dp-3 -0x1.91bba891f170ap-2 -0x1.0c10500d63aa7p-1"
    " 0x1.6cb0f6865c8ebp-2 0x1.f5fd8a9063e32p-3 0x1.22dadc2ab3496p-3 0x0p+0"
)
Q = float64s(
    "0x1.71547652b82fep+0 -0x1.71547652b82ecp-1 0x1.ec709dc39fc9fp-2 -0x1.71547652d0865p-2"
    " 0x1.2776c5122fe67p-2 -0x1.ec709d4566cbcp-3 0x1.a61751c6066dfp-3 -0x1.7154baaf8c18cp-3"
    " 0x1.485d4bbd8622ep-3 -0x1.27c80a96b52f3p-3 0x1.069f06863dd43p-3 -0x1.65bdac82649c2p-4"
)
C = float64s(
    "0x1.aa4499161cd47p-1 -0x1.06f189cd50392p-2 0x1.b08655110ac38p-7 -0x1.1c97019f215b2p-12"
    " 0x1.914167cae9efep-19 -0x1.5ffe8368e23c9p-26 0x1.a028db966c746p-34"
)
S = float64s(
    "0x1.4eca4243b6558p-1 -0x1.135a928ca762cp-4 0x1.0fc3680af64d6p-9 -0x1.fee5006a7b9d7p-16"
    " 0x1.182114613f0e5p-22 -0x1.92201510d5866p-30 0x1.92ea738939b7ap-38"
)


def minus_log2(u: np.ndarray) -> np.ndarray:
    """-log2 of float64 u in (0, 1], normal numbers."""
    m, e = np.frexp(u)  # m in [1/2, 1)
    place = (m * 16).astype(np.int64) - 8  # the first three bits of the mantissa
    m, e = np.where(m < 0.75, 2 * m, m), np.where(m < 0.75, e - 1, e)
    t = fma(m, np.array(FACTORS)[place], -1.0)
    return fma(-t, horner(t, Q), np.array(LOG2_FACTORS)[place] - e)


def quarter_turn(k: np.ndarray) -> np.ndarray:
    """The argument of cos_sin for an angle's 52 bits."""
    return fma(1 + k.astype(np.float64) * 2.0**-52, 2 + 2.0**-51, -3 - 2.0**-51)


def cos_sin(x: np.ndarray, factor: float) -> tuple[np.ndarray, np.ndarray]:
    even, odd = (horner(x * x, [factor * c for c in coefficients]) for coefficients in (C, S))
    return fma(-x, odd, even), fma(x, odd, even)


def words(k: list[int], block_index: int) -> np.ndarray:
    return draws(k, block_index, 2, BLOCK // STEP)


LOW_52 = U64(2**52 - 1)


def uniform_block(k: list[int], block_index: int, midpoint: float, half_width: float) -> np.ndarray:
    w = words(k, block_index)
    magnitude = (2 * (w & LOW_52) + U64(1)).astype(np.float64) * 2.0**-53
    return fma(np.where(w >> U64(63), -magnitude, magnitude), half_width, midpoint).reshape(BLOCK)


def normals(a: np.ndarray, b: np.ndarray, mean: float, std: float) -> tuple[np.ndarray, np.ndarray]:
    """The two normals of each pair of words."""
    radius = np.sqrt(minus_log2((a.astype(np.float64) + 0.5) * 2.0**-64))
    cosine, sine = cos_sin(quarter_turn(b & LOW_52), std)
    cosine = np.where(b >> U64(62) & U64(1), -cosine, cosine)
    sine = np.where(b >> U64(63), -sine, sine)
    return fma(radius, cosine, mean), fma(radius, sine, mean)


def normal_block(k: list[int], block_index: int, mean: float, std: float) -> np.ndarray:
    a, b = np.moveaxis(words(k, block_index), 1, 0)
    return np.stack(normals(a, b, mean, std), axis=1).reshape(BLOCK)

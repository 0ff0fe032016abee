"""The laws of complex numbers, as the float tensors they are, from docs/stream-complex.md; see reference.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import mpmath
import numpy as np
import reference as f32
import reference64 as f64
from reference import BLOCK, U64
from reference_truncated import Side


class Polar(NamedTuple):
    """What the random bits of complex numbers say, one entry each."""

    distance: np.ndarray  #: in (0, 1), in float32 times 2**61
    outer: np.ndarray  #: which side
    parts: tuple[np.ndarray, np.ndarray]  #: cosine and sine, times the factor


def flipped(part: np.ndarray, b: np.ndarray, bit: int) -> np.ndarray:
    return np.where(b >> b.dtype.type(bit) & b.dtype.type(1), -part, part)


def polar32(k: list[int], block_index: int, scale: float) -> Polar:
    word = f32.words(k, block_index)
    a, b = word[..., 0::2], word[..., 1::2]
    distance = f32.fma(
        a.view(np.int32).astype(np.float32), np.float32(2.0**30), (b & 0x3FC00000 | 0x00200000).astype(np.float32)
    )
    cosine, sine = f32.cos_sin(f32.quarter_turn(b & np.uint32(0x003FFFFF)), scale)
    return Polar(abs(distance), distance < 0, (flipped(cosine, b, 30), flipped(sine, b, 31)))


def polar64(k: list[int], block_index: int, scale: float) -> Polar:
    word = f64.words(k, block_index)
    a, b = word[..., 0::2], word[..., 1::2]
    cosine, sine = f64.cos_sin(f64.quarter_turn(b & f64.LOW_52), scale)
    distance = (a << U64(1) | U64(1)).astype(np.float64) * 2.0**-64
    return Polar(distance, (a >> U64(63)).astype(bool), (flipped(cosine, b, 62), flipped(sine, b, 63)))


def values(polar: Polar, radius: np.ndarray) -> np.ndarray:
    """A block's numbers, real and imaginary parts by turns."""
    return np.stack([radius * part for part in polar.parts], axis=-1).reshape(BLOCK)


def disc_block(dtype: str, k: list[int], block_index: int, scale: float) -> np.ndarray:
    polar = (polar64 if dtype == "float64" else polar32)(k, block_index, scale)
    unit = 1.0 if dtype == "float64" else np.float32(2.0**-61)
    return values(polar, np.sqrt(polar.distance * unit))


def truncated_block(dtype: str, k: list[int], block_index: int, scale: float, sides: tuple[Side, Side]) -> np.ndarray:
    polar = (polar64 if dtype == "float64" else polar32)(k, block_index, scale)
    if dtype == "float64":
        v, w = on_sides(polar, sides, f64.fma, 1.0)
        return values(polar, np.sqrt(minus_log2_64(v, w)))
    v, w = on_sides(polar, sides, f32.fma, np.float32(2.0**-61))
    return values(polar, np.sqrt(minus_log2_32(v, w)))


def on_sides(polar: Polar, sides: tuple[Side, Side], fma: Callable, unit) -> tuple[np.ndarray, np.ndarray]:
    real = polar.distance.dtype.type
    inner, outer = ([real(number) for number in side] for side in sides)
    base, slope, w_base, w_slope = (np.where(polar.outer, b, a) for a, b in zip(inner, outer, strict=True))
    return fma(polar.distance, slope * unit, base), fma(polar.distance, w_slope * unit, w_base)


def minus_log2_32(v: np.ndarray, w: np.ndarray) -> np.ndarray:
    """-log2 v, where w is 1 - v."""
    m, e = np.frexp(v)
    m, e = np.where(m < 0.75, 2 * m, m), np.where(m < 0.75, e - 1, e)
    t = np.where(v >= 0.75, -w, m - np.float32(1))
    return f32.fma(-t, f32.horner(t, f32.Q), -e.astype(np.float32))


def minus_log2_64(v: np.ndarray, w: np.ndarray) -> np.ndarray:
    near = v >= 0.9375
    of_w = f64.fma(w, f64.horner(-w, f64.Q), 0.0)
    return np.where(near, of_w, f64.minus_log2(v))


def scale_of_disc(std: float, dtype: str) -> float:
    """Of the radius sqrt(2) std, smaller by 2**-20 (2**-48): over sqrt(2 ln 2)."""
    radius = float(np.sqrt(2.0)) * std
    return narrowed(radius * (1 - inwards(dtype)) / float(mpmath.sqrt(2 * mpmath.log(2))), dtype)


def numbers_of_truncated(std: float, high: float, dtype: str) -> tuple[float, tuple[Side, Side]]:
    """The scale, and the inner and outer side."""
    with mpmath.workdps(60):
        h = high * (1 - inwards(dtype))
        beyond = mpmath.exp(-(mpmath.mpf(h) ** 2)) if h <= 19 else mpmath.mpf(0)
        within = float(1 - beyond)
    half = within / 2
    sides = Side(1.0, -half, 0.0, half), Side(float(beyond), half, within, -half)
    narrow = [Side(*(narrowed(number, dtype) for number in side)) for side in sides]
    return narrowed(std / float(np.sqrt(2.0)), dtype), tuple(narrow)


def inwards(dtype: str) -> float:
    return 2.0**-48 if dtype == "float64" else 2.0**-20


def narrowed(number: float, dtype: str) -> float:
    return number if dtype == "float64" else float(np.float32(number))

"""A law's elements in each dtype, kept within its bounds and rounded, from docs/stream.md; see reference.py."""

from __future__ import annotations

import functools

import ml_dtypes
import numpy as np
import reference as f32
import reference64 as f64
import reference_truncated as truncated
from reference import BLOCK
from reference_numbers import Law

DTYPES = {
    "float32": np.float32,
    "float64": np.float64,
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
    "float8_e5m2": ml_dtypes.float8_e5m2,
}

BITS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}


def bits(array: np.ndarray) -> np.ndarray:
    """The patterns of the elements: equal for equal NaN, different for zeros of different sign."""
    return np.ascontiguousarray(array).view(BITS[8 if array.dtype.kind == "c" else array.itemsize])


def block(law: Law, dtype: str, k: list[int], index: int) -> np.ndarray:
    """The 1024 elements of a block."""
    arithmetic = f64 if dtype == "float64" else f32
    values = unbounded_block(law.name, law.location, law.scale, law.sides, arithmetic, tuple(k), index)
    if law.name in ("uniform", "normal") and dtype in ("float32", "float64"):  # uniforms stay inside by their numbers
        return values
    return rounded(kept_within(values, law.lowest, law.highest), dtype)


@functools.cache  # one for all dtypes of fewer bits than the arithmetic
def unbounded_block(name: str, location: float, scale: float, sides, arithmetic, k: tuple, index: int) -> np.ndarray:
    """The values before they are kept within bounds and rounded."""
    numbers = (k, index, location, scale)
    if name == "truncated_near":
        return truncated.near_block(*numbers, sides[0])
    if name == "truncated":
        return truncated.block(*numbers, sides, arithmetic.STEP)
    return {"uniform": arithmetic.uniform_block, "normal": arithmetic.normal_block}[name](*numbers)


def kept_within(values: np.ndarray, lowest: float, highest: float) -> np.ndarray:
    """lowest or highest themselves where a value is not beyond them, so that of two zeros they decide."""
    values = np.where(values > lowest, values, values.dtype.type(lowest))
    return np.where(values < highest, values, values.dtype.type(highest))


def rounded(values: np.ndarray, dtype: str) -> np.ndarray:
    """To float32, and from there to fewer bits, each time to nearest even."""
    if dtype == "float64":
        return values
    return values.astype(np.float32).astype(DTYPES[dtype])


def elements(law: Law, dtype: str, seed: int, name: str, first: int, n: int) -> np.ndarray:
    """Elements [first, first + n) of the law's stream."""
    k = f32.key(seed, name, law.tag)
    blocks = range(first // BLOCK, -(-(first + n) // BLOCK))
    return np.concatenate([block(law, dtype, k, index) for index in blocks])[first % BLOCK :][:n]

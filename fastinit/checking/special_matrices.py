"""Tensors that are not draws of one law: orthogonal ones, identities, and kernels with only their centres."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from fastinit.checking.widening import as_floats
from fastinit.laws.axis_roles import LAYOUTS
from fastinit.schemes.basic import normal
from fastinit.schemes.diagonal import dirac, identity

#: W is orthogonal if W' W v is a multiple of v but for this, relative. Rounding to bfloat16 makes 2e-3; n random
#: columns of length m make sqrt(n / m), of which it must also be a small share.
MAX_RESIDUAL, RESIDUAL_SHARE = 0.01, 0.1

#: Fewer columns are at right angles within such a share by chance: those must be so to float32's rounding.
FEW_COLUMNS, FEW_RESIDUAL = 4, 1e-5

#: So many v, random ones: with one, few columns of no orthogonal matrix would pass by chance.
N_DIRECTIONS = 8

#: Most matrices are told by k of their n columns. Where W' W v is off by R, relative, that of k columns may be off by
#: R sqrt(n / k), if chance has it twice that. That of random columns of length m is off by sqrt(k / m), which for this
#: k = 3 R sqrt(n m) is half as much again.
SOME_RESIDUAL, SOME_COLUMNS = 2.0, 3.0

#: Elements of a matrix that are made float32 together. OpenBLAS starts threads for products of more than 262,144 terms,
#: which so many have with 8 directions; its threads then wait busily, for longer than most matrices take.
PART_ELEMENTS = 1 << 15

#: Of sin**2 + cos**2 from 1: rounding to bfloat16 makes 8e-3.
SINUSOID_ERROR = 0.01

#: Groups that a dirac kernel is tried with.
GROUPS = (1, 2, 4, 8, 16, 32)


def of(array: np.ndarray, n_zeros: int, layouts: tuple[str, ...]) -> str:
    """The scheme that makes such a tensor, as one would write it; empty if it is none."""
    if array.ndim < 2:
        return ""
    if n_zeros:
        found = _of_ones(array, n_zeros, layouts) or _at_the_centre(array, n_zeros, layouts)
        if found:
            return found
    if _are_sinusoids(array):
        return "sinusoids, as of positions"
    gain = orthogonal_gain(array, layouts)
    return "" if gain is None else f"orthogonal(gain={gain:.4g})"


def _are_sinusoids(array: np.ndarray) -> bool:
    """Sines and cosines of one angle each, side by side or in two halves, the first of angle 0 and the fastest of 1."""
    if array.ndim != 2 or array.shape[0] < 3 or array.shape[1] < 4 or array.shape[1] % 2:
        return False
    half = array.shape[1] // 2
    for first, second in ((np.s_[:, :half], np.s_[:, half:]), (np.s_[:, ::2], np.s_[:, 1::2])):
        top = as_floats(np.ascontiguousarray(array[:1]))
        if top[first].any() or (top[second] != 1).any() or abs(float(array[1, 0]) - math.sin(1)) > SINUSOID_ERROR:
            continue
        squares = as_floats(np.ascontiguousarray(array)) ** 2
        if abs(squares[first] + squares[second] - 1).max() < SINUSOID_ERROR:
            return True
    return False


def _of_ones(array: np.ndarray, n_zeros: int, layouts: tuple[str, ...]) -> str:
    """An identity, or a dirac kernel: equal numbers in the places of one."""
    n_ones = array.size - n_zeros
    if not 0 < n_ones <= 1 << 24 or n_ones > max(array.shape):
        return ""
    gain = float(array.reshape(-1)[np.flatnonzero(array)[0]])
    for layout in layouts:
        for scheme, arguments in _candidates(array, layout):
            try:
                same = np.array_equal(scheme(array.shape, gain=gain, dtype=array.dtype, **arguments), array)
            except ValueError:  # of another number of dimensions, or groups that do not divide
                continue
            if same:
                told = {**({"gain": round(gain, 4)} if gain != 1 else {}), **arguments}
                text = ", ".join(f"{name}={value!r}" for name, value in told.items() if value != "io")
                return scheme.__name__ + (f"({text})" if text else "")
    return ""


def _candidates(array: np.ndarray, layout: str) -> Iterator[tuple[Callable, dict]]:
    yield identity, {"fans": layout}
    if 3 <= array.ndim <= 5:
        for n_groups in GROUPS:
            yield dirac, {"fans": layout, **({} if n_groups == 1 else {"groups": n_groups})}


def _at_the_centre(array: np.ndarray, n_zeros: int, layouts: tuple[str, ...]) -> str:
    if not 3 <= array.ndim <= 5:
        return ""
    for layout in layouts:
        field = [axis for axis in range(array.ndim) if axis not in [a % array.ndim for a in LAYOUTS[layout]]]
        index = tuple((array.shape[axis] - 1) // 2 if axis in field else slice(None) for axis in range(array.ndim))
        centre = array[index]
        if array.size - n_zeros == np.count_nonzero(centre) and array.size > centre.size:
            gain = orthogonal_gain(centre, ("io", "oi"))
            if gain is not None:
                return f"delta_orthogonal(gain={gain:.4g}{'' if layout == 'io' else f', fans={layout!r}'})"
    return ""


def orthogonal_gain(array: np.ndarray, layouts: tuple[str, ...]) -> float | None:
    """The g for which W' W is g**2 times the identity, W flattened as `orthogonal` does, or its transpose."""
    # Of two axes all layouts flatten alike.
    for n_rows in dict.fromkeys(_n_rows(array.shape, layout) for layout in layouts):
        matrix = array.reshape(n_rows, -1)
        n, m = sorted(matrix.shape)
        if n < 2:
            continue
        share = RESIDUAL_SHARE * math.sqrt(n / m) if n >= FEW_COLUMNS else FEW_RESIDUAL
        limit = min(MAX_RESIDUAL, share)
        n_some = max(N_DIRECTIONS, math.ceil(SOME_COLUMNS * limit * math.sqrt(n * m)))
        if 2 * n_some < n and _gain_and_residual(matrix, n_some)[1] > SOME_RESIDUAL * limit * math.sqrt(n / n_some):
            continue
        gain, residual = _gain_and_residual(matrix, n)
        if residual <= limit:
            return gain
    return None


def _n_rows(shape: tuple[int, ...], layout: str) -> int:
    return shape[0] if LAYOUTS[layout][1] == 0 else math.prod(shape[:-1])


def _gain_and_residual(matrix: np.ndarray, n_columns: int) -> tuple[float, float]:
    """The g that suits W' W v = g**2 v best, and what is left, relative. W is the first columns, of wide ones rows."""
    directions = normal((n_columns, min(n_columns, N_DIRECTIONS)), rng=0, name="fastinit.check: directions")
    with np.errstate(all="ignore"):
        images = _square_times(matrix, directions)
        square = float((images * directions).sum() / (directions**2).sum())
        residual = np.sqrt(((images - square * directions) ** 2).sum() / (images**2).sum())
    return math.sqrt(square), float(residual)


def _square_times(matrix: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """W' W v by parts of W, so that no more than one of them is made float32 at once."""
    n_columns, total = len(directions), np.zeros(directions.shape)
    width = max(1, PART_ELEMENTS // n_columns)
    is_wide = matrix.shape[0] < matrix.shape[1]
    for first in range(0, max(matrix.shape), width):
        part = np.s_[:n_columns, first : first + width] if is_wide else np.s_[first : first + width, :n_columns]
        rows = as_floats(np.ascontiguousarray(matrix[part]))
        rows = rows.T if is_wide else rows
        total += rows.T @ (rows @ directions)
    return total

"""What the schemes that are more than a law write after it: ones on diagonals, given values, orthogonal matrices."""

from __future__ import annotations

import math

import numpy as np

from fastinit import _kernels
from fastinit.common.checks import Shape
from fastinit.common.errors import reject_value
from fastinit.common.selection import Line, block_shape
from fastinit.filling import haar, region
from fastinit.filling.target import Box
from fastinit.laws import kernel_laws
from fastinit.laws.dtypes import FLOAT32_FORMAT, FLOAT64_FORMAT, FROM_ML_DTYPES, Format
from fastinit.laws.kernel_laws import Law
from fastinit.laws.spec import Placement

#: Elements that are made ready at a time: some hundred KiB.
PIECE = 1 << 14


def zeros_around(where: str, gain: float, fmt: Format) -> Law:
    """The law of all but the placed elements, once the dtype can hold those."""
    if abs(gain) > fmt.max:
        reject_value(where, "gain", f"a number within {fmt.name}", gain)
    return kernel_laws.constant(where, 0.0, fmt)


def zeros_around_matrix(where: str, gain: float, fmt: Format) -> Law:
    """The same around an orthogonal matrix, whose elements are of some size below the gain."""
    least = max(kernel_laws.MIN_STD, math.ldexp(1.0, fmt.least_exponent + fmt.precision))
    most = min(kernel_laws.MAX_STD, fmt.max)
    if gain != 0 and not least <= abs(gain) <= most:
        reject_value(where, "gain", f"0, or a magnitude from {least:.2g} to {most:.2g} in {fmt.name}", gain)
    return kernel_laws.constant(where, 0.0, fmt)


def diagonal(box: Box, row_offset: int, n: int, value: float) -> None:
    """Set elements (row_offset + d, d), d < n, of the matrix that the box is of."""
    (first_row, first_column), (row_step, column_step) = box.starts, box.steps
    n_rows = box.array.shape[0]
    for first in range(0, n_rows, PIECE):
        rows = np.arange(first, min(first + PIECE, n_rows))
        on_diagonal = first_row - row_offset + rows * row_step
        columns, rest = np.divmod(on_diagonal - first_column, column_step)
        inside = (on_diagonal >= 0) & (on_diagonal < n) & (rest == 0)
        inside &= (columns >= 0) & (columns < box.array.shape[1])
        box.array[rows[inside], columns[inside]] = value


def values(p: Placement, given: np.ndarray) -> None:
    """The target's part of `given`, broadcast to the full shape, each number rounded once."""
    near = np.broadcast_to(given, p.shape)
    for piece in p.target.pieces(PIECE):
        taken = piece.take(near)
        is_rounded_twice = p.fmt.name in FROM_ML_DTYPES and given.dtype == np.float64
        piece.assign(_to_odd(taken) if is_rounded_twice else taken)


def _to_odd(exact: np.ndarray) -> np.ndarray:
    """float64 as float32 rounded to odd: ml_dtypes rounds by way of float32, and nothing so is rounded twice."""
    near = exact.astype(np.float32)
    bits = near.view(np.int32)
    inexact = np.isfinite(near) & (near != exact) & (bits & 1 == 0)
    away = (abs(near) < abs(exact)).astype(np.int32) * 2 - 1
    return (bits + np.where(inexact, away, 0).astype(np.int32)).view(np.float32)


def orthogonal(p: Placement, matrix_shape: tuple[int, int], gain: float) -> None:
    """The target's part of a Haar matrix of the full shape, or the whole in place where that is possible.

    Nothing for a gain of 0: the target is 0 everywhere.
    """
    if gain == 0:
        return
    dtype = np.dtype(np.float64 if p.fmt is FLOAT64_FORMAT else np.float32)
    whole = p.target.in_place(p.shape) if p.target.dtype == dtype else None
    matrix = np.zeros(matrix_shape, dtype) if whole is None else whole.reshape(matrix_shape)
    haar.fill_haar(matrix, gain, lambda buffer, first: _draw(p, buffer, first))
    if whole is None:
        p.target.assign(p.target.take(matrix.reshape(p.shape)))


def _draw(p: Placement, buffer: np.ndarray, first: int) -> None:
    """Standard normals from a stream of the scheme's own.

    On one thread: that takes a hundredth of the matrix products' time, and OpenMP's threads would go on spinning beside
    those of the products.
    """
    fmt = FLOAT64_FORMAT if buffer.itemsize == 8 else FLOAT32_FORMAT
    law = kernel_laws.normal("orthogonal", 0.0, 1.0, fmt)._replace(tag=kernel_laws.tag("o", fmt))
    _kernels.fill(buffer, law, p.seed, p.own_name, region.whole(buffer, first), 1, False)


def zeros_in_units(p: Placement, unit_axis: int, n_zeros: int) -> None:
    """Zeros at n_zeros of each unit's elements; units lie along one axis, their inputs along all others."""
    for box in p.target.boxes():
        array = np.moveaxis(box.array, unit_axis, -1)
        starts, steps = moved_last(box.starts, unit_axis), moved_last(box.steps, unit_axis)
        if steps[-1] == 1 or array.shape[-1] == 1:
            _zeros_in_box(p, Box(array, starts, steps), unit_axis, n_zeros)
            continue
        for unit in range(array.shape[-1]):
            one = Box(array[..., unit : unit + 1], (*starts[:-1], starts[-1] + unit * steps[-1]), steps)
            _zeros_in_box(p, one, unit_axis, n_zeros)


def _zeros_in_box(p: Placement, box: Box, unit_axis: int, n_zeros: int) -> None:
    """The same in a box whose last axis is neighbouring units."""
    shape = moved_last(p.shape, unit_axis)
    inputs = region.c_strides(shape[:-1])
    first_input = sum(start * stride for start, stride in zip(box.starts[:-1], inputs, strict=True))
    distances = tuple(stride * step for stride, step in zip(inputs, box.steps[:-1], strict=True))
    array, distances = _merged(box.array, distances)
    tag = kernel_laws.tag("s", p.fmt)
    _kernels.put_zeros(
        array,
        distances,
        first_input,
        box.starts[-1],
        math.prod(shape[:-1]),
        n_zeros,
        p.seed,
        p.own_name,
        tag,
        p.n_threads,
    )


def n_inputs(shape: Shape, unit_axis: int) -> int:
    """Elements of a unit."""
    return math.prod(moved_last(shape, unit_axis)[:-1])


def moved_last(entries: Shape, axis: int) -> Shape:
    """The entry of one axis put last."""
    rest = list(entries)
    last = rest.pop(axis)
    return (*rest, last)


def _merged(array: np.ndarray, distances: Shape) -> tuple[np.ndarray, Shape]:
    """An array whose last axis is units, and the inputs between neighbours on its other axes, made simpler.

    Axes over which both inputs and memory advance evenly are made one. The kernels want inputs 1 apart on the last.
    """
    extents, strides, apart = list(array.shape[:-1]), list(array.strides[:-1]), list(distances)
    while len(extents) > 1 and (apart[-2], strides[-2]) == (apart[-1] * extents[-1], strides[-1] * extents[-1]):
        extents[-2:], strides[-2:], apart[-2:] = [extents[-2] * extents[-1]], [strides[-1]], [apart[-1]]
    if apart[-1] != 1:
        extents, strides, apart = [*extents, 1], [*strides, array.itemsize], [*apart, 1]
    shape = (*extents, array.shape[-1])
    return region.strided(array, shape, (*strides, array.strides[-1])), tuple(apart)


def at_centre(p: Placement, field: dict[int, int]) -> Placement | None:
    """What of it lies at one position of its receptive field, given on each of its axes; None if nothing does."""
    box = tuple(
        Line(field.get(axis, 0), 1, 1 if axis in field else n, axis not in field) for axis, n in enumerate(p.shape)
    )
    target = p.target.within(box)
    return None if target is None else p._replace(target=target, shape=block_shape(box))


def log_odds(p: float) -> float:
    """ln(p / (1 - p)), correctly rounded on every machine."""
    import decimal  # here for the sake of the package's import time

    context = decimal.Context(prec=60, Emin=-99999, Emax=99999)
    number = context.create_decimal_from_float(p)
    odds = context.divide(number, context.subtract(context.create_decimal(1), number))
    return float(context.ln(odds)) if odds != 1 else 0.0


def is_many(value: object) -> bool:
    """Whether a parameter is an array or sequence rather than one number."""
    return isinstance(value, (list, tuple)) or getattr(value, "ndim", 0) != 0

"""What the schemes that are more than a law write after it: ones on diagonals, given values, zeros."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from fastinit import _kernels
from fastinit.common import checks
from fastinit.common.checks import Shape
from fastinit.common.errors import reject_value
from fastinit.common.selection import Line, block_shape
from fastinit.filling import region
from fastinit.filling.target import Box, Target
from fastinit.laws import kernel_laws
from fastinit.laws.dtypes import FROM_ML_DTYPES, Format
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


def diagonal(box: Box, shape: Shape, axes: tuple[Shape, Shape], row_offset: int, n: int, value: float) -> None:
    """Set elements (row_offset + d, d), d < n, of every matrix that the box has a part of.

    `axes` are those of the rows and those of the columns, each numbered in C order; along all others lie matrices.
    """
    rows, columns = axes
    counts = [box.array.shape[axis] for axis in rows]
    for first in range(0, math.prod(counts), PIECE):
        places = _unraveled(np.arange(first, min(first + PIECE, math.prod(counts))), counts)
        positions = [box.starts[axis] + place * box.steps[axis] for axis, place in zip(rows, places, strict=True)]
        number = raveled(positions, [shape[axis] for axis in rows]) - row_offset
        inside = (number >= 0) & (number < n)
        index: list = [slice(None)] * box.array.ndim
        for axis, position in zip(columns, _unraveled(number, [shape[axis] for axis in columns]), strict=True):
            index[axis], rest = np.divmod(position - box.starts[axis], box.steps[axis])
            inside &= (rest == 0) & (index[axis] >= 0) & (index[axis] < box.array.shape[axis])
        for axis, place in zip(rows, places, strict=True):
            index[axis] = place
        box.array[tuple(i if isinstance(i, slice) else i[inside] for i in index)] = value


def _unraveled(numbers, extents: Sequence[int]) -> list:
    """Positions on each axis, from numbers in C order; the first axis has what is over."""
    positions = []
    for extent in reversed(extents[1:]):
        numbers, position = np.divmod(numbers, max(extent, 1))
        positions.append(position)
    return [*([numbers] if extents else []), *reversed(positions)]


def raveled(positions: Sequence, extents: Sequence[int]):
    """Numbers in C order, from positions on each axis; 0 without axes."""
    number = 0
    for position, extent in zip(positions, extents, strict=True):
        number = number * extent + position
    return np.asarray(number)


def values(p: Placement, given: np.ndarray) -> None:
    """The target's part of `given`, broadcast to the full shape, each number rounded once."""
    near, is_exact = np.broadcast_to(given, p.shape), p.fmt.kind == "integer" or given.dtype.kind not in "iu"
    for piece in p.target.pieces(PIECE):
        some = piece.take(near)
        assign_rounded(piece, some if is_exact else some.astype(np.float64), p.fmt)


def assign_rounded(target: Target, numbers: np.ndarray, fmt: Format) -> None:
    """Write numbers of the target's shape, each rounded once to its dtype."""
    is_rounded_twice = fmt.name in FROM_ML_DTYPES and numbers.dtype == np.float64
    target.assign(_to_odd(numbers) if is_rounded_twice else numbers)


def _to_odd(exact: np.ndarray) -> np.ndarray:
    """float64 as float32 rounded to odd: ml_dtypes rounds by way of float32, and nothing so is rounded twice."""
    near = exact.astype(np.float32)
    bits = near.view(np.int32)
    inexact = np.isfinite(near) & (near != exact) & (bits & 1 == 0)
    away = (abs(near) < abs(exact)).astype(np.int32) * 2 - 1
    return (bits + np.where(inexact, away, 0).astype(np.int32)).view(np.float32)


def zeros_in_units(p: Placement, unit_axes: Shape, n_zeros: int) -> None:
    """Zeros at n_zeros of each unit's elements; units are numbered in C order of some axes, inputs of the others."""
    input_axes = [axis for axis in range(len(p.shape)) if axis not in unit_axes]
    inputs = region.c_strides(tuple(p.shape[axis] for axis in input_axes))
    n_each, tag = n_inputs(p.shape, unit_axes), kernel_laws.tag("s", p.fmt)
    for box in p.target.boxes():
        first_input = sum(box.starts[axis] * stride for axis, stride in zip(input_axes, inputs, strict=True))
        distances = tuple(stride * box.steps[axis] for axis, stride in zip(input_axes, inputs, strict=True))
        for units, first_unit in _runs_of_units(box, p.shape, unit_axes):
            array, apart = _merged(units, distances)
            _kernels.put_zeros(
                array,
                apart,
                first_input,
                first_unit,
                n_each,
                n_zeros,
                p.seed,
                p.own_name,
                tag,
                p.n_threads,
                p.workspace,
            )


def room_for_zeros(p: Placement, unit_axes: Shape) -> int:
    """Bytes of workspace that `zeros_in_units` takes."""
    n_units = math.prod(len(p.target.positions(axis)) for axis in unit_axes)
    return _kernels.zeros_room(n_inputs(p.shape, unit_axes), n_units, p.n_threads)


def _runs_of_units(box: Box, shape: Shape, unit_axes: Shape) -> Iterator[tuple[np.ndarray, int]]:
    """Arrays of inputs by neighbouring units, these on the last axis, and the number of the first unit of each."""
    array = np.moveaxis(box.array, unit_axes, range(len(unit_axes)))
    is_run = bool(unit_axes) and (box.steps[unit_axes[-1]] == 1 or box.array.shape[unit_axes[-1]] == 1)
    for place in np.ndindex(array.shape[: len(unit_axes) - is_run]):
        starts = [box.starts[axis] + i * box.steps[axis] for axis, i in zip(unit_axes, (*place, 0), strict=False)]
        part = array[(*place, ...)]
        units = np.moveaxis(part, 0, -1) if is_run else part[..., None]
        yield units, int(raveled(starts, [shape[axis] for axis in unit_axes]))


def n_inputs(shape: Shape, unit_axes: Shape) -> int:
    """Elements of a unit."""
    return math.prod(n for axis, n in enumerate(shape) if axis not in unit_axes)


def _merged(array: np.ndarray, distances: Shape) -> tuple[np.ndarray, Shape]:
    """An array whose last axis is units, and the inputs between neighbours on its other axes, made simpler.

    Axes over which both inputs and memory advance evenly are made one. The kernels want inputs 1 apart on the last.
    """
    extents, strides, apart = list(array.shape[:-1]), list(array.strides[:-1]), list(distances)
    while len(extents) > 1 and (apart[-2], strides[-2]) == (apart[-1] * extents[-1], strides[-1] * extents[-1]):
        extents[-2:], strides[-2:], apart[-2:] = [extents[-2] * extents[-1]], [strides[-1]], [apart[-1]]
    if not apart or apart[-1] != 1:
        extents, strides, apart = [*extents, 1], [*strides, array.itemsize], [*apart, 1]
    shape = (*extents, array.shape[-1])
    return region.strided(array, shape, (*strides, array.strides[-1])), tuple(apart)


def at(p: Placement, places: dict[int, int]) -> Placement | None:
    """What of it lies at one position on each of some axes, which are gone then; None if nothing does."""
    if not places:
        return p
    box = tuple(
        Line(places.get(axis, 0), 1, 1 if axis in places else n, axis not in places) for axis, n in enumerate(p.shape)
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
    return isinstance(value, (list, tuple)) or checks.n_dims(value) != 0

"""What the schemes that are more than a law write after it: ones on diagonals, given values, orthogonal matrices."""

from __future__ import annotations

import math

import numpy as np

from fastinit import _kernels, haar, laws, region
from fastinit.checks import Shape
from fastinit.dtypes import FLOAT32_FORMAT, FLOAT64_FORMAT, FROM_ML_DTYPES, Format
from fastinit.errors import reject_value
from fastinit.laws import Law
from fastinit.spec import Placement


def zeros_around(where: str, gain: float, fmt: Format) -> Law:
    """The law of all but the placed elements, once the dtype can hold those."""
    if abs(gain) > fmt.max:
        reject_value(where, "gain", f"a number within {fmt.name}", gain)
    return laws.constant(where, 0.0, fmt)


def zeros_around_matrix(where: str, gain: float, fmt: Format) -> Law:
    """The same around an orthogonal matrix, whose elements are of some size below the gain."""
    least = max(laws.MIN_STD, math.ldexp(1.0, fmt.least_exponent + fmt.precision))
    most = min(laws.MAX_STD, fmt.max)
    if not least <= gain <= most:
        reject_value(where, "gain", f"{least:.2g} to {most:.2g} in {fmt.name}", gain)
    return laws.constant(where, 0.0, fmt)


def diagonal(box: np.ndarray, starts: tuple[int, int], row_offset: int, n: int, value: float) -> None:
    """Set elements (row_offset + d, d), d < n, of the matrix that `box` is a part of, beginning at `starts`."""
    first = max(0, starts[0] - row_offset, starts[1])
    end = min(n, starts[0] + box.shape[0] - row_offset, starts[1] + box.shape[1])
    if end <= first:
        return
    corner = box[first + row_offset - starts[0] :, first - starts[1] :]
    line = _strided(corner, (end - first,), (sum(corner.strides),))
    line[...] = value


def _strided(array: np.ndarray, shape: Shape, strides: Shape) -> np.ndarray:
    """An array of another shape over the same memory; by way of bare bytes, since NumPy cannot spell every dtype."""
    bare = np.lib.stride_tricks.as_strided(array.view(f"V{array.itemsize}"), shape, strides)
    return bare.view(array.dtype)


def values(p: Placement, given: np.ndarray) -> None:
    """The box's part of `given`, broadcast to the full shape, each number rounded once."""
    near = np.broadcast_to(given, p.shape)[_box(p)]
    if p.fmt.name in FROM_ML_DTYPES and given.dtype == np.float64:
        _through_float32(p.array, near)
    else:
        p.array[...] = near


def _box(p: Placement) -> tuple[slice, ...]:
    """The index of the box in the full tensor."""
    return tuple(slice(start, start + n) for start, n in zip(p.starts, p.array.shape, strict=True))


def _through_float32(out: np.ndarray, exact: np.ndarray) -> None:
    """float64 to what ml_dtypes rounds to by way of float32; rounded to odd there, nothing is rounded twice."""
    modes, dtypes = [["writeonly"], ["readonly"]], [out.dtype, np.float64]
    with np.nditer([out, exact], ["external_loop", "buffered"], modes, dtypes, casting="same_kind") as pieces:
        for piece, x in pieces:
            near = x.astype(np.float32)
            bits = near.view(np.int32)
            inexact = np.isfinite(near) & (near != x) & (bits & 1 == 0)
            away = (abs(near) < abs(x)).astype(np.int32) * 2 - 1
            piece[...] = (bits + np.where(inexact, away, 0).astype(np.int32)).view(np.float32)


def orthogonal(p: Placement, matrix_shape: tuple[int, int], gain: float) -> None:
    """The box's part of a Haar matrix of the full shape, or the whole in place where that is possible."""
    whole = p.array.shape == p.shape and p.array.flags.c_contiguous
    dtype = np.dtype(np.float64 if p.fmt is FLOAT64_FORMAT else np.float32)
    in_place = whole and p.array.dtype == dtype
    matrix = p.array.reshape(matrix_shape) if in_place else np.zeros(matrix_shape, dtype)
    haar.fill_haar(matrix, gain, lambda buffer, first: _draw(p, buffer, first))
    if not in_place:
        p.array[...] = matrix.reshape(p.shape)[_box(p)]


def _draw(p: Placement, buffer: np.ndarray, first: int) -> None:
    """Standard normals from a stream of the scheme's own.

    On one thread: that takes a hundredth of the matrix products' time, and OpenMP's threads would go on spinning beside
    those of the products.
    """
    fmt = FLOAT64_FORMAT if buffer.itemsize == 8 else FLOAT32_FORMAT
    law = laws.normal("orthogonal", 0.0, 1.0, fmt)._replace(tag=laws.tag("o", fmt))
    _kernels.fill(buffer, law, p.seed, p.name, (first, buffer.size, buffer.itemsize, -1, 0), 1, False)


def zeros_in_units(p: Placement, unit_axis: int, n_zeros: int) -> None:
    """Zeros at n_zeros of each unit's elements; units lie along one axis, their inputs along all others."""
    box, starts, shape = np.moveaxis(p.array, unit_axis, -1), _moved(p.starts, unit_axis), _moved(p.shape, unit_axis)
    steps = region.c_strides(shape[:-1])
    first_input = sum(start * step for start, step in zip(starts[:-1], steps, strict=True))
    n_each, tag = n_inputs(p.shape, unit_axis), laws.tag("s", p.fmt)
    box, steps = _merged(box, shape, steps)
    _kernels.put_zeros(box, steps, first_input, starts[-1], n_each, n_zeros, p.seed, p.name, tag, p.n_threads)


def n_inputs(shape: Shape, unit_axis: int) -> int:
    """Elements of a unit."""
    return math.prod(_moved(shape, unit_axis)[:-1])


def _moved(entries: Shape, axis: int) -> Shape:
    """The entry of one axis put last."""
    rest = list(entries)
    last = rest.pop(axis)
    return (*rest, last)


def _merged(box: np.ndarray, shape: Shape, steps: Shape) -> tuple[np.ndarray, Shape]:
    """The box, its unit axis last, with the last axes of inputs made one: those covered whole and evenly spaced."""
    last = box.ndim - 2
    first = last
    while first > 0 and box.shape[first] == shape[first]:
        if box.strides[first - 1] != box.strides[first] * shape[first]:
            break
        first -= 1
    extents = (*box.shape[:first], math.prod(box.shape[first:-1]), box.shape[-1])
    strides = (*box.strides[:first], box.strides[last], box.strides[-1])
    return _strided(box, extents, strides), (*steps[:first], steps[last])


def centre(p: Placement, n_axes: int, position: tuple[int, ...], first_axis: int) -> np.ndarray | None:
    """The box at one position of its receptive field, whose n_axes axes begin at first_axis; None if it is outside."""
    index: list = [slice(None)] * p.array.ndim
    for axis, at in zip(range(first_axis, first_axis + n_axes), position, strict=True):
        inside = at - p.starts[axis]
        if not 0 <= inside < p.array.shape[axis]:
            return None
        index[axis] = inside
    return p.array[tuple(index)]


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

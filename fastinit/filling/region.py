"""Parts of tensors as the kernels take them: runs of consecutive flat indices."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from fastinit.common.checks import Shape
from fastinit.common.selection import Line

#: Below these a tile's rows and columns are too short to gain by it.
MIN_TILE_ROWS = 8
MIN_TILE_COLUMNS = 32


def c_strides(shape: Shape) -> Shape:
    """Elements between neighbours along each axis of a C-order tensor."""
    strides = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        strides[axis] = strides[axis + 1] * shape[axis + 1]
    return tuple(strides)


def strided(array: np.ndarray, shape: Shape, strides: Shape) -> np.ndarray:
    """An array of another shape over the same memory; by way of bare bytes, since NumPy cannot spell every dtype."""
    bare = np.lib.stride_tricks.as_strided(array.view(f"V{array.itemsize}"), shape, strides)
    return bare.view(array.dtype)


def whole(array: np.ndarray, flat_start: int = 0) -> tuple:
    """The box of consecutive flat indices that goes to an array in C order."""
    return runs(array, flat_start, c_strides(array.shape))


def along(array: np.ndarray, steps: Sequence[int], flat_start: int, listed: bool = False) -> tuple[np.ndarray, tuple]:
    """An array whose neighbours along each axis are `steps` apart in flat indices, and the box that goes there.

    Flat indices only grow for the kernels: what runs backwards is written backwards.
    """
    if any(step < 0 for step in steps):
        flat_start += sum((n - 1) * step for n, step in zip(array.shape, steps, strict=True) if step < 0)
        array = array[(*(slice(None, None, -1 if step < 0 else 1) for step in steps), ...)]
    return array, runs(array, flat_start, tuple(map(abs, steps)), listed)


def of_lines(array: np.ndarray, lines: Sequence[Line], full_shape: Shape) -> tuple[np.ndarray, tuple]:
    """The same for an array that has the axes of the lines that are kept."""
    flat_start, steps = 0, []
    for line, stride in zip(lines, c_strides(full_shape), strict=True):
        flat_start += line.start * stride
        if line.kept:
            steps.append(line.step * stride)
    return along(array, steps, flat_start)


def runs(array: np.ndarray, flat_start: int, flat_strides: Shape, listed: bool = False) -> tuple:
    """What goes to an array as runs of consecutive flat indices, in the form that _kernels.fill takes.

    The first element has index `flat_start`, and neighbours along each axis are `flat_strides` >= 0 apart. Under
    `listed` entries columns are not put together to tiles.

    Neighbouring axes merge where both the flat index and the output advance evenly across them, so that a
    contiguous output of a whole tensor is one run.
    """
    merged: list[list[int]] = []  # [extent, flat stride, byte stride], outermost first
    for extent, flat, byte in zip(array.shape, flat_strides, array.strides, strict=True):
        if extent == 1:
            continue
        if merged and merged[-1][1:] == [flat * extent, byte * extent]:
            merged[-1] = [merged[-1][0] * extent, flat, byte]
        else:
            merged.append([extent, flat, byte])
    # The last axis is the run, unless its elements are not neighbours in the tensor: then each is a run of its own.
    if merged and merged[-1][1] == 1:
        run_length, _, run_stride = merged.pop()
    else:
        run_length, run_stride = 1, array.itemsize
    axes, row_axis = (merged, -1) if listed else _rows_before_columns(merged, run_length, run_stride)
    extents_and_strides = itertools.chain.from_iterable(zip(*axes, strict=True))
    return flat_start, run_length, run_stride, row_axis, len(axes), *extents_and_strides


def _rows_before_columns(axes: list[list[int]], run_length: int, run_stride: int) -> tuple[list[list[int]], int]:
    """Put the axis that is densest in the output right before those that, with the run, advance the flat index evenly.

    Returns the axes and the position of that row axis; -1, and the axes as they were, if the runs themselves are the
    densest or if there are too few columns for a tile.
    """
    densest = min(range(len(axes)), key=lambda axis: abs(axes[axis][2]), default=None)
    if densest is None or abs(axes[densest][2]) >= abs(run_stride):
        return axes, -1
    first_column, n_columns = len(axes), run_length
    while first_column - 1 > densest and axes[first_column - 1][1] == n_columns:
        first_column -= 1
        n_columns *= axes[first_column][0]
    if n_columns < MIN_TILE_COLUMNS or axes[densest][0] < MIN_TILE_ROWS:
        return axes, -1
    others = axes[:densest] + axes[densest + 1 : first_column]
    return [*others, axes[densest], *axes[first_column:]], len(others)

"""Which elements of a tensor a call fills: basic indexing, and the runs of flat indices it stands for."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from fastinit.common.checks import Shape, as_integer
from fastinit.common.errors import Shown, reject_type, reject_value

#: Below these a tile's rows and columns are too short to gain by it.
MIN_TILE_ROWS = 8
MIN_TILE_COLUMNS = 32

EXPECTED = "integers, slices of step 1 and at most one Ellipsis"


class Region(NamedTuple):
    """A box of a tensor, as NumPy's basic indexing gives it."""

    shape: Shape  #: of the result: one entry for each axis that a slice kept
    flat_start: int  #: flat C-order index of the first element
    flat_strides: Shape  #: elements between neighbours along each kept axis
    intervals: tuple[tuple[int, int], ...] = ()  #: first position and number of positions on each axis of the tensor
    kept: Shape = ()  #: the axes that slices kept


def whole(shape: Shape) -> Region:
    return Region(shape, 0, c_strides(shape))


def c_strides(shape: Shape) -> Shape:
    """Elements between neighbours along each axis of a C-order tensor."""
    strides = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        strides[axis] = strides[axis + 1] * shape[axis + 1]
    return tuple(strides)


def part(where: str, shape: Shape, index: object) -> Region:
    """The region that ``full[index]`` selects from a tensor of the given shape."""
    items = _expand(where, shape, index if isinstance(index, tuple) else (index,))
    intervals = tuple(_interval(where, axis, item, shape[axis]) for axis, item in enumerate(items))
    strides = c_strides(shape)
    flat_start = sum(start * stride for (start, _), stride in zip(intervals, strides, strict=True))
    kept = tuple(axis for axis, item in enumerate(items) if isinstance(item, slice))
    counts = tuple(intervals[axis][1] for axis in kept)
    return Region(counts, flat_start, tuple(strides[axis] for axis in kept), intervals, kept)


def _expand(where: str, shape: Shape, items: tuple) -> list:
    """One item per axis: the Ellipsis, or the missing end, written out as full slices."""
    n_ellipses = sum(item is Ellipsis for item in items)
    n_missing = len(shape) - (len(items) - n_ellipses)
    if n_ellipses > 1:
        reject_value(where, "index", EXPECTED, items)
    if n_missing < 0:
        reject_value(where, "index", f"at most {len(shape)} axes", items)
    at = next((i for i, item in enumerate(items) if item is Ellipsis), len(items))
    return [*items[:at], *[slice(None)] * n_missing, *items[at + 1 :]]


def _interval(where: str, axis: int, item: object, size: int) -> tuple[int, int]:
    """First position and number of positions that one item selects on an axis."""
    if isinstance(item, slice):
        try:
            start, stop, step = item.indices(size)
        except (TypeError, ValueError):
            reject_type(where, "index", EXPECTED, item)
        if step != 1:
            reject_value(where, "index", EXPECTED, item)
        return start, max(0, stop - start)
    position = as_integer(item)
    if position is None:
        reject_type(where, "index", EXPECTED, item)
    if not -size <= position < size:
        reject_value(where, "index", f"{-size} <= i < {size} on axis {axis}", Shown(position))
    return position % size, 1


def runs(region: Region, byte_strides: Shape, itemsize: int) -> tuple:
    """The region as runs of consecutive flat indices, in the form that _kernels.fill takes.

    Neighbouring axes merge where both the flat index and the output advance evenly across them, so that a
    contiguous output of a whole tensor is one run.
    """
    merged: list[list[int]] = []  # [extent, flat stride, byte stride], outermost first
    for extent, flat, byte in zip(region.shape, region.flat_strides, byte_strides, strict=True):
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
        run_length, run_stride = 1, itemsize
    axes, row_axis = _rows_before_columns(merged, run_length, run_stride)
    extents_and_strides = itertools.chain.from_iterable(zip(*axes, strict=True))
    return region.flat_start, run_length, run_stride, row_axis, len(axes), *extents_and_strides


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

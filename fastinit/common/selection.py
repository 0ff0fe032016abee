"""Which elements of a tensor an index selects: NumPy's indexing as positions on each axis, with nothing looked up."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fastinit.common.checks import INT64_MAX, Shape, as_array, as_integer, n_dims, without_repeats
from fastinit.common.errors import Shown, reject_size, reject_type, reject_value

BASIC = "integers, slices and at most one Ellipsis"
EXPECTED = "integers, slices, arrays of integers and at most one Ellipsis"


class Line(NamedTuple):
    """Evenly spaced positions on one axis."""

    start: int
    step: int  #: not 0; 1 where there are fewer than two positions
    count: int
    kept: bool  #: whether the result has the axis, as after a slice, or has not, as after an integer


class Selection(NamedTuple):
    """What an index selects from a tensor.

    Axes that arrays of integers index are *listed*: together they select entry after entry, each at its own position on
    every one of them, as NumPy pairs such arrays up. The other axes have a line each.
    """

    lines: tuple[Line | None, ...]  #: one for each axis of the tensor; None where it is listed
    positions: dict[int, np.ndarray]  #: of each listed axis, the positions of all entries; int64, one-dimensional
    listed_shape: Shape  #: how the result arranges the entries
    listed_at: int  #: before which of the kept axes it has them

    @property
    def shape(self) -> Shape:
        """Of the result."""
        counts = tuple(line.count for line in self.lines if line is not None and line.kept)
        return counts[: self.listed_at] + self.listed_shape + counts[self.listed_at :]


def whole(shape: Shape) -> Selection:
    return Selection(tuple(Line(0, 1, n, True) for n in shape), {}, (), 0)


def select(where: str, shape: Shape, index: object) -> Selection:
    """What ``full[index]`` selects from a tensor of the given shape."""
    items = index if isinstance(index, tuple) else (index,)
    by_axis = _expanded(where, shape, items, EXPECTED)
    arrays = {
        axis: _array(where, axis, item, shape[axis])
        for axis, item in enumerate(by_axis)
        if isinstance(item, (list, range)) or n_dims(item) != 0
    }
    lines = [
        None if axis in arrays else _line(where, "index", axis, item, shape[axis], EXPECTED)
        for axis, item in enumerate(by_axis)
    ]
    if not arrays:
        return Selection(tuple(lines), {}, (), 0)
    for axis, line in enumerate(lines):
        if line is not None and not line.kept:  # which NumPy then takes for arrays too
            arrays[axis], lines[axis] = np.array(line.start), None
    try:
        entries = np.broadcast_arrays(*arrays.values())
    except ValueError:
        shapes = ", ".join(str(array.shape) for array in arrays.values())
        reject_value(where, "index", "arrays that broadcast together", Shown(f"shapes {shapes}"))
    try:
        positions = {axis: entry.reshape(-1) for axis, entry in zip(arrays, entries, strict=True)}
    except (MemoryError, ValueError):  # the latter beyond what can be addressed
        reject_size(where, "index", Shown(f"entries of shape {entries[0].shape}"))
    return Selection(tuple(lines), positions, entries[0].shape, 0 if _are_apart(items) else min(positions))


def box(where: str, parameter: str, shape: Shape, index: object) -> tuple[Line, ...]:
    """The same of an index without arrays: a line for each axis."""
    by_axis = _expanded(where, shape, index if isinstance(index, tuple) else (index,), BASIC, parameter)
    return tuple(_line(where, parameter, axis, item, shape[axis], BASIC) for axis, item in enumerate(by_axis))


def _expanded(where: str, shape: Shape, items: tuple, expected: str, parameter: str = "index") -> list:
    """One item per axis: the Ellipsis, or the missing end, written out as full slices."""
    n_ellipses = sum(item is Ellipsis for item in items)
    n_missing = len(shape) - (len(items) - n_ellipses)
    if n_ellipses > 1:
        reject_value(where, parameter, expected, items)
    if n_missing < 0:
        reject_value(where, parameter, f"at most {len(shape)} axes", Shown(len(items) - n_ellipses))
    at = next((i for i, item in enumerate(items) if item is Ellipsis), len(items))
    return [*items[:at], *[slice(None)] * n_missing, *items[at + 1 :]]


def _line(where: str, parameter: str, axis: int, item: object, size: int, expected: str) -> Line:
    if isinstance(item, slice):
        try:
            positions = range(*item.indices(size))
        except ValueError:
            reject_value(where, parameter, "slices with a step other than 0", item)
        except Exception:  # TypeError, and whatever its ends raise that are asked
            reject_type(where, parameter, expected, item)
        count = len(positions)
        return Line(positions.start if count else 0, positions.step if count > 1 else 1, count, True)
    position = as_integer(item)
    if position is None:
        reject_type(where, parameter, expected, item)
    if not -size <= position < size:
        reject_value(where, parameter, f"{-size} <= i < {size} on axis {axis}", position)
    return Line(position % size, 1, 1, False)


def _array(where: str, axis: int, item: object, size: int) -> np.ndarray:
    """Positions on an axis, counted from its start; an array that nobody else holds."""
    if isinstance(item, range) and not all(-size <= end < size for end in (*item[:1], *item[-1:])):
        reject_value(where, "index", f"{-size} <= i < {size} on axis {axis}", item)  # however many there are
    given = np.arange(item.start, item.stop, item.step) if isinstance(item, range) else as_array(where, "index", item)
    if given is None:
        reject_type(where, "index", EXPECTED, item)
    if given.dtype.kind not in "iu" and (given.size or isinstance(item, np.ndarray)):
        reject_type(where, "index", EXPECTED, Shown(f"an array of {given.dtype} on axis {axis}"))
    own = without_repeats(given)
    if given.size and not (-size <= int(own.min()) and int(own.max()) < size):
        got = int(own.min()) if int(own.max()) < size else int(own.max())
        reject_value(where, "index", f"{-size} <= i < {size} on axis {axis}", Shown(got))
    positions = own.astype(np.int64)
    positions[positions < 0] += size
    return np.broadcast_to(positions, given.shape)


def _are_apart(items: tuple) -> bool:
    """Whether slices lie between the arrays; NumPy then puts the entries before all other axes."""
    is_slice = [isinstance(item, slice) or item is Ellipsis for item in items]
    first, last = is_slice.index(False), len(items) - 1 - is_slice[::-1].index(False)
    return any(is_slice[first:last])


def basic_index(where: str, parameter: str, index: object) -> tuple:
    """An index without arrays as a tuple that nobody can change, checked as far as that goes without a shape."""
    items = index if isinstance(index, tuple) else (index,)
    plain = tuple(item if isinstance(item, slice) or item is Ellipsis else as_integer(item) for item in items)
    ends = [end for item in plain if isinstance(item, slice) for end in (item.start, item.stop, item.step)]
    if None in plain or any(end is not None and as_integer(end) is None for end in ends):
        reject_type(where, parameter, BASIC, index)
    if sum(item is Ellipsis for item in plain) > 1:
        reject_value(where, parameter, BASIC, index)
    if any(abs(item) > INT64_MAX for item in plain if isinstance(item, int)):
        reject_value(where, parameter, "integers within 63 bits", index)
    return plain


def text(index: tuple) -> str:
    """An index without arrays as one writes it between brackets."""
    return ", ".join(
        "..." if item is Ellipsis else _slice_text(item) if isinstance(item, slice) else str(item) for item in index
    )


def _slice_text(item: slice) -> str:
    start, stop, step = ("" if end is None else str(end) for end in (item.start, item.stop, item.step))
    return f"{start}:{stop}" + (f":{step}" if step else "")


def block_shape(box: tuple[Line, ...]) -> Shape:
    """The shape of what a box of lines selects."""
    return tuple(line.count for line in box if line.kept)


def as_slice(line: Line) -> slice:
    """The same positions, for NumPy; the axis is kept in any case."""
    stop = line.start + line.step * line.count
    return slice(line.start, stop if stop >= 0 else None, line.step)


def flip(line: Line) -> slice:
    """What turns elements in the line's order into such in ascending order."""
    return slice(None, None, -1 if line.step < 0 else 1)


def forwards(line: Line) -> Line:
    """The same positions in ascending order."""
    return line if line.step > 0 else line._replace(start=line.start + (line.count - 1) * line.step, step=-line.step)


def cut(line: Line, first: int, last: int) -> Line:
    """Positions [first, last) of a line."""
    step = line.step if last - first > 1 else 1
    return line._replace(start=line.start + first * line.step, step=step, count=last - first)


def places_on(line: Line, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of positions on an axis, where they are on a line, and whether they are on it at all."""
    places, rest = np.divmod(positions - line.start, line.step)
    return places, (rest == 0) & (places >= 0) & (places < line.count)


def common(line: Line, block: Line) -> tuple[Line, slice] | None:
    """The positions of a line that a block's line has too, as positions in the block; and which of the line's they are.

    Position i of the line is position q of the block where start + step i == block.start + block.step q.
    """
    gap, period = block.start - line.start, math.gcd(line.step, block.step)
    if gap % period != 0 or line.count == 0 or block.count == 0:
        return None
    every = abs(block.step) // period  # i + every is the next i that fits
    i = gap // period * pow(line.step // period, -1, every) % every if every > 1 else 0
    q, q_step = (line.start + line.step * i - block.start) // block.step, line.step * every // block.step
    ahead = range(i, line.count, every)
    entered, left = (-q, block.count - q) if q_step > 0 else (q - block.count + 1, q + 1)  # in positions of the block
    first = max(0, -(-entered // abs(q_step)))
    last = min(len(ahead), -(-left // abs(q_step)))
    if first >= last:
        return None
    chosen = ahead[first:last]
    placed = Line(q + first * q_step, q_step if len(chosen) > 1 else 1, len(chosen), block.kept)
    return placed, slice(chosen.start, chosen[-1] + 1, every)

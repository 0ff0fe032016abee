"""A part of a tensor and the memory that its elements go to."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from fastinit.common import selection as sel
from fastinit.common.checks import Shape
from fastinit.common.selection import Line, Selection
from fastinit.filling import region


class Box(NamedTuple):
    """Elements evenly spaced on every axis of a tensor."""

    array: np.ndarray  #: as many axes as the tensor
    starts: Shape  #: position of the first on each axis
    steps: Shape  #: >= 1, positions between neighbours on each axis


class Target:
    """Which elements of a tensor, where in memory each goes, and which flat index of the stream it has.

    The elements are arranged for work: the entries of listed axes as one axis, first, and then every other axis of the
    tensor in order, also those that an integer indexes. The tensor may be a block of a larger one, as `within` makes
    them: positions are then the block's, flat indices still those of the whole.
    """

    __slots__ = ("_entries", "_flat_start", "_flat_strides", "_lines", "_memory", "_n_listed", "_positions")

    def __init__(self, array: np.ndarray, full_shape: Shape, selection: Selection):
        n_listed = len(selection.listed_shape)
        if selection.positions:
            listed = range(selection.listed_at, selection.listed_at + n_listed)
            array = array.transpose(*listed, *(axis for axis in range(array.ndim) if axis not in listed))
        lines = [line for line in selection.lines if line is not None]
        if array.ndim < n_listed + len(lines):
            array = np.expand_dims(array, tuple(n_listed + i for i, line in enumerate(lines) if not line.kept))
        self._memory = array
        self._n_listed = n_listed  # of the memory's axes, the first
        self._lines = selection.lines
        self._positions = selection.positions
        #: Which of the memory's entries, counted in C order; None if no axes are listed.
        self._entries = np.arange(math.prod(selection.listed_shape)) if selection.positions else None
        self._flat_start = 0
        self._flat_strides = region.c_strides(full_shape)

    def _with(self, **changes: object) -> Target:
        other = object.__new__(Target)
        for name in self.__slots__:
            setattr(other, name, changes.get(name, getattr(self, name)))
        return other

    @property
    def shape(self) -> Shape:
        counts = tuple(line.count for line in self._lines if line is not None)
        return counts if self._entries is None else (self._entries.size, *counts)

    @property
    def dtype(self) -> np.dtype:
        return self._memory.dtype

    def positions(self, axis: int) -> np.ndarray:
        """Where on an axis it has elements, in ascending order."""
        line = self._lines[axis]
        if line is None:
            return np.unique(self._positions[axis])
        ahead = sel.forwards(line)
        places = np.arange(ahead.count, dtype=np.int64)
        places *= ahead.step
        places += ahead.start
        return places

    def ahead(self) -> np.ndarray | None:
        """The memory with all of the tensor's axes, each in ascending order of positions; None if axes are listed."""
        return None if self._entries is not None else self._memory[tuple(map(sel.flip, self._lines))]

    def take(self, full: np.ndarray) -> np.ndarray:
        """The tensor's elements out of an array of its shape."""
        return self._taken(full, sel.as_slice, self._positions)

    def take_from(self, grid: np.ndarray) -> np.ndarray:
        """The tensor's elements out of those at its `positions` on every axis."""
        places = {axis: np.searchsorted(self.positions(axis), place) for axis, place in self._positions.items()}
        return self._taken(grid, sel.flip, places)

    def _taken(self, array: np.ndarray, slice_of: Callable[[Line], slice], places: dict[int, np.ndarray]) -> np.ndarray:
        unlisted = [axis for axis, line in enumerate(self._lines) if line is not None]
        slices = tuple(slice_of(self._lines[axis]) for axis in unlisted)
        if self._entries is None:
            return array[slices]
        if not places:
            return np.broadcast_to(array[slices], self.shape)
        return array.transpose(*places, *unlisted)[(*places.values(), *slices)]

    def assign(self, values: object) -> None:
        """Write values that broadcast to `shape`, by NumPy's own conversion."""
        if self._entries is None:
            self._memory[...] = values
        else:
            self._memory[self._places()] = values

    def runs(self) -> tuple[np.ndarray, tuple]:
        """The memory, and which box of the stream goes there, both as _kernels.fill takes them.

        Complex numbers go as their parts: as a tensor of floats with an axis more.
        """
        if self._memory.dtype.kind == "c":
            return self._of_parts().runs()
        if self._entries is None:
            return self._runs(self._memory, None)
        offsets = np.zeros(self._entries.size, np.int64)
        for place, stride in zip(self._places(), self._memory.strides, strict=False):
            offsets += place * stride
        return self._runs(self._memory[(*(0,) * self._n_listed, ...)], offsets)

    def runs_to(self, buffer: np.ndarray) -> tuple[np.ndarray, tuple]:
        """The same for an array of the target's shape, instead of its own memory."""
        if self._entries is None:
            return self._runs(buffer, None)
        return self._runs(buffer[0, ...], np.arange(len(buffer)) * buffer.strides[0])

    def _of_parts(self) -> Target:
        parts = self._memory.real
        shape, strides = (*parts.shape, 2), (*parts.strides, parts.itemsize)
        return self._with(
            _memory=region.strided(parts, shape, strides),
            _lines=(*self._lines, Line(0, 1, 2, True)),
            _flat_start=2 * self._flat_start,
            _flat_strides=(*(2 * stride for stride in self._flat_strides), 1),
        )

    def _runs(self, memory: np.ndarray, out_offsets: np.ndarray | None) -> tuple[np.ndarray, tuple]:
        start, steps = self._flat_start, []
        for line, stride in zip(self._lines, self._flat_strides, strict=True):
            if line is not None:
                start += line.start * stride
                steps.append(line.step * stride)
        memory, numbers = region.along(memory, steps, start, out_offsets is not None)
        if out_offsets is None:
            return memory, numbers
        flat_offsets = np.zeros(out_offsets.size, np.int64)
        for axis, positions in self._positions.items():
            flat_offsets += positions * self._flat_strides[axis]
        # An array as large as what is filled, at the first entry's place.
        shown = region.strided(memory, (flat_offsets.size, *memory.shape), (0, *memory.strides))
        return shown, (*numbers, flat_offsets, out_offsets)

    def _places(self) -> tuple[np.ndarray, ...]:
        """Of each entry, its index in the memory's first axes."""
        return np.unravel_index(self._entries, self._memory.shape[: self._n_listed])

    def boxes(self) -> Iterator[Box]:
        """The elements as boxes: one, or one for each entry."""
        ahead = [None if line is None else sel.forwards(line) for line in self._lines]
        flips = [sel.flip(line) for line in self._lines if line is not None]
        steps = tuple(1 if line is None else line.step for line in ahead)
        if self._entries is None:
            yield Box(self._memory[(*flips, ...)], tuple(line.start for line in ahead), steps)
            return
        for entry, place in enumerate(zip(*self._places(), strict=True)):
            array = np.expand_dims(self._memory[(*place, *flips, ...)], tuple(self._positions))
            starts = [int(self._positions[i][entry]) if line is None else line.start for i, line in enumerate(ahead)]
            yield Box(array, tuple(starts), steps)

    def pieces(self, n_elements: int) -> Iterator[Target]:
        """Targets of at most so many elements that together are this one."""
        shape = self.shape
        axis = len(shape)  # the first from which on the axes go whole
        while axis > 0 and math.prod(shape[axis - 1 :]) <= n_elements:
            axis -= 1
        if axis == 0:
            yield self
            return
        length, n_cut = max(1, n_elements // math.prod(shape[axis:])), shape[axis - 1]
        for outer in itertools.product(*map(range, shape[: axis - 1])):
            for first in range(0, n_cut, length):
                last = min(first + length, n_cut)
                yield self._piece((*(slice(i, i + 1) for i in outer), slice(first, last)))

    def _piece(self, slices: tuple[slice, ...]) -> Target:
        """The part that slices with unit steps take of the first axes."""
        entries, positions = self._entries, self._positions
        if entries is not None:
            entries, positions = entries[slices[0]], {i: all_[slices[0]] for i, all_ in positions.items()}
            slices = slices[1:]
        unlisted = (axis for axis, line in enumerate(self._lines) if line is not None)
        lines = list(self._lines)
        for axis, cut in zip(unlisted, slices, strict=False):
            lines[axis] = sel.cut(lines[axis], cut.start, cut.stop)
        memory = self._memory[(slice(None),) * self._n_listed + slices]
        return self._with(_memory=memory, _lines=tuple(lines), _positions=positions, _entries=entries)

    def within(self, box: tuple[Line, ...]) -> Target | None:
        """What of it lies in a block of the tensor, as a part of that block; None if nothing does."""
        lines, positions, flat_strides, index = [], {}, [], []
        flat_start, chosen = self._flat_start, None  # of the entries, which lie in the block
        for axis, (line, side, stride) in enumerate(zip(self._lines, box, self._flat_strides, strict=True)):
            flat_start += side.start * stride
            if line is None:
                place, inside = sel.places_on(side, self._positions[axis])
                chosen = inside if chosen is None else chosen & inside
                if side.kept:
                    positions[len(lines)] = place
            elif (found := sel.common(line, side)) is None:
                return None
            else:
                line, where = found
                index.append(where if side.kept else where.start)
            if side.kept:
                lines.append(line)
                flat_strides.append(stride * side.step)
        entries = self._entries if chosen is None else self._entries[chosen]
        if entries is not None and entries.size == 0:
            return None
        return self._with(
            _memory=self._memory[(*(slice(None),) * self._n_listed, *index, ...)],
            _lines=tuple(lines),
            _positions={axis: place[chosen] for axis, place in positions.items()},
            _entries=entries,
            _flat_start=flat_start,
            _flat_strides=tuple(flat_strides),
        )

"""Matrices with orthonormal columns or rows, distributed by Haar measure.

The Q of a Gaussian matrix's QR factorization is a product of Householder reflections, and the vector of each is a
normal vector of its own: reflection k takes a normal vector of length m - k to an axis. So the vectors are drawn, not
found by factorizing, and only Q is formed: the reflections are applied to columns of the identity, those that are
wanted. The kernels do it in an order that docs/stream-placed.md states.

G. W. Stewart, "The efficient generation of random orthogonal matrices", SIAM J. Numer. Anal. 17(3), 1980; F. Mezzadri,
"How to generate random matrices from the classical compact groups", Notices of the AMS 54(5), 2007, for the signs;
products of reflections as I - V T V': T. Joffrain, T. M. Low, E. S. Quintana-Orti, R. van de Geijn and F. Van Zee,
"Accumulating Householder transformations, revisited", ACM Trans. Math. Softw. 32(2), 2006.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from fastinit import _kernels
from fastinit.common.checks import Shape
from fastinit.common.selection import Line, block_shape
from fastinit.filling import memory, placing, region
from fastinit.laws import kernel_laws
from fastinit.laws.axis_roles import Roles
from fastinit.laws.spec import Placement

#: Elements of small matrices that are made in one call: they may have to be converted afterwards.
STACK = 1 << 22

#: Reflections that the kernels put together, which all their sizes depend on.
PANEL = 64

#: Beyond either, in bytes and in the longer side, no memory has room for what the kernels' numbers would overflow at.
MAX_BYTES, MAX_ROWS = 1 << 57, 1 << 43


class Stack(NamedTuple):
    """Matrices next to each other on one batch axis, or one without such an axis."""

    p: Placement
    batch: Shape  #: that axis, if there is one
    rows: Shape  #: axes
    columns: Shape
    number: int  #: of the first

    def shape(self) -> tuple[int, int]:
        """Of each whole matrix."""
        return math.prod(self.p.shape[axis] for axis in self.rows), math.prod(
            self.p.shape[axis] for axis in self.columns
        )


def orthogonal(where: str, p: Placement, roles: Roles, gain: float) -> None:
    """The target's part of Haar matrices, one for each place on the batch axes, by `Roles.matrix`.

    Nothing for a gain of 0: the target is 0 everywhere.
    """
    if gain == 0:
        return
    for stack in _stacks(p, roles):
        _fill(where, stack, gain)


def _stacks(p: Placement, roles: Roles) -> Iterator[Stack]:
    outer, inner = roles.batch[:-1], roles.batch[-1:]
    extents = [p.shape[axis] for axis in roles.batch]
    for place in itertools.product(*(p.target.positions(axis).tolist() for axis in outer)):
        here = placing.at(p, dict(zip(outer, place, strict=True)))
        if here is None:
            continue
        left = roles.without(outer)
        rows, columns = left.matrix()
        if not inner:
            yield Stack(here, (), rows, columns, 0)
            continue
        most = max(1, STACK // max(1, math.prod(here.shape[axis] for axis in rows + columns)))
        for first, count in _runs(here.target.positions(left.batch[0]), most):
            box = tuple(
                Line(first, 1, count, True) if i == left.batch[0] else Line(0, 1, n, True)
                for i, n in enumerate(here.shape)
            )
            part = here._replace(target=here.target.within(box), shape=block_shape(box))
            yield Stack(part, left.batch, rows, columns, int(placing.raveled((*place, first), extents)))


def _runs(positions: np.ndarray, most: int) -> Iterator[tuple[int, int]]:
    """Runs of at most so many neighbours, each as its first and their number."""
    first = count = 0
    for position in positions.tolist():
        if count and position == first + count and count < most:
            count += 1
            continue
        if count:
            yield first, count
        first, count = position, 1
    if count:
        yield first, count


class _Layout(NamedTuple):
    """Where a stack's matrices are made, the longer side as rows."""

    dtype: np.dtype  #: of the arithmetic
    shape: tuple[int, int]  #: of each whole matrix
    numbers: tuple[np.ndarray, np.ndarray]  #: of the wanted rows and columns
    matrices: np.ndarray | None  #: in the output; None if they have to be made elsewhere
    grid: Shape  #: of them there, with all axes
    order: Shape  #: of those axes
    is_wide: bool

    def grid_bytes(self) -> int:
        """Of the workspace, up to a whole line."""
        n_bytes = 0 if self.matrices is not None else math.prod(self.grid) * self.dtype.itemsize
        return -(-n_bytes // memory.LINE_BYTES) * memory.LINE_BYTES

    def turned(self, matrices: np.ndarray) -> np.ndarray:
        """Matrices with the longer side as rows."""
        return matrices.swapaxes(1, 2) if self.is_wide else matrices


def _layout(stack: Stack) -> _Layout:
    """In place where the numbers are the arithmetic's own and the axes of rows and columns lie evenly."""
    target, fmt = stack.p.target, kernel_laws.arithmetic(stack.p.fmt)
    dtype = np.dtype(fmt.name)
    order = (*stack.batch, *stack.rows, *stack.columns)
    numbers = _numbers(stack.p, stack.rows), _numbers(stack.p, stack.columns)
    ahead = target.ahead() if target.dtype == dtype else None
    matrices = None if ahead is None else _evenly(ahead, (stack.batch, stack.rows, stack.columns))
    grid = tuple(len(target.positions(axis)) for axis in order)
    shape = stack.shape()
    is_wide = shape[0] < shape[1]
    if is_wide:
        shape, numbers = shape[::-1], numbers[::-1]
    return _Layout(dtype, shape, numbers, matrices, grid, order, is_wide)


def room(p: Placement, roles: Roles, gain: float) -> int:
    """Bytes of workspace that `orthogonal` takes."""
    if gain == 0:
        return 0
    rooms: dict[tuple, int] = {}  # of stacks that are alike
    for stack in _stacks(p, roles):
        alike = (stack.p.target.shape, tuple(len(stack.p.target.positions(axis)) for axis in stack.batch))
        if alike not in rooms:
            rooms[alike] = _room(stack)
    return max(rooms.values(), default=0)


def _room(stack: Stack) -> int:
    layout, n_threads = _layout(stack), stack.p.n_threads
    n_rows, n_columns = layout.shape
    n_bytes = (n_rows + PANEL) * (n_columns + PANEL) * layout.dtype.itemsize
    if n_bytes > MAX_BYTES or n_rows > MAX_ROWS:  # the kernels' numbers of bytes would not fit in 64 bits
        return n_bytes
    n_matrices = math.prod(layout.grid[: len(stack.batch)])
    code = kernel_laws.arithmetic(stack.p.fmt).code
    return layout.grid_bytes() + _kernels.haar_room(code, layout.shape, layout.numbers[1], n_matrices, n_threads)


def _fill(where: str, stack: Stack, gain: float) -> None:
    layout, target, workspace = _layout(stack), stack.p.target, stack.p.workspace
    matrices, grid = layout.matrices, None
    if matrices is None:
        n_bytes = math.prod(layout.grid) * layout.dtype.itemsize
        grid = workspace[:n_bytes].view(layout.dtype).reshape(layout.grid)
        sizes = [numbers.size for numbers in layout.numbers]
        matrices = grid.reshape(-1, *(sizes[::-1] if layout.is_wide else sizes))
        workspace = workspace[layout.grid_bytes() :]
    fmt = kernel_laws.arithmetic(stack.p.fmt)
    law = kernel_laws.normal(where, 0.0, 1.0, fmt)._replace(tag=kernel_laws.tag("o", fmt))
    first = stack.number * math.prod(layout.shape)
    _kernels.put_haar(
        layout.turned(matrices),
        law,
        stack.p.seed,
        stack.p.own_name,
        first,
        layout.shape,
        *layout.numbers,
        gain,
        workspace,
        stack.p.n_threads,
    )
    if grid is not None:
        target.assign(target.take_from(grid.transpose(np.argsort(layout.order))))


def _numbers(p: Placement, axes: Shape) -> np.ndarray:
    """Of the target's rows or columns: numbered in C order of their axes, in ascending order."""
    positions = np.ix_(*(np.asarray(p.target.positions(axis), np.int64) for axis in axes))
    numbers = placing.raveled(positions, [p.shape[axis] for axis in axes])
    return np.ascontiguousarray(numbers, np.int64).reshape(-1)


def _evenly(array: np.ndarray, groups: Sequence[Shape]) -> np.ndarray | None:
    """The array with one axis for each group of axes, over the same memory; None if a group is not evenly spaced."""
    shape, strides = [], []
    for group in groups:
        extent, stride = 1, array.itemsize
        for axis in reversed(group):
            if array.shape[axis] == 1:
                continue
            if extent == 1:
                stride = array.strides[axis]
            elif array.strides[axis] != extent * stride:
                return None
            extent *= array.shape[axis]
        shape.append(extent)
        strides.append(stride)
    return region.strided(array, tuple(shape), tuple(strides))

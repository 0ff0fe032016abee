"""Fills of every kind, and outputs of every layout in memory given by the caller: what several attacks go over.

No command of its own. An output is described by its extent in elements, where its first element is, and its strides, so
that the memory around it, and between its elements, can be whatever an attack wants.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from cases import NEEDED, takes
from fills import FILLS, dtype_of
from laws_of_schemes import NO_LAW_OF_ELEMENTS
from reference_laws import DTYPES

import fastinit as fi

#: Not a whole number of vectors, tiles, blocks or lines; rows of less than a block and of more.
SHAPES = [(37, 131), (3, 1543), (1201, 5)]

#: Taken by the schemes that place values, where a matrix is not.
KERNEL_SHAPE = (3, 2, 13, 21)


class Fill(NamedTuple):
    """What is filled: `call` takes shape, out, index and threads."""

    name: str
    call: Callable
    dtype: np.dtype
    shapes: list[tuple[int, ...]]


class Layout(NamedTuple):
    """An output of some shape, in elements: the memory's extent, the first element's place, strides."""

    extent: int
    first: int
    strides: tuple[int, ...]


def _strides(shape: tuple[int, ...], order: tuple[int, ...], every: dict[int, int] | None = None) -> tuple[int, ...]:
    """Of axes from the outermost in memory to the innermost; of those in `every`, each so many-th place is used."""
    strides, at = [0] * len(shape), 1
    for axis in reversed(order):
        at *= (every or {}).get(axis, 1)
        strides[axis] = at
        at *= shape[axis]
    return tuple(strides)


def layouts(shape: tuple[int, ...]) -> dict[str, Layout]:
    """By name. The extent begins with the lowest element and ends with the highest: memory may begin and end there."""
    order = tuple(range(len(shape)))
    padded = (*shape[:-1], shape[-1] + 3)
    forward = {
        "C": _strides(shape, order),
        "Fortran": _strides(shape, order[::-1]),
        "last two axes swapped": _strides(shape, (*order[:-2], *order[-2:][::-1])),
        "every other column": _strides(shape, order, {order[-1]: 2}),
        "every third row": _strides(shape, order, {order[-2]: 3}),
        "rows with gaps": _strides(padded, order),
        "Fortran with gaps": _strides(shape, order[::-1], {0: 2}),
    }
    extents = {
        name: 1 + sum((n - 1) * stride for n, stride in zip(shape, strides, strict=True))
        for name, strides in forward.items()
    }
    found = {name: Layout(extents[name], 0, strides) for name, strides in forward.items()}
    for name in ("C", "rows with gaps"):
        backward = tuple(-stride for stride in forward[name])
        found[f"{name}, reversed"] = Layout(extents[name], extents[name] - 1, backward)
    return found


def fills() -> Iterator[Fill]:
    """Every law in every dtype, real and complex; then every scheme that does more than a law."""
    for name, call in FILLS.items():
        yield Fill(name, call, dtype_of(call), SHAPES)
    for dtype in ("complex64", "complex128"):
        for scheme, params in (("normal", {}), ("truncated_normal", {}), ("he_uniform", {}), ("zeros", {})):
            call = partial(fi.get(scheme, **params), rng=0, name="w", dtype=dtype)
            yield Fill(f"{scheme}-{dtype}", call, np.dtype(dtype), SHAPES[:2])
    for scheme in sorted(NO_LAW_OF_ELEMENTS):
        shapes = [shape for shape in (SHAPES[0], SHAPES[2][::-1], KERNEL_SHAPE) if takes(scheme, shape)]
        for dtype_name, dtype in DTYPES.items():
            call = partial(fi.get(scheme, **NEEDED.get(scheme, {})), rng=0, name="w", dtype=dtype)
            yield Fill(f"{scheme}-{dtype_name}", call, np.dtype(dtype), shapes)


def output_in(memory: np.ndarray, layout: Layout, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """The output in contiguous bytes of as many elements as the extent."""
    strides = tuple(stride * dtype.itemsize for stride in layout.strides)
    return np.ndarray(shape, dtype, memory, layout.first * dtype.itemsize, strides)


def between(layout: Layout, shape: tuple[int, ...], itemsize: int) -> np.ndarray:
    """Which bytes of the extent are no element's."""
    covered = np.zeros(layout.extent, bool)
    np.ndarray(shape, bool, covered, layout.first, layout.strides)[...] = True
    return np.repeat(~covered, itemsize)

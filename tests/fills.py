"""One fill of each law in each dtype, and the outputs they go to: for tests of layouts, parts and alignments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
from reference_laws import DTYPES, bits

import fastinit as fi

LAWS = {
    "normal": ("normal", dict(std=0.02)),
    "uniform": ("uniform", dict(low=-0.3, high=0.7)),
    "near": ("truncated_normal", dict(std=0.02)),
    "truncated": ("truncated_normal", dict(low=-1.0, high=4.5)),
    "constant": ("constant", dict(value=0.1)),
}


def fill_of(law: str, dtype: str):
    scheme, params = LAWS[law]
    return partial(fi.get(scheme, **params), rng=0, name="w", dtype=DTYPES[dtype])


#: Every law in every dtype; in float64 there is one truncated law.
FILLS = {
    f"{law}-{dtype}": fill_of(law, dtype) for law in LAWS for dtype in DTYPES if (law, dtype) != ("near", "float64")
}

#: One for each size of elements: for what only moves elements that the laws have made.
BY_SIZE = {
    name: FILLS[name] for name in ("normal-float32", "uniform-float64", "near-bfloat16", "truncated-float8_e5m2")
}


def dtype_of(fill) -> np.dtype:
    return np.dtype(fill.keywords["dtype"])


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(bits(a), bits(b))


@contextmanager
def inside_memory(n_elements: int, offset: int, dtype) -> Iterator[np.ndarray]:
    """An array that begins `offset` elements after a line of 64 bytes; checks that nothing around it is written."""
    dtype = np.dtype(dtype)
    memory = np.full((n_elements + offset) * dtype.itemsize + 192, 0xA5, np.uint8)
    start = -memory.ctypes.data % 64 + 64 + offset * dtype.itemsize
    end = start + n_elements * dtype.itemsize
    yield memory[start:end].view(dtype)
    assert (memory[:start] == 0xA5).all()
    assert (memory[end:] == 0xA5).all()


def layouts(shape: tuple[int, int], dtype=np.float32) -> dict[str, np.ndarray]:
    """Arrays of one shape in every layout, by name."""
    rows, columns = shape
    dtype = np.dtype(dtype)
    buffer = np.zeros((rows * columns + 1) * dtype.itemsize, np.uint8)
    return {
        "C": np.zeros(shape, dtype),
        "Fortran": np.zeros(shape, dtype, order="F"),
        "transposed": np.zeros((columns, rows), dtype).T,
        "every other column": np.zeros((rows, 2 * columns), dtype)[:, ::2],
        "every third row": np.zeros((3 * rows, columns), dtype)[::3],
        "reversed": np.zeros(shape, dtype)[::-1, ::-1],
        "inside": np.zeros((rows + 5, columns + 7), dtype)[2:-3, 3:-4],
        "offset by one": np.zeros(rows * columns + 1, dtype)[1:].reshape(shape),
        "offset by one in bytes buffer": buffer[dtype.itemsize :].view(dtype).reshape(shape),
        "field": np.zeros(shape, [("a", "<i8"), ("w", dtype), ("b", "<i8")])["w"],
    }

"""Strategies of hypothesis for calls of schemes: what each argument may be, and what it may not be."""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
from hypothesis import strategies as st
from spoilt import SPOILT

import fastinit as fi
from fastinit.schemes.register import Configured

REAL = ("float32", "float64", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2")
COMPLEX = ("complex64", "complex128")
INTEGERS = ("int8", "uint16", "int64", "bool")

#: Bytes before and behind an array in its memory.
MARGIN = 64

#: What is in memory before.
PATTERN = 0xA5


def dtype_of(name: str) -> np.dtype:
    return np.dtype(getattr(ml_dtypes, name, name))


class Layout(NamedTuple):
    """Where the elements of an array lie: the order of axes, the step of each, the elements before."""

    order: tuple[int, ...]
    steps: tuple[int, ...]
    n_before: int

    def make(self, shape: tuple[int, ...], dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
        """Memory full of a pattern, and the array in it."""
        n_bytes = (math.prod(self._extents(shape)) + self.n_before) * dtype.itemsize + 2 * MARGIN
        memory = np.full(n_bytes + MARGIN, PATTERN, np.uint8)
        memory = memory[-memory.__array_interface__["data"][0] % MARGIN :][:n_bytes]
        return memory, self.view(memory, shape, dtype)

    def _extents(self, shape: tuple[int, ...]) -> list[int]:
        return [size * abs(step) for size, step in zip(shape, self._steps(shape), strict=True)]

    def _steps(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (self.steps * len(shape))[: len(shape)]

    def view(self, memory: np.ndarray, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """The array in memory that `make` made."""
        start = MARGIN + self.n_before * dtype.itemsize
        extents = self._extents(shape)
        order = [axis for axis in self.order if axis < len(shape)]
        flat = memory[start : start + math.prod(extents) * dtype.itemsize].view(dtype)
        base = flat.reshape([extents[axis] for axis in order]).transpose(np.argsort(order))
        return base[(*(slice(None, None, step) for step in self._steps(shape)), ...)]


class Call(NamedTuple):
    """A call of a scheme, and where it is to write."""

    scheme: Configured
    shape: tuple[int, ...]
    dtype: np.dtype
    seed: Any
    name: str
    index: Any
    layout: Layout
    n_threads: int
    is_streamed: bool

    def rng(self):
        """A seed, or a generator as it was at first."""
        return np.random.default_rng(self.seed[0]) if isinstance(self.seed, tuple) else self.seed


LAYOUTS = st.builds(
    Layout,
    st.sampled_from(list(itertools.permutations(range(5)))),
    st.sampled_from(list(itertools.product([1, -1, 2, -3], repeat=4))),
    st.integers(0, 40),
)
NAMES = st.sampled_from(["", "w", "h.0.weight", "a" * 300, "é", "😀\0\n"])
SEEDS = st.one_of(
    st.integers(0, 2**70),
    st.lists(st.integers(0, 2**32), min_size=1, max_size=3),
    st.tuples(st.integers(0, 99)),  # of a generator
)


@st.composite
def shapes(draw, n_least: int = 0, n_most: int = 4) -> tuple[int, ...]:
    """Of few elements, and of some blocks of 1024; of none, too."""
    n_dims = draw(st.integers(n_least, n_most))
    most = {0: 1, 1: 5000, 2: 90, 3: 20, 4: 9, 5: 6}[n_dims]
    size = st.one_of(st.integers(1, 7), st.integers(0, most))
    return tuple(draw(size) for _ in range(n_dims))


def numbers(low: float, high: float):
    return st.floats(low, high, allow_subnormal=False)


def _params(name: str, dtype: str):
    """Parameters that each dtype takes; their own limits are other tests' business."""
    scale = numbers(0.01, 50.0)
    return {
        "normal": st.fixed_dictionaries({"mean": numbers(-4, 4), "std": scale}),
        "uniform": st.fixed_dictionaries({"low": numbers(-40, -1), "high": numbers(1, 40)}),
        "truncated_normal": st.sampled_from(
            [{}, {"std": 0.02}, {"low": -1.0, "high": 4.5}, {"mean": 0.5, "low": 0.0, "high": math.inf}]
        ),
        "constant": st.fixed_dictionaries({"value": st.sampled_from([0, 1])}),
        "identity": st.fixed_dictionaries({"gain": scale}),
        "dirac": st.fixed_dictionaries({"groups": st.integers(1, 3)}),
        "variance_scaling": st.fixed_dictionaries(
            {
                "scale": numbers(0.5, 8),
                "mode": st.sampled_from(["fan_in", "fan_out", "fan_avg", "fan_geo_avg"]),
                "distribution": st.sampled_from(["uniform", "normal", "truncated_normal"]),
            }
        ),
        "sparse": st.fixed_dictionaries({"sparsity": numbers(0, 1), "std": scale}),
        "log_odds": st.fixed_dictionaries({"p": numbers(0.01, 0.99)}),
    }.get(name, st.just({}))


#: Numbers of dimensions, where not any.
N_DIMS = {"identity": (2, 2), "dirac": (3, 5), "delta_orthogonal": (3, 5), "orthogonal": (2, 4)}
OF_ANY_SHAPE = ("zeros", "ones", "constant", "uniform", "normal", "truncated_normal", "log_odds")


@st.composite
def schemes(draw) -> tuple[Configured, tuple[int, ...], np.dtype]:
    """A configured scheme, and a shape and a dtype that it takes."""
    name = draw(st.sampled_from(sorted({getattr(fi, name).__name__ for name in fi.schemes()})))
    kinds = REAL
    if name in ("zeros", "ones", "constant"):
        kinds += COMPLEX + INTEGERS
    elif name in ("normal", "uniform", "he_normal", "identity"):
        kinds += COMPLEX
    dtype = draw(st.sampled_from(kinds))
    shape = draw(shapes(*N_DIMS.get(name, (0 if name in OF_ANY_SHAPE else 2, 4))))
    params = draw(_params(name, dtype))
    if name in ("dirac", "delta_orthogonal"):
        n_in, n_out = sorted(max(1, size) for size in shape[-2:])
        shape = (*shape[:-2], n_in, n_out * params.get("groups", 1))
    scheme = fi.get(name, **params)
    if shape and name in ("normal", "zeros", "constant") and dtype in REAL and draw(st.booleans()):
        scheme = scheme.but(draw(indices(shape, with_lists=False)), draw(st.sampled_from(["zeros", "uniform"])))
    return scheme, shape, dtype_of(dtype)


@st.composite
def indices(draw, shape: tuple[int, ...], with_lists: bool = True):
    """Any that NumPy takes and the package promises: integers, slices, lists, an ellipsis."""
    n_entries = draw(st.integers(1, 6))
    items: list = []
    for size in shape[: draw(st.integers(0, len(shape)))]:
        kinds = ["slice", "slice", "int"] + ["list"] * with_lists
        kind = draw(st.sampled_from(kinds)) if size else "slice"
        if kind == "int":
            items.append(draw(st.integers(-size, size - 1)))
        elif kind == "list":
            entries = st.lists(st.integers(-size, size - 1), min_size=n_entries, max_size=n_entries)
            items.append(np.array(draw(entries), draw(st.sampled_from(["i8", "i2", "i4"]))))
        else:
            ends = st.one_of(st.none(), st.integers(-size - 2, size + 2))
            items.append(slice(draw(ends), draw(ends), draw(st.sampled_from([None, 1, 2, 3, -1, -2, 7]))))
    if draw(st.booleans()):
        items.insert(draw(st.integers(0, len(items))) if len(items) == len(shape) else len(items), Ellipsis)
    return tuple(items)


@st.composite
def calls(draw) -> Call:
    """Any call."""
    scheme, shape, dtype = draw(schemes())
    return Call(
        scheme,
        shape,
        dtype,
        draw(SEEDS),
        draw(NAMES),
        draw(indices(shape)),
        draw(LAYOUTS),
        draw(st.sampled_from([1, 1, 2, 3, 5])),
        draw(st.booleans()),
    )


def spoilt_arguments():
    """One argument that is wrong in every call."""
    return st.sampled_from([{key: value} for key, values in SPOILT.items() for value in values])

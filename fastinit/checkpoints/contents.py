"""The bytes of a planned tensor, any stretch of them."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator

import numpy as np

from fastinit import _kernels
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.filling import region, seed
from fastinit.laws import dtypes
from fastinit.plans.patterns import quoted
from fastinit.plans.plan import Entry

#: Schemes of which some rows may cost as much as the whole, which is then made once.
WHOLE = ("orthogonal", "delta_orthogonal")


class Content:
    """A tensor as a plan has it, with values from a seed. Threads may share it."""

    def __init__(self, where: str, name: str, entry: Entry, rng: object):
        self.name, self.entry, self.rng = name, entry, rng
        self.dtype = dtypes.resolve(where, entry.dtype)
        self.n_elements = math.prod(entry.shape)
        self.n_bytes = self.n_elements * self.dtype.itemsize
        self._whole: np.ndarray | None = None
        self._n_put = 0
        self._lock = threading.Lock()
        if entry.scheme is not None:
            fmt = dtypes.format_of(self.dtype)
            self._spec = entry.scheme.spec.for_kind(fmt)
            self._law = self._spec.law(entry.shape, fmt)  # refused now, if there is none
            self._words = seed.seed_of(where, rng, self._law is not None and self._law.tag != b"")

    def put(self, first: int, array: np.ndarray) -> None:
        """Fill a contiguous array with elements [first, first + its size) in C order, in this thread alone."""
        scheme = self.entry.scheme
        if scheme is not None and self._spec.is_law:
            if self.dtype.kind == "c":  # the stream of a tensor with the parts as its last axis
                first, array = 2 * first, array.view(array.real.dtype)
            _kernels.fill(array, self._law, self._words, self.name, region.whole(array, first), 1, False)
        elif scheme is None or _needs_whole(scheme):
            array[:] = self.whole().reshape(-1)[first : first + array.size]
            self._count(array.size)
        else:
            at = 0
            for box in boxes(self.entry.shape, first, first + array.size):
                shape = tuple(line.stop - line.start for line in box)
                part = array[at : at + math.prod(shape)].reshape(shape)
                scheme(self.entry.shape, out=part, rng=self.rng, name=self.name, index=box or ..., threads=1)
                at += part.size

    def whole(self) -> np.ndarray:
        """All of it at once; kept until all of it has been put, or `forget`."""
        with self._lock:
            if self._whole is None:
                entry = self.entry
                if entry.scheme is None:
                    self._whole = _given(self.name, entry, self.rng).astype(self.dtype)
                else:
                    self._whole = entry.scheme(entry.shape, dtype=self.dtype, rng=self.rng, name=self.name, threads=1)
            return self._whole

    def _count(self, n: int) -> None:
        """Give the whole back when each element has been asked for once, by whichever thread."""
        with self._lock:
            self._n_put += n
            if self._n_put >= self.n_elements:
                self._whole, self._n_put = None, 0

    def forget(self) -> None:
        """Give back what `whole` keeps."""
        self._whole = None


def _given(name: str, entry: Entry, rng: object) -> np.ndarray:
    """The values of an entry, if they are such of its shape and of a kind that its dtype holds."""
    array = np.asarray(entry.values(rng))
    if array.shape != entry.shape:
        reject_value(quoted(name), "values", f"shape {entry.shape}", Shown(array.shape))
    if array.dtype.kind == "c" and not entry.dtype.startswith("complex"):
        reject_type(quoted(name), "values", f"what {entry.dtype} holds", Shown(array.dtype.name))
    return np.ascontiguousarray(array).reshape(entry.shape)


def _needs_whole(scheme) -> bool:
    return scheme.name in WHOLE or any(_needs_whole(other) for _, other in scheme.blocks)


def boxes(shape: Shape, first: int, last: int) -> Iterator[tuple[slice, ...]]:
    """What is at flat indices [first, last) of a tensor in C order, as boxes that follow each other."""
    if first >= last:
        return
    if len(shape) < 2:
        yield (slice(first, last),) if shape else ()
        return
    n_row = math.prod(shape[1:])
    row, at = divmod(first, n_row)
    last_row, end = divmod(last, n_row)
    if row == last_row:
        yield from ((slice(row, row + 1), *box) for box in boxes(shape[1:], at, end))
        return
    if at:
        yield from ((slice(row, row + 1), *box) for box in boxes(shape[1:], at, n_row))
        row += 1
    if row < last_row:
        yield slice(row, last_row), *(slice(0, n) for n in shape[1:])
    yield from ((slice(last_row, last_row + 1), *box) for box in boxes(shape[1:], 0, end))

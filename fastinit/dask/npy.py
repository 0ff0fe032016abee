"""A Dask array as one ``.npy`` file, each chunk written to its place."""

from __future__ import annotations

import errno
import itertools
import math
import os
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np

from fastinit.checkpoints.numpy_format import header_of
from fastinit.common.calls import one_form
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.files import names


@one_form
def to_npy(array: da.Array, path: str | os.PathLike) -> None:
    """Write a Dask array to one ``.npy`` file, each chunk to its place in it by the worker that has it.

    Memory stays that of the chunks at work. All workers must see the file system. The file gets its name when it is
    whole; a file of that name is replaced.

    Parameters
    ----------
    array : dask.array.Array
        Of any dtype that NumPy's files have: bfloat16 and float8 are none.
    path : path
        The file, with its suffix.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as stated.
    OSError
        As the system raises it.

    See Also
    --------
    array : Makes lazy arrays.

    Examples
    --------
    >>> import os, tempfile, numpy as np, fastinit.dask as fd
    >>> path = os.path.join(tempfile.mkdtemp(), "w.npy")
    >>> fd.to_npy(fd.array("normal", (300, 200), chunks=(100, 70), rng=0), path)
    >>> np.load(path).shape
    (300, 200)
    """
    where = "to_npy"
    if not isinstance(array, da.Array):
        reject_type(where, "array", "a dask.array.Array", Shown(type(array).__name__))
    if array.dtype.kind not in "biufc" or array.dtype.isbuiltin != 1:
        reject_value(where, "array", "a dtype that NumPy's files have", Shown(array.dtype.name))
    if any(math.isnan(n) for n in array.shape):
        reject_value(where, "array", "a shape that is known", Shown(array.shape))
    target = _target(where, path)
    header = header_of(array.dtype, array.shape)
    with names.complete(target) as begun:
        with open(begun, "r+b") as file:
            file.write(header)
            file.truncate(len(header) + array.nbytes)
        da.store(array, _Npy(str(begun), len(header), array.shape, array.dtype), lock=False)


def _target(where: str, path: Any) -> Path:
    """The file itself, where links lead to it; what can be no file's is found before anything is computed."""
    try:
        target = Path(os.path.realpath(os.fsdecode(path)))
    except (TypeError, ValueError):
        reject_type(where, "path", "a path", path)
    if not os.fsdecode(path) or (target.exists() and not target.is_file() and not target.is_dir()):
        reject_value(where, "path", "a file", path)
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(target.parent))
    return target


class _Npy:
    """A file's array, to whose places chunks are written; opened where that happens."""

    def __init__(self, path: str, first_byte: int, shape: tuple[int, ...], dtype: np.dtype):
        self.path, self.first_byte, self.shape, self.dtype = path, first_byte, shape, dtype

    def __setitem__(self, index: tuple[slice, ...], chunk: np.ndarray) -> None:
        extents = tuple(len(range(*line.indices(n))) for line, n in zip(index, self.shape, strict=True))
        chunk = self._checked(chunk, extents)
        if chunk.size == 0:
            return
        starts = [line.start or 0 for line in index]
        strides = np.cumprod([chunk.itemsize, *reversed(self.shape[1:])])[::-1] if self.shape else []
        # Axes that the chunk has whole, from the last on, and the one before them: a run of neighbouring bytes.
        n_outer = len(self.shape)
        while n_outer > 0 and math.prod(chunk.shape[n_outer:]) == math.prod(self.shape[n_outer:]):
            n_outer -= 1
        runs = chunk.reshape(math.prod(chunk.shape[:n_outer]), -1).view(np.uint8)
        file = os.open(self.path, os.O_WRONLY)
        try:
            for run, place in zip(runs, itertools.product(*map(range, chunk.shape[:n_outer])), strict=True):
                at = [start + i for start, i in itertools.zip_longest(starts, place, fillvalue=0)]
                self._write(file, run, self.first_byte + int(sum(i * int(s) for i, s in zip(at, strides, strict=True))))
        finally:
            os.close(file)

    def _checked(self, chunk: object, extents: tuple[int, ...]) -> np.ndarray:
        """A chunk as it is written, if it is what the array says of it."""
        chunk = np.asarray(chunk) if isinstance(chunk, (np.generic, int, float, complex)) else chunk
        got = f"{type(chunk).__name__} of {getattr(chunk, 'dtype', '?')} and shape {getattr(chunk, 'shape', '?')}"
        if not isinstance(chunk, np.ndarray) or isinstance(chunk, np.ma.MaskedArray) or chunk.dtype != self.dtype:
            reject_type("to_npy", "array", f"chunks that are NumPy arrays of {self.dtype}", Shown(got))
        if chunk.shape != extents:
            reject_value("to_npy", "array", f"a chunk of shape {extents} here", Shown(got))
        return np.ascontiguousarray(chunk).reshape(extents)

    @staticmethod
    def _write(file: int, run: np.ndarray, offset: int) -> None:
        rest = memoryview(run)
        while rest:
            n_written = os.pwrite(file, rest, offset)
            rest, offset = rest[n_written:], offset + n_written

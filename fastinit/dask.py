"""Dask's arrays, each chunk filled where it lives, and equal to the NumPy array for any chunking.

For what no one machine holds: Dask distributes, and each worker fills its own chunks. On several machines: start
``dask scheduler`` on one and ``dask worker tcp://SCHEDULER:8786`` on each, then ``Client("tcp://SCHEDULER:8786")``.

>>> import fastinit as fi, fastinit.dask as fd
>>> table = fd.array(fi.get("normal", std=0.02), (1_000_000, 128), chunks=(50_000, 128), rng=0, name="emb")
>>> rows = table[700_000:700_003].compute()
>>> bool((rows == fi.normal((1_000_000, 128), std=0.02, rng=0, name="emb", index=slice(700_000, 700_003))).all())
True
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

try:
    import dask.array as da
    from dask.base import tokenize
except ImportError as error:
    text = "fastinit.dask: import: expected Dask, as pip install 'fastinit-nn[dask]' brings it, got none"
    raise ImportError(text) from error

from fastinit.common import checks
from fastinit.common.calls import one_form
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.filling import seed
from fastinit.laws import dtypes
from fastinit.schemes.register import Configured, configured_of

__all__ = ["array", "to_npy"]


class _Addressed:
    """A tensor that exists nowhere: an index gives that part of it. What Dask slices; light enough for every task."""

    def __init__(self, scheme: Configured, shape: tuple[int, ...], dtype: np.dtype, rng: object, name: str):
        self.scheme, self.shape, self.dtype, self.rng, self.name = scheme, shape, dtype, rng, name
        self.ndim = len(shape)

    def __getitem__(self, index: Any) -> np.ndarray:
        # One thread a task: the engine has as many tasks at once as it has cores.
        return self.scheme(self.shape, dtype=self.dtype, rng=self.rng, name=self.name, index=index, threads=1)

    def __dask_tokenize__(self) -> tuple:
        return "fastinit", _told(self.scheme), self.shape, self.dtype.name, self.rng, self.name


def _told(scheme: Configured) -> tuple:
    """A scheme as plain values, which are the same in every process."""
    params = sorted((key, str(value) if value is None else value) for key, value in scheme.params.items())
    return scheme.name, params, [(repr(index), _told(other)) for index, other in scheme.blocks]


@one_form
def array(
    scheme: Any,
    shape: int | Sequence[int],
    chunks: Any = "auto",
    dtype: Any = "float32",
    rng: Any = 0,
    name: str = "",
) -> da.Array:
    """Return a lazy Dask array, equal to ``scheme(shape, dtype=dtype, rng=rng, name=name)`` bit for bit.

    A task fills one chunk, on one thread, where the chunk lives; nothing is drawn before, and nothing moves. Values do
    not depend on `chunks`, nor on which worker fills what or how often: a chunk that a dead worker had is filled again
    by another. Slices fill no more than they hold.

    Parameters
    ----------
    scheme : str, scheme or Configured
        A scheme's name, its function, or what `fastinit.get` returned. Its fans come from the whole shape.
    shape : int or tuple of int
        Of the whole.
    chunks : "auto", int, tuple, or anything that Dask takes, default "auto"
        As for ``dask.array.from_array``. Chunks whose last axis starts at multiples of 1024 elements cost least.
    dtype : dtype-like, default float32
        One that fills accept.
    rng : None, int, sequence of int, SeedSequence, BitGenerator or Generator, default 0
        The seed, for all chunks. Of None, and of what would be advanced, one number is drawn now.
    name : str, default ""
        Of the stream.

    Returns
    -------
    dask.array.Array
        Its token is the same for the same arguments, unless `rng` is one of which a number is drawn.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as stated, or the chunks do not cover the shape.

    Notes
    -----
    `orthogonal` makes its whole matrix for every chunk: give it one.

    Examples
    --------
    >>> import numpy as np, fastinit as fi, fastinit.dask as fd
    >>> x = fd.array("he_normal", (300, 200), chunks=(100, 70), rng=0, name="w")
    >>> bool((x.compute() == fi.he_normal((300, 200), rng=0, name="w")).all())
    True
    """
    where = "array"
    configured = configured_of(where, scheme)
    resolved = dtypes.resolve(where, dtype)
    dims = checks.as_shape(where, shape, resolved.itemsize)
    seed.check_name(where, name)
    addressed = _Addressed(configured, dims, resolved, _plain_seed(where, rng), name)
    addressed[tuple(slice(0, 0) for _ in dims) if dims else ...]  # the scheme's own checks, now and here
    covering = _covering(where, chunks, dims, resolved)
    label = f"fastinit-{configured.name}-{tokenize(addressed, covering)}"
    meta = np.empty((0,) * len(dims), resolved)
    return da.from_array(addressed, covering, name=label, lock=False, inline_array=True, meta=meta)


def _plain_seed(where: str, rng: object) -> object:
    """What gives every task the same draws."""
    seed.check_rng(where, rng)
    if not isinstance(rng, (int, np.integer, list, tuple, np.ndarray, np.random.SeedSequence)):
        return int.from_bytes(seed.seed_of(where, rng), "little")
    return copy.deepcopy(rng)


def _covering(where: str, chunks: object, shape: tuple[int, ...], dtype: np.dtype) -> tuple[tuple[int, ...], ...]:
    try:
        covering = da.core.normalize_chunks(chunks, shape, dtype=dtype)
    except (ValueError, TypeError, NotImplementedError, KeyError, ArithmeticError):
        covering = None
    if covering is None or any(min(sizes) < 0 or sum(sizes) != n for sizes, n in zip(covering, shape, strict=True)):
        reject_value(where, "chunks", f"what Dask takes as chunks that cover {shape}", chunks)
    return covering


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
        The file.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as stated.
    OSError
        As the system raises it.

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
        reject_type(where, "array", "a dask.array.Array", array)
    if array.dtype.kind == "V" or array.dtype.hasobject:
        reject_value(where, "array", "a dtype that NumPy's files have", Shown(array.dtype.name))
    if any(math.isnan(n) for n in array.shape):
        reject_value(where, "array", "a shape that is known", Shown(array.shape))
    target = Path(os.fspath(path))
    begun = target.with_name(f".{target.name[:200]}.{os.getpid()}.part")
    try:
        with open(begun, "wb") as file:
            header = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape}
            np.lib.format.write_array_header_2_0(file, header)
            first_byte = file.tell()
            file.truncate(first_byte + array.nbytes)
        da.store(array, _Npy(str(begun.absolute()), first_byte, array.shape), lock=False)
        os.replace(begun, target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            begun.unlink()


class _Npy:
    """A file's array, to whose places chunks are written; opened where that happens."""

    def __init__(self, path: str, first_byte: int, shape: tuple[int, ...]):
        self.path, self.first_byte, self.shape = path, first_byte, shape

    def __setitem__(self, index: tuple[slice, ...], chunk: np.ndarray) -> None:
        if chunk.size == 0:
            return
        chunk = np.ascontiguousarray(chunk)
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

    @staticmethod
    def _write(file: int, run: np.ndarray, offset: int) -> None:
        rest = memoryview(run)
        while rest:
            n_written = os.pwrite(file, rest, offset)
            rest, offset = rest[n_written:], offset + n_written

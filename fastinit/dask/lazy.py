"""Dask's arrays over tensors that exist nowhere: each chunk is filled when it is asked for."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import dask.array as da
import numpy as np
from dask.base import normalize_token, tokenize

from fastinit.common import checks
from fastinit.common.calls import one_form
from fastinit.common.errors import reject_value
from fastinit.filling import seed
from fastinit.laws import dtypes
from fastinit.schemes.register import Configured, configured_of


class _Addressed:
    """A tensor that exists nowhere: an index gives that part of it. What Dask slices; light enough for every task."""

    def __init__(self, scheme: Configured, shape: tuple[int, ...], dtype: np.dtype, rng: object, name: str):
        self.scheme, self.shape, self.dtype, self.rng, self.name = scheme, shape, dtype, rng, name
        self.ndim = len(shape)

    def __getitem__(self, index: Any) -> np.ndarray:
        # One thread a task: the engine has as many tasks at once as it has cores.
        return self.scheme(self.shape, dtype=self.dtype, rng=self.rng, name=self.name, index=index, threads=1)

    def __dask_tokenize__(self) -> tuple:
        # Of arrays Dask would see the repr alone, which is shortened.
        return normalize_token(("fastinit", _told(self.scheme), self.shape, self.dtype.name, self.rng, self.name))


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
        The seed, for all chunks. Of None, and of what would be advanced, one draw is made now.
    name : str, default ""
        Of the stream.

    Returns
    -------
    dask.array.Array
        Its token is the same for the same arguments, unless `rng` is one of which a draw is made.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as stated, or the chunks do not cover the shape.

    See Also
    --------
    to_npy : Write such an array to one file.

    Notes
    -----
    `orthogonal` draws all reflections for every chunk, and makes the columns that it touches, rows of a wide matrix:
    give it one chunk, or chunks of columns.

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
    covering = _covering(where, chunks, dims, resolved)
    seed.check_rng(where, rng)
    # The scheme's own checks, now and here.
    configured(dims, dtype=resolved, rng=0, name=name, index=tuple(slice(0, 0) for _ in dims) if dims else None)
    addressed = _Addressed(configured, dims, resolved, _plain_seed(where, rng), name)
    label = f"fastinit-{configured.name}-{tokenize(addressed, covering)}"
    meta = np.empty((0,) * len(dims), resolved)
    return da.from_array(addressed, covering, name=label, lock=False, inline_array=True, meta=meta)


def _plain_seed(where: str, rng: object) -> object:
    """What gives every task the same draws."""
    if not isinstance(rng, (int, np.integer, list, tuple, range, np.ndarray, np.random.SeedSequence)):
        return seed.Drawn(seed.seed_of(where, rng))
    return copy.deepcopy(rng)


def _covering(where: str, chunks: object, shape: tuple[int, ...], dtype: np.dtype) -> tuple[tuple[int, ...], ...]:
    try:
        covering = da.core.normalize_chunks(chunks, shape, dtype=dtype)
    except (ValueError, TypeError, NotImplementedError, KeyError, ArithmeticError):
        covering = None
    if covering is None or any(min(sizes) < 0 or sum(sizes) != n for sizes, n in zip(covering, shape, strict=True)):
        reject_value(where, "chunks", f"what Dask takes as chunks that cover {shape}", chunks)
    return covering

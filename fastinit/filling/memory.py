"""Fresh arrays laid out for fast fills and zero-copy hand-over."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from fastinit import _kernels
from fastinit.common import checks
from fastinit.common.calls import one_form
from fastinit.common.errors import Shown, reject_size, reject_value
from fastinit.laws import dtypes

#: Bytes of a huge page, and of arrays that start on one if they are a whole number of them: their pages then take 17
#: faults for 32 MiB, not 528, and a fill of new memory 0.8 to 0.95 of the time. Of others the last page would reach
#: beyond their end.
HUGE_PAGE_BYTES, HUGE_ARRAY_BYTES = 2 << 20, 16 << 20


LINE_BYTES = 64

#: Of a workspace, from which on what finding its size takes may be no trifle.
LARGE_WORKSPACE_BYTES = 1 << 20


@one_form
def empty(shape, dtype=None, align: int = 64) -> np.ndarray:
    """Return an uninitialized C-order array whose first element is aligned to `align` bytes.

    NumPy's own arrays start 16 bytes into a cache line; one that starts on a line can be filled with non-temporal
    stores, and JAX takes it without a copy.

    Parameters
    ----------
    shape : int or tuple of int
        Shape, each entry in [0, 2**63).
    dtype : dtype-like, default float32
        One of the dtypes that fills accept.
    align : int, default 64
        Alignment in bytes: a power of two in [16, 2**30].

    Returns
    -------
    numpy.ndarray
        A writable array that owns its memory through its base.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as stated.
    MemoryError
        If there is no room.

    See Also
    --------
    initialize : Fills many arrays at once.

    Examples
    --------
    >>> import fastinit as fi
    >>> a = fi.empty((3, 5))
    >>> a.ctypes.data % 64, a.dtype.name, a.flags.c_contiguous
    (0, 'float32', True)
    """
    resolved = dtypes.resolve("empty", dtype)
    dims = checks.as_shape("empty", shape, resolved.itemsize)
    n_align = checks.positive_integer("empty", "align", align)
    if n_align & (n_align - 1) or not 16 <= n_align <= 2**30:
        reject_value("empty", "align", "a power of two in [16, 2**30]", align)
    return aligned("empty", dims, resolved, n_align)


def aligned(where: str, shape: tuple[int, ...], dtype: np.dtype, n_align: int = 64) -> np.ndarray:
    """`empty` for arguments that have been checked."""
    n_bytes = math.prod(shape) * dtype.itemsize
    if n_bytes >= HUGE_ARRAY_BYTES and n_bytes % HUGE_PAGE_BYTES == 0:
        n_align = max(n_align, HUGE_PAGE_BYTES)
    try:
        return _kernels.new_aligned(shape, dtype, n_bytes + n_align, n_align)
    except (MemoryError, ValueError, OverflowError):  # the latter two where padding exceeds what can be addressed
        reject_size(where, "shape", Shown(f"{shape}, {n_bytes:,} bytes of {dtype.name}"))


def workspace(where: str, room: Callable[[], int], parameter: str = "shape") -> np.ndarray | None:
    """As many bytes as `room` says, on a cache line: what a call needs besides its output; None if that is nothing.

    Finding the number may itself take memory.
    """
    try:
        n_bytes = room()
    except MemoryError:
        reject_size(where, parameter, Shown("one that has too many rows or columns"))
    if n_bytes == 0:
        return None
    try:
        array = _kernels.new_aligned((n_bytes,), np.dtype(np.uint8), n_bytes + LINE_BYTES, LINE_BYTES)
        if n_bytes >= LARGE_WORKSPACE_BYTES:
            room()  # what it takes, such as numbers of rows, the call takes again: now beside the workspace
    except (MemoryError, ValueError, OverflowError):
        reject_size(where, parameter, Shown(f"one that takes a workspace of {n_bytes:,} bytes"))
    return array

"""The arrays to fill: on pages that have been touched before, or on fresh ones for each call."""

from __future__ import annotations

import mmap
from collections.abc import Callable

import numpy as np

from fastinit.bench.peer_interface import Unavailable
from fastinit.filling import memory
from fastinit.laws.dtypes import FROM_ML_DTYPES

#: Kinds of pages, by what Linux is asked for.
FRESH = {"fresh 4 KiB": "MADV_NOHUGEPAGE", "fresh huge": "MADV_HUGEPAGE"}
PAGES = ("touched", *FRESH)

#: Bytes of a value, by dtype; a table, since NumPy alone could not tell those of ml_dtypes.
ITEM_BYTES = {"float32": 4, "float64": 8, "float16": 2, "bfloat16": 2, "float8_e4m3fn": 1, "float8_e5m2": 1}


def buffer(n_bytes: int, dtype: str, pages: str) -> tuple[np.ndarray, Callable[[], object]]:
    """A contiguous vector, and what to call, untimed, before each fill of it.

    For fresh pages that call gives all of them back to the system while the addresses stay: the next fill, whosever it
    is, pays for every page again, and nothing else changes.
    """
    resolved = named_dtype(dtype)
    if pages == "touched":
        array = memory.aligned("bench", (n_bytes // resolved.itemsize,), resolved)
        array.fill(0)
        return array, lambda: None
    if not hasattr(mmap, FRESH[pages]):
        raise Unavailable("fresh pages need Linux")
    mapping = mmap.mmap(-1, n_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    mapping.madvise(getattr(mmap, FRESH[pages]))
    return np.frombuffer(mapping, np.uint8).view(resolved), lambda: mapping.madvise(mmap.MADV_DONTNEED)


def named_dtype(name: str) -> np.dtype:
    """The dtype of that name; NumPy itself lacks some."""
    if name not in FROM_ML_DTYPES:
        return np.dtype(name)
    try:
        import ml_dtypes
    except ImportError as error:
        raise Unavailable(f"cannot import ml_dtypes: {error}") from error
    return np.dtype(getattr(ml_dtypes, name))

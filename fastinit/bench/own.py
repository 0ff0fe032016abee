"""This package as one contender among the others, and the two ways to write memory that bound them all."""

from __future__ import annotations

import ctypes
import itertools
from functools import partial

import numpy as np

from fastinit.bench.peer_interface import (
    HALF_WIDTH,
    LAWS,
    N_DEVIATIONS,
    SEED,
    STD,
    Fill,
    Unavailable,
    require_law,
    shares,
    together,
)
from fastinit.filling.threads import MIN_ELEMENTS_PER_THREAD
from fastinit.laws.dtypes import EXPECTED, format_of
from fastinit.schemes.basic import normal, truncated_normal, uniform
from fastinit.schemes.constant import constant

#: Makes small finite numbers of every dtype.
MEMSET_BYTE = 0x3C

#: One for the process: a name never comes again, so that nothing about it is remembered.
_numbers = itertools.count()


def fastinit(out: np.ndarray, law: str, n_threads: int) -> Fill:
    """The scheme of that name; a new stream at each call, named as each layer's is."""
    require_law(law, LAWS)
    _require_fillable(out)
    threads, bound = _threads(out, n_threads), N_DEVIATIONS
    if law == "uniform":
        return lambda: uniform(low=-HALF_WIDTH, high=HALF_WIDTH, out=out, rng=SEED, name=new_name(), threads=threads)
    if law == "normal":
        return lambda: normal(std=STD, out=out, rng=SEED, name=new_name(), threads=threads)
    return lambda: truncated_normal(
        std=STD, low=-bound, high=bound, out=out, rng=SEED, name=new_name(), threads=threads
    )


def new_name() -> str:
    """A name that no call before has had."""
    return f"h.{next(_numbers)}.weight"


def memset(out: np.ndarray, law: str, n_threads: int) -> Fill:
    """The C library's memset, each thread its share; not of 0, which some processors write twice as fast."""
    calls = [partial(ctypes.memset, share.ctypes.data, MEMSET_BYTE, share.nbytes) for share in shares(out, n_threads)]
    return together(calls, out)


def non_temporal(out: np.ndarray, law: str, n_threads: int) -> Fill:
    """One constant, by stores that bypass the caches where the fills' own do."""
    _require_fillable(out)
    threads = _threads(out, n_threads)
    return lambda: constant(value=1.0, out=out, threads=threads)


def _require_fillable(out: np.ndarray) -> None:
    if format_of(out.dtype) is None:
        raise Unavailable(f"only {EXPECTED}, not {out.dtype.name}")


def _threads(out: np.ndarray, n_threads: int) -> int | None:
    """That many; for less than their work, the automatic choice, which takes fewer."""
    return n_threads if out.size >= n_threads * MIN_ELEMENTS_PER_THREAD else None

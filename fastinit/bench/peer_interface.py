"""What every peer has in common: the laws, the registry, and how a buffer is shared out among threads.

A peer is anything that fills an array with random values, or writes it at the machine's own pace. Its factory takes a
buffer, a law and a number of threads, does all that is not part of the filling (imports, seeding, compilation), and
returns a function without arguments that fills the whole buffer with fresh values and returns the array it filled.
"""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import ModuleType

import numpy as np

COMMON_LAWS = ("uniform", "normal")  # what every library draws
LAWS = (*COMMON_LAWS, "truncated")
HALF_WIDTH = 0.05  # "uniform" is on (-HALF_WIDTH, HALF_WIDTH)
STD = 0.02  # "normal" has mean 0 and this standard deviation
N_DEVIATIONS = 2  # "truncated" is that normal between -N_DEVIATIONS STD and N_DEVIATIONS STD, not rescaled to STD
SEED = 20240229

Fill = Callable[[], np.ndarray]
Factory = Callable[[np.ndarray, str, int], Fill]


class Unavailable(Exception):
    """The peer is not installed, or has no such law, dtype or number of threads."""


@dataclass(frozen=True)
class Peer:
    """A contender, with what a reader of its figures must know.

    Attributes
    ----------
    name : str
        The key in saved results.
    title : str
        The name in tables and figures.
    factory : callable
        ``factory(out, law, n_threads)`` returns the function to time, or raises `Unavailable`.
    note : str
        What is special about this form of the work.
    distribution : str
        The installed distribution whose version matters; empty for none.
    threads : {"any", "one", "many"}
        The numbers of threads for which this is a sensible form of the peer's work.
    in_place : bool
        Whether the values land in `out`; else the function returns an array of the peer's own.
    ceiling : bool
        Whether it only writes memory, by no law.
    n_buffers : int
        Peak memory, in sizes of `out`, with `out` itself; twice as many if its values have two bytes, since they are
        drawn with four or more.
    """

    name: str
    title: str
    factory: Factory
    note: str
    distribution: str = ""
    threads: str = "any"
    in_place: bool = True
    ceiling: bool = False
    n_buffers: int = 1

    def suits(self, n_threads: int) -> bool:
        """Whether this form is the one to show for that many threads."""
        return self.threads in ("any", "one" if n_threads == 1 else "many")

    def prepare(self, out: np.ndarray, law: str, n_threads: int) -> Fill:
        """The function that fills `out`, a contiguous vector whose pages have all been touched."""
        if out.ndim != 1 or not out.flags.c_contiguous:
            raise ValueError("the buffer must be a contiguous vector")
        return self.factory(out, law, n_threads)


def require(module: str) -> ModuleType:
    """Import a module that may be missing."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise Unavailable(f"cannot import {module}: {error}") from error


def require_law(law: str, supported: Sequence[str] = COMMON_LAWS) -> None:
    """Refuse other laws."""
    if law not in supported:
        raise Unavailable(f"only {_listed(supported)}, not {law}")


def require_dtype(out: np.ndarray, *names: str) -> None:
    """Refuse other dtypes; names rather than dtypes, since NumPy itself has no bfloat16."""
    if out.dtype.name not in names:
        raise Unavailable(f"only {_listed(names)}, not {out.dtype.name}")


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def require_one_thread(n_threads: int) -> None:
    """Refuse more threads."""
    if n_threads != 1:
        raise Unavailable("runs on one thread only")


def shares(out: np.ndarray, n_threads: int, multiple: int = 1024) -> list[np.ndarray]:
    """Views that divide `out` evenly, all but the last a multiple of `multiple` elements long."""
    bounds = [out.size * i // n_threads // multiple * multiple for i in range(n_threads)] + [out.size]
    return [out[start:stop] for start, stop in itertools.pairwise(bounds)]


def together(functions: Sequence[Callable[[], object]], out: np.ndarray) -> Fill:
    """One function that runs all of them, each on its own long-lived thread, and returns `out`.

    The functions must release the interpreter's lock for this to be of use.
    """
    if len(functions) == 1:
        pool_map: Callable = map
    else:
        pool_map = ThreadPoolExecutor(len(functions)).map

    def fill() -> np.ndarray:
        for _ in pool_map(lambda function: function(), functions):
            pass
        return out

    return fill

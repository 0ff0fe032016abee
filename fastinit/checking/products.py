"""Products of matrices, on threads that do not wait for each other in loops, as BLAS's do."""

from __future__ import annotations

import numpy as np

from fastinit import _kernels
from fastinit.filling import memory, threads

#: Terms, each a multiplication and an addition, that take as long as a drawn element.
TERMS_PER_ELEMENT = 16

#: Smaller matrices of many groups are multiplied term by term.
LEAST_ELEMENTS = 64


def grouped(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``a[:, g] @ b[:, g]`` for each group g, stacked on axis 1."""
    a, b = np.require(a, np.float64, "CA"), np.require(b, np.float64, "A")
    if a.shape[1] > 1 and b[:, 0].size < LEAST_ELEMENTS:
        return np.einsum("sgi,igo->sgo", a, np.ascontiguousarray(b))  # whose order of sums is that of the memory
    c = np.empty((*a.shape[:2], b.shape[2]))
    for group in range(a.shape[1]):
        _multiply(a[:, group], b[:, group], c[:, group])
    return c


def sum_of_squares(array: np.ndarray) -> float:
    """Without BLAS, which starts threads for more than 10,000 numbers."""
    flat = array.reshape(-1)
    return float(np.einsum("i,i->", flat, flat))


def _multiply(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    if not _kernels.multiplies():
        np.matmul(a, b, out=c)
        return
    n_threads = threads.choose("check", None, c.size * a.shape[1] // TERMS_PER_ELEMENT)
    _kernels.multiply(a, b, c, n_threads, workspace)


def workspace(n_bytes: int) -> np.ndarray | None:
    return memory.workspace("check", lambda: n_bytes, "layers")

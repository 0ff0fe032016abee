"""Orthogonal matrices from docs/stream-placed.md: to the bit, and reflection by reflection; see reference.py."""

from __future__ import annotations

import math

import numpy as np
import reference as f32
import reference64 as f64
from reference_laws import elements
from reference_numbers import Law, tag

#: Reflections in a panel, products in a sum, squares in a sum.
PANEL, SUMMED, SQUARES = 64, 128, 16

#: The exact reflections agree with those one by one, in float64, to this.
TOLERANCE = {"float32": 1e-5, "float64": 1e-13}

FMA = {np.dtype(np.float32): f32.fma, np.dtype(np.float64): f64.fma}


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a @ b, each element summed in order by fused multiply-adds from 0."""
    fma, total = FMA[a.dtype], np.zeros((a.shape[0], b.shape[1]), a.dtype)
    for k in range(a.shape[1]):
        total = fma(a[:, k, None], b[None, k, :], total)
    return total


def summed(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The same in sums of SUMMED products, added in order."""
    total = product(a[:, :SUMMED], b[:SUMMED])
    for first in range(SUMMED, a.shape[1], SUMMED):
        total = total + product(a[:, first : first + SUMMED], b[first : first + SUMMED])
    return total


def squares(columns: np.ndarray) -> np.ndarray:
    """Each column's sum of squares, in float64: sums of SQUARES of them, added with what the additions lose."""
    fma = FMA[columns.dtype]
    total, lost = np.zeros(columns.shape[1]), np.zeros(columns.shape[1])
    for first in range(0, len(columns), SQUARES):
        part = np.zeros(columns.shape[1], columns.dtype)
        for row in columns[first : first + SQUARES]:
            part = fma(row, row, part)
        total, error = f64.two_sum(total, part.astype(np.float64))
        lost = lost + error
    return total + lost


def inverse(triangle: np.ndarray) -> np.ndarray:
    """Of an upper triangle, in float64, from the last row to the first."""
    n, t = len(triangle), np.zeros(triangle.shape)
    for i in reversed(range(n)):
        t[i, i] = 1 / triangle[i, i]
        for j in range(i + 1, n):
            total = 0.0
            for l in range(i + 1, j + 1):  # noqa: E741  as in the formula
                total = total + triangle[i, l] * t[l, j]
            t[i, j] = -t[i, i] * total
    return t


def panel(x: np.ndarray, gain: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """V, T and the numbers by which the identity's columns are multiplied, from drawn columns, zero above their own."""
    n, real = x.shape[1], x.dtype.type
    own = x[range(n), range(n)].astype(np.float64)
    square = squares(x)
    length = np.sqrt(np.where(square > 0, square, 1))
    v = x * (1 / np.where(own < 0, own - length, own + length)).astype(real)
    v[range(n), range(n)] = 1
    triangle = np.triu(summed(np.ascontiguousarray(v.T), v).astype(np.float64), 1)
    triangle[range(n), range(n)] = squares(v) / 2
    return v, inverse(triangle).astype(real), np.where(own < 0, gain, -gain).astype(real)


def exact(shape: tuple[int, int], gain: float, normals: np.ndarray) -> np.ndarray:
    """The matrix to the bit, in the arithmetic of the normals, as many as it has elements."""
    m, n = max(shape), min(shape)
    x, q = np.tril(normals.reshape(n, m).T), np.zeros((m, n), normals.dtype)
    made = []
    for first in range(0, n, PANEL):
        own = slice(first, min(first + PANEL, n))
        made.append(panel(x[first:, own], gain))
        q[range(own.start, own.stop), range(own.start, own.stop)] = made[-1][2]
    for i, (v, t, _) in reversed(list(enumerate(made))):
        rest = q[i * PANEL :]
        rest += product(v, product(-t, summed(np.ascontiguousarray(v.T), rest)))
    return q if shape[0] == m else q.T


def matrix(shape: tuple[int, int], gain: float, normals: np.ndarray) -> np.ndarray:
    """`gain` times the product of min(shape) reflections, one by one, in float64."""
    m, n = max(shape), min(shape)
    q, signs = np.eye(m), np.empty(n)
    for k, row in enumerate(normals.astype(np.float64).reshape(n, m)):
        v = np.where(np.arange(m) < k, 0, row)
        signs[k] = -1 if v[k] < 0 else 1
        v[k] += signs[k] * np.linalg.norm(v)
        q -= np.outer(q @ v, v) * (2 / (v @ v))
    q = -gain * q[:, :n] * signs
    return q if shape[0] == m else q.T


def normals_of(shape: tuple[int, int], dtype: str, seed: int, name: str) -> np.ndarray:
    """The stream's own: those of float32 arithmetic, unless the dtype is float64."""
    law = Law("normal", tag("o", dtype), 0.0, 1.0)
    return elements(law, "float64" if dtype == "float64" else "float32", seed, name, 0, math.prod(shape))


def orthogonal(shape: tuple[int, int], gain: float, dtype: str, seed: int, name: str) -> np.ndarray:
    """Reflection by reflection, of the stream's normals."""
    return matrix(shape, gain, normals_of(shape, dtype, seed, name))

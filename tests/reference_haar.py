"""Orthogonal matrices from docs/stream-placed.md: reflection by reflection, in float64; see reference.py."""

from __future__ import annotations

import math

import numpy as np
from reference_laws import elements
from reference_numbers import Law, tag

#: The product's numbers agree with it to this, whatever the order of summation.
TOLERANCE = {"float32": 1e-5, "float64": 1e-13}


def matrix(shape: tuple[int, int], gain: float, normals: np.ndarray) -> np.ndarray:
    """`gain` times the product of min(shape) reflections, from as many normals as the matrix has elements."""
    m, n = max(shape), min(shape)
    q, signs = np.eye(m), np.empty(n)
    for k, row in enumerate(normals.astype(np.float64).reshape(n, m)):
        v = np.where(np.arange(m) < k, 0, row)
        signs[k] = -1 if v[k] < 0 else 1
        v[k] += signs[k] * np.linalg.norm(v)
        q -= np.outer(q @ v, v) * (2 / (v @ v))
    q = -gain * q[:, :n] * signs
    return q if shape[0] == m else q.T


def orthogonal(shape: tuple[int, int], gain: float, dtype: str, seed: int, name: str) -> np.ndarray:
    """Of the stream's own normals: those of float32 arithmetic, unless the dtype is float64."""
    law = Law("normal", tag("o", dtype), 0.0, 1.0)
    arithmetic = "float64" if dtype == "float64" else "float32"
    return matrix(shape, gain, elements(law, arithmetic, seed, name, 0, math.prod(shape)))

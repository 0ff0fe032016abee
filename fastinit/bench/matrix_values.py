"""That a fill made the matrix that its scheme names: checked in the same run as its time, before the first round."""

from __future__ import annotations

import math

import numpy as np

from fastinit.bench import values
from fastinit.common.errors import Shown, reject_value

#: Largest |Q^T Q - I| of a float32 matrix with orthonormal columns: rounding the elements alone gives 2**-24 and less,
#: products of thousands of terms some tens of that.
ORTHONORMAL_TOLERANCE = 1e-5

#: A drawn value may itself be 0; PyTorch's normals are once in 2**24.
N_DRAWN_ZEROS = 4

#: Of each row's zeros, from their mean: one row strays so far once in 4 * 10**11.
N_ROW_ERRORS = 7


def require_orthonormal(matrix: np.ndarray, who: str) -> None:
    """Raise ValueError unless the columns of a matrix no wider than high are orthonormal, with no sign preferred.

    By Haar's measure the trace of the upper square of m rows and n columns has mean 0 and variance n / m: its terms are
    uncorrelated, since the law stays the same when a column changes sign. A right matrix is beyond 5 standard
    deviations once in 2 million checks; Householder's Q with its columns' signs as they fell has -0.8 n / sqrt(m).
    """
    values.require_written(matrix.ravel(), who)
    m, n = matrix.shape
    error = np.abs(matrix.T @ matrix - np.eye(n, dtype=matrix.dtype)).max()
    if not error <= ORTHONORMAL_TOLERANCE:
        reject_value("bench", who, f"columns orthonormal to {ORTHONORMAL_TOLERANCE}", Shown(f"{error:.2g}"))
    tolerance = values.N_STANDARD_ERRORS * math.sqrt(n / m)
    if not abs(np.trace(matrix)) <= tolerance:
        reject_value("bench", who, f"a trace within {tolerance:.2g}", Shown(f"{np.trace(matrix):.3g}"))


def require_sparse(matrix: np.ndarray, sparsity: float, who: str) -> None:
    """Raise ValueError unless each column has its exact number of zeros, at random rows, and normals elsewhere."""
    n_rows, n_columns = matrix.shape
    n_zeros = math.ceil(sparsity * n_rows)
    zero = matrix == 0
    by_column, by_row = np.count_nonzero(zero, axis=0), np.count_nonzero(zero, axis=1)
    if by_column.min() < n_zeros or by_column.sum() > n_zeros * n_columns + N_DRAWN_ZEROS:
        got = Shown(f"{by_column.min()} to {by_column.max()}")
        reject_value("bench", who, f"{n_zeros} zeros in each column", got)
    share = n_zeros / n_rows
    tolerance = N_ROW_ERRORS * math.sqrt(n_columns * share * (1 - share))
    if np.abs(by_row - share * n_columns).max() > tolerance:
        expected = f"{share * n_columns:.0f} +- {tolerance:.0f} zeros in each row"
        reject_value("bench", who, expected, Shown(f"{by_row.min()} to {by_row.max()}"))
    values.require_law(matrix[~zero], "normal", who)

"""Matrices with orthonormal columns or rows, distributed by Haar measure.

The Q of a Gaussian matrix's QR factorization is a product of Householder reflections, and the vector of each is a
normal vector of its own: reflection k takes a normal vector of length m - k to an axis. So the vectors are drawn, not
found by factorizing, and only Q is formed, which is half of the work and all of it in matrix products.

G. W. Stewart, "The efficient generation of random orthogonal matrices", SIAM J. Numer. Anal. 17(3), 1980; F. Mezzadri,
"How to generate random matrices from the classical compact groups", Notices of the AMS 54(5), 2007, for the signs;
products of reflections as I - V T V': T. Joffrain, T. M. Low, E. S. Quintana-Orti, R. van de Geijn and F. Van Zee,
"Accumulating Householder transformations, revisited", ACM Trans. Math. Softw. 32(2), 2006.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

#: Reflections applied together. Fewer make thin matrix products, more a larger share of products of V with itself.
PANEL = 192

#: Elements whose squares are summed in the matrix's own precision, before the sums are in float64.
SUMMED = 64

#: Bytes of a product before it is subtracted: small enough to stay in the caches.
PRODUCT_BYTES = 4 << 20


def fill_haar(q: np.ndarray, gain: float, draw: Callable[[np.ndarray, int], None]) -> None:
    """Fill a C-contiguous matrix of zeros with `gain` times one whose shorter side's vectors are orthonormal.

    With m the longer side and n the shorter, ``draw(buffer, first)`` fills `buffer` with elements [first, first +
    buffer.size) of a stream of standard normals, of which reflection k < n uses elements k m + k to k m + m - 1.

    Besides `q`, takes (PANEL (2 m + 2 n) + 3 PANEL**2) elements and PRODUCT_BYTES.
    """
    m, n = max(q.shape), min(q.shape)
    tall = q.shape[0] >= q.shape[1]
    product = np.empty(max(PRODUCT_BYTES // q.itemsize, m), q.dtype)
    # The product's last reflections come first: they leave all but the last rows and columns as they are.
    for first in reversed(range(0, n, PANEL)):
        rows = np.empty((min(PANEL, n - first), m), q.dtype)
        draw(rows.reshape(-1), first * m)
        vectors, signs, t = _reflections(rows[:, first:])
        _apply(q[first:, first:], vectors, signs * q.dtype.type(gain), t, product, tall)


def _reflections(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Householder vectors v (rows, each zero before its own place), the signs of Q's columns, and T.

    Reflection I - tau v v', with v = x + s |x| e and tau = 2 / v'v, takes x to -s |x| e, s being the sign of x's first
    element. Q is Haar if R's diagonal is positive: column k of the product is multiplied by -s. T is the inverse of
    diag(1 / tau) plus the strictly upper part of V'V.
    """
    n = len(vectors)
    diagonal = np.arange(n)
    vectors[:, :n] = np.triu(vectors[:, :n])
    head = vectors[diagonal, diagonal].astype(np.float64)
    length = np.sqrt(_square_lengths(vectors))
    sign = np.where(head < 0, -1.0, 1.0)
    # Scaled so that v has 1 at its own place and the rest at most 1. A length of 0, possible in principle, is as good
    # as any.
    scale = 1 / (head + sign * np.where(length > 0, length, 1.0))
    vectors *= scale.astype(vectors.dtype)[:, None]
    vectors[diagonal, diagonal] = 1
    gram = (vectors @ vectors.T).astype(np.float64)
    inverse = np.triu(gram, 1)
    # 1 / tau from the same rounded vectors, so that each is a reflection to the last bit.
    inverse[diagonal, diagonal] = _square_lengths(vectors) / 2
    return vectors, (-sign).astype(vectors.dtype), np.linalg.inv(inverse).astype(vectors.dtype)


def _square_lengths(rows: np.ndarray) -> np.ndarray:
    """The sum of each row's squares; of float32 with a relative error some 2**-25, as each sum's own is at random."""
    n_whole = rows.shape[1] // SUMMED * SUMMED
    pieces, rest = rows[:, :n_whole].reshape(len(rows), -1, SUMMED), rows[:, n_whole:]
    sums = np.einsum("ijk,ijk->ij", pieces, pieces).sum(axis=1, dtype=np.float64)
    return sums + np.einsum("ij,ij->i", rest, rest, dtype=np.float64)


def _apply(
    q: np.ndarray, vectors: np.ndarray, signs: np.ndarray, t: np.ndarray, product: np.ndarray, tall: bool
) -> None:
    """Multiply by the panel's reflections, from the left if tall, what is so far in q's rows and columns behind it.

    The panel's own columns (rows, if not tall) have been zero and begin as multiples of the identity's.
    """
    n = len(vectors)
    head, rest = vectors[:, :n], vectors[:, n:]
    if tall:
        weights = np.empty((n, q.shape[1]), q.dtype)
        np.matmul(t, head * signs, out=weights[:, :n])
        np.matmul(t, rest @ q[n:, n:], out=weights[:, n:])
        _subtract(q, vectors.T, weights, product)
    else:
        weights = np.empty((q.shape[0], n), q.dtype)
        np.matmul((head * signs).T, t.T, out=weights[:n])
        np.matmul(q[n:, n:] @ rest.T, t.T, out=weights[n:])
        _subtract(q, weights, vectors, product)
    diagonal = np.arange(n)
    q[diagonal, diagonal] += signs


def _subtract(q: np.ndarray, left: np.ndarray, right: np.ndarray, product: np.ndarray) -> None:
    """q -= left @ right, some rows at a time."""
    n_rows = max(1, product.size // max(1, right.shape[1]))
    for first in range(0, len(q), n_rows):
        part = left[first : first + n_rows]
        room = product[: len(part) * right.shape[1]].reshape(len(part), right.shape[1])
        q[first : first + n_rows] -= np.matmul(part, right, out=room)

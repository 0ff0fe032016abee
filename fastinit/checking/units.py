"""Units of a layer that nothing tells apart: all their weights are equal."""

from __future__ import annotations

import hashlib

import numpy as np

#: Weights of a unit that are looked at first.
N_PROBES = 8


def n_duplicates(rows: np.ndarray) -> int:
    """How many entries along the first axis, one a unit, equal another one, bit for bit but for the sign of 0.

    Of any strides: nothing large is copied.
    """
    if rows.shape[0] < 2:
        return 0
    n_weights = rows[0].size
    if n_weights == 0:
        return rows.shape[0]
    # Units that differ in some of their weights need no second look, and drawn ones nearly all do.
    places = np.unravel_index(np.arange(0, n_weights, -(-n_weights // N_PROBES)), rows.shape[1:])
    probes = np.ascontiguousarray(rows[(slice(None), *places)] + 0)  # -0.0 + 0 is 0.0
    texts = probes.view(f"V{probes.dtype.itemsize * probes.shape[1]}").reshape(-1)
    _, positions, counts = np.unique(texts, return_inverse=True, return_counts=True)
    seen: dict[bytes, int] = {}
    for i in np.flatnonzero(counts[positions] > 1):
        digest = hashlib.blake2b((rows[i] + 0).tobytes(), digest_size=16).digest()
        seen[digest] = seen.get(digest, 0) + 1
    return sum(count for count in seen.values() if count > 1)

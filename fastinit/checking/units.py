"""Units of a layer that nothing tells apart: all their weights are equal."""

from __future__ import annotations

import hashlib

import numpy as np

from fastinit.checking.widening import as_floats, floats_of

#: Weights of a unit that are looked at first.
N_PROBES = 8

#: Its powers mix words into one: 2**64 over the golden ratio, as in Fibonacci hashing (Knuth, TAOCP 3, 6.4).
MULTIPLIER = 0x9E3779B97F4A7C15


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
    keys = _keys(rows, n_weights)
    in_order = np.sort(keys)
    repeated = in_order[1:][in_order[1:] == in_order[:-1]]
    seen: dict[bytes, int] = {}
    for i in np.flatnonzero(np.isin(keys, repeated)) if repeated.size else ():
        digest = hashlib.blake2b((rows[i] + 0).tobytes(), digest_size=16).digest()
        seen[digest] = seen.get(digest, 0) + 1
    return sum(count for count in seen.values() if count > 1)


def _keys(rows: np.ndarray, n_weights: int) -> np.ndarray:
    """A number for each unit, made of some of its weights: the same for equal units, and seldom for others."""
    places = np.unravel_index(np.arange(0, n_weights, -(-n_weights // N_PROBES)), rows.shape[1:])
    probes = np.zeros((rows.shape[0], N_PROBES), floats_of(rows.dtype))
    probes[:, : places[0].size] = as_floats(np.ascontiguousarray(rows[(slice(None), *places)]))
    words = (probes + 0).view(np.uint64)  # -0.0 + 0 is 0.0
    return words @ np.full(words.shape[1], MULTIPLIER, np.uint64).cumprod()

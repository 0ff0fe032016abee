"""Units of a layer that nothing tells apart: all their weights are equal."""

from __future__ import annotations

import numpy as np


def n_duplicates(rows: np.ndarray) -> int:
    """How many rows of a matrix, one a unit, equal another row of it, bit for bit but for the sign of 0."""
    if rows.shape[0] < 2:
        return 0
    if rows.shape[1] == 0:
        return rows.shape[0]
    # Rows that differ in their first element need no second look, and drawn weights nearly all do.
    _, positions, counts = np.unique(rows[:, 0], return_inverse=True, return_counts=True)
    seen: dict[bytes, int] = {}
    for row in rows[counts[positions] > 1]:
        text = (row + 0).tobytes()  # -0.0 + 0 is 0.0
        seen[text] = seen.get(text, 0) + 1
    return sum(count for count in seen.values() if count > 1)

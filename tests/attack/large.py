"""More than 2**32 elements in one array, and parts of tensors of 2**62 bytes.

Windows of the array are compared with the second implementation, written in NumPy from the specification, where 32 bits
would overflow: at both ends, around 2**31 and around 2**32 elements. Parts far inside are compared with it as well,
along rows, columns, backwards and listed. The control is the reference one element off.

``python tests/attack/large.py [N]``, N elements of one byte in the array; more than 2**32 for the full run.
"""

from __future__ import annotations

import numpy as np
import row  # first: it finds the tests' own modules
from fills import same_bits
from law_cases import Case
from reference_laws import DTYPES, elements

NORMAL8, UNIFORM8 = Case("normal", (0.0, 1.0), "float8_e5m2"), Case("uniform", (-1.0, 3.0), "float8_e4m3fn")
NORMAL, UNIFORM64 = Case("normal", (0.5, 0.02), "float32"), Case("uniform", (0.0, 1.0), "float64")
NORMAL16 = Case("normal", (0.5, 0.02), "bfloat16")

#: Elements of a window: some blocks and parts of two.
WINDOW = 3000


def reference(case: Case, first: int, n: int) -> np.ndarray:
    return elements(case.reference(), case.dtype, 0, "w", first, n)


def whole(case: Case, n_elements: int, order: str) -> int:
    """Fill an array; how many windows were compared."""
    n_columns = 4096
    shape = (n_elements // n_columns, n_columns)
    out = np.empty(shape, _dtype(case), order=order)
    case.fill(out=out, rng=0, name="w")
    firsts = [0, n_elements // 3, (1 << 31) - 1500, (1 << 32) - 1500, shape[0] * n_columns - WINDOW]
    n_compared = 0
    for first in firsts:
        if not 0 <= first <= out.size - WINDOW:
            continue
        at = np.arange(first, first + WINDOW)
        found = out[at // n_columns, at % n_columns]
        row.demand(same_bits(found, reference(case, first, WINDOW)), case, order, "differs at", first)
        row.demand(not same_bits(found, reference(case, first + 1, WINDOW)), "the control was not found at", first)
        n_compared += 1
    return n_compared


def _dtype(case: Case) -> np.dtype:
    return np.dtype(DTYPES[case.dtype])


def parts(item_bytes: int) -> list[tuple]:
    """Shapes of 2**62 bytes, an index, the first of its elements, and the step to the next."""
    n = (1 << 62) // item_bytes
    n_rows, n_columns = n >> 20, 1 << 20
    last = n_rows - 1
    return [
        ((n,), np.s_[n - WINDOW :], n - WINDOW, 1),
        ((n,), np.s_[n // 2 - 7 : n // 2 - 7 + WINDOW], n // 2 - 7, 1),
        ((n,), np.s_[: n - WINDOW - 1 : -1], n - 1, -1),
        ((n_rows, n_columns), np.s_[last, 17 : 17 + WINDOW], last * n_columns + 17, 1),
        ((n_rows, n_columns), np.s_[last - 9 :, 5], (last - 9) * n_columns + 5, n_columns),
        ((n_rows, n_columns), np.s_[[last, last - 1], -1], last * n_columns + n_columns - 1, -n_columns),
        ((2, n // 2), np.s_[1, -WINDOW:], n - WINDOW, 1),
        ((n, 1, 1), np.s_[n - 2 :, 0, 0], n - 2, 1),
    ]


def far_inside(case: Case) -> int:
    """How many parts were compared."""
    found = parts(_dtype(case).itemsize)
    for shape, index, first, step in found:
        part = case.fill(shape=shape, rng=0, name="w", index=index)
        n = part.size if step == 1 else min(part.size, 20)
        expected = (
            reference(case, first, n)
            if step == 1
            else np.concatenate([reference(case, first + i * step, 1) for i in range(n)])
        )
        row.demand(same_bits(part.reshape(-1)[:n], expected), case, shape, index, "differs")
    return len(found)


def attack(n_elements: int) -> str:
    n_windows = sum(whole(case, n_elements, order) for case, order in ((NORMAL8, "C"), (UNIFORM8, "F")))
    n_parts = sum(far_inside(case) for case in (NORMAL, UNIFORM64, NORMAL16, NORMAL8))
    return f"{n_elements:,} elements, {n_windows} windows; {n_parts} parts up to byte 2**62; the controls differ"


if __name__ == "__main__":
    row.run(attack, 1 << 22, "elements")

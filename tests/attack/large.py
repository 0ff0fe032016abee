"""More than 2**32 elements in one array, and parts of tensors of 2**62 bytes.

Windows of the array are compared with the second implementation, written in NumPy from the specification, where 32 bits
would overflow: at both ends, around 2**31 and around 2**32 elements. Parts far inside are compared with it as well,
along rows, columns, backwards and listed. The control is the reference one element off.

``python tests/attack/large.py [N]``, N elements of one byte in the array; more than 2**32 for the full run. ``--with
torch,jax``: so many elements of bfloat16 by the adapters as well.
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
    return windows(case, out, order)


def windows(case: Case, filled: np.ndarray, what: str) -> int:
    """Compare windows of an array with the reference; how many."""
    firsts = [0, filled.size // 3, (1 << 31) - 1500, (1 << 32) - 1500, filled.size - WINDOW]
    firsts = [first for first in firsts if 0 <= first <= filled.size - WINDOW]
    for first in firsts:
        found = filled[np.unravel_index(np.arange(first, first + WINDOW), filled.shape)]
        row.demand(same_bits(found, reference(case, first, WINDOW)), case, what, "differs at", first)
        row.demand(not same_bits(found, reference(case, first + 1, WINDOW)), "the control was not found at", first)
    return len(firsts)


def of_torch(n_elements: int) -> np.ndarray:
    """The bits that `fastinit.torch.materialize` gives a parameter, which draws as its name says."""
    import torch

    import fastinit.torch as ft

    def build() -> torch.nn.Module:
        module = torch.nn.Module()
        module.w = torch.nn.Parameter(torch.empty(n_elements, dtype=torch.bfloat16))
        torch.nn.init.normal_(module.w, 0.5, 0.02)
        return module

    return ft.materialize(build, rng=0).w.detach().view(torch.uint8).numpy().view(_dtype(NORMAL16))


def of_jax(n_elements: int) -> np.ndarray:
    import jax

    import fastinit as fi
    import fastinit.jax as fj

    shapes = {"w": jax.ShapeDtypeStruct((n_elements,), "bfloat16")}
    return np.asarray(fj.initialize(shapes, {"w": fi.get("normal", mean=0.5, std=0.02)})["w"])


ADAPTERS = {"torch": of_torch, "jax": of_jax}


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


def attack(n_elements: int, frameworks: list[str]) -> str:
    n_windows = sum(whole(case, n_elements, order) for case, order in ((NORMAL8, "C"), (UNIFORM8, "F")))
    n_windows += sum(windows(NORMAL16, ADAPTERS[name](n_elements), name) for name in frameworks)
    n_parts = sum(far_inside(case) for case in (NORMAL, UNIFORM64, NORMAL16, NORMAL8))
    return f"{n_elements:,} elements, {n_windows} windows; {n_parts} parts up to byte 2**62; the controls differ"


if __name__ == "__main__":
    row.run(attack, 1 << 22, "elements", "--with", ADAPTERS)

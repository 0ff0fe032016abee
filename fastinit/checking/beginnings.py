"""Layers whose weights are the same numbers, scaled: what one seed without names gives all of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from fastinit.checking.naming import listed

#: Numbers that are compared; by chance no two layers have them in common.
N_COMPARED = 16

#: Digits of them: float16 has three.
N_DIGITS = 3


def of(weights: np.ndarray) -> bytes:
    """The first numbers over the first of all; empty where they are few, or one number."""
    first = np.asarray(weights).reshape(-1)[:N_COMPARED].astype(np.float64)
    if first.size < N_COMPARED or not first[0] or (first == first[0]).all() or not np.isfinite(first).all():
        return b""
    with np.errstate(all="ignore"):
        digits = np.round(first / first[0], N_DIGITS)
    return (digits + 0.0).tobytes()


def notes(named: Iterable[tuple[str, bytes]], n_in_all: int, noun: str = "layers") -> list[str]:
    """A sentence for each group of names that have the same beginning."""
    groups: dict[bytes, list[str]] = {}
    for name, beginning in named:
        if beginning:
            groups.setdefault(beginning, []).append(name)
    return [
        f"{listed(names, n_in_all, noun)} begin with the same numbers, scaled: one seed without names gives all layers "
        "the same weights"
        for names in groups.values()
        if len(names) > 1
    ]

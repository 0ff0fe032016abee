"""Arrays that share memory, which are not to be filled together."""

from __future__ import annotations

import numpy as np

from fastinit.common.errors import Shown, reject_value
from fastinit.filling import output
from fastinit.plans.part import Part
from fastinit.plans.patterns import quoted

#: How hard to look for a byte that two interleaved arrays share; NumPy's own unit. Slices need far less.
MAX_OVERLAP_WORK = 1 << 16


def reject(names: list[str], values: list[object], first: np.ndarray, end: np.ndarray) -> None:
    """Values would depend on the order of writing, and with threads on chance."""
    if (end[:-1] <= first[1:]).all():
        return
    order = np.argsort(first, kind="stable")  # the quickest for arrays that nearly lie in order
    if (end[order[:-1]] <= first[order[1:]]).all():
        return
    open_until = []
    for i in order[first[order] < end[order]].tolist():
        open_until = [j for j in open_until if end[j] > first[i]]
        for j in open_until:
            if _share_memory(values[j], values[i]):
                one, other = names[min(i, j)], names[max(i, j)]
                got = Shown(f"{quoted(one)} and {quoted(other) if one != other else 'another part of it'}")
                reject_value("initialize", "arrays", "arrays that share no memory", got)
        open_until.append(i)


def _share_memory(a: object, b: object) -> bool:
    try:
        return np.shares_memory(*(output.as_array("", _array(value)) for value in (a, b)), MAX_OVERLAP_WORK)
    except np.exceptions.TooHardError:
        return True


def _array(value: object) -> object:
    return value.array if type(value) is Part else value

"""What the quick run, `pytest`, leaves to the heavy one, `pytest -m heavy`: the same cases at more places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import pytest


def heavy_but(values: Iterable, *quick) -> list:
    """Values of a parameter, those that are not named as quick marked heavy."""
    return [value if value in quick else pytest.param(value, marks=pytest.mark.heavy) for value in values]


def spare(cases: list[Mapping]) -> list[int]:
    """Which cases of a grid, parameters' values by name, the others do without: each value is among those, too.

    Taken are those with the most values not seen before, then with the values seen least, so that every parameter goes
    through its values while the others go through theirs. Values are the same if they are one object.
    """
    left = {i: {(name, id(value)) for name, value in case.items()} for i, case in enumerate(cases)}
    unseen, n_seen = set().union(*left.values()), Counter()
    while unseen:
        n_new = {i: len(values & unseen) for i, values in left.items()}
        most = max(n_new.values())
        taken = min((i for i in left if n_new[i] == most), key=lambda i: sum(n_seen[value] for value in left[i]))
        values = left.pop(taken)
        unseen -= values
        n_seen.update(values)
    return list(left)

"""How hypothesis searches in the commands of this folder: the same cases each time, none kept, at any pace."""

from __future__ import annotations

from collections.abc import Callable

import row
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy


def searched(n_cases: int, phases: tuple[Phase, ...]) -> settings:
    """A decorator of the function that `given` gives cases."""
    return settings(
        max_examples=n_cases,
        database=None,
        deadline=None,
        derandomize=True,
        report_multiple_bugs=False,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )


def search(cases: SearchStrategy, property_of: Callable, n_cases: int, phases: tuple[Phase, ...]) -> None:
    """Give so many cases to a property; raises Found with one that falls."""

    @searched(n_cases, phases)
    @given(cases)
    def case(case):
        property_of(case)

    case()


def search_with_control(
    cases: SearchStrategy, as_promised: Callable, tamper: Callable, n_cases: int, n_control: int
) -> None:
    """The same, a case made as small as it gets; then with what `as_promised` is to find wrong, and must."""
    search(cases, as_promised, n_cases, (Phase.generate, Phase.shrink))
    try:
        search(cases, lambda case: as_promised(case, tamper), n_control, (Phase.generate,))
    except row.Found:
        return
    raise row.Found("the control was not found")

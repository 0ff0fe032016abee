"""How hypothesis searches in the commands of this folder: the same cases each time, none kept, at any pace."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings


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

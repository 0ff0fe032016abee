"""`fastinit.check` of stacks as real networks have them: the verdict is right for every seed, and so is the remedy."""

import collections

import pytest
from real_stacks import cases

import fastinit as fi

NAMES = [case.name for case in cases(0)]

N_SEEDS = 10

#: Quick is every fourth, with one seed.
MARKED = [
    (name, seed) if seed == 0 and i % 4 == 0 else pytest.param(name, seed, marks=pytest.mark.heavy)
    for i, name in enumerate(NAMES)
    for seed in range(N_SEEDS)
]


@pytest.mark.parametrize(("name", "seed"), MARKED)
def test_verdicts(name, seed):
    (case,) = (case for case in cases(seed) if case.name == name)
    report = fi.check(case.layers, n_samples=64, **case.arguments)
    assert report.verdict == case.verdict, f"{report.reason}; {case.why}"
    assert bool(report.remedy) != report.healthy


def test_the_set_is_of_both_kinds_and_all_verdicts():
    counts = collections.Counter(case.verdict for case in cases(0))
    assert counts["healthy"] >= 20
    assert counts.total() - counts["healthy"] >= 25
    assert len(counts) == 6
    assert len(set(NAMES)) == len(NAMES)

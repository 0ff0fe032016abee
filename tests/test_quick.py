"""The quick run has each value of each parameter of what it takes a part of."""

import itertools

import pytest
from quick import heavy_but, spare


def grid(**parameters):
    return [dict(zip(parameters, values, strict=True)) for values in itertools.product(*parameters.values())]


@pytest.mark.parametrize("sizes", [(3,), (1, 1), (3, 4), (4, 3), (2, 5, 7), (3, 29, 2)], ids=str)
def test_spare_leaves_each_value(sizes):
    """As many cases as the longest parameter has values, the fewest that can be; without one of them a value lacks."""
    cases = grid(**{f"p{i}": [f"{i} {j}" for j in range(size)] for i, size in enumerate(sizes)})
    spared = set(spare(cases))
    taken = [case for i, case in enumerate(cases) if i not in spared]
    assert len(taken) == max(sizes)
    for name in cases[0]:
        assert {case[name] for case in taken} == {case[name] for case in cases}
        counts = [sum(case[name] == value for case in taken) for value in {case[name] for case in cases}]
        assert max(counts) - min(counts) <= 1, name


def test_spare_of_pairs_that_are_not_all_there():
    cases = [dict(a=a, b=b) for a, b in [("x", "p"), ("x", "q"), ("y", "q"), ("z", "q")]]
    assert spare(cases) == [1]


def test_heavy_but():
    quick, heavy = heavy_but(["a", "b"], "a")
    assert quick == "a"
    assert heavy.values == ("b",)
    assert [mark.name for mark in heavy.marks] == ["heavy"]

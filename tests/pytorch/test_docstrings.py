"""Examples of the public functions run."""

import doctest
import inspect

import pytest

pytest.importorskip("torch")

import fastinit.torch as ft
from fastinit.torch import names

FUNCTIONS = [ft.accelerate, ft.canonical, ft.create_dcp, ft.initialize_, ft.materialize, ft.record]


def test_all_functions_are_here():
    assert {f.__name__ for f in FUNCTIONS} == {name for name in ft.__all__ if inspect.isfunction(getattr(ft, name))}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_examples(function):
    found = doctest.DocTestFinder(recurse=False).find(function, function.__name__, globs={"canonical": names.canonical})
    assert sum(len(test.examples) for test in found) > 0
    assert all(doctest.DocTestRunner().run(test).failed == 0 for test in found)

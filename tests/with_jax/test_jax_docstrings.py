"""Examples of the public functions run."""

import doctest
import sys

import pytest

import fastinit.jax as fj


@pytest.mark.parametrize("name", ["initialize", "make_array", "variance_scaling"])
def test_examples(name):
    function = getattr(fj, name)
    scope = vars(sys.modules[function.__module__])
    found = doctest.DocTestFinder(recurse=False).find(function, name, globs=dict(scope))
    assert sum(len(test.examples) for test in found) > 0
    assert all(doctest.DocTestRunner().run(test).failed == 0 for test in found)

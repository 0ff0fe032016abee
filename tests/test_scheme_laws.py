"""Every scheme follows its law in every dtype and shape: moments, chi-squared, Kolmogorov-Smirnov.

At 2**21 values a law half a percent wider moves the variance of a normal by 10 standard deviations, of a uniform by 16,
so that one off by so much passes with probability 1e-8; each test sees it. False alarms: six scores at 6.8e-6 a test.
"""

import math

import numpy as np
import pytest
from laws_of_schemes import CASES, NO_LAW_OF_ELEMENTS
from tally import Tally, beyond

import fastinit as fi
from fastinit.laws import dtypes

N_VALUES = 1 << 21

#: name: shape of about N_VALUES, layout, fan_in, fan_out
SHAPES = {
    "dense": ((1024, 2048), "io", 1024, 2048),
    "convolution, io": ((3, 3, 400, 600), "io", 9 * 400, 9 * 600),
    "convolution, oi": ((600, 400, 3, 3), "oi", 9 * 400, 9 * 600),
    "odd": ((1451, 1447), "oi", 1447, 1451),
}


@pytest.mark.each_value
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", dtypes.FORMATS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_law(case, dtype, shape):
    dims, layout, fan_in, fan_out = SHAPES[shape]
    law = case.law(fan_in, fan_out)
    scheme = fi.get(case.scheme, **case.params, **({"fans": layout} if case.scaled_by_fans else {}))
    filled = scheme(dims, dtype=dtype, rng=11, name=f"{case} {dtype} {shape}", threads=1)
    tally = Tally(law, filled.dtype).add(filled)
    assert tally.is_inside()
    if tally.in_cells().size < 2:  # of float8 there is one number in the interval
        return
    assert not beyond(tally.scores())
    assert "variance" in beyond(tally.scores(law.scaled(1.005)))


def test_every_scheme_has_a_law_here():
    """A new scheme must be given one; aliases are the same function as the scheme they stand for."""
    stated = {case.scheme for case in CASES}
    assert {getattr(fi, name).__name__ for name in fi.schemes()} == stated | NO_LAW_OF_ELEMENTS
    for name in set(fi.schemes()) - stated - NO_LAW_OF_ELEMENTS:
        assert getattr(fi, name) is getattr(fi, getattr(fi, name).__name__)


@pytest.mark.parametrize("dtype", dtypes.FORMATS)
def test_scores_see_a_shape_of_the_wrong_kind(dtype):
    """A uniform with a normal's mean and variance: seen by the fourth power, the cells and Kolmogorov-Smirnov."""
    tally = Tally(CASES[2].law(1, 1), dtypes.resolve("test", dtype))
    a = math.sqrt(3)
    scores = tally.add(fi.uniform(N_VALUES, low=-a, high=a, rng=12, dtype=dtype)).scores()
    if dtypes.FORMATS[dtype].precision >= 8:  # in float8 rounding shows
        assert abs(scores["variance"]) < 4.5
    assert {"fourth power", "cells", "Kolmogorov-Smirnov"} <= beyond(scores).keys()


def test_scores_see_truncation_instead_of_rounding():
    """bfloat16 made by dropping a float32's low half, instead of rounding, is not the rounded law."""
    dtype = dtypes.resolve("test", "bfloat16")
    normal = fi.normal(N_VALUES, rng=13)
    rounded, cut = normal.astype(dtype), (normal.view(np.uint32) >> 16).astype(np.uint16).view(dtype)
    law = CASES[2].law(1, 1)
    assert not beyond(Tally(law, dtype).add(rounded).scores())
    assert {"variance", "cells"} <= beyond(Tally(law, dtype).add(cut).scores()).keys()

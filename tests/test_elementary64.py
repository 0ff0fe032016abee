"""The float64 functions and the quantile factors against mpmath, to the errors that src/kernel states beside them.

As in test_elementary.py the reference stands for the kernels, whose bits it has. Arguments are drawn, and joined by the
ends of every piece and their neighbours. Each stated error is also shown not to be idle.
"""

from __future__ import annotations

import functools
import math
from statistics import NormalDist

import mpmath
import numpy as np
import pytest
import reference64
import reference_truncated
from mpmath import mp, mpf


@pytest.fixture(autouse=True)
def forty_digits():
    with mpmath.workdps(40):
        yield


def relative_error(computed: np.ndarray, exact: list) -> float:
    return max(float(abs(mpf(float(ours)) / theirs - 1)) for ours, theirs in zip(computed, exact, strict=True))


def around(ends: np.ndarray) -> np.ndarray:
    """Numbers at the ends, next to them, and 2**-k of the way to twice or half of them."""
    ladder = ends * (1 + 2.0 ** -np.arange(3, 50, 4)[:, None]), ends * (1 - 2.0 ** -np.arange(3, 50, 4)[:, None])
    return np.unique(np.concatenate([ends, np.nextafter(ends, 0), np.nextafter(ends, np.inf), *map(np.ravel, ladder)]))


#: Most arguments come again, times a power of two or with another factor.
log2 = functools.cache(lambda x: mp.log(mpf(x), 2))
exact_cos_sin = functools.cache(lambda x: mp.cos_sin(mp.pi / 4 * (1 + mpf(x))))


def exact_minus_log2(u: float) -> mpf:
    mantissa, exponent = math.frexp(u)
    return -(log2(mantissa) + exponent)


def minus_log2_error(u: np.ndarray) -> float:
    u = u[u != 1]
    return relative_error(reference64.minus_log2(u), [exact_minus_log2(float(x)) for x in u])


@pytest.mark.parametrize("exponent", [0, -1, -2, -65])
def test_minus_log2(exponent):
    """Numbers of all eight intervals of one binade below 2**exponent, their ends and their middles."""
    ends = (1 + np.arange(17) / 16) / 2
    mantissas = np.concatenate([np.random.default_rng(1).uniform(0.5, 1, 4000), around(ends)])
    mantissas = mantissas[(mantissas >= 0.5) & (mantissas <= 1)]
    assert np.bincount(np.minimum((mantissas * 16).astype(int) - 8, 7)).min() > 400
    assert 2**-53.6 < minus_log2_error(mantissas * 2.0**exponent) < 2**-51.5


def test_minus_log2_near_1_and_at_the_ends():
    """Relative precision where the result goes to 0, which is where small normals come from."""
    assert minus_log2_error(1 - 2.0 ** -np.arange(2, 54)) < 2**-51.5
    assert reference64.minus_log2(np.array([1.0]))[0] == 0
    least = reference64.minus_log2(np.array([0.5 * 2.0**-64]))[0]
    assert least == 65
    assert math.sqrt(2 * math.log(2) * least) < 9.5


def test_factors_are_reciprocals_of_the_middles():
    """Eight factors, and their logarithms to half a last place; t stays where q was fitted, from -1/16 to 1/8."""
    for factor, log2_of_it in zip(reference64.FACTORS, reference64.LOG2_FACTORS, strict=True):
        assert log2_of_it == float(log2(factor))
    m = np.arange(0.75, 1.5, 2.0**-12)
    place = np.floor(np.where(m < 1, 2 * m, m) * 8).astype(int) - 8
    t = m * np.array(reference64.FACTORS)[place] - 1
    assert -1 / 16 <= t.min() < -0.06
    assert 0.12 < t.max() <= 1 / 8


def cos_sin_error(factor: float, k: np.ndarray) -> float:
    """The largest absolute error, relative to the factor."""
    x = reference64.quarter_turn(k)
    computed = np.stack(reference64.cos_sin(x, factor))
    radius = mpf(factor) * mp.sqrt(2 * mp.log(2))
    exact = [radius * value for each in x for value in exact_cos_sin(float(each))]
    errors = [abs(mpf(float(a)) - b) for a, b in zip(computed.T.ravel(), exact, strict=True)]
    return float(max(errors) / mpf(factor))


ANGLES = np.concatenate(
    [
        np.random.default_rng(2).integers(0, 2**52, 3000, dtype=np.uint64),
        np.uint64(1) << np.arange(52, dtype=np.uint64),
        np.array([0, 2**51 - 1, 2**51, 2**51 + 1, 2**52 - 1], np.uint64),
    ]
)


@pytest.mark.parametrize(("factor", "least"), [(1.0, 2**-53), (0.02, 2**-53), (1e-240, 2**-53), (0.87802189, 2**-51.6)])
def test_cos_sin(factor, least):
    """The last factor is the worst of some hundred."""
    assert least < cos_sin_error(factor, ANGLES) < 2**-51


def test_angles_are_evenly_spaced_about_half_a_quarter():
    x = reference64.quarter_turn(ANGLES)
    exact = [(2 * int(k) + 1 - 2**52) * (1 + mpf(2) ** -52) / 2**52 - mpf(2) ** -104 for k in ANGLES]
    assert max(abs(mpf(float(a)) - b) for a, b in zip(x, exact, strict=True)) <= mpf(2) ** -54
    assert (reference64.quarter_turn(ANGLES[:3000]) + reference64.quarter_turn(2**52 - 1 - ANGLES[:3000]) == 0).all()


def w_of(z: float):
    """-log2(q (2 - q)) for q = 2 P(Z > z)."""
    q = mp.erfc(mpf(z) / mp.sqrt(2))
    return -mp.log(q * (2 - q), 2)


def exact_factor(w: float):
    """z / y where -log2(q (2 - q)) = w and y = 1 - q: Newton's iteration on log P(Z > z)."""
    power = mpf(2) ** -mpf(w)
    y = mp.sqrt(1 - power)
    log_q = mp.log(power / (1 + y))
    near = -NormalDist().inv_cdf(float(mp.exp(log_q)) / 2) if w > 0.1 else math.sqrt(math.pi / 2) * float(y)
    z = mpf(near)
    while True:
        q = mp.erfc(z / mp.sqrt(2))
        step = (mp.log(q) - log_q) * q / (2 * mp.npdf(z))
        z += step
        if abs(step) < mpf(10) ** -15 * z:  # what is left is some z**2 times the square of that
            return z / y


def factor_error(computed: np.ndarray, w: np.ndarray) -> float:
    return relative_error(computed, [exact_factor(float(x)) for x in w])


def test_border_of_the_pieces_is_4():
    border = reference_truncated.BORDER
    assert float(w_of(4)) == border


@pytest.mark.parametrize("piece", ["middle", "tail"])
def test_quantile_factor(piece):
    """From w near 0, through that of z = 4, where the pieces join, to that of z = 13."""
    border, greatest = reference_truncated.BORDER, float(w_of(13))
    if piece == "middle":
        w = np.concatenate([np.geomspace(1e-9, 0.1, 60), np.linspace(0.1, border, 440), [np.nextafter(border, 0)]])
    else:
        w = np.concatenate([[np.nextafter(border, 99)], np.linspace(border, greatest, 500)[1:]])
    assert 2**-49 < factor_error(reference_truncated.factor(w), w) < 2**-48


def test_the_draws_stay_within_the_pieces():
    """The farthest z, 2**-64 of the probability into the tail beyond 8, is below 13, the end of the tail's piece."""
    q = mp.erfc(8 / mp.sqrt(2)) * mpf(2) ** -64
    assert 2 * mp.ncdf(-13) < q
    assert reference_truncated.factor(np.array([0.0]))[0] == pytest.approx(math.sqrt(math.pi / 2), rel=1e-13)


def test_pieces_meet():
    border = reference_truncated.BORDER
    below, above = reference_truncated.factor(np.array([border, np.nextafter(border, 99)]))
    assert abs(above / below - 1) < 2**-47.5


def horner(coefficients, x):
    """The polynomial whose highest coefficient comes first."""
    return functools.reduce(lambda total, c: total * x + c, coefficients)


def test_near_quantile_factor():
    """The polynomial alone against mpmath, and as computed against the float64 factor, which the tests above hold."""
    last = np.float32(float(w_of(3)))
    w = np.concatenate([np.geomspace(1e-7, 0.1, 60), np.linspace(0.1, last, 240)]).astype(np.float32)
    coefficients = [mpf(float(c)) for c in reference_truncated.NEAR[::-1]]
    exact = [float(abs(horner(coefficients, mpf(float(x)) - 3.75) / exact_factor(float(x)) - 1)) for x in w]
    assert 2**-23.5 < max(exact) < 2**-22.8
    w = np.arange(np.float32(1e-7).view(np.int32), last.view(np.int32) + 1, 701, dtype=np.int32).view(np.float32)
    error = abs(reference_truncated.near_factor(w) / reference_truncated.factor(w.astype(np.float64)) - 1)
    assert 2**-22.3 < error.max() < 2**-22


def test_errors_can_be_seen():
    """Negative control: one coefficient off by 2**-45 is beyond every bound above."""
    w = np.linspace(1.0, 12.0, 50)
    assert factor_error(reference_truncated.factor(w) * (1 + 2**-45), w) > 2**-48
    u = np.linspace(0.5, 0.9, 50)
    assert (
        minus_log2_error(u)
        < 2**-51.5
        < relative_error(reference64.minus_log2(u) * (1 + 2**-50), [exact_minus_log2(float(x)) for x in u])
    )

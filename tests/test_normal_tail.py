"""The exact constants of the normal distribution against mpmath."""

import math
from decimal import Decimal

import mpmath
import pytest
import reference_numbers
from mpmath import mpf
from quick import heavy_but

from fastinit.laws import normal_tail, spec

Z = [1e-20, 1e-3, 0.5, 1.0, 2.0, 2.5, math.pi, 4.0, 7.999, 8.0, 12.0, 18.999, 19.0]


def as_mpf(value: Decimal) -> mpf:
    return mpf(str(value))


@pytest.mark.parametrize("z", [*Z, *(-z for z in Z)])
def test_thirty_digits(z):
    """Density, probabilities from 0 and beyond, to 30 digits relative: far out too, where the last is 1e-80."""
    with mpmath.workdps(250):
        for ours, exact in [
            (normal_tail.density(z), mpmath.npdf(z)),
            (normal_tail.central(z), mpmath.erf(mpf(z) / mpmath.sqrt(2)) / 2),
            (normal_tail.above(z), mpmath.erfc(mpf(z) / mpmath.sqrt(2)) / 2),
        ]:
            assert abs(as_mpf(ours) / exact - 1) < mpf(10) ** -30
            assert abs(as_mpf(ours) / (exact * (1 + mpf(10) ** -29)) - 1) > mpf(10) ** -30


@pytest.mark.parametrize(
    ("low", "high"), [(-1.0, 1.0), (5.0, 6.0), (-0.001, 0.001), (8.0, 8.0 * (1 + 1e-10)), (7.9, 30.0)]
)
def test_between(low, high):
    with mpmath.workdps(250):
        exact = (mpmath.erf(high / mpmath.sqrt(2)) - mpmath.erf(low / mpmath.sqrt(2))) / 2
        # Beyond 19 counts as infinity: 1e-80 of the whole, and more of a tail.
        assert abs(as_mpf(normal_tail.between(low, high)) / exact - 1) < mpf(10) ** -30


def test_infinity_is_the_whole_tail():
    assert normal_tail.above(math.inf) == 0
    assert normal_tail.central(-math.inf) == Decimal("-0.5")
    assert normal_tail.density(math.inf) == 0


def test_two_pi():
    with mpmath.workdps(120):
        assert abs(mpf(normal_tail.TWO_PI) / (2 * mpmath.pi) - 1) < mpf(10) ** -114


BOUNDS = [(-2.0, 2.0), (-3.0, 3.0), (-0.001, 0.001), (0.0, 1.5), (5.0, 6.0), (-1.0, math.inf)]


@pytest.mark.parametrize("bounds", heavy_but(BOUNDS, (-0.001, 0.001), (5.0, 6.0)))
def test_truncated_std(bounds):
    """To float64's last place, from the integrals of the density."""
    low, high = bounds
    exact = reference_numbers.truncated_std(low, min(high, 40.0))
    assert normal_tail.truncated_std(low, high) == float(exact)


def test_the_std_that_schemes_correct_by():
    assert normal_tail.truncated_std(-2.0, 2.0) == spec.TRUNCATED_STD == 0.87962566103423978

"""The kernel's elementary functions against exact ones, at every argument that can occur.

The reference implementation computes the same bits (test_stream.py), so the bounds that src/kernel/elementary.h
states are held against it, with NumPy's float64 functions (error below 2**-50) as the truth.
"""

import numpy as np
import pytest
import reference
from quick import heavy_but


def mantissas(exponent: int, step: int) -> np.ndarray:
    """Of the 2**23 float32 in [2**exponent, 2**(exponent + 1)) every so many."""
    return (np.arange(0, 1 << 23, step, dtype=np.uint32) + np.uint32((exponent + 127) << 23)).view(np.float32)


@pytest.mark.parametrize("exponent_and_step", heavy_but([(-1, 1), (-2, 17), (-2, 1), (-24, 1), (-41, 1)], (-2, 17)))
def test_minus_log2(exponent_and_step):
    """At every mantissa of four binades; the others differ in a whole number alone. Quick are some of them."""
    u = mantissas(*exponent_and_step)
    exact = -np.log2(u.astype(np.float64))
    error = abs(reference.minus_log2(u) / exact - 1).max()
    assert error < 2**-21.3
    assert error > 2**-25  # the bound is not idle


def test_minus_log2_at_the_ends():
    ends = np.array([1, 1 - 2**-24, 2**-41], np.float32)
    values = reference.minus_log2(ends)
    assert values[0] == 0
    assert 0 < values[1] < 2**-23
    assert np.sqrt(2 * np.log(2) * values[2]) < 7.54


def cos_sin_error(factor: float, step: int) -> float:
    """The largest absolute error over every so many of all 2**22 angles, relative to the factor."""
    k = np.arange(0, 1 << 22, step, dtype=np.uint32)
    cosine, sine = reference.cos_sin(reference.quarter_turn(k), factor)
    angle = (k + 0.5) * (np.pi / 2 / (1 << 22))
    radius = np.float32(factor) * np.sqrt(2 * np.log(2))
    assert max(abs(cosine).max(), abs(sine).max()) < radius * (1 + 2**-22)
    return max(abs(cosine - radius * np.cos(angle)).max(), abs(sine - radius * np.sin(angle)).max()) / factor


# The worst of some hundred factors: 1.177 times it is just beyond a power of two, and its multiples of the coefficients
# round badly.
WORST = 0.85913533


@pytest.mark.parametrize(
    "factor_and_step", heavy_but([(WORST, 1), (WORST, 17), (1.0, 1), (0.02, 1), (1 / 3, 1)], (WORST, 17))
)
def test_cos_sin(factor_and_step):
    """At every angle. Quick are some of them."""
    factor, step = factor_and_step
    least = 2**-22.2 if factor == WORST else 2**-24
    assert least < cos_sin_error(factor, step) < 2**-22


def test_angles_are_evenly_spaced_about_half_a_quarter():
    k = np.arange(1 << 22, dtype=np.uint32)
    x = reference.quarter_turn(k)
    exact = (2.0 * k + 1 - k.size) / k.size * (1 + 2.0**-22)
    assert abs(x - exact).max() < 2**-24.9
    assert abs(x[k.size // 2 - 2 :][:4] - exact[k.size // 2 - 2 :][:4]).max() < 2**-43.9

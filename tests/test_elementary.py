"""The kernel's elementary functions against exact ones, at every argument that can occur.

The reference implementation computes the same bits (test_stream.py), so the bounds that src/kernel/elementary.h
states are held against it, with NumPy's float64 functions (error below 2**-50) as the truth.
"""

import numpy as np
import pytest
import reference


def every_mantissa(exponent: int) -> np.ndarray:
    """All 2**23 float32 in [2**exponent, 2**(exponent + 1))."""
    return (np.arange(1 << 23, dtype=np.uint32) + np.uint32((exponent + 127) << 23)).view(np.float32)


@pytest.mark.parametrize("exponent", [-1, -2, -24, -40])
def test_minus_2_log(exponent):
    """At every mantissa of four binades; the others differ in the multiple of 2 ln 2 alone."""
    u = every_mantissa(exponent)
    exact = -2 * np.log(u.astype(np.float64))
    error = abs(reference.minus_2_log(u) / exact - 1).max()
    assert error < 2**-21.7
    assert error > 2**-25  # the bound is not idle


def test_minus_2_log_at_the_ends():
    ends = np.array([1, 1 - 2**-24, 2**-41], np.float32)
    values = reference.minus_2_log(ends)
    assert values[0] == 0
    assert 0 < values[1] < 2**-22
    assert np.sqrt(values[2]) < 7.54


def test_cos_sin_at_every_angle():
    k = np.arange(1 << 22, dtype=np.uint32) + np.uint32(1 << 22)  # the upper half: the lower mirrors it exactly
    x = reference.fma(k.astype(np.float32), np.float32(2.0**-22), np.float32(2.0**-23 - 1))
    mirrored = reference.fma((~k & 0x7FFFFF).astype(np.float32), np.float32(2.0**-22), np.float32(2.0**-23 - 1))
    assert np.array_equal(x, -mirrored)
    assert x.min() > 0
    assert x.max() < 1
    cosine, sine = reference.cos_sin(x)
    angle = x.astype(np.float64) * np.pi / 2
    assert abs(cosine - np.cos(angle)).max() < 2**-22.7
    assert abs(sine - np.sin(angle)).max() < 2**-22.7
    assert max(abs(cosine).max(), abs(sine).max()) <= 1
    assert abs(cosine.astype(np.float64) ** 2 + sine.astype(np.float64) ** 2 - 1).max() < 2**-21.7

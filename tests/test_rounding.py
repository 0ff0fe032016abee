"""Values in fewer than 32 bits are the float32 values rounded to nearest even, then kept inside the bounds.

Here over all exponents and the mantissas around ties; over all 2**32 patterns: ``python tests/cross/check.py --rounding
gcc``.
"""

import itertools

import numpy as np
import pytest
from law_cases import CASES, Case
from reference_laws import DTYPES, bits

from fastinit import _kernels
from fastinit.filling import seed
from fastinit.laws import kernel_laws
from fastinit.laws.dtypes import FORMATS

#: Narrow dtypes: bits of a float32 mantissa that they keep, where they are not subnormal.
KEPT_BITS = {"float16": 10, "bfloat16": 7, "float8_e4m3fn": 3, "float8_e5m2": 2}


def raw_fill(law_name: str, dtype: str, numbers: tuple, n_elements: int) -> np.ndarray:
    """A law with any numbers, whether or not fastinit.laws would admit them."""
    out = np.empty(n_elements, DTYPES[dtype])
    law = kernel_laws.Law(kernel_laws.CODES[law_name], FORMATS[dtype].code, b"x32", numbers)
    _kernels.fill(out, law, seed.seed_of("", 11), "", None, 1, False)
    return out


def mantissas(n_kept: int) -> list[int]:
    """Those whose dropped bits are none, a tie, all, or beside one of these, under a few even and odd kept ones."""
    n_dropped = 23 - n_kept
    half, whole = 1 << (n_dropped - 1), 1 << n_dropped
    dropped = [0, 1, half - 1, half, half + 1, whole - 1]
    kept = [0, 1, 2, 3, (1 << n_kept) - 2, (1 << n_kept) - 1]
    return [k << n_dropped | d for k, d in itertools.product(kept, dropped)]


def patterns(dtype: str) -> np.ndarray:
    """Of float32: every sign and exponent with the mantissas above, and with fewer kept bits: ties of subnormals."""
    fewer = range(1, KEPT_BITS[dtype] + 1, 3)
    chosen = sorted({m for n_kept in (*fewer, KEPT_BITS[dtype]) for m in mantissas(n_kept)})
    return (np.arange(512, dtype=np.uint32)[:, None] << np.uint32(23) | np.array(chosen, np.uint32)).ravel()


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", KEPT_BITS)
def test_around_every_tie(isa, dtype):
    values = patterns(dtype).view(np.float32)
    values = values[~np.isnan(values)]
    ours = np.concatenate([raw_fill("constant", dtype, (float(value),), 1) for value in values])
    with np.errstate(over="ignore", invalid="ignore"):
        expected = values.astype(DTYPES[dtype])
    assert np.array_equal(bits(ours), bits(expected))


@pytest.mark.parametrize("dtype", KEPT_BITS)
def test_not_a_number_stays_one(isa, dtype):
    assert np.isnan(raw_fill("constant", dtype, (np.nan,), 33).astype(np.float32)).all()


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", KEPT_BITS)
def test_random_mantissas_of_every_binade(isa, dtype):
    """Uniforms over [2**e, 2**(e + 1)) without bounds, each sign: 4096 mantissas of every exponent."""
    for sign, exponent in itertools.product((1.0, -1.0), range(-149, 127)):
        numbers = (sign * 1.5 * 2.0**exponent, 0.5 * 2.0**exponent, -np.inf, np.inf)
        values = raw_fill("tiny_uniform", "float32", numbers, 4096)
        with np.errstate(over="ignore", invalid="ignore"):
            expected = values.astype(DTYPES[dtype])
        assert np.array_equal(bits(raw_fill("tiny_uniform", dtype, numbers, 4096)), bits(expected)), exponent


NARROW = [case for case in CASES if case.dtype in KEPT_BITS]


@pytest.mark.parametrize("case", NARROW, ids=str)
def test_values_are_the_float32_ones_rounded_and_kept_inside(case):
    """For whole laws: from the float32 fill of the same parameters, and strictly between the bounds themselves."""
    whole = case._replace(dtype="float32").fill(shape=5000, rng=1)
    ours = case.fill(shape=5000, rng=1)
    law = case.reference()
    assert np.isfinite(ours.astype(np.float64)).all()
    assert law.lowest <= ours.astype(np.float64).min() <= ours.astype(np.float64).max() <= law.highest
    expected = np.clip(whole.astype(np.float64), law.lowest, law.highest).astype(np.float32).astype(DTYPES[case.dtype])
    assert np.array_equal(ours.astype(np.float64), expected.astype(np.float64))


def test_bounds_are_where_rounding_would_cross_them():
    """The cases above have values that rounding alone would put on or beyond a bound."""
    case = Case("uniform", (0.0998, 0.1019), "bfloat16")
    values = case._replace(dtype="float32").fill(shape=5000, rng=1)
    crossed = values.astype(DTYPES["bfloat16"]).astype(np.float64)
    assert np.count_nonzero((crossed <= 0.0998) | (crossed >= 0.1019)) > 200

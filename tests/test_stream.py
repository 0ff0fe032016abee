"""The stream itself: published vectors, and every kernel against the independent implementation, bit for bit."""

import functools
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import reference
import reference64
import reference_laws
import reference_truncated
from law_cases import CASES, INF, Case
from reference_laws import DTYPES, bits

import fastinit as fi
from fastinit import _kernels
from fastinit.filling import seed
from fastinit.laws import kernel_laws
from fastinit.laws.dtypes import FLOAT32_FORMAT

#: Outputs of xoshiro256++ from the state (1, 2, 3, 4), as published with the Rust port rand_xoshiro, whose authors
#: computed them with the reference C code of prng.di.unimi.it.
PUBLISHED = [
    41943041,
    58720359,
    3588806011781223,
    3591011842654386,
    9228616714210784205,
    9973669472204895162,
    14011001112246962877,
    12406186145184390807,
    15849039046786891736,
    10450023813501588000,
]


def test_reference_generator_equals_published_outputs():
    state = np.array([[1], [2], [3], [4]], np.uint64)
    assert [int(reference.xoshiro256plusplus(state)[0]) for _ in PUBLISHED] == PUBLISHED


@pytest.mark.heavy
def test_reference_fma_rounds_once():
    generator = np.random.default_rng(1)
    bits = generator.integers(0, 2**32, (3, 20_000), dtype=np.uint32)
    # Few significant bits and near exponents make ties and cancellation frequent.
    bits[:, 5000:] &= 0xFFFF8000
    bits[:, 5000:] = (bits[:, 5000:] & 0x81FFFFFF) | 0x3E000000
    a, b, c = bits.view(np.float32)
    ok = np.isfinite(a) & np.isfinite(b) & np.isfinite(c) & (abs(a) < 1e15) & (abs(b) < 1e15)
    ours = reference.fma(a[ok], b[ok], c[ok])
    exact = [
        round_to_float32(Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z)))
        for x, y, z in zip(a[ok], b[ok], c[ok], strict=True)
    ]
    assert np.array_equal(ours, np.array(exact, np.float32))


def round_to_float32(exact: Fraction) -> float:
    """The nearest float32, ties to even, from the two neighbours of the float64 nearest to `exact`."""
    near = np.float32(float(exact))
    candidates = {near, np.nextafter(near, np.float32(np.inf)), np.nextafter(near, np.float32(-np.inf))}
    finite = [c for c in candidates if np.isfinite(c)]
    return float(min(finite, key=lambda c: (abs(Fraction(float(c)) - exact), int(c.view(np.uint32)) & 1)))


def hard_products(n: int) -> np.ndarray:
    """Factors and addends a, b, c of float64 fused multiply-adds, shape (3, n), a third each: any numbers of near
    exponents; products that end in a tie or beside one; addends that cancel all but the product's error."""
    generator = np.random.default_rng(2)
    a, b, c = generator.standard_normal((3, n)) * 2.0 ** generator.integers(-60, 60, (3, n))
    tie, cancel = slice(n // 3, 2 * n // 3), slice(2 * n // 3, n)
    # (2^52 + j)(2^k + 1) has 53 bits of j's and k's choosing, and then a half: with 1 less or more from c, beside it.
    a[tie] = 2.0**52 + generator.integers(0, 2**52, a[tie].size)
    b[tie] = 2.0 ** generator.integers(1, 9, b[tie].size) + 1
    c[tie] = generator.choice([0.0, 2.0**-60, -(2.0**-60), 1.0, -1.0, 0.5], c[tie].size)
    c[cancel] = -(a[cancel] * b[cancel])
    return np.stack([a, b, c])


def exact_fma(*factors_and_addends: np.ndarray) -> np.ndarray:
    triples = zip(*map(np.ndarray.tolist, factors_and_addends), strict=True)
    # A Fraction's float is the nearest, ties to even.
    return np.array([float(Fraction(a) * Fraction(b) + Fraction(c)) for a, b, c in triples])


def test_reference_fma64_rounds_once():
    a, b, c = hard_products(15_000)
    expected = exact_fma(a, b, c)
    assert np.array_equal(reference64.fma(a, b, c), expected)
    # The samples are hard: rounding twice fails on a tenth of them.
    assert np.count_nonzero(a * b + c != expected) > 1500


@pytest.mark.parametrize(("scale_a", "scale_b", "beyond"), [(2.0**-760, 2.0**-207, 1 / 16), (2.0**900, 2.0**95, 16.0)])
def test_reference_fma64_at_the_ends_of_its_range(scale_a, scale_b, beyond):
    """Products from 2^-969 and sums up to 2^996; others are refused: a law that left the range is seen."""
    a, b, c = np.random.default_rng(3).uniform(0.5, 1, (3, 3000))
    a, b, c = a * scale_a, b * scale_b, c * (scale_a * scale_b)
    assert np.array_equal(reference64.fma(a, b, c), exact_fma(a, b, c))
    assert np.array_equal(reference64.fma(a, b, -c), exact_fma(a, b, -c))
    with pytest.raises(AssertionError):
        reference64.fma(a, b * beyond, c)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_numbers_equal_reference(case):
    """The laws' numbers to the bit, recomputed from rationals and with mpmath; their names but for the two uniforms."""
    ours, theirs = case.law(), case.reference()
    numbers = [theirs.location, theirs.scale]
    if theirs.name != "normal":
        numbers += [theirs.lowest, theirs.highest]
    numbers += [number for side in theirs.sides for number in side]
    assert list(map(float.hex, ours.numbers)) == list(map(float.hex, numbers))  # which tells zeros apart
    assert ours.tag == theirs.tag
    assert _kernels.laws()[ours.code].removeprefix("tiny_") == theirs.name
    assert _kernels.dtypes()[ours.dtype_code] == case.dtype


#: Inside a block and of a step to inside another step of the next block.
PART = slice(1000, 2112 - 15)


@functools.cache
def part_of_reference(case: Case, rng: int = 3, name: str = "x", first: int = PART.start) -> np.ndarray:
    n = PART.stop - PART.start
    return bits(reference_laws.elements(case.reference(), case.dtype, rng, name, first, n))


@pytest.mark.each_value
@pytest.mark.parametrize("case", CASES, ids=str)
def test_kernels_equal_reference(isa, case):
    ours = case.fill(shape=5000, rng=3, name="x", index=PART)
    assert np.array_equal(bits(ours), part_of_reference(case))


ONE_OF_EACH = [
    Case(scheme, numbers, dtype)
    for dtype in DTYPES
    for scheme, numbers in [
        ("normal", (0.0, 1.0)),
        ("uniform", (-1.0, 1.0)),
        ("truncated_normal", (0.0, 1.0, -2.0, 2.0)),
        ("truncated_normal", (0.0, 1.0, -2.0, INF)),
    ]
]


@pytest.mark.each_value
@pytest.mark.parametrize("case", ONE_OF_EACH, ids=str)
def test_kernels_equal_reference_at_other_keys_and_far_out(isa, case):
    for rng, name, first in [(1, "h.0.attn.c_attn.weight", 2**33 + 512), (2**100, "naïve", 2**58 - 7)]:
        ours = case.fill(shape=2**59, rng=rng, name=name, index=slice(first, first + PART.stop - PART.start))
        assert np.array_equal(bits(ours), part_of_reference(case, rng, name, first))


@pytest.mark.parametrize("case", ONE_OF_EACH, ids=str)
def test_equality_with_the_reference_can_fail(case):
    assert not np.array_equal(bits(case.fill(shape=5000, rng=3, name="y", index=PART)), part_of_reference(case))


def test_tables_cover_every_law():
    """Nothing that the kernels report is left out above; constants have no numbers to be recomputed."""
    tried = {_kernels.laws()[case.law().code] for case in CASES}
    in_test_complex = {"complex_disc", "complex_truncated"}
    assert tried | {"constant"} | in_test_complex == set(_kernels.laws())
    assert set(DTYPES) == set(_kernels.dtypes())


def test_documents_have_the_references_constants():
    """Every hexadecimal number of docs/stream*.md, and none besides."""
    texts = [path.read_text() for path in sorted(Path(__file__).parent.parent.glob("docs/stream*.md"))]
    stated = {float.fromhex(number) for text in texts for number in re.findall(r"-?0x[\da-f.]+p[+-]\d+", text)}
    reference_lists = [reference.Q, reference.C, reference.S, reference64.FACTORS, reference64.LOG2_FACTORS]
    reference_lists += [reference64.Q, reference64.C, reference64.S, [reference_truncated.BORDER]]
    reference_lists += [reference_truncated.NEAR, reference_truncated.MIDDLE, reference_truncated.TAIL]
    assert stated == {float(number) for numbers in reference_lists for number in numbers}


def test_both_uniform_laws_are_the_same_law(isa):
    # Where the first stops being exact, the second goes on; at the border itself both are.
    ours = np.empty((2, 3000), np.float32)
    for row, law_name in zip(ours, ("uniform", "tiny_uniform"), strict=True):
        law = kernel_laws.Law(
            kernel_laws.CODES[law_name], FLOAT32_FORMAT.code, b"u32", (1e-29, kernel_laws.TINY_HALF_WIDTH)
        )
        _kernels.fill(row, law, seed.seed_of("", 7), "x", None, 1, False)
    assert np.array_equal(*ours.view(np.uint32))
    codes = [
        kernel_laws.uniform("", 0.0, 2 * kernel_laws.TINY_HALF_WIDTH * factor, FLOAT32_FORMAT).code
        for factor in (1.01, 0.99)
    ]
    assert [_kernels.laws()[code] for code in codes] == ["uniform", "tiny_uniform"]


def test_the_reference_takes_both_sides_and_both_pieces():
    """The cases above reach what they are there for: both sides of an interval, both polynomials beyond z = 4."""
    wide = Case("truncated_normal", (0.0, 1.0, -4.5, 4.5), "float64")
    far = Case("truncated_normal", (3.0, 1.0, 3.999, 4.001), "float64")
    z = part_of_reference(wide).view(np.float64)
    assert (z < -1).any()
    assert (z > 1).any()
    beyond = np.count_nonzero(part_of_reference(far).view(np.float64) > 7)
    assert 100 < beyond < z.size - 100


def test_fill_of_one_law_in_two_dtypes_is_one_stream():
    """Values in fewer than 32 bits are the float32 ones, rounded."""
    for dtype in set(DTYPES) - {"float32", "float64"}:
        ours = fi.normal(3000, rng=0, dtype=dtype)
        assert np.array_equal(bits(ours), bits(fi.normal(3000, rng=0).astype(DTYPES[dtype])))

"""Complex laws, on the float tensors that complex ones are: to the bit and within their bounds.

What their values are like: test_complex_laws.py.
"""

import functools
import math

import mpmath
import numpy as np
import pytest
import reference
import reference64
import reference_complex
from reference_laws import bits

from fastinit import _kernels
from fastinit.filling import seed
from fastinit.laws import complex_laws, kernel_laws
from fastinit.laws.dtypes import FORMATS

DTYPES = ("float32", "float64")

INF = math.inf

#: Standard deviations of discs; standard deviations and bounds of truncated normals, in both dtypes and in one.
DISCS = {"float32": [1.0, 0.02, 1e-37, 1e37], "float64": [1.0, 0.02, 1e-240, 1e289]}
TRUNCATED = {
    dtype: [(1.0, 2.0), (0.02, 2.0), (1.0, INF), (3.0, 1e-6), (1.0, 0.5), (1.0, 1.2), (1.0, 3.0), *ends]
    for dtype, ends in (
        ("float32", [(1e-37, 2.0), (1e-31, 1e-6), (6e37, INF), (1.0, 20.0)]),
        ("float64", [(1e-240, 2.0), (1e-234, 1e-6), (1e289, INF), (1.0, 20.0)]),
    )
}
CASES = [(dtype, "disc", (std,)) for dtype in DTYPES for std in DISCS[dtype]]
CASES += [(dtype, "truncated_normal", numbers) for dtype in DTYPES for numbers in TRUNCATED[dtype]]


def law_of(dtype: str, name: str, numbers: tuple) -> kernel_laws.Law:
    return getattr(complex_laws, name)("test", *numbers, FORMATS[dtype])


def fill(dtype: str, name: str, numbers: tuple, n: int, first: int = 0, rng: int = 3, stream: str = "x") -> np.ndarray:
    """Floats [first, first + n) of the stream."""
    out = np.empty(n, dtype)
    box = (first, n, out.itemsize, -1, 0)
    _kernels.fill(out, law_of(dtype, name, numbers), seed.seed_of("", rng), stream, box, 1, False)
    return out


def expected(dtype: str, name: str, numbers: tuple, n: int, first: int, rng: int, stream: str) -> np.ndarray:
    tag = f"{'cd' if name == 'disc' else 'ct'}{64 if dtype == 'float64' else 32}".encode()
    k, blocks = reference.key(rng, stream, tag), range(first // 1024, -(-(first + n) // 1024))
    if name == "disc":
        scale = reference_complex.scale_of_disc(*numbers, dtype)
        made = [reference_complex.disc_block(dtype, k, block, scale) for block in blocks]
    else:
        scale, sides = reference_complex.numbers_of_truncated(*numbers, dtype)
        made = [reference_complex.truncated_block(dtype, k, block, scale, sides) for block in blocks]
    return np.concatenate(made)[first % 1024 :][:n]


@functools.cache
def reference_bits(*arguments) -> np.ndarray:
    return bits(expected(*arguments))


@pytest.mark.each_value
@pytest.mark.parametrize("case", CASES, ids=str)
def test_kernels_equal_reference(isa, case):
    for call in [(1200, 1000, 3, "x"), (100, 2**58 - 7, 2**100, "naïve")]:
        assert np.array_equal(bits(fill(*case, *call)), reference_bits(*case, *call))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_equality_can_fail(case):
    assert not np.array_equal(bits(fill(*case, 100, 0, 4)), reference_bits(*case, 100, 0, 3, "x"))


@pytest.mark.each_value
@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_length_and_store(isa, case):
    """Whole tensors of lengths around steps and blocks, through the caches and past them, are prefixes of one."""
    whole = fill(*case, 5000)
    law, words = law_of(*case), seed.seed_of("", 3)
    for n in (2, 30, 32, 34, 1022, 1024, 1026, 4096, 5000):
        for streamed in (False, True):
            memory = np.empty(n + 64, case[0])
            offset = -memory.ctypes.data % 64 // memory.itemsize + n % 8
            out = memory[offset : offset + n]
            _kernels.fill(out, law, words, "x", None, 1, streamed)
            assert np.array_equal(bits(out), bits(whole[:n]))


def moduli(values: np.ndarray) -> np.ndarray:
    z = values.astype(np.longdouble).reshape(-1, 2)
    return np.hypot(z[:, 0], z[:, 1])


def bound_of(name: str, numbers: tuple) -> np.longdouble:
    std, high = np.longdouble(numbers[0]), np.sqrt(np.longdouble(2)) if name == "disc" else np.longdouble(numbers[1])
    return std * high


@pytest.mark.parametrize("case", CASES, ids=str)
def test_moduli_stay_below_the_bound(case):
    """Of a sample; and it comes near: within one in a thousand where the bound is no farther than 2 deviations."""
    _, name, numbers = case
    values = fill(*case, 1 << 17)
    assert np.isfinite(values).all()
    greatest = moduli(values).max()
    assert greatest < bound_of(name, numbers)
    if name == "disc" or numbers[1] <= 2:
        assert greatest > bound_of(name, numbers) * 0.999


@pytest.mark.heavy
@pytest.mark.parametrize("std", [0.7, 1e-37])
def test_every_angle_stays_below_the_bound(std):
    """float32: all 2**22 places of a quarter turn, at the largest radius of the disc and of normals within 2 and 3."""
    k = np.arange(1 << 22, dtype=np.uint32)
    scale = reference_complex.scale_of_disc(std, "float32")
    cosine, sine = reference.cos_sin(reference.quarter_turn(k), scale)
    assert np.hypot(cosine.astype(np.float64), sine.astype(np.float64)).max() < math.sqrt(2) * std * (1 - 2.0**-23)
    for high in (0.5, 2.0, 3.0):
        scale, (_, outer) = reference_complex.numbers_of_truncated(std, high, "float32")
        d = np.ldexp(np.float32(1), np.arange(-40, -10, dtype=np.int32))
        v, w = (reference.fma(d, np.float32(b), np.float32(a)) for a, b in ((outer[0], outer[1]), (outer[2], outer[3])))
        radius = np.sqrt(reference_complex.minus_log2_32(v, w)).max()
        cosine, sine = (radius * part for part in reference.cos_sin(reference.quarter_turn(k), scale))
        assert np.hypot(cosine.astype(np.float64), sine.astype(np.float64)).max() < std * high * (1 - 2.0**-23)


def test_logarithm_is_precise_at_both_ends():
    """Relative errors of -log2 v for small and large v: below 2**-21 in float32, 2**-49 in float64."""
    generator = np.random.default_rng(5)
    for dtype, minus_log2, near, error in (
        ("float32", reference_complex.minus_log2_32, 0.75, 2.0**-21),
        ("float64", reference_complex.minus_log2_64, 0.9375, 2.0**-49),
    ):
        sizes = 2.0 ** generator.uniform(-40, -1, 2000)
        inner = generator.random(2000) < 0.5  # v near 1, known by w
        v = np.where(inner, 1 - sizes, sizes).astype(dtype)
        w = np.where(inner, sizes, 1 - sizes).astype(dtype)
        got = minus_log2(v, w).astype(np.float64)
        with mpmath.workdps(40):
            exact = [
                -(mpmath.log1p(-mpmath.mpf(float(y))) if x >= near else mpmath.log(float(x))) / mpmath.log(2)
                for x, y in zip(v, w, strict=True)
            ]
            worst = max(abs(mpmath.mpf(float(a)) / b - 1) for a, b in zip(got, exact, strict=True))
        assert worst < error, (dtype, float(worst))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_numbers_equal_reference(case):
    dtype, name, numbers = case
    ours = law_of(*case).numbers
    if name == "disc":
        theirs = [0.0, reference_complex.scale_of_disc(*numbers, dtype)]
    else:
        scale, sides = reference_complex.numbers_of_truncated(*numbers, dtype)
        theirs = [0.0, scale, 0.0, 0.0, *(number for side in sides for number in side)]
    assert list(map(float.hex, ours)) == list(map(float.hex, theirs))


@pytest.mark.parametrize("high", [1e-6, 0.01, 1.0, 2.0, 5.0, 20.0, INF])
def test_standard_deviation_between_bounds(high):
    """Against the integral of the density of the modulus, 2 r exp(-r**2)."""
    with mpmath.workdps(40):
        top = min(high, 12)
        points = [top * x / 8 for x in range(9)]
        mass = mpmath.quad(lambda r: 2 * r * mpmath.exp(-r * r), points)
        square = mpmath.quad(lambda r: 2 * r**3 * mpmath.exp(-r * r), points)
        assert math.isclose(complex_laws.truncated_std(high), mpmath.sqrt(square / mass), rel_tol=1e-15)


@pytest.mark.parametrize(
    ("name", "numbers", "words"),
    [
        ("disc", (1e-38,), "std"),
        ("disc", (3e38,), "std"),
        ("truncated_normal", (1e-38, 2.0), "std"),
        ("truncated_normal", (1e-34, 1e-5), "std"),
        ("truncated_normal", (1e38, INF), "std"),
        ("truncated_normal", (1.0, 1e-7), "high"),
        ("truncated_normal", (1.0, math.nan), "high"),
    ],
)
def test_refused(name, numbers, words):
    with pytest.raises(ValueError, match=f"^test: {words}: expected .*, got"):
        law_of("float32", name, numbers)


def test_no_deviation_is_the_constant():
    for name, numbers in (("disc", (0.0,)), ("truncated_normal", (0.0, 2.0))):
        assert not fill("float32", name, numbers, 100).any()


def test_reference_is_the_float64_one_where_it_can_be():
    """Both logarithms of the reference meet at 15/16, and so must -log2 v of either kind of argument."""
    v = 1 - np.array([0.07, 0.0625, 0.06, 0.01])
    assert np.allclose(reference_complex.minus_log2_64(v, 1 - v), reference64.minus_log2(v), rtol=1e-14, atol=0)

"""The stream itself: published vectors, the independent implementation, golden hashes."""

import hashlib
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import reference

import fastinit as fi
from fastinit import _kernels, laws, seed
from fastinit.dtypes import FLOAT32_FORMAT

GOLDEN = json.loads(Path(__file__).with_name("golden.json").read_text())

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


@pytest.mark.parametrize(("seed", "name"), [(0, ""), (1, "h.0.attn.c_attn.weight"), (2**100, "naïve")])
def test_normal_equals_reference(isa, seed, name):
    ours = fi.normal(5000, rng=seed, name=name)
    assert np.array_equal(ours.view(np.uint32), reference.tensor(seed, name, "normal", 5000, 0, 1).view(np.uint32))


@pytest.mark.parametrize(("mean", "std"), [(0.5, 0.02), (-3.0, 1e-6), (1e-38, 1e-38), (0.0, 1e-44), (1e30, 1e30)])
def test_normal_parameters_equal_reference(isa, mean, std):
    # Subnormal products and results are where an emulated fused multiply-add goes wrong first.
    ours = fi.normal(2048, mean=mean, std=std, rng=3)
    theirs = reference.tensor(3, "", "normal", 2048, np.float32(mean), np.float32(std))
    assert np.array_equal(ours.view(np.uint32), theirs.view(np.uint32))


@pytest.mark.parametrize(("midpoint", "half_width"), [(0.0, 0.125), (5.0, 3.0), (1e-40, 1e-40), (-1e38, 1e37)])
def test_uniform_equals_reference(isa, midpoint, half_width):
    ours = fi.uniform(3000, low=midpoint - half_width, high=midpoint + half_width, rng=7, name="x")
    law = laws.uniform("", midpoint - half_width, midpoint + half_width, FLOAT32_FORMAT)
    theirs = reference.tensor(7, "x", "uniform", 3000, *law.numbers[:2])
    assert np.array_equal(ours.view(np.uint32), theirs.view(np.uint32))


def test_both_uniform_laws_are_the_same_law(isa):
    # Where the first stops being exact, the second goes on; at the border itself both are.
    ours = np.empty((2, 3000), np.float32)
    for row, law_name in zip(ours, ("uniform", "tiny_uniform"), strict=True):
        law = laws.Law(laws.CODES[law_name], FLOAT32_FORMAT.code, b"u32", (1e-29, laws.TINY_HALF_WIDTH))
        _kernels.fill(row, law, seed.seed_of("", 7), "x", None, 1, False)
    assert np.array_equal(*ours.view(np.uint32))
    codes = [laws.uniform("", 0.0, 2 * laws.TINY_HALF_WIDTH * factor, FLOAT32_FORMAT).code for factor in (1.01, 0.99)]
    assert [_kernels.laws()[code] for code in codes] == ["uniform", "tiny_uniform"]


def test_blocks_far_out_equal_reference(isa):
    # Flat indices beyond 2**32 and 2**60 elements.
    for first in (2**33 + 512, 2**59 + 3 * 1024 - 7):
        ours = fi.normal(2**60, rng=0, index=slice(first, first + 600))
        k = reference.key(0, "", b"n32")
        block, offset = divmod(first, 1024)
        theirs = np.concatenate([reference.normal_block(k, block + i, 0, 1) for i in (0, 1)])[offset : offset + 600]
        assert np.array_equal(ours.view(np.uint32), theirs.view(np.uint32))


def sha256(array: np.ndarray) -> str:
    return hashlib.sha256(array.astype("<f4").tobytes()).hexdigest()


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["scheme"] + "-" + case["name"])
def test_golden_hashes(isa, case):
    init = fi.get(case["scheme"], **case["params"])
    assert sha256(init(tuple(case["shape"]), rng=case["rng"], name=case["name"])) == case["sha256"]


def test_golden_hashes_can_fail():
    case = GOLDEN["cases"][0]
    init = fi.get(case["scheme"], **case["params"])
    assert sha256(init(tuple(case["shape"]), rng=case["rng"] + 1, name=case["name"])) != case["sha256"]

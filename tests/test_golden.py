"""Golden hashes of every scheme in every dtype; orthogonal matrices by the reference."""

import itertools
import math

import numpy as np
import pytest
import reference_haar
from make_golden import BLOCKS, block_hash, configured
from quick import heavy_but
from reference_laws import DTYPES

import fastinit as fi
from fastinit.laws.dtypes import COMPLEX_FORMATS
from fastinit.schemes import register
from fastinit.selftest import golden
from fastinit.selftest.golden import sha256

GOLDEN = golden.load()


def array_of(case: dict, dtype: str, **changed) -> np.ndarray:
    case = {**case, **changed}
    return configured(case["scheme"], case["params"])(
        tuple(case["shape"]), rng=case["rng"], name=case["name"], dtype=DTYPES.get(dtype, dtype)
    )


def label(case: dict) -> str:
    return case["scheme"] + "-" + case["name"]


#: Each with each, one parameter: so the quick run has every hash, on one instruction set.
HASHED = list(itertools.product(GOLDEN["cases"], DTYPES))


@pytest.mark.each_value
@pytest.mark.parametrize("hashed", HASHED, ids=lambda hashed: f"{label(hashed[0])}-{hashed[1]}")
def test_hashes(isa, hashed):
    case, dtype = hashed
    if case["sha256"][dtype] is None:
        with pytest.raises(ValueError, match=f"^{case['scheme']}: "):
            array_of(case, dtype)
        return
    assert sha256(array_of(case, dtype)) == case["sha256"][dtype]


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", COMPLEX_FORMATS)
@pytest.mark.parametrize("case", GOLDEN["complex"], ids=label)
def test_hashes_of_complex_numbers(isa, case, dtype):
    assert sha256(array_of(case, dtype)) == case["sha256"][dtype]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", BLOCKS)
def test_hashes_of_blocks(isa, name, dtype):
    assert block_hash(name, DTYPES[dtype]) == GOLDEN["blocks"][name][dtype]


@pytest.mark.parametrize("dtype", DTYPES)
def test_hashes_can_fail(dtype):
    case = GOLDEN["cases"][0]
    assert sha256(array_of(case, dtype, rng=case["rng"] + 1)) != case["sha256"][dtype]


def test_every_scheme_has_a_case():
    """Aliases are the same function under a second name, and need none."""
    with_case = {register.REGISTER[case["scheme"]] for case in GOLDEN["cases"]}
    assert [name for name in fi.schemes() if register.REGISTER[name] not in with_case] == []
    assert all(set(case["sha256"]) == set(DTYPES) for case in GOLDEN["cases"])


#: Sizes about those of panels, of sums and of tiles; each a second or less in NumPy.
EXACT_SHAPES = [(1, 1), (1, 7), (40, 3), (64, 64), (66, 65), (130, 70), (70, 257)]


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", reference_haar.TOLERANCE)
@pytest.mark.parametrize("shape", EXACT_SHAPES)
def test_orthogonal_equals_the_reference(isa, shape, dtype):
    """To the last bit; one product summed in another order is seen."""
    normals = reference_haar.normals_of(shape, dtype, 3, "q")
    ours = fi.orthogonal(shape, gain=0.7, rng=3, name="q", dtype=dtype)
    expected = reference_haar.exact(shape, 0.7, normals)
    assert ours.dtype == expected.dtype
    assert ours.tobytes() == np.ascontiguousarray(expected).tobytes()
    near = reference_haar.matrix(shape, 0.7, normals)
    assert abs(ours - near).max() < reference_haar.TOLERANCE[dtype]
    assert min(shape) < 64 or (ours != near.astype(dtype)).any()


#: Half of the last place of a number in [1/2, 1), besides the float32 error.
HALF_PLACE = {"float32": 0.0, "float64": 0.0, "float16": 2.0**-12, "bfloat16": 2.0**-9}
HALF_PLACE |= {"float8_e4m3fn": 2.0**-5, "float8_e5m2": 2.0**-4}


SHAPES = [(300, 170), (170, 300), (129, 128), (1, 7), (7, 1), (5, 5), (1, 1)]


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", heavy_but(SHAPES, (129, 128), (1, 7), (5, 5)))
def test_orthogonal_equals_reflection_by_reflection(dtype, shape):
    """More columns than go together in one panel, in float64 from the same normals."""
    ours = fi.orthogonal(shape, gain=0.75, rng=3, name="q", dtype=DTYPES[dtype]).astype(np.float64)
    theirs = reference_haar.orthogonal(shape, 0.75, dtype, 3, "q")
    tolerance = reference_haar.TOLERANCE["float64" if dtype == "float64" else "float32"] + HALF_PLACE[dtype]
    assert abs(ours - theirs).max() < tolerance
    other = reference_haar.orthogonal(shape, 0.75, dtype, 4, "q")
    assert shape == (1, 1) or abs(ours - other).max() > tolerance


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("fans", ["io", "oi"])
def test_orthogonal_flattens_and_delta_orthogonal_places(dtype, fans):
    """Which matrix the elements are, and where."""
    shape = (3, 4, 5, 20) if fans == "io" else (20, 5, 3, 4)
    rows = (math.prod(shape[:-1]), shape[-1]) if fans == "io" else (shape[0], math.prod(shape[1:]))
    tolerance = reference_haar.TOLERANCE["float32"] + HALF_PLACE[dtype]
    ours = fi.orthogonal(shape, fans=fans, rng=1, dtype=DTYPES[dtype]).astype(np.float64)
    assert abs(ours.reshape(rows) - reference_haar.orthogonal(rows, 1.0, dtype, 1, "")).max() < tolerance
    ours = fi.delta_orthogonal(shape, fans=fans, rng=1, dtype=DTYPES[dtype]).astype(np.float64)
    centre = (1, 1) if fans == "io" else (..., 1, 1)
    matrix = reference_haar.orthogonal((5, 20) if fans == "io" else (20, 5), 1.0, dtype, 1, "")
    assert abs(ours[centre] - matrix).max() < tolerance
    ours[centre] = 0
    assert not ours.any()

"""The check of values that every benchmark makes: true ones pass, and each kind of false ones is found."""

import functools
import math

import numpy as np
import pytest

from fastinit.bench import matrix_values, values
from fastinit.bench.buffers import named_dtype
from fastinit.bench.peer_interface import HALF_WIDTH, LAWS, N_DEVIATIONS, STD
from fastinit.laws.dtypes import FORMATS

DTYPES = tuple(FORMATS)
N = 1 << 21

#: The standard deviation that is always found to be off, as values.py says.
FOUND = {"float32": 0.005, "float64": 0.005, "float16": 0.005, "bfloat16": 0.01}
FOUND |= {"float8_e4m3fn": 0.1, "float8_e5m2": 0.2}


@functools.cache
def drawn(law: str, n: int) -> np.ndarray:
    generator = np.random.default_rng(3)
    if law == "uniform":
        return generator.uniform(-HALF_WIDTH, HALF_WIDTH, n)
    found = generator.standard_normal(n)
    while law == "truncated" and (outside := np.abs(found) >= N_DEVIATIONS).any():
        found[outside] = generator.standard_normal(np.count_nonzero(outside))
    return found * STD


def sample(law: str, dtype: str, n: int = N) -> np.ndarray:
    return drawn(law, n).astype(named_dtype(dtype))


@pytest.mark.parametrize("law", LAWS)
def test_expectations_are_the_laws_moments(law):
    x = np.linspace(-8, 8, 400_001)  # standard deviations of the normal; half-widths of the uniform
    density = (np.abs(x) < 1).astype(float) if law == "uniform" else np.exp(-x * x / 2)
    if law == "truncated":
        density[np.abs(x) > N_DEVIATIONS] = 0
    density /= density.sum()
    unit = HALF_WIDTH if law == "uniform" else STD
    variance = np.sum(density * x**2)
    expected = values.EXPECTED[law]
    got = unit * math.sqrt(variance), np.sum(density * x**4) / variance**2, density[x * x < variance].sum()
    assert np.allclose(got, expected[:3], rtol=1e-4, atol=0)
    assert expected.bound == {"uniform": HALF_WIDTH, "normal": math.inf, "truncated": N_DEVIATIONS * STD}[law]


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("n", [1 << 8, 1 << 16, 3_000_001])
def test_true_values_pass(law, dtype, n):
    values.require_law(sample(law, dtype, n), law, "numpy")


def left_unwritten(array, dtype):
    array[-1] = np.nan


def constant(array, dtype):
    array.fill(STD)


def wide(array, dtype):
    array[...] = array.astype(np.float64) * (1 + FOUND[dtype])


def narrow(array, dtype):
    array[...] = array.astype(np.float64) * (1 - FOUND[dtype])


def shifted(array, dtype):
    array[...] = array.astype(np.float64) + 2 * FOUND[dtype] * STD


def repeated_slices(array, dtype):
    array[array.size // 2 :] = array[: array.size // 2]


def repeated_neighbours(array, dtype):
    array[1::2] = array[::2]


def repeated_lanes(array, dtype):
    lanes = array.reshape(-1, 8)
    lanes[:, 5] = lanes[:, 0]


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (left_unwritten, "every element written, got 1 left out"),
        (constant, "mean 0"),
        (wide, "standard deviation"),
        (narrow, "standard deviation"),
        (shifted, "mean 0"),
        (repeated_slices, r"\d+ distinct values"),
        (repeated_neighbours, "values that do not repeat, got .* repeated 1 further on"),
        (repeated_lanes, "values that do not repeat, got .* repeated 5 further on"),
    ],
)
def test_false_values_are_found(law, dtype, spoil, words):
    array = sample(law, dtype)
    spoil(array, dtype)
    with pytest.raises(ValueError, match=f"bench: peer: expected {words}"):
        values.require_law(array, law, "peer")


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", [name for name in DTYPES if FORMATS[name].precision >= 8])
@pytest.mark.parametrize(
    ("law", "other"),
    [("uniform", "normal"), ("normal", "truncated"), ("truncated", "normal"), ("truncated", "uniform")],
)
def test_another_law_of_the_same_deviation_is_found(law, other, dtype):
    array = sample(other, dtype)
    array[...] = array.astype(np.float64) * (values.EXPECTED[law].std / values.EXPECTED[other].std)
    with pytest.raises(ValueError, match="share within one deviation"):
        values.require_law(array, law, "peer")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("law", ["uniform", "truncated"])
def test_a_value_beyond_the_bounds_is_found(law, dtype):
    array = sample(law, dtype)
    array[7] = max(1.01, 1 + 2.0 ** (1 - FORMATS[dtype].precision)) * values.EXPECTED[law].bound
    with pytest.raises(ValueError, match="values within"):
        values.require_law(array, law, "peer")


def test_truncation_by_moving_values_to_the_bounds_is_found():
    array = np.clip(sample("normal", "float32"), -N_DEVIATIONS * STD, N_DEVIATIONS * STD)
    with pytest.raises(ValueError, match="standard deviation"):
        values.require_law(array, "truncated", "peer")


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_round_that_writes_nothing_is_found(dtype):
    array = sample("normal", dtype)
    values.require_changed(values.glimpse(array), values.glimpse(array[::-1]), "peer")
    with pytest.raises(ValueError, match="fresh values"):
        values.require_changed(values.glimpse(array), values.glimpse(array), "peer")


@functools.cache
def qr(m: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.linalg.qr(np.random.default_rng(1).standard_normal((m, n)))


def haar(m: int, n: int) -> np.ndarray:
    q, r = qr(m, n)
    return (q * np.sign(np.diag(r))).astype(np.float32)


@pytest.mark.parametrize("shape", [(128, 128), (256, 128)])
def test_orthonormal_columns_pass(shape):
    matrix_values.require_orthonormal(haar(*shape), "numpy")


def stretched(matrix):
    matrix[:, 3] *= np.float32(1 + 1e-5)


def leaning(matrix):
    matrix[:, 3] += np.float32(2e-5) * matrix[:, 4]


def signs_as_they_fell(matrix):
    matrix[...] = qr(*matrix.shape)[0]


@pytest.mark.parametrize("shape", [(128, 128), (256, 128)])
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda matrix: left_unwritten(matrix[0], "float32"), "every element written"),
        (stretched, "columns orthonormal"),
        (leaning, "columns orthonormal"),
        (signs_as_they_fell, "a trace within"),
    ],
)
def test_other_columns_are_found(shape, spoil, words):
    matrix = haar(*shape)
    spoil(matrix)
    with pytest.raises(ValueError, match=f"bench: peer: expected {words}"):
        matrix_values.require_orthonormal(matrix, "peer")


def sparse_matrix(rows_of_zeros) -> np.ndarray:
    """A matrix of 1000 x 1000 normals; ``rows_of_zeros(generator)`` are those of a column."""
    generator = np.random.default_rng(1)
    matrix = generator.standard_normal((1000, 1000), np.float32) * np.float32(STD)
    for column in matrix.T:
        column[rows_of_zeros(generator)] = 0
    return matrix


def test_sparse_columns_pass():
    matrix = sparse_matrix(lambda generator: generator.permutation(1000)[:900])
    matrix_values.require_sparse(matrix, 0.8995, "numpy")  # the ceiling of 899.5


@pytest.mark.parametrize(
    ("rows_of_zeros", "words"),
    [
        (lambda generator: generator.permutation(1000)[:899], "900 zeros in each column"),
        (lambda generator: generator.permutation(1000)[:901], "900 zeros in each column"),
        (lambda generator: generator.random(1000) < 0.9, "900 zeros in each column"),
        (lambda generator: slice(900), r"900 \+- 66 zeros in each row"),
    ],
)
def test_other_zeros_are_found(rows_of_zeros, words):
    with pytest.raises(ValueError, match=f"bench: peer: expected {words}"):
        matrix_values.require_sparse(sparse_matrix(rows_of_zeros), 0.9, "peer")


def test_other_values_among_the_zeros_are_found():
    matrix = 2 * sparse_matrix(lambda generator: generator.permutation(1000)[:900])
    with pytest.raises(ValueError, match="standard deviation"):
        matrix_values.require_sparse(matrix, 0.9, "peer")

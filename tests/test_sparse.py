"""`sparse` against an independent choice of the zeros, and the choice against its law."""

import functools
import itertools
import math

import numpy as np
import pytest
import reference
from statistics_of import BOUND
from test_invariance import same_bits

import fastinit as fi
from fastinit.laws.dtypes import FORMATS

SHAPES = [(300, 70), (2000, 3), (64, 128), (5, 7), (1, 9), (9, 1), (3, 3, 20, 33)]


def drawn_words(key: list[int], block_index: int) -> list[int]:
    """A block's 1024 words of 64 bits."""
    return reference.outputs(tuple(key), block_index, 128).ravel().tolist()


def chosen(key: list[int], unit: int, n_inputs: int, n_chosen: int) -> set[int]:
    """As docs/stream.md says: words draw inputs until n_chosen different ones are drawn."""
    inputs, block = set(), unit * -(-4 * n_inputs // 1024)
    while len(inputs) < n_chosen:
        for word in drawn_words(key, block):
            inputs.add(word * n_inputs >> 64)
            if len(inputs) == n_chosen:
                break
        block += 1
    return inputs


@functools.cache
def zeros_of(shape, sparsity: float, fans: str, seed: int, name: str, tag: bytes) -> np.ndarray:
    """Where the zeros are, in the shape of the tensor."""
    n_units = shape[-1] if fans == "io" else shape[0]
    n_inputs = math.prod(shape) // n_units
    n_zeros = math.ceil(sparsity * n_inputs)
    key, by_unit = reference.key(seed, name, tag), np.zeros((n_units, n_inputs), bool)
    n_chosen = min(n_zeros, n_inputs - n_zeros)
    for unit in range(n_units):
        by_unit[unit, list(chosen(key, unit, n_inputs, n_chosen))] = True
    if n_chosen != n_zeros:
        by_unit = ~by_unit
    return (by_unit.T if fans == "io" else by_unit).reshape(shape)


@pytest.mark.each_value
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("fans", ["io", "oi"])
def test_equals_reference(isa, shape, fans):
    """For shares on both sides of a half; the zeros are those of the choice, and the rest a normal fill."""
    shape = shape if fans == "io" else shape[::-1]
    for sparsity in (0.0, 0.05, 0.5, 0.9, 1.0):
        ours = fi.sparse(shape, sparsity=sparsity, fans=fans, std=0.5, rng=3, name="w", threads=2)
        expected = fi.normal(shape, std=0.5, rng=3, name="w")
        expected[zeros_of(shape, sparsity, fans, 3, "w", b"s32")] = 0
        assert same_bits(ours, expected), sparsity


@pytest.mark.parametrize("dtype", FORMATS)
def test_dtypes_share_or_have_their_choice(isa, dtype):
    shape = (130, 40)
    ours = fi.sparse(shape, sparsity=0.7, rng=0, dtype=dtype)
    tag = b"s64" if dtype == "float64" else b"s32"
    expected = np.where(zeros_of(shape, 0.7, "io", 0, "", tag), 0, fi.normal(shape, std=0.01, rng=0, dtype=dtype))
    assert ours.dtype == expected.dtype
    assert ours.tobytes() == expected.tobytes()


@pytest.mark.parametrize("sparsity", [0.0, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.999, 1.0])
def test_numbers_of_zeros(sparsity):
    """Exactly ceil(sparsity fan_in) in each unit; mean-zero values of `normal` are 0 about once in 2**25."""
    for fans, axis in (("io", 0), ("oi", 1)):
        w = fi.sparse((360, 360), sparsity=sparsity, fans=fans, std=1.0, rng=1)
        assert set(np.count_nonzero(w == 0, axis=axis).tolist()) == {math.ceil(sparsity * 360)}


@pytest.mark.parametrize("shape", [(301, 517), (4, 5, 60, 70), (40, 3, 3, 50)])
@pytest.mark.parametrize("fans", ["io", "oi"])
def test_parts_and_layouts(shape, fans):
    """Parts equal the whole's; so do outputs of any memory order, with gaps, and for any number of threads."""
    scheme = fi.get("sparse", sparsity=0.8, fans=fans)
    whole = scheme(shape, rng=0)
    generator = np.random.default_rng(5)
    for threads in (1, 3):
        for _ in range(12):
            index = tuple(slice(*sorted(generator.integers(0, n + 1, 2).tolist())) for n in shape)
            if generator.random() < 0.3:
                index = (int(generator.integers(shape[0])), *index[1:])
            assert same_bits(scheme(shape, index=index, rng=0, threads=threads), whole[index]), index
            gaps = np.zeros([2 * n for n in whole[index].shape], np.float32)[(slice(1, None, 2),) * whole[index].ndim]
            scheme(shape, index=index, out=gaps, rng=0, threads=threads)
            assert same_bits(gaps, whole[index]), index
        for order in itertools.islice(itertools.permutations(range(len(shape))), 24):
            memory = np.full([shape[axis] for axis in order], 7, np.float32)
            out = memory.transpose(np.argsort(order))[..., ::-1]
            assert scheme(out=out, rng=0, threads=threads) is out
            assert same_bits(out, whole), order


def test_instruction_sets_and_threads_agree(isa):
    expected = fi.sparse((700, 300), sparsity=0.6, rng=0, threads=1)
    for threads in (2, 7):
        assert same_bits(fi.sparse((700, 300), sparsity=0.6, rng=0, threads=threads), expected)


def cells_score(counts: np.ndarray) -> float:
    """Chi-squared of equally likely cells as a standard score (of its normal approximation)."""
    expected = counts.sum() / counts.size
    return (((counts - expected) ** 2 / expected).sum() - (counts.size - 1)) / math.sqrt(2 * (counts.size - 1))


@pytest.mark.parametrize(("n_inputs", "n_zeros"), [(9, 4), (9, 5), (12, 3), (12, 10)])
def test_all_sets_are_equally_likely(n_inputs, n_zeros):
    """False alarm 6.8e-6, or 1e-5 with the skew of chi-squared at 66 cells and more."""
    n_units = 200_000
    w = fi.sparse((n_inputs, n_units), sparsity=n_zeros / n_inputs - 1e-9, std=1.0, rng=2)
    patterns = (w == 0).T @ (1 << np.arange(n_inputs))
    sets, counts = np.unique(patterns, return_counts=True)
    assert sets.size == math.comb(n_inputs, n_zeros)
    assert abs(cells_score(counts)) < BOUND + 0.5
    biased = np.where((patterns == sets[0]) & (np.arange(n_units) % 2 == 0), sets[1], patterns)
    assert cells_score(np.unique(biased, return_counts=True)[1]) > BOUND + 0.5


def test_units_are_independent():
    """Common zeros of neighbouring units are hypergeometric: their mean is n_zeros**2 / n_inputs, within 4.5 sigma."""
    n_inputs, n_zeros, n_units = 400, 120, 40_001
    zero = fi.sparse((n_inputs, n_units), sparsity=n_zeros / n_inputs, std=1.0, rng=4) == 0
    expected = n_zeros**2 / n_inputs
    variance = expected * (1 - n_zeros / n_inputs) ** 2 * n_inputs / (n_inputs - 1)

    def score(a, b):
        return (np.count_nonzero(a & b, axis=0).mean() - expected) / math.sqrt(variance / a.shape[1])

    assert abs(score(zero[:, :-1], zero[:, 1:])) < BOUND
    shared = zero.copy()
    shared[:, 1::2][:10] = shared[:, ::2][:10, : shared.shape[1] // 2]  # ten inputs of a unit handed to its neighbour
    assert abs(score(shared[:, :-1], shared[:, 1:])) > BOUND


def test_more_inputs_than_marks_of_many_units():
    """So many that a thread's marks hold few units, then one."""
    for n_inputs in (1 << 20, (1 << 23) + 5):
        w = fi.sparse((n_inputs, 3), sparsity=0.9, std=1.0, rng=0)
        n_zeros = np.count_nonzero(w == 0, axis=0) - math.ceil(0.9 * n_inputs)
        assert ((n_zeros >= 0) & (n_zeros < 8)).all()
        assert same_bits(fi.sparse((n_inputs, 3), sparsity=0.9, std=1.0, rng=0, index=np.s_[-1000:, 1]), w[-1000:, 1])


def test_empty_axes():
    for shape in [(0, 5), (5, 0), (0, 0), (3, 0, 4)]:
        for fans in ("io", "oi"):
            assert fi.sparse(shape, sparsity=0.5, fans=fans, rng=0).shape == shape

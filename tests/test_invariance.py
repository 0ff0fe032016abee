"""One value, one address: the same bits whatever the threads, layout, part, instruction set or floating-point mode."""

import itertools

import numpy as np
import pytest
from fills import FILLS, dtype_of, inside_memory, layouts, same_bits
from floating_point_mode import FloatingPointMode
from reference_laws import DTYPES

import fastinit as fi
from fastinit import _kernels
from fastinit.laws import kernel_laws, truncation

SHAPE = (301, 517)


@pytest.mark.each_value
@pytest.mark.parametrize("layout", layouts(SHAPE))
def test_layouts(isa, sized, layout):
    whole = sized(shape=SHAPE, threads=1)
    for threads in (1, 3):
        out = layouts(SHAPE, dtype_of(sized))[layout]
        assert sized(out=out, threads=threads) is out
        assert same_bits(out, whole)


@pytest.mark.each_value
def test_threads(isa, fill):
    shape = (1 << 16) + 77
    whole = fill(shape=shape, threads=1)
    for threads in (2, 3, 7):
        assert same_bits(fill(shape=shape, threads=threads), whole)


def test_instruction_sets_agree(fill):
    results = []
    before = _kernels.isa()
    for name, runs_here in _kernels.isas().items():
        if runs_here:
            assert _kernels.choose_isa(name)
            results.append(fill(shape=(1 << 16) + 5))
    _kernels.choose_isa(before)
    assert len(results) >= 2
    assert all(same_bits(result, results[0]) for result in results)


@pytest.mark.each_value
def test_random_parts(isa_of_much, sized):
    """200 random basic indices into tensors of 1 to 4 dimensions, into contiguous and strided outputs."""
    generator = np.random.default_rng(12345)
    tensors = {}
    for _ in range(200):
        shape = [(5000,), (70, 90), (2100, 3), (3, 2100), (9, 11, 130), (3, 5, 7, 110)][generator.integers(6)]
        if shape not in tensors:
            tensors[shape] = sized(shape=shape)
        index = random_index(generator, shape)
        expected = tensors[shape][index]
        threads = int(generator.integers(1, 4))
        assert same_bits(np.asarray(sized(shape=shape, index=index, threads=threads)), np.asarray(expected)), (
            shape,
            index,
        )
        doubled = np.zeros([2 * n for n in expected.shape], dtype_of(sized))
        strided = doubled[(slice(1, None, 2),) * expected.ndim + (...,)]
        sized(shape=shape, index=index, out=strided, threads=threads)
        assert same_bits(strided, np.asarray(expected)), (shape, index)


def random_index(generator, shape):
    n_items = generator.integers(1, len(shape) + 1)
    if generator.random() < 0.7:
        return tuple(random_item(generator, size) for size in shape[:n_items])
    first = tuple(random_item(generator, size) for size in shape[: n_items - 1])
    return (*first, ..., random_item(generator, shape[-1]))


def random_item(generator, size):
    if generator.random() < 0.2:
        return int(generator.integers(-size, size))
    start, stop = (int(x) for x in generator.integers(-size - 2, size + 3, 2))
    return slice(*[(start, stop), (None, stop), (start, None), (None, None)][generator.integers(4)])


@pytest.mark.each_value
@pytest.mark.parametrize(
    "shape", [(70, 1030), (130, 2100), (66, 5, 500), (9, 70, 33), (3, 2, 40, 90), (200, 17), (16, 3, 1024)]
)
def test_every_order_of_axes(isa, sized, shape, streamed):
    """Outputs whose memory order is any permutation of the axes, at any alignment, whole and in part."""
    whole = sized(shape=shape)
    generator = np.random.default_rng(7)
    for order in itertools.permutations(range(len(shape))):
        index = tuple(slice(generator.integers(0, 4), None) for _ in shape) if generator.random() < 0.5 else ()
        expected = whole[index]
        with inside_memory(expected.size, generator.integers(0, 20), whole.dtype) as memory:
            inner = memory.reshape([expected.shape[axis] for axis in order])
            out = inner.transpose(np.argsort(order))
            assert out.shape == expected.shape
            sized(shape=shape, index=index or ..., out=out, threads=int(generator.integers(1, 4)))
            assert same_bits(out, expected), (order, index)


@pytest.mark.each_value
@pytest.mark.parametrize("shape", [(2111, 700), (1900, 1024), (1301, 3089), (40, 33, 1100)])
def test_stacked_tiles(isa_of_much, shape, streamed):
    """Fortran order, whole and in part, tall enough for tiles to hand down what their columns' lines have left over."""
    whole = fi.normal(shape, rng=0)
    for offset, first, threads in [(0, 0, 1), (1, 3, 2), (4, 17, 3), (11, 31, 7)]:
        expected = whole[first:, ..., first:]
        with inside_memory(expected.size, offset, whole.dtype) as memory:
            out = memory.reshape(expected.shape[::-1]).T
            fi.normal(shape, rng=0, index=np.s_[first:, ..., first:], out=out, threads=threads)
            assert same_bits(out, expected)


@pytest.mark.each_value
@pytest.mark.parametrize("name", ["uniform-float64", "near-bfloat16", "truncated-float8_e5m2"])
def test_stacked_tiles_of_other_sizes(isa_of_much, name, streamed):
    """The same with elements of 8, 2 and 1 bytes, of which a line holds fewer and more."""
    whole = FILLS[name](shape=(1301, 700))
    for offset, first, threads in [(0, 0, 2), (3, 17, 1)]:
        expected = whole[first:, first:]
        with inside_memory(expected.size, offset, whole.dtype) as memory:
            out = memory.reshape(expected.shape[::-1]).T
            FILLS[name](shape=whole.shape, index=np.s_[first:, first:], out=out, threads=threads)
            assert same_bits(out, expected)


@pytest.mark.parametrize("name", [name for name in FILLS if not name.startswith("constant")])
def test_parts_can_fail(name):
    """The comparisons above see a shift by one element."""
    assert not same_bits(FILLS[name](shape=5000, index=np.s_[1:4000]), FILLS[name](shape=5000)[:3999])


@pytest.mark.each_value
@pytest.mark.parametrize("index", [np.s_[0:0], np.s_[5:5, ...], np.s_[..., 7:3], np.s_[3, 4]])
def test_empty_and_scalar_parts(fill, index):
    part = fill(shape=SHAPE, index=index)
    assert isinstance(part, np.ndarray)
    assert same_bits(part, np.asarray(fill(shape=SHAPE)[index]))


@pytest.mark.parametrize("dtype", DTYPES.values())
def test_parts_know_the_fans_of_the_whole(dtype):
    full = fi.he_normal((300, 200), rng=0, dtype=dtype)
    assert same_bits(fi.he_normal((300, 200), rng=0, index=np.s_[10:20], dtype=dtype), full[10:20])


def test_flat_index_counts_not_shape(fill):
    assert same_bits(fill(shape=(6, 10)), fill(shape=(3, 20)).reshape(6, 10))


@pytest.mark.each_value
@pytest.mark.parametrize("mode", ["flush to zero", "round up"])
def test_callers_floating_point_mode(isa, mode):
    """Flushing subnormals or rounding upwards in the caller changes no value, and is in force again afterwards."""
    # Subnormal results, which flushing would turn into zeros.
    tiny = {
        "float32": dict(shape=20_000, std=1e-38, rng=1),
        "float16": dict(shape=20_000, std=1e-7, rng=1, dtype="float16"),
    }
    expected_tiny = {name: fi.normal(**call) for name, call in tiny.items()}
    expected = {name: fill(shape=40_000) for name, fill in FILLS.items()}
    expected_laws = extreme_laws()
    for values in expected_tiny.values():
        assert ((values != 0) & (abs(values) < np.finfo(values.dtype).tiny)).any()
    with FloatingPointMode(mode) as changed:
        results = {name: fill(shape=40_000, threads=3) for name, fill in FILLS.items()}
        results_tiny = {name: fi.normal(**call) for name, call in tiny.items()}
        still_changed = changed.is_in_force()
        results_laws = extreme_laws()
    assert still_changed
    assert results_laws == expected_laws
    assert [name for name in FILLS if not same_bits(results[name], expected[name])] == []
    assert all(same_bits(results_tiny[name], expected_tiny[name]) for name in tiny)


def extreme_laws():
    """Fills whose laws' own parameters are subnormal or sensitive to rounding, computed afresh."""
    for law in (kernel_laws.normal, kernel_laws.uniform, truncation.truncated_normal):
        law.cache_clear()
    for name in fi.schemes():
        getattr(fi, name).specs.clear()
    fills = [
        fi.constant(1, value=1e-40),
        fi.constant(2, value=[1e-40, 0.1]),
        fi.uniform(9, low=0, high=3e-45, rng=0),
        fi.uniform(9, low=0.1, high=0.7, rng=0),
        fi.uniform(9, low=0.1, high=0.7, rng=0, dtype="float64"),
        fi.uniform(9, low=0, high=1e-40, rng=0, dtype="bfloat16"),
        fi.normal(9, std=1e-39, rng=0),
        fi.truncated_normal(9, std=1e-39, rng=0),
        fi.truncated_normal(9, mean=0.1, low=-1, high=0.3, rng=0, dtype="float64"),
        fi.log_odds(2, p=[0.1, 0.3]),
        fi.identity((2, 2), gain=1e-40),
        fi.he_uniform((3, 7), rng=0),
        fi.get("glorot_normal", gain=1.1)((3, 7), rng=0),
        fi.get("glorot_normal", gain=1.1, truncated=True)((3, 7), rng=0, dtype="float16"),
    ]
    return [fill.tobytes() for fill in fills]

"""One value, one address: the same bits whatever the threads, layout, part, instruction set or floating-point mode."""

import ctypes
import itertools
import platform

import numpy as np
import pytest

import fastinit as fi
from fastinit import _kernels, laws, run

SHAPE = (301, 517)
FILLS = {
    "normal": lambda **kw: fi.normal(std=0.02, rng=0, name="w", **kw),
    "uniform": lambda **kw: fi.uniform(low=-0.3, high=0.7, rng=0, name="w", **kw),
    "constant": lambda **kw: fi.constant(value=0.1, rng=0, name="w", **kw),
}


def same_bits(a, b):
    return a.shape == b.shape and np.array_equal(
        np.ascontiguousarray(a).view(np.uint32), np.ascontiguousarray(b).view(np.uint32)
    )


@pytest.fixture(params=FILLS)
def law(request):
    return FILLS[request.param]


@pytest.fixture
def whole(law):
    return law(shape=SHAPE, threads=1)


def layouts(shape):
    """Arrays of one shape in every layout, by name."""
    rows, columns = shape
    buffer = np.zeros(4 * rows * columns * 4 + 64, np.uint8)
    shifted = buffer[4 : 4 + rows * columns * 4].view(np.float32).reshape(shape)
    assert shifted.ctypes.data % 64 == (buffer.ctypes.data + 4) % 64
    return {
        "C": np.zeros(shape, np.float32),
        "Fortran": np.zeros(shape, np.float32, order="F"),
        "transposed": np.zeros((columns, rows), np.float32).T,
        "every other column": np.zeros((rows, 2 * columns), np.float32)[:, ::2],
        "every third row": np.zeros((3 * rows, columns), np.float32)[::3],
        "reversed": np.zeros(shape, np.float32)[::-1, ::-1],
        "inside": np.zeros((rows + 5, columns + 7), np.float32)[2:-3, 3:-4],
        "offset by one": np.zeros(rows * columns + 1, np.float32)[1:].reshape(shape),
        "offset by one in bytes buffer": shifted,
        "field": np.zeros(shape, [("a", "<i8"), ("w", "<f4"), ("b", "<i4")])["w"],
    }


@pytest.mark.parametrize("layout", layouts(SHAPE))
@pytest.mark.parametrize("threads", [1, 3])
def test_layouts(isa, law, whole, layout, threads):
    out = layouts(SHAPE)[layout]
    assert law(out=out, threads=threads) is out
    assert same_bits(out, whole)


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_threads(isa, law, threads):
    shape = (1 << 20) + 77
    assert same_bits(law(shape=shape, threads=threads), law(shape=shape, threads=1))


def test_instruction_sets_agree(law):
    results = []
    before = _kernels.isa()
    for name, runs_here in _kernels.isas().items():
        if runs_here:
            assert _kernels.choose_isa(name)
            results.append(law(shape=(1 << 17) + 5))
    _kernels.choose_isa(before)
    assert len(results) >= 2
    assert all(same_bits(result, results[0]) for result in results)


@pytest.mark.parametrize(
    "n_elements", [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 1023, 1024, 1025, 16384, 16385, 40000]
)
def test_lengths_are_prefixes_and_stay_inside(isa, law, canary, n_elements):
    out = canary(4 * n_elements).view(np.float32)
    law(out=out)
    assert same_bits(out, law(shape=50_000)[:n_elements])


def test_streamed_stores_equal_cached(isa, law):
    # Above the threshold, both 64-byte aligned and not.
    n_elements = (run.STREAM_BYTES >> 2) + 12_345
    streamed = fi.empty(n_elements)
    unaligned = np.zeros(n_elements + 1, np.float32)[1:]
    law(out=streamed)
    law(out=unaligned)
    assert same_bits(streamed, unaligned)
    middle = slice(n_elements // 2, n_elements // 2 + 5000)
    assert same_bits(law(shape=n_elements, index=middle), streamed[middle])


@pytest.mark.parametrize("offset", range(16))
@pytest.mark.parametrize("streamed", [False, True])
def test_any_alignment(isa, law, offset, streamed, monkeypatch):
    """Outputs that start at any element of a cache line."""
    monkeypatch.setattr(run, "STREAM_BYTES", 0 if streamed else 1 << 60)
    whole = law(shape=100_000)
    for first, n_elements, threads in [(0, 50_000, 1), (5, 17_000, 2), (1024, 70_000, 7), (2000, 3000, 3)]:
        memory = np.full(n_elements + 64, 7, np.float32)
        start = -memory.ctypes.data // 4 % 16 + 16 + offset
        out = memory[start : start + n_elements]
        law(shape=100_000, index=slice(first, first + n_elements), out=out, threads=threads)
        assert same_bits(out, whole[first : first + n_elements])
        assert (memory[:start] == 7).all()
        assert (memory[start + n_elements :] == 7).all()


def test_random_parts(isa, law):
    """200 random basic indices into tensors of 1 to 4 dimensions, into contiguous and strided outputs."""
    generator = np.random.default_rng(12345)
    tensors = {}
    for _ in range(200):
        shape = [(5000,), (70, 90), (2100, 3), (3, 2100), (9, 11, 130), (3, 5, 7, 110)][generator.integers(6)]
        if shape not in tensors:
            tensors[shape] = law(shape=shape)
        index = tuple(random_item(generator, size) for size in shape[: generator.integers(1, len(shape) + 1)])
        if generator.random() < 0.3:
            index = (*index[:-1], ..., index[-1])
        expected = tensors[shape][index]
        threads = int(generator.integers(1, 4))
        assert same_bits(law(shape=shape, index=index, threads=threads), expected), (shape, index)
        strided = np.zeros([2 * n for n in expected.shape], np.float32)[(slice(1, None, 2),) * expected.ndim + (...,)]
        law(shape=shape, index=index, out=strided, threads=threads)
        assert same_bits(strided, expected), (shape, index)


def random_item(generator, size):
    if generator.random() < 0.2:
        return int(generator.integers(-size, size))
    start, stop = (int(x) for x in generator.integers(-size - 2, size + 3, 2))
    return slice(*[(start, stop), (None, stop), (start, None), (None, None)][generator.integers(4)])


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    "shape", [(70, 1030), (130, 2100), (66, 5, 500), (9, 70, 33), (3, 2, 40, 90), (200, 17), (16, 3, 1024)]
)
def test_every_order_of_axes(isa, law, shape, streamed, monkeypatch):
    """Outputs whose memory order is any permutation of the axes, at any alignment, whole and in part."""
    monkeypatch.setattr(run, "STREAM_BYTES", 0 if streamed else 1 << 60)
    whole = law(shape=shape)
    generator = np.random.default_rng(7)
    for order in itertools.permutations(range(len(shape))):
        index = tuple(slice(generator.integers(0, 4), None) for _ in shape) if generator.random() < 0.5 else ()
        expected = whole[index]
        offset = generator.integers(0, 20)
        memory = np.full(expected.size + 64, 7, np.float32)
        inner = memory[offset : offset + expected.size].reshape([expected.shape[axis] for axis in order])
        out = inner.transpose(np.argsort(order))
        assert out.shape == expected.shape
        law(shape=shape, index=index or ..., out=out, threads=int(generator.integers(1, 4)))
        assert same_bits(out, expected), (order, index, offset)
        assert (memory[:offset] == 7).all()
        assert (memory[offset + expected.size :] == 7).all()


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("shape", [(2111, 700), (1900, 1024), (1301, 3089), (40, 33, 1100)])
def test_stacked_tiles(isa, shape, streamed, monkeypatch):
    """Fortran order, whole and in part, tall enough for tiles to hand down what their columns' lines have left over."""
    monkeypatch.setattr(run, "STREAM_BYTES", 0 if streamed else 1 << 60)
    whole = fi.normal(shape, rng=0)
    for offset, first, threads in [(0, 0, 1), (1, 3, 2), (4, 17, 3), (11, 31, 7)]:
        expected = whole[first:, ..., first:]
        memory = np.full(expected.size + 32, 7, np.float32)
        out = memory[offset : offset + expected.size].reshape(expected.shape[::-1]).T
        fi.normal(shape, rng=0, index=np.s_[first:, ..., first:], out=out, threads=threads)
        assert same_bits(out, expected)
        assert (memory[:offset] == 7).all()
        assert (memory[offset + expected.size :] == 7).all()


def test_random_parts_can_fail(law):
    """The comparison above sees a shift by one element."""
    if law is FILLS["constant"]:
        assert not same_bits(law(shape=8), FILLS["normal"](shape=8))
    else:
        assert not same_bits(law(shape=5000, index=np.s_[1:4000]), law(shape=5000)[:3999])


@pytest.mark.parametrize("index", [np.s_[0:0], np.s_[5:5, ...], np.s_[..., 7:3], np.s_[3, 4]])
def test_empty_and_scalar_parts(law, whole, index):
    part = law(shape=SHAPE, index=index)
    assert isinstance(part, np.ndarray)
    assert same_bits(part, np.asarray(whole[index]))


def test_parts_know_the_fans_of_the_whole():
    full = fi.he_normal((300, 200), rng=0)
    assert same_bits(fi.he_normal((300, 200), rng=0, index=np.s_[10:20]), full[10:20])


def test_flat_index_counts_not_shape():
    assert same_bits(fi.normal((6, 10), rng=0), fi.normal((3, 20), rng=0).reshape(6, 10))


@pytest.mark.parametrize("mode", ["flush to zero", "round up"])
def test_callers_floating_point_mode(isa, law, whole, mode):
    """Flushing subnormals or rounding upwards in the caller changes no value, and is in force again afterwards."""
    # Subnormal results, which flushing would turn into zeros.
    tiny = dict(shape=20_000, std=1e-38, rng=1)
    expected_tiny = fi.normal(**tiny)
    expected_laws = extreme_laws()
    assert ((expected_tiny != 0) & (abs(expected_tiny) < 1.17e-38)).any()
    with FloatingPointMode(mode) as changed:
        result, result_tiny = law(shape=SHAPE, threads=3), fi.normal(**tiny)
        still_changed = changed.is_in_force()
        result_laws = extreme_laws()
    assert still_changed
    assert result_laws == expected_laws
    assert same_bits(result, whole)
    assert same_bits(result_tiny, expected_tiny)


def extreme_laws():
    """Fills whose laws' own parameters are subnormal or sensitive to rounding, computed afresh."""
    laws.normal.cache_clear()
    laws.uniform.cache_clear()
    for name in fi.schemes():
        getattr(fi, name).specs.clear()
    fills = [
        fi.constant(1, value=1e-40),
        fi.uniform(9, low=0, high=3e-45, rng=0),
        fi.uniform(9, low=0.1, high=0.7, rng=0),
        fi.normal(9, std=1e-39, rng=0),
        fi.he_uniform((3, 7), rng=0),
        fi.get("glorot_normal", gain=1.1)((3, 7), rng=0),
    ]
    return [fill.tobytes() for fill in fills]


#: machine: (byte offset of the control register in fenv_t, {mode: bits})
CONTROL_REGISTERS = {
    "x86_64": (28, {"flush to zero": 0x8040, "round up": 0x4000}),
    "aarch64": (0, {"flush to zero": 1 << 24, "round up": 1 << 22}),
}


class FloatingPointMode:
    """Sets this thread's floating-point control register through libc's fegetenv and fesetenv."""

    def __init__(self, mode):
        self.libm = ctypes.CDLL("libm.so.6")
        self.offset, bits = CONTROL_REGISTERS[platform.machine()]
        self.bits = bits[mode]

    def read(self):
        environment = (ctypes.c_ubyte * 64)()
        assert self.libm.fegetenv(environment) == 0
        return environment

    def write(self, environment):
        assert self.libm.fesetenv(environment) == 0

    def register(self, environment):
        return ctypes.c_uint32.from_buffer(environment, self.offset)

    def is_in_force(self):
        return self.register(self.read()).value & self.bits == self.bits

    def __enter__(self):
        self.before = self.read()
        changed = self.read()
        self.register(changed).value |= self.bits
        self.write(changed)
        assert self.is_in_force()
        return self

    def __exit__(self, *exception):
        self.write(self.before)


@pytest.mark.parametrize("streamed", [False, True])
def test_short_outputs_at_every_alignment(isa, law, streamed, monkeypatch):
    """Fewer elements than a vector, a step or a block, whole and from inside a block; the bytes around untouched."""
    monkeypatch.setattr(run, "STREAM_BYTES", 0 if streamed else 1 << 60)
    whole = law(shape=4000)
    lengths = [*range(1, 70), 127, 129, 1023, 1025, 1061, 2049]
    for n, offset in itertools.product(lengths, range(17)):
        for first in (0, 1024, 1000):
            memory = np.full(n + 64, 7, np.float32)
            law(shape=4000, index=slice(first, first + n), out=memory[32 + offset : 32 + offset + n])
            assert same_bits(memory[32 + offset : 32 + offset + n], whole[first : first + n]), (n, offset, first)
            assert (memory[: 32 + offset] == 7).all()
            assert (memory[32 + offset + n :] == 7).all()


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("length", "gap"), [(1, 1), (3, 2), (16, 16), (17, 15), (24, 8), (64, 64), (100, 28), (300, 5)]
)
def test_short_rows_with_gaps(isa, law, length, gap, streamed, monkeypatch):
    monkeypatch.setattr(run, "STREAM_BYTES", 0 if streamed else 1 << 60)
    for n_rows, offset, threads in [(1, 0, 1), (7, 1, 1), (500, 3, 3), (301, 16, 2)]:
        whole = law(shape=(n_rows, length))
        memory = np.full((n_rows, length + gap), 7, np.float32).ravel()
        memory = np.concatenate([np.full(offset, 7, np.float32), memory])
        rows = memory[offset:].reshape(n_rows, length + gap)
        law(out=rows[:, :length], threads=threads)
        assert same_bits(rows[:, :length], whole), (n_rows, offset, threads)
        assert (rows[:, length:] == 7).all()
        assert (memory[:offset] == 7).all()

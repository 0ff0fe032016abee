"""What holds of each orthogonal matrix: orthonormality, gain, dtypes, layouts, parts. Their law: test_haar.py."""

import itertools
import math

import numpy as np
import pytest
from fills import same_bits

import fastinit as fi
from fastinit import _kernels
from fastinit.laws import dtypes

SIZES = [
    (1, 1),
    (1, 50),
    (50, 1),
    *itertools.product((127, 128, 129), repeat=2),
    (257, 256),
    (300, 700),
    (700, 300),
    (1000, 1000),
]

#: Of the products of float32 and float64 columns.
TOLERANCE = {"float32": 1e-5, "float64": 1e-13}


def defect(q, gain=1.0):
    """How far the products of the shorter side's vectors are from those of orthonormal ones, relative to gain**2."""
    q = q.astype(np.float64) / gain
    gram = q.T @ q if q.shape[0] >= q.shape[1] else q @ q.T
    return abs(gram - np.eye(len(gram))).max()


def rounding_of(dtype):
    """Half a step, relative; and twice that of float32, in which the values before rounding may differ."""
    return 2.0 ** -dtypes.FORMATS[dtype].precision + 2.0**-20


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("shape", SIZES)
def test_orthonormal(shape, dtype):
    q = fi.orthogonal(shape, rng=51, dtype=dtype)
    assert q.dtype == dtype
    assert defect(q) < TOLERANCE[dtype]
    if shape[0] == shape[1]:
        assert defect(q.T) < TOLERANCE[dtype]
    nudged = q.copy()
    nudged[0, -1] += 0.01
    assert defect(nudged) > TOLERANCE[dtype]


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", dtypes.FORMATS)
@pytest.mark.parametrize("gain", [5 / 3, 1e-3])
def test_gain_in_every_dtype(gain, dtype):
    """Orthogonal to within the dtype's rounding, which in sums over n products grows with the root of n."""
    shape, fmt = (200, 150), dtypes.FORMATS[dtype]
    if gain < 2.0 ** (fmt.least_exponent + fmt.precision):  # all but the least numbers of the dtype
        with pytest.raises(ValueError, match=r"^orthogonal: gain: expected 0, or a magnitude"):
            fi.orthogonal(shape, gain=gain, rng=52, dtype=dtype)
        return
    q = fi.orthogonal(shape, gain=gain, rng=52, dtype=dtype)
    assert defect(q, gain) < 8 * rounding_of(dtype)
    assert defect(q, gain / (1.02 + 8 * rounding_of(dtype))) > 8 * rounding_of(dtype)
    wide = fi.orthogonal(shape, rng=52, dtype="float64" if dtype == "float64" else "float32").astype(np.float64)
    apart = 2.0**fmt.least_exponent  # subnormals
    np.testing.assert_allclose(q.astype(np.float64), gain * wide, rtol=rounding_of(dtype), atol=apart + gain * 2e-7)


@pytest.mark.parametrize("dtype", dtypes.FORMATS)
def test_layouts_are_the_stated_reshape(dtype):
    for shape in [(3, 3, 4, 50), (2, 5, 7), (9, 2, 2, 3, 10)]:
        rows = (math.prod(shape[:-1]), shape[-1])
        as_matrix = fi.orthogonal(rows, rng=53, dtype=dtype)
        assert same_bits(fi.orthogonal(shape, rng=53, dtype=dtype).reshape(rows), as_matrix)
        shape = shape[::-1]
        rows = (shape[0], math.prod(shape[1:]))
        as_matrix = fi.orthogonal(rows, rng=53, dtype=dtype)
        filled = fi.orthogonal(shape, fans="oi", rng=53, dtype=dtype)
        assert same_bits(filled.reshape(rows), as_matrix)
        assert defect(filled.reshape(rows)) < 8 * rounding_of(dtype)


@pytest.mark.parametrize("dtype", dtypes.FORMATS)
def test_delta_orthogonal_is_a_matrix_at_the_centre(dtype):
    for shape in [(3, 5, 20, 30), (4, 7, 7), (1, 2, 3, 1, 9)]:
        centre = tuple((size - 1) // 2 for size in shape[:-2])
        w = fi.delta_orthogonal(shape, gain=2.0, rng=54, dtype=dtype)
        assert defect(w[centre], 2.0) < 8 * rounding_of(dtype)
        assert np.count_nonzero(w) == np.count_nonzero(w[centre])
        swapped = fi.delta_orthogonal(shape[:-3:-1] + shape[:-2], fans="oi", gain=2.0, rng=54, dtype=dtype)
        centre = (slice(None), slice(None), *centre)
        assert defect(swapped[centre].T, 2.0) < 8 * rounding_of(dtype)
        assert np.count_nonzero(swapped) == np.count_nonzero(swapped[centre])


def outputs(shape, dtype):
    """Arrays in another order, and with gaps."""
    return np.empty(shape[::-1], dtype).T, np.empty([2 * n for n in shape], dtype)[
        tuple(slice(None, None, 2) for n in shape)
    ]


@pytest.mark.parametrize("dtype", dtypes.FORMATS)
@pytest.mark.parametrize(
    ("scheme", "shape"),
    [("orthogonal", (150, 40)), ("orthogonal", (3, 4, 5, 70)), ("delta_orthogonal", (3, 3, 20, 30))],
)
def test_parts_and_layouts_equal_the_whole(scheme, shape, dtype):
    """To the bit, on any number of threads."""
    call = dict(rng=55, name="w", dtype=dtype)
    whole = fi.get(scheme)(shape, **call)
    for out in outputs(shape, whole.dtype):
        assert fi.get(scheme)(out=out, **{**call, "dtype": None}) is out
        assert same_bits(np.ascontiguousarray(out), whole)
    for n_threads in (1, 2, 3, 7):
        assert same_bits(fi.get(scheme)(shape, threads=n_threads, **call), whole)
    generator = np.random.default_rng(1)
    for _ in range(10):
        starts = [int(generator.integers(size)) for size in shape]
        index = tuple(
            slice(start, int(generator.integers(start, size + 1))) for start, size in zip(starts, shape, strict=True)
        )
        index = (*index[:-1], starts[-1]) if generator.random() < 0.3 else index
        part = fi.get(scheme)(shape, index=index, **call)
        assert same_bits(part, np.ascontiguousarray(whole[index]))
    different = fi.get(scheme)(shape, rng=55, name="v", dtype=dtype)
    assert abs(different.astype(float) - whole.astype(float)).max() > 0.01


@pytest.mark.parametrize("dtype", dtypes.FORMATS)
@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0), (3, 0, 4), (0, 2, 3)])
def test_empty_axes(shape, dtype):
    assert fi.orthogonal(shape, rng=0, dtype=dtype).shape == shape
    if len(shape) > 2:
        assert fi.delta_orthogonal(shape, rng=0, dtype=dtype).shape == shape
    part = fi.orthogonal((7, 5), rng=0, dtype=dtype, index=np.s_[3:3])
    assert part.shape == (0, 5)


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("shape", [(200, 150), (150, 200)])
def test_the_transpose_and_the_negative(shape, dtype):
    """A wide matrix is the tall one's transpose; a negative gain negates."""
    q = fi.orthogonal(shape, rng=56, dtype=dtype)
    assert same_bits(fi.orthogonal(shape[::-1], rng=56, dtype=dtype), np.ascontiguousarray(q.T))
    assert (fi.orthogonal(shape, rng=56, dtype=dtype, gain=-1) == -q).all()


def test_columns_cost_their_share(monkeypatch):
    """The kernels are asked for the columns of a tall matrix, the rows of a wide one, that an index touches."""
    asked, put = [], _kernels.put_haar

    def counted(matrices, *rest):
        asked.append(matrices.shape)
        put(matrices, *rest)

    monkeypatch.setattr(_kernels, "put_haar", counted)
    fi.orthogonal((300, 200), rng=0, index=np.s_[:, 150:175])
    fi.orthogonal((200, 300), rng=0, index=np.s_[150:175])
    fi.orthogonal((300, 200), rng=0, index=np.s_[7:9, ::50], dtype="bfloat16")
    assert asked == [(1, 300, 25), (1, 300, 25), (1, 2, 4)]


@pytest.mark.parametrize("stack", [(70, 64, 64), (3, 600, 500)])
def test_small_and_large_matrices_of_a_stack(stack):
    """Each by one thread or by all: the same bits as one by one."""
    fans, call = fi.axes(batch_axis=0), dict(rng=57, name="w")
    for n_threads in (1, 3):
        whole = fi.orthogonal(stack, fans=fans, threads=n_threads, **call)
        for place in (0, 1, stack[0] - 1):
            assert same_bits(whole[place], fi.orthogonal(stack, fans=fans, index=place, **call))
    assert (whole[0] != whole[1]).any()


def test_no_room(monkeypatch):
    """What is missing is said, and nothing is written."""
    out = np.full((300, 200), 7, np.float32)

    def refuse(*arguments):
        raise MemoryError

    monkeypatch.setattr(_kernels, "new_aligned", refuse)
    with pytest.raises(MemoryError, match=r"^orthogonal: shape: expected one that fits in memory, got .* workspace"):
        fi.orthogonal(out=out, rng=0)
    assert (out == 7).all()

"""Listed boxes and starts anywhere in a block: slices of the whole, bit for bit, on the kernels' own door."""

import numpy as np
import pytest
from fills import dtype_of, fill_of, inside_memory, same_bits
from reference_laws import DTYPES

from fastinit import _kernels
from fastinit.filling import seed as seeds
from fastinit.laws import dtypes

N_WHOLE = 40_000


def fill_box(fill, array, box, threads=1, streamed=False):
    """What a configured scheme's law gives to a box of its stream."""
    spec_of = fill.func.spec
    law = spec_of.law((N_WHOLE,), dtypes.format_of(dtype_of(fill)))
    _kernels.fill(array, law, seeds.seed_of("test", 0, True), "w", box, threads, streamed)


def listed_box(starts, out_offsets, length, itemsize):
    return (0, length, itemsize, -1, 0, np.asarray(starts, np.int64), np.asarray(out_offsets, np.int64))


@pytest.mark.each_value
def test_rows_by_id(isa_of_much, fill):
    """Repeats, in no order, in the block before and after, long and short; written in another order with gaps."""
    whole, generator = fill(shape=N_WHOLE), np.random.default_rng(1)
    itemsize = dtype_of(fill).itemsize
    for length, step, n in [
        (1, 1, 200),
        (7, 1, 60),
        (64, 64, 90),
        (100, 100, 50),
        (128, 1, 30),
        (1500, 1, 9),
        (20_000, 1, 3),
    ]:
        starts = generator.integers(0, (N_WHOLE - length) // step, n) * step
        starts[n // 2 :] = np.sort(starts[n // 2 :])
        starts[0] = starts[1]
        for gap, threads, offset, streamed in [(0, 1, 4, False), (3, 2, 0, True), (16, 3, 1, False), (0, 7, 0, True)]:
            places = generator.permutation(n) if gap else np.arange(n)
            with inside_memory(n * (length + gap), offset, whole.dtype) as memory:
                rows = memory.reshape(n, length + gap)
                before = rows[:, length:].copy()
                box = listed_box(starts, places * rows.strides[0], length, itemsize)
                fill_box(fill, rows[:, :length], box, threads, streamed)
                expected = np.array([whole[s : s + length] for s in starts])
                assert same_bits(rows[places, :length], expected), (length, gap, threads)
                assert same_bits(rows[:, length:], before)


@pytest.mark.each_value
@pytest.mark.parametrize("streamed", [False, True])
def test_steps_under_entries(isa, sized, streamed):
    """Inner dimensions of every distance, output strides of either sign, entries written from the last backwards."""
    whole, itemsize = sized(shape=N_WHOLE), dtype_of(sized).itemsize
    for extent, step, length, threads in [
        (300, 2, 1, 1),
        (100, 4, 1, 2),
        (50, 40, 17, 3),
        (7, 700, 100, 1),
        (3, 2000, 1100, 2),
    ]:
        starts = np.array([5, 3000, 5, 64, 9, 1023])
        with inside_memory(len(starts) * extent * length, 1, whole.dtype) as memory:
            out = memory.reshape(len(starts), extent, length)
            index = starts[:, None, None] + step * np.arange(extent)[None, :, None] + np.arange(length)
            backwards = out[::-1, ::-1]
            offsets = (np.arange(len(starts)) * backwards.strides[0]).astype(np.int64)
            box = (0, length, itemsize, -1, 1, extent, step, backwards.strides[1], starts, offsets)
            fill_box(sized, backwards, box, threads, streamed)
            assert same_bits(backwards, whole[index]), (extent, step)
            columns = np.zeros((length, extent, len(starts)), whole.dtype).T
            box = (0, length, columns.strides[2], -1, 1, extent, step, columns.strides[1], starts)
            fill_box(sized, columns, (*box, np.arange(len(starts)) * columns.strides[0]), threads, streamed)
            assert same_bits(columns.copy(), whole[index])


@pytest.mark.each_value
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("step", [2, 3, 4, 31, 255, 256, 257, 1024, 1500])
def test_steps_along_the_last_axis(isa, sized, step, streamed):
    whole, itemsize = sized(shape=N_WHOLE), dtype_of(sized).itemsize
    for first, threads, stride in [(0, 1, 1), (77, 2, 1), (1000, 7, 3)]:
        expected = whole[first::step]
        with inside_memory(len(expected) * stride, 3, whole.dtype) as memory:
            out = memory[::stride]
            fill_box(sized, out, (first, 1, itemsize, -1, 1, len(out), step, out.strides[0]), threads, streamed)
            assert same_bits(out, expected), (first, threads)


@pytest.mark.each_value
def test_one_entry_and_none(isa, fill):
    whole, itemsize = fill(shape=N_WHOLE), dtype_of(fill).itemsize
    out = np.zeros((1, 3000), whole.dtype)
    fill_box(fill, out, listed_box([33], [0], 3000, itemsize), 3)
    assert same_bits(out[0], whole[33:3033])
    fill_box(fill, np.zeros((0, 3000), whole.dtype), listed_box([], [], 3000, itemsize))


def test_far_out():
    """Offsets near 2**62, and their sum with the box's own start."""
    fill = fill_of("normal", "float32")
    far = np.array([(1 << 61) + 5, (1 << 61) + 1029, 17])
    rows, one = np.zeros((3, 90), np.float32), np.zeros(90, np.float32)
    fill_box(fill, rows, (1 << 61, 90, 4, -1, 0, far, np.arange(3) * 360))
    for row, offset in zip(rows, far.tolist(), strict=True):
        fill_box(fill, one, ((1 << 61) + offset, 90, 4, -1, 0))
        assert same_bits(row, one)


@pytest.mark.parametrize(
    "box",
    [
        (0, 10, 4, -1, 0, np.zeros(2, np.int64)),
        (0, 10, 4, -1, 0, np.zeros(2, np.int64), np.zeros(3, np.int64)),
        (0, 10, 4, -1, 0, np.zeros(3, np.int64), np.zeros(3, np.int64)),
        (0, 10, 4, -1, 0, np.zeros(2, np.int32), np.zeros(2, np.int64)),
        (0, 10, 4, -1, 0, np.zeros(4, np.int64)[::2], np.zeros(2, np.int64)),
        (0, 10, 4, -1, 0, np.zeros((2, 1), np.int64), np.zeros((2, 1), np.int64)),
        (0, 10, 4, -1, 0, [0, 1], [0, 40]),
        (0, 1, 4, 0, 1, 10, 1, 4, np.zeros(2, np.int64), np.zeros(2, np.int64)),
    ],
)
def test_refuses(box):
    out = np.zeros((2, 10), np.float32)
    with pytest.raises(ValueError, match=r"^fill: "):
        fill_box(fill_of("normal", "float32"), out, box)
    assert not out.any()


def test_every_dtype_is_filled():
    assert set(DTYPES) <= set(_kernels.dtypes())

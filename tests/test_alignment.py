"""Stores of every kind, at every alignment and of every length, write the same values and nothing beside them."""

import itertools

import numpy as np
import pytest
from fills import BY_SIZE, dtype_of, inside_memory, same_bits

import fastinit as fi
from fastinit.filling import run

#: Around vectors, steps, blocks and units of every dtype.
LENGTHS = [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 1023, 1024, 1025, 16384, 16385, 40000]


@pytest.mark.each_value
def test_lengths_are_prefixes_and_stay_inside(isa, fill):
    whole = fill(shape=50_000)
    for n_elements in LENGTHS:
        with inside_memory(n_elements, 0, dtype_of(fill)) as out:
            fill(out=out)
            assert same_bits(out, whole[:n_elements]), n_elements


@pytest.mark.each_value
@pytest.mark.parametrize("name", BY_SIZE)
def test_streamed_stores_equal_cached(isa_of_much, name):
    """Above the real threshold, both aligned to a line and not."""
    law = BY_SIZE[name]
    n_elements = run.STREAM_BYTES // dtype_of(law).itemsize + 12_345
    streamed = fi.empty(n_elements, dtype_of(law))
    unaligned = np.zeros(n_elements + 1, dtype_of(law))[1:]
    law(out=streamed)
    law(out=unaligned)
    assert same_bits(streamed, unaligned)
    middle = slice(n_elements // 2, n_elements // 2 + 5000)
    assert same_bits(law(shape=n_elements, index=middle), streamed[middle])


@pytest.mark.each_value
def test_any_alignment(isa, fill, streamed):
    """Outputs that start at a line, at its next element, and at pieces of it of 4 bytes and more; in one go and in
    several, from a block's beginning and from inside it."""
    itemsize = dtype_of(fill).itemsize
    whole = fill(shape=30_000)
    offsets = sorted({0, 1, 64 // itemsize - 1, *(n_bytes // itemsize for n_bytes in (8, 16, 32, 40))})
    for offset, (first, n, threads) in itertools.product(offsets, [(0, 5000, 1), (5, 2100, 1), (2048, 17_000, 2)]):
        with inside_memory(n, offset, whole.dtype) as out:
            fill(shape=30_000, index=slice(first, first + n), out=out, threads=threads)
            assert same_bits(out, whole[first : first + n]), (offset, first)


@pytest.mark.each_value
def test_every_element_of_a_line(isa, sized, streamed):
    whole = sized(shape=100_000)
    for offset in range(64 // dtype_of(sized).itemsize):
        for first, n, threads in [(0, 17_000, 1), (1024, 40_000, 7), (2000, 3000, 3)]:
            with inside_memory(n, offset, whole.dtype) as out:
                sized(shape=100_000, index=slice(first, first + n), out=out, threads=threads)
                assert same_bits(out, whole[first : first + n]), (offset, first)


@pytest.mark.each_value
def test_short_outputs_at_every_alignment(isa, sized, streamed):
    """Fewer elements than a vector, a step or a block, whole and from inside a block; the bytes around untouched."""
    whole = sized(shape=4000)
    lengths = [*range(1, 70, 1 if dtype_of(sized).itemsize == 4 else 3), 127, 1025, 1061, 2049]
    for n, offset, first in itertools.product(lengths, range(0, 17, 2), (0, 1024, 1000)):
        with inside_memory(n, offset + n % 2, whole.dtype) as out:
            sized(shape=4000, index=slice(first, first + n), out=out)
            assert same_bits(out, whole[first : first + n]), (n, offset, first)


@pytest.mark.each_value
@pytest.mark.parametrize(
    ("length", "gap"), [(1, 1), (3, 2), (16, 16), (17, 15), (24, 8), (64, 64), (100, 28), (300, 5)]
)
def test_short_rows_with_gaps(isa, sized, length, gap, streamed):
    for n_rows, offset, threads in [(1, 0, 1), (7, 1, 1), (500, 3, 3), (301, 16, 2)]:
        whole = sized(shape=(n_rows, length))
        with inside_memory(n_rows * (length + gap), offset, whole.dtype) as memory:
            rows = memory.reshape(n_rows, length + gap)
            before = rows[:, length:].copy()
            sized(out=rows[:, :length], threads=threads)
            assert same_bits(rows[:, :length], whole), (n_rows, offset, threads)
            assert same_bits(rows[:, length:], before)

"""The keys of streams: BLAKE2b in C against hashlib, alone and eight at once."""

import hashlib

import numpy as np
import pytest
import reference

import fastinit as fi
from fastinit import _kernels
from fastinit.filling import seed

DATA = np.random.default_rng(5).integers(0, 256, 5000, np.uint8).tobytes()


@pytest.mark.parametrize("piece", [1, 7, 64, 127, 128, 129, 5000])
def test_blake2b_equals_hashlib(piece):
    for n_bytes in [*range(0, 400, 1 if piece > 1 else 13), 1023, 1024, 1025, 4999]:
        for digest_size in (1, 32, 63, 64):
            person = DATA[: n_bytes % 17]
            expected = hashlib.blake2b(DATA[:n_bytes], digest_size=digest_size, person=person).digest()
            assert _kernels.blake2b(DATA[:n_bytes], digest_size, person, piece) == expected, (n_bytes, digest_size)


@pytest.mark.parametrize("name", ["", "w", "naïve", "\0", "重み", "x" * 85, "x" * 86, "x" * 10_000])
def test_stream_key_equals_reference(name):
    assert _kernels.stream_key(seed.seed_of("", 3), name, b"n32") == reference.key(3, name, b"n32")


def test_stream_key_can_fail():
    assert _kernels.stream_key(seed.seed_of("", 3), "a", b"n32") != reference.key(3, "b", b"n32")


@pytest.mark.each_value
@pytest.mark.parametrize("n_arrays", [1, 2, 3, 4, 7, 8, 9, 20])
@pytest.mark.parametrize("length", [0, 60, 84])
def test_keys_at_once_equal_reference(isa, n_arrays, length):
    """Names around the one block that eight lanes take, which is 85 bytes of name."""
    names = [f"{'x' * (length + i % 4)}{i}" for i in range(n_arrays)]
    arrays = {name: np.empty(64, np.float32) for name in names}
    fi.initialize(arrays, {"*": "uniform"}, rng=0)
    for name in names:
        block = reference.uniform_block(reference.key(0, name, b"u32"), 0, 0.5, 0.5)
        assert np.array_equal(arrays[name], fi.uniform(64, rng=0, name=name)), name
        assert abs(arrays[name] - block[:64]).max() < 1e-6, name

"""fans: every layer of its table, and what it does without two dimensions."""

import numpy as np
import pytest

import fastinit as fi

OI = dict(in_axis=1, out_axis=0)

FANS = [
    (dict(shape=(784, 256)), (784, 256)),
    (dict(shape=(256, 784), **OI), (784, 256)),
    (dict(shape=(5, 16, 32)), (80, 160)),
    (dict(shape=(3, 3, 16, 32)), (144, 288)),
    (dict(shape=(2, 3, 5, 16, 32)), (480, 960)),
    (dict(shape=(32, 16, 5), **OI), (80, 160)),
    (dict(shape=(64, 3, 7, 7), **OI), (147, 3136)),
    (dict(shape=(32, 16, 2, 3, 5), **OI), (480, 960)),
    # transposed: PyTorch's (in, out, k...), Keras's (k..., out, in)
    (dict(shape=(16, 32, 3, 3), in_axis=0, out_axis=1), (144, 288)),
    (dict(shape=(3, 3, 32, 16), in_axis=-1, out_axis=-2), (144, 288)),
    # 16 inputs and 32 outputs in 4 groups: each output has 4 inputs, each input 8 outputs
    (dict(shape=(32, 4, 3, 3), **OI, out_groups=4), (36, 72)),
    (dict(shape=(3, 3, 4, 32), out_groups=4), (36, 72)),
    (dict(shape=(16, 8, 3, 3), in_axis=0, out_axis=1, in_groups=4), (36, 72)),
    # depthwise, 16 channels, 2 outputs each: as groups, and as Keras's (k..., in, multiplier)
    (dict(shape=(32, 1, 3, 3), **OI, out_groups=16), (9, 18)),
    (dict(shape=(3, 3, 16, 2), in_axis=(), out_axis=-1, batch_axis=-2), (9, 18)),
    # attention: query, key or value; output; all three packed
    (dict(shape=(512, 8, 64), in_axis=0, out_axis=(1, 2)), (512, 512)),
    (dict(shape=(8, 64, 512), in_axis=(0, 1), out_axis=2), (512, 512)),
    (dict(shape=(1536, 512), **OI, out_groups=3), (512, 512)),
    (dict(shape=(512, 1536), out_groups=3), (512, 512)),
    # experts
    (dict(shape=(4, 128, 256), batch_axis=0), (128, 256)),
    (dict(shape=(2, 4, 256, 128), in_axis=-1, out_axis=-2, batch_axis=(0, 1)), (128, 256)),
    (dict(shape=(4, 128, 256)), (512, 1024)),
    (dict(shape=[5, 7], in_axis=[-2], out_axis=(1,)), (5, 7)),
    (dict(shape=(6, 10), in_groups=3, out_groups=np.int64(5)), (2, 2)),
    (dict(shape=(0, 7)), (0, 7)),
    (dict(shape=(0, 7), in_groups=4), (0, 7)),
    # fewer than two dimensions, with roles stated
    (dict(shape=7, in_axis=0, out_axis=()), (7, 1)),
    (dict(shape=(7,), in_axis=(), out_axis=0), (1, 7)),
    (dict(shape=(7,), in_axis=(), out_axis=()), (7, 7)),
    (dict(shape=(), in_axis=(), out_axis=()), (1, 1)),
]


@pytest.mark.parametrize(("arguments", "expected"), FANS)
def test_fans(arguments, expected):
    fan_in, fan_out = fi.fans(**arguments)
    assert (fan_in, fan_out) == expected
    assert type(fan_in) is type(fan_out) is int


def test_a_scheme_takes_the_pair():
    """Each part of a packed matrix as if alone, to the scale."""
    pair = fi.fans((1536, 512), **OI, out_groups=3)
    packed = fi.glorot_uniform((1536, 512), fans=pair, rng=0)
    assert np.array_equal(packed[:512], fi.glorot_uniform((512, 512), fans="oi", rng=0))
    assert not np.array_equal(packed[:512], fi.glorot_uniform((1536, 512), fans="oi", rng=0)[:512])

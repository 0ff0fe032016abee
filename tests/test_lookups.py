"""What is remembered between calls never answers for parameters that only look the same."""

import math

import numpy as np
import pytest
from floating_point_mode import FloatingPointMode

import fastinit as fi
from fastinit import _kernels
from fastinit.schemes import register


@pytest.mark.parametrize("value", [1, 1.0, 0.0, -0.0, math.nan, 2**100, "oi", (1, 2.0), (1, (2, "a")), ()])
def test_exact_keys_are_equal_for_the_same(value):
    assert _kernels.exact_key({"a": value}) == _kernels.exact_key({"a": value})
    assert hash(_kernels.exact_key({"a": value})) == hash(_kernels.exact_key({"a": value}))


def test_exact_keys_differ_for_all_else():
    values = [
        1,
        1.0,
        0,
        0.0,
        -0.0,
        math.nan,
        -math.nan,
        "1",
        (1,),
        (1.0,),
        (0.0,),
        (-0.0,),
        ((1,),),
        (1, 1),
        (),
        "",
        5e-324,
    ]
    keys = [_kernels.exact_key({name: value}) for value in values for name in "ab"]
    assert len(set(keys)) == len(keys)
    assert _kernels.exact_key({"a": 1}) != _kernels.exact_key({"a": 1, "b": 1})


class Number(float):
    def __eq__(self, other):
        return True

    __hash__ = float.__hash__


@pytest.mark.parametrize("value", [True, np.float64(1), Number(1), [1], None, (1, True), np.True_, {}, 1j, b"a"])
def test_other_types_have_no_key(value):
    assert _kernels.exact_key({"a": value}) is None


def test_booleans_are_refused_after_numbers():
    fi.normal(3, std=1, rng=0)
    fi.normal(3, std=1.0, rng=0)
    for std in (True, np.True_, "1"):
        with pytest.raises(TypeError, match="std"):
            fi.normal(3, std=std, rng=0)
    fi.he_normal(3, fans=(1, 1), rng=0)
    with pytest.raises(TypeError, match="fans"):
        fi.he_normal(3, fans=(True, 1), rng=0)


def test_zeros_keep_their_signs():
    values = [0.0, -0.0, 0, 0.0, -0.0]
    assert [math.copysign(1, fi.constant(1, value=value)[0]) for value in values] == [1, -1, 1, 1, -1]


def test_subnormals_are_told_apart_where_they_are_flushed():
    with FloatingPointMode("flush to zero"):
        arrays = [fi.constant(1, value=value) for value in (0.0, 1e-40, 2e-40, 5e-324)]
    assert [int(array.view(np.uint32)[0]) for array in arrays] == [
        int(np.float32(value).view(np.uint32)) for value in (0.0, 1e-40, 2e-40, 0.0)
    ]


def test_subclasses_answer_for_themselves():
    assert fi.constant(1, value=Number(2))[0] == 2
    assert fi.constant(1, value=Number(3))[0] == 3


def test_memory_is_bounded():
    for i in range(3 * register.N_SPECS):
        assert fi.constant(1, value=float(i))[0] == i
        assert len(fi.constant.specs) <= register.N_SPECS

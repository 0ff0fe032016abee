"""Constants in integer dtypes and bool: exact, or refused."""

import numpy as np
import pytest

import fastinit as fi
from fastinit.laws.dtypes import INTEGER_FORMATS

DTYPES = [np.dtype(name) for name in INTEGER_FORMATS]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_dtype_from_end_to_end(dtype):
    fmt = INTEGER_FORMATS[dtype.name]
    assert fi.zeros(2, dtype=dtype).tolist() == [0, 0]
    assert fi.ones(2, dtype=dtype.name).tolist() == [1, 1]
    for value in fmt.least, fmt.greatest:
        whole = fi.constant((3, 2), value=value, dtype=dtype)
        assert whole.dtype == dtype
        assert (whole == value).all()
    for value in fmt.least - 1, fmt.greatest + 1, float(fmt.greatest + 1), 0.5, np.nan, np.inf, 1j, [0, 0.5]:
        out = np.ones(2, dtype)
        with pytest.raises(ValueError, match=f"^constant: value: expected integers from {fmt.least} to {fmt.greatest}"):
            fi.constant(out=out, value=value)
        assert (out == 1).all()


def test_arrays_parts_layouts_blocks_and_batches():
    given = np.array([[1], [-2], [2**62 + 1]])
    whole = fi.constant((3, 4), value=given, dtype="int64")
    assert (whole == given).all()
    assert (fi.constant((3, 4), value=given, dtype="int64", index=np.s_[[2, 0], ::-1]) == given[[2, 0]]).all()
    out = np.full((4, 6), 7, np.int64).T[::2]
    assert fi.constant(out=out, value=given) is out
    assert (out == given).all()
    assert (out.base[:, 1::2] == 7).all()
    assert fi.get("zeros").but(np.s_[1:], "ones")(3, dtype=bool).tolist() == [False, True, True]
    arrays = {"mask": np.zeros(3, bool), "step": np.zeros((), np.int64), "w": np.zeros(3, np.float32)}
    fi.initialize(arrays, {"*": "ones"}, rng=0)
    assert [array.tolist() for array in arrays.values()] == [[True] * 3, 1, [1.0] * 3]
    assert fi.constant(2, value=[True, False], dtype=bool).tolist() == [True, False]
    assert fi.constant(2, value=True, dtype="uint8").tolist() == [1, 1]


def test_nothing_is_drawn():
    generator = np.random.default_rng(0)
    state = generator.bit_generator.state
    fi.ones(3, dtype="int8", rng=generator)
    assert generator.bit_generator.state == state


@pytest.mark.parametrize("name", [name for name in fi.schemes() if name not in ("zeros", "ones", "constant")])
def test_schemes_of_floats_say_so(name):
    params = {"sparse": {"sparsity": 0.5}, "log_odds": {"p": 0.5}}.get(name, {})
    with pytest.raises(TypeError, match=r": dtype: expected float32, float64.*, got int32$"):
        fi.get(name, **params)((4, 4, 4), dtype="int32", rng=0)


def test_booleans_are_no_real_numbers():
    with pytest.raises(TypeError, match=r"^constant: value: expected real numbers for float32, got booleans$"):
        fi.constant(2, value=True)

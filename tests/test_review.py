"""What a review found, each by its smallest case."""

import numpy as np
import pytest

import fastinit as fi


@pytest.mark.parametrize("dtype", ["int64", "uint64", "int8"])
@pytest.mark.parametrize("value", [True, np.True_, [True, False]], ids=str)
def test_booleans_into_integers(value, dtype):
    assert fi.constant(2, value=value, dtype=dtype).tolist() == np.broadcast_to(value, 2).astype(int).tolist()


def test_integers_in_lists_are_exact():
    for values in [0, 2**63 + 1], [1, 2**64 - 1], [2**53 + 1, 2**63]:
        assert fi.constant(2, value=values, dtype="uint64").tolist() == values
    with pytest.raises(ValueError, match=r"^constant: value: expected integers from .*, got 18446744073709551616$"):
        fi.constant(2, value=[1, 2**64], dtype="uint64")


def test_large_integers_in_lists_are_numbers():
    assert fi.normal(2, mean=[2**64, 1], std=0, rng=0).tolist() == [2.0**64, 1.0]
    assert fi.constant(2, value=[2**70, 1], dtype="float64").tolist() == [2.0**70, 1.0]
    with pytest.raises(ValueError, match=r"^normal: mean: expected numbers within float64, got "):
        fi.normal(2, mean=[10**400, 1], rng=0)


@pytest.mark.parametrize(
    ("scheme", "parameter"),
    [(fi.normal, "mean"), (fi.normal, "std"), (fi.uniform, "high"), (fi.truncated_normal, "upper")],
)
def test_more_dimensions_than_loops_take(scheme, parameter):
    with pytest.raises(ValueError, match=rf"^\w+: {parameter}: expected an array of at most 32 dimensions, got 33$"):
        scheme(3, **{parameter: np.ones((1,) * 33)}, rng=0)


def test_repeated_memory_is_looked_at_once():
    """A broadcast array of 2**50 elements costs what its own elements cost: the others neither fit nor end."""
    with pytest.raises(ValueError, match=r"^normal: index: expected -10 <= i < 10 on axis 0, got 99$"):
        fi.normal((10, 4), rng=0, index=np.broadcast_to(np.int64(99), (2**30, 2**20)))
    with pytest.raises(MemoryError, match=r"^normal: \w+: expected .* in memory"):
        fi.normal((10, 4), rng=0, index=np.broadcast_to(np.int64(9), (2**30, 2**20)))
    for parameter in "mean", "std":
        with pytest.raises(ValueError, match=f"^normal: {parameter}: expected an array that broadcasts"):
            fi.normal((4, 3), rng=0, **{parameter: np.broadcast_to(1.0, (10**6, 10**6))})
    with pytest.raises(ValueError, match=r"^constant: value: expected an array that broadcasts"):
        fi.constant((4, 3), value=np.broadcast_to(1.0, (10**6, 10**6)))


def test_recommended_for_other_kinds_of_dtypes():
    assert fi.recommend("relu", "norm_scale", shape=3, dtype="int32") == fi.get("ones")
    assert fi.recommend("relu", shape=(3, 3), dtype="complex64") == fi.get("he_normal")
    with pytest.raises(TypeError, match=r"^he_normal: dtype: expected float32"):
        fi.recommend("relu", shape=(3, 3), dtype="int32")


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("sine", {"omega": 1e-300}),
        ("sine", {"omega": 1e155}),
        ("residual", {"n_layers": 2**2000}),
        ("embedding", {"padding": 10**5000}),
    ],
)
def test_extreme_options(kind, options):
    (name,) = options
    with pytest.raises(ValueError, match=f"^recommend: {name}: expected"):
        fi.recommend(None, kind, **options)


def test_integers_beyond_all_shapes():
    for call, begin in [
        (lambda: fi.initialize({10**5000: np.zeros(3, np.float32)}, {"*": "zeros"}), "initialize: arrays: "),
        (lambda: fi.axes(10**5000), "axes: in_axis: "),
        (lambda: fi.get("normal").but(10**5000, "zeros"), "normal.but: index: "),
    ]:
        with pytest.raises((TypeError, ValueError)) as raised:
            call()
        assert str(raised.value).startswith(begin)


def test_an_empty_array_of_floats_is_no_index():
    with pytest.raises(TypeError, match=r"^zeros: index: expected .*, got an array of float64 on axis 0$"):
        fi.zeros(3, index=np.array([]))
    assert fi.zeros(3, index=[]).shape == (0,)


def test_a_function_that_leaves_a_name_is_told():
    with pytest.raises(ValueError, match=r"got none for 'a'; the function of 'a' left it to the next$"):
        fi.initialize({"a": np.zeros(3, np.float32)}, {"a": lambda name, shape: None})


def test_chains_of_blocks():
    scheme = fi.get("normal")
    for row in range(300):
        scheme = scheme.but(row, "zeros")
    assert len(scheme.blocks) == 300
    assert not scheme((300, 2), rng=0).any()

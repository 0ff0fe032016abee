"""Indices with steps, and blocks of a tensor given to another scheme: equal to NumPy's own result on the whole."""

import itertools
import pickle

import numpy as np
import pytest
from fills import same_bits

import fastinit as fi

SHAPES = [(7,), (40, 33), (3, 5, 70), (6, 1, 4, 9)]

GIVEN = np.linspace(-1, 1, 9)

#: scheme, and the shape that it takes
SCHEMES = [
    (fi.get("normal", std=0.02), None),
    (fi.get("uniform", low=-1, high=2), None),
    (fi.get("truncated_normal"), None),
    (fi.get("identity", gain=0.5), (40, 33)),
    (fi.get("dirac", groups=2), (3, 4, 6, 8)),
    (fi.get("dirac", groups=3, fans="oi"), (9, 2, 5)),
    (fi.get("sparse", sparsity=0.6), (40, 33)),
    (fi.get("sparse", sparsity=0.6, fans="oi"), (8, 5, 7)),
    (fi.get("constant", value=GIVEN), (6, 1, 4, 9)),
]

CASES = [(scheme, shape) for scheme, own in SCHEMES for shape in ([own] if own else SHAPES)]


def random_item(generator, size: int):
    """An integer, or a slice with any step."""
    if generator.random() < 0.2:
        return int(generator.integers(-size, size))
    ends = (None if generator.random() < 0.4 else int(end) for end in generator.integers(-size - 2, size + 3, 2))
    return slice(*ends, int(generator.choice([-5, -3, -2, -1, 1, 2, 3, 7])))


def random_index(generator, shape: tuple[int, ...]) -> tuple:
    items = [random_item(generator, size) for size in shape[: generator.integers(0, len(shape) + 1)]]
    return (*items, Ellipsis) if generator.random() < 0.3 else tuple(items)


def random_listed_index(generator, shape: tuple[int, ...]) -> tuple:
    """One array of integers at least among the items, of a shape that all others broadcast to."""
    entries = [(), (5,), (2, 3), (1, 4), (0,)][generator.integers(0, 5)]
    items: list = [random_item(generator, size) for size in shape]
    for axis in generator.choice(len(shape), generator.integers(1, len(shape) + 1), replace=False):
        items[axis] = generator.integers(-shape[axis], shape[axis], entries or (3,))
    if generator.random() < 0.3 and len(shape) > 1:
        at = int(generator.integers(0, len(shape)))
        return (*items[:at], Ellipsis, *items[at + 1 :])
    return tuple(items)


@pytest.mark.each_value
@pytest.mark.parametrize(("scheme", "shape"), CASES, ids=lambda case: getattr(case, "name", case))
@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
@pytest.mark.parametrize("make_index", [random_index, random_listed_index])
def test_as_numpy_indexes_the_whole(make_index, scheme, shape, dtype):
    """Slices of any step; arrays of integers among them."""
    generator = np.random.default_rng(1)
    whole = scheme(shape, rng=3, name="w", dtype=dtype)
    for _ in range(40):
        index = make_index(generator, shape)
        expected = np.asarray(whole[index])
        assert same_bits(scheme(shape, rng=3, name="w", dtype=dtype, index=index), expected), index
        backwards = np.full(expected.shape[::-1], 7, whole.dtype).T[(*[slice(None, None, -1)] * expected.ndim, ...)]
        scheme(shape, rng=3, name="w", index=index, out=backwards)
        assert same_bits(backwards, expected), index


def test_any_step_of_an_orthogonal_matrix():
    whole = fi.orthogonal((30, 20), rng=0)
    for index in np.s_[::-1], np.s_[::2, 3::5], np.s_[5, ::-3]:
        assert same_bits(fi.orthogonal((30, 20), rng=0, index=index), whole[index])


BLOCKS = [np.s_[0], np.s_[2:9], np.s_[:, 4:8], np.s_[1:30:3, ::-2], np.s_[-1, 5], np.s_[..., -3:], np.s_[9:2]]


def test_rows_by_id_of_a_table_with_a_padding_row():
    table = fi.get("normal", std=0.02).but(0, "zeros").but(np.s_[-1], fi.get("constant", value=np.arange(24.0)))
    ids = np.random.default_rng(0).integers(0, 50, 3000)
    whole = table((50, 24), rng=0, name="emb")
    assert same_bits(table((50, 24), rng=0, name="emb", index=ids), whole[ids])
    assert same_bits(table((50, 24), rng=0, name="emb", index=np.s_[ids, ::-5]), whole[ids, ::-5])
    assert same_bits(table((50, 24), rng=0, name="emb", index=np.s_[:, [3, 3, 0]]), whole[:, [3, 3, 0]])


def test_rows_far_beyond_32_bits():
    ids = np.array([2**39, 5, 2**40 - 1])
    rows = fi.normal((2**40, 128), rng=0, name="table", index=ids)
    for row, i in zip(rows, ids.tolist(), strict=True):
        assert same_bits(row, fi.normal((2**40, 128), rng=0, name="table", index=i))


def test_listed_rows_of_an_orthogonal_matrix():
    whole = fi.orthogonal((30, 20), rng=0)
    for index in np.s_[[3, 3, 29]], np.s_[::3, [1, 0]], np.s_[[[1, 2]], [[3], [4]]]:
        assert same_bits(fi.orthogonal((30, 20), rng=0, index=index), whole[index])


@pytest.mark.parametrize("block", BLOCKS, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_block_has_its_values_from_the_whole_stream(block, dtype):
    """The other law at the same flat indices; what is left keeps its bits."""
    scheme = fi.get("normal", std=0.02).but(block, fi.get("uniform", low=5, high=6))
    expected = fi.normal((40, 33), std=0.02, rng=1, name="w", dtype=dtype)
    expected[block] = fi.uniform((40, 33), low=5, high=6, rng=1, name="w", dtype=dtype)[block]
    assert same_bits(scheme((40, 33), rng=1, name="w", dtype=dtype), expected)
    generator = np.random.default_rng(2)
    for _ in range(30):
        index = random_index(generator, (40, 33))
        for part in index, random_listed_index(generator, (40, 33)):
            got = scheme((40, 33), rng=1, name="w", dtype=dtype, index=part)
            assert same_bits(got, np.asarray(expected[part])), part
    out = np.full((33, 80), 7, expected.dtype).T[::2]
    assert fi.initialize({"w": out}, {"w": scheme}, rng=1)["w"] is out
    assert same_bits(out, expected)


def test_fans_and_matrices_are_the_blocks():
    packed = fi.get("zeros")
    for gate in range(4):
        packed = packed.but(np.s_[:, 8 * gate : 8 * gate + 8], "orthogonal")
    w = packed((8, 32), rng=0, name="recurrent").astype(np.float64)
    gates = np.split(w, 4, axis=1)
    for gate in gates:
        assert abs(gate.T @ gate - np.eye(8)).max() < 1e-6
    assert max(abs(a - b).max() for a, b in itertools.pairwise(gates)) > 0.1  # each of its own
    wide = fi.get("glorot_uniform").but(np.s_[:100], "glorot_uniform")((1000, 100), rng=0)
    assert abs(wide[:100]).max() > 0.99 * (6 / 200) ** 0.5
    assert abs(wide[100:]).max() < (6 / 1100) ** 0.5


def test_zeros_of_blocks_are_drawn_for_each():
    scheme = (
        fi.get("ones").but(np.s_[:50], fi.get("sparse", sparsity=0.5)).but(np.s_[50:], fi.get("sparse", sparsity=0.5))
    )
    w = scheme((100, 30), rng=0) == 0
    assert (w[:50].sum(axis=0) == 25).all()
    assert (w[50:].sum(axis=0) == 25).all()
    assert not np.array_equal(w[:50], w[50:])


def test_the_last_wins_and_blocks_nest():
    inner = fi.get("ones").but(np.s_[:, 1], "zeros")
    scheme = fi.get("constant", value=5.0).but(np.s_[:2], fi.get("constant", value=7.0)).but(np.s_[1:3], inner)
    assert scheme((4, 2)).tolist() == [[7, 7], [1, 0], [1, 0], [5, 5]]


def test_a_generator_is_advanced_if_any_block_draws():
    generator = np.random.default_rng(0)
    state = generator.bit_generator.state
    fi.get("zeros").but(0, "ones")((3, 2), rng=generator)
    assert generator.bit_generator.state == state
    fi.get("zeros").but(0, "normal")((3, 2), rng=generator)
    assert generator.bit_generator.state != state


def test_configured_blocks_are_values():
    scheme = fi.get("normal", std=0.02).but(np.s_[0], "zeros")
    same = fi.get("normal", std=0.02).but(0, fi.zeros)
    assert scheme == same
    assert hash(scheme) == hash(same)
    assert scheme != fi.get("normal", std=0.02)
    assert scheme != fi.get("normal", std=0.02).but(1, "zeros")
    assert pickle.loads(pickle.dumps(scheme)) == scheme
    assert eval(repr(scheme), {"fastinit": fi}) == scheme
    assert scheme((2, 2), std=3.0, rng=0)[0].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("index", "scheme", "error", "message"),
    [
        (
            [0, 1],
            "zeros",
            TypeError,
            "normal.but: index: expected integers, slices and at most one Ellipsis, got",
        ),
        (None, "zeros", TypeError, "normal.but: index: expected integers, slices and at most one Ellipsis, got None"),
        (slice("a"), "zeros", TypeError, "normal.but: index: expected integers, slices and at most one Ellipsis"),
        (0, "zeroes", ValueError, "normal.but: scheme: expected 'zeros' or 'ones', got 'zeroes'"),
        (0, 3, TypeError, "normal.but: scheme: expected a scheme, its name or fastinit.get(...), got 3"),
    ],
)
def test_bad_blocks(index, scheme, error, message):
    with pytest.raises(error) as raised:
        fi.get("normal").but(index, scheme)
    assert str(raised.value).startswith(message)


def test_a_block_that_does_not_fit_is_told_before_anything_is_written():
    out = np.full((3, 4), 7.0, np.float32)
    for scheme, message in [
        (fi.get("zeros").but(3, "ones"), "zeros: but: expected -3 <= i < 3 on axis 0, got 3"),
        (fi.get("zeros").but((0, 0, 0), "ones"), "zeros: but: expected at most 2 axes, got 3"),
        (
            fi.get("zeros").but(0, "he_normal"),
            "zeros: but[0] (he_normal: shape): expected two dimensions or more for fans='io'",
        ),
        (fi.get("zeros").but(np.s_[::0], "ones"), "zeros: but: expected slices with a step other than 0"),
    ]:
        with pytest.raises(ValueError, match="zeros: but") as raised:
            scheme(out=out, rng=0)
        assert str(raised.value).startswith(message)
        assert (out == 7).all()

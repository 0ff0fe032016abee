"""axes: roles of axes without a shape, in every scheme that takes them; one matrix for each place on batch axes."""

import copy
import fractions
import itertools
import math
import pickle

import numpy as np
import pytest
import reference_haar
from fills import same_bits
from reference_laws import elements
from reference_numbers import Law, tag
from test_targets import random_index

import fastinit as fi
from fastinit import _kernels
from fastinit.laws import fan_rules
from fastinit.laws.fan_rules import LAYOUTS

EXPERTS = fi.axes(in_axis=2, out_axis=1, batch_axis=0)


def test_is_a_value():
    same = fi.axes(in_axis=[2], out_axis=(1,), batch_axis=np.int64(0))
    assert same == EXPERTS
    assert hash(EXPERTS) == hash(same)
    assert fi.axes(in_axis=2, out_axis=1) != EXPERTS
    assert repr(EXPERTS) == "fastinit.axes(in_axis=2, out_axis=1, batch_axis=0)"
    assert repr(fi.axes()) == "fastinit.axes()"
    assert repr(fi.axes((), (0, 1), out_groups=3)) == "fastinit.axes(in_axis=(), out_axis=(0, 1), out_groups=3)"
    for one in (EXPERTS, fi.axes(), fi.axes((), (0, 1), in_groups=2)):
        assert eval(repr(one), {"fastinit": fi}) == one == pickle.loads(pickle.dumps(one)) == copy.deepcopy(one)
    with pytest.raises(AttributeError):
        EXPERTS.in_axis = (0,)
    scheme = fi.get("he_normal", fans=EXPERTS)
    assert scheme == fi.get("he_normal", fans=same) == eval(repr(scheme), {"fastinit": fi})
    assert scheme != fi.get("he_normal", fans=fi.axes())


def test_one_serves_every_shape():
    scheme = fi.get("he_normal", fans=EXPERTS)
    for shape in ((8, 100, 400), (3, 64, 32), (2, 1, 7)):
        pair = fi.fans(shape, in_axis=2, out_axis=1, batch_axis=0)
        assert pair == (shape[2], shape[1])
        assert same_bits(scheme(shape, rng=0), fi.he_normal(shape, fans=pair, rng=0))
    arrays = {"0.w": np.empty((8, 10, 40), np.float32), "1.w": np.empty((4, 6, 5), np.float32)}
    fi.initialize(arrays, {"*": scheme}, rng=0)
    assert same_bits(arrays["1.w"], scheme((4, 6, 5), rng=0, name="1.w"))


def jax_fans(shape, in_axis, out_axis, batch_axis) -> tuple:
    """JAX's formula (jax/_src/nn/initializers.py), without its rounding."""
    n_in, n_out, n_batch = (math.prod(shape[axis] for axis in axes) for axes in (in_axis, out_axis, batch_axis))
    field = fractions.Fraction(math.prod(shape), n_in * n_out * n_batch)
    return n_in * field, n_out * field


def test_fans_are_those_of_jax_for_repeated_axes():
    shape = (2, 3, 5, 7)
    roles = [axes for n in range(4) for axes in itertools.combinations(range(4), n)]
    for in_axis, out_axis, batch_axis in itertools.product(roles, roles, roles):
        if not {*in_axis, *out_axis} & {*batch_axis}:
            assert fi.fans(shape, in_axis, out_axis, batch_axis) == jax_fans(shape, in_axis, out_axis, batch_axis)
    assert fi.fans((1000, 64), out_axis=0) == (64, 64)  # Flax's embedding
    assert fi.fans((7,), in_axis=0) == (1, 1)


def test_layouts_are_axes():
    for name, (in_axis, out_axis) in LAYOUTS.items():
        for scheme, shape in [("glorot_normal", (6, 4, 5)), ("sparse", (6, 4, 5)), ("dirac", (6, 4, 5))]:
            params = {"sparsity": 0.5} if scheme == "sparse" else {}
            by_name = fi.get(scheme, fans=name, **params)(shape, rng=0)
            assert same_bits(fi.get(scheme, fans=fi.axes(in_axis, out_axis), **params)(shape, rng=0), by_name)
        ours = fi.orthogonal((6, 4, 5), fans=fi.axes(in_axis, out_axis), rng=0)
        assert (ours == fi.orthogonal((6, 4, 5), fans=name, rng=0)).all()
    assert fi.fans((64, 7, 7, 3), *LAYOUTS["oki"]) == (147, 3136)


def test_the_third_layout_moves_axes():
    """(out, k..., in): what "oi" places, with its inputs last; matrices are those of the same flattened order."""
    w = fi.dirac((8, 3, 5, 4), groups=2, fans="oki")
    assert same_bits(w, np.ascontiguousarray(np.moveaxis(fi.dirac((8, 4, 3, 5), groups=2, fans="oi"), 1, -1)))
    w = fi.orthogonal((8, 3, 5, 4), fans="oki", rng=1)
    assert (w.reshape(8, -1) == fi.orthogonal((8, 60), fans="oi", rng=1)).all()
    w = fi.delta_orthogonal((8, 3, 5, 4), fans="oki", rng=1)
    assert (w[:, 1, 2] == fi.orthogonal((8, 4), fans="oi", rng=1)).all()
    assert np.count_nonzero(w) == 32
    zeros = fi.sparse((8, 3, 5, 4), sparsity=0.25, fans="oki", rng=1) == 0
    assert (zeros.reshape(8, -1).sum(axis=1) == 15).all()


#: scheme, shape, of stacks of matrices.
STACKS = [
    (fi.get("identity", gain=0.5, fans=fi.axes(batch_axis=0)), (3, 4, 6)),
    (fi.get("identity", fans=fi.axes(0, (1, 3), 2)), (12, 3, 5, 4)),
    (fi.get("dirac", groups=2, fans=fi.axes(batch_axis=1)), (3, 4, 5, 6)),
    (fi.get("dirac", fans=fi.axes((), -1, -2)), (3, 3, 7, 2)),
    (fi.get("sparse", sparsity=0.6, fans=fi.axes(batch_axis=0)), (5, 20, 9)),
    (fi.get("sparse", sparsity=0.3, fans=fi.axes(3, (0, 2), 1)), (4, 3, 5, 30)),
    (fi.get("sparse", sparsity=0.3, fans=fi.axes((0, 1), ())), (4, 30)),
]


@pytest.mark.parametrize(("scheme", "shape"), STACKS, ids=lambda case: getattr(case, "name", case))
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_parts_of_stacks(scheme, shape, dtype):
    """Any index, any memory, blocks, threads."""
    generator = np.random.default_rng(1)
    whole = scheme(shape, rng=3, name="w", dtype=dtype)
    assert same_bits(scheme(shape, rng=3, name="w", dtype=dtype, threads=3), whole)
    fortran = scheme(out=np.full(shape, 7, dtype, order="F"), rng=3, name="w")
    assert same_bits(np.ascontiguousarray(fortran), whole)
    for _ in range(40):
        index = random_index(generator, shape)
        assert same_bits(scheme(shape, rng=3, name="w", dtype=dtype, index=index), np.asarray(whole[index])), index
    rows = [1, 0, 2, 1]
    assert same_bits(scheme(shape, rng=3, name="w", dtype=dtype, index=rows), whole[rows])


def test_identities_are_a_loop():
    stack = fi.identity((3, 4, 6), gain=0.5, fans=fi.axes(batch_axis=0))
    assert all(same_bits(matrix, fi.identity((4, 6), gain=0.5)) for matrix in stack)
    attention = fi.identity((12, 3, 4), fans=fi.axes(0, (1, 2)))
    assert same_bits(attention.reshape(12, 12), fi.identity((12, 12)))
    assert same_bits(fi.identity((4, 6), fans="oi"), fi.identity((4, 6)))
    stack = fi.dirac((3, 2, 5, 6), groups=2, fans=fi.axes(batch_axis=1))
    assert all(same_bits(stack[:, i].copy(), fi.dirac((3, 5, 6), groups=2)) for i in range(2))


def test_sparse_units_are_numbered_through_the_batch():
    """A stack has the zeros of the same units side by side in one matrix."""
    stack = fi.sparse((5, 20, 9), sparsity=0.6, fans=fi.axes(batch_axis=0), rng=2) == 0
    one = fi.sparse((20, 45), sparsity=0.6, rng=2) == 0
    assert np.array_equal(np.concatenate(stack, axis=1), one)
    assert not np.array_equal(stack[0], stack[1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("fans", "shape"),
    [
        (fi.axes(batch_axis=0), (4, 7, 5)),
        (EXPERTS, (3, 6, 9)),
        (EXPERTS, (2, 6, 6)),
        (fi.axes(1, (0, 3), 2), (3, 8, 4, 2)),
    ],
)
def test_orthogonal_stacks_equal_reflections(fans, shape, dtype):
    """Matrix k from the normals that begin at k times its size; independent, and each by the reference."""
    w = fi.orthogonal(shape, gain=2.0, fans=fans, rng=3, name="q", dtype=dtype).astype(np.float64)
    (batch,), tolerance = fans.batch_axis, 4 * reference_haar.TOLERANCE[dtype]
    law, n_each = Law("normal", tag("o", dtype), 0.0, 1.0), math.prod(shape) // shape[batch]
    rows, columns = fan_rules.roles_of("", fans, shape).without((batch,)).matrix()
    for k, array in enumerate(np.moveaxis(w, batch, 0)):
        sizes = [math.prod(array.shape[axis] for axis in axes) for axes in (rows, columns)]
        normals = elements(law, dtype, 3, "q", k * n_each, n_each)
        expected = reference_haar.matrix(tuple(sizes), 2.0, normals)
        assert abs(array.transpose(*rows, *columns).reshape(sizes) - expected).max() < tolerance
    generator = np.random.default_rng(0)
    for _ in range(20):
        index = random_index(generator, shape)
        part = fi.orthogonal(shape, gain=2.0, fans=fans, rng=3, name="q", dtype=dtype, index=index)
        assert (part == w[index]).all()


def test_delta_orthogonal_stacks():
    w = fi.delta_orthogonal((2, 3, 5, 4, 6), fans=fi.axes(batch_axis=0), rng=1)
    assert np.count_nonzero(w) == 2 * 24
    for matrix in w[:, 1, 2]:
        assert abs(matrix @ matrix.T - np.eye(4)).max() < 1e-5
    assert abs(w[0, 1, 2] - w[1, 1, 2]).max() > 0.1


def test_a_part_makes_only_its_matrices(monkeypatch):
    made, put = [], _kernels.put_haar

    def counted(matrices, *rest):
        made.append(len(matrices))
        put(matrices, *rest)

    monkeypatch.setattr(_kernels, "put_haar", counted)
    fi.orthogonal((1000, 4, 4), fans=fi.axes(batch_axis=0), rng=0, index=np.s_[5:900:400])
    assert made == [1] * 3
    fi.orthogonal((1000, 4, 4), fans=fi.axes(batch_axis=0), rng=0, index=[7, 8, 7, 900])
    assert made == [1] * 3 + [2, 1]


BAD = [
    (fi.axes, ValueError, "axes: in_groups", dict(in_groups=0)),
    (fi.axes, TypeError, "axes: out_axis", dict(out_axis=1.5)),
    (fi.axes, ValueError, "at most once", dict(in_axis=(1, 1))),
    (fi.axes, ValueError, "at most once", dict(in_axis=1, batch_axis=1)),
    (fi.he_normal, ValueError, "he_normal: fans: in_axis: expected", dict(shape=(3, 4), fans=fi.axes(2, 1))),
    (fi.he_normal, ValueError, "at most once", dict(shape=(3, 4), fans=fi.axes(1, 0, -1))),
    (fi.he_normal, ValueError, "out_groups: expected a divisor of 4", dict(shape=(3, 4), fans=fi.axes(out_groups=3))),
    (fi.he_normal, ValueError, "two dimensions or more", dict(shape=3, fans=fi.axes())),
    (fi.orthogonal, ValueError, "axes without groups", dict(shape=(3, 4), fans=fi.axes(out_groups=2))),
    (fi.orthogonal, ValueError, "either in or out", dict(shape=(3, 4), fans=fi.axes(0, 0))),
    (fi.orthogonal, TypeError, "'oki' or fastinit.axes", dict(shape=(3, 4), fans=(3, 4))),
    (fi.identity, ValueError, "each axis in, out or batch", dict(shape=(3, 4, 5), fans=fi.axes())),
    (fi.identity, ValueError, "two dimensions", dict(shape=(3, 4, 5), fans="oi")),
    (fi.dirac, ValueError, "receptive field", dict(shape=(3, 4, 5), fans=fi.axes(batch_axis=0))),
    (fi.delta_orthogonal, ValueError, "no more inputs", dict(shape=(3, 5, 4), fans=fi.axes())),
]


@pytest.mark.parametrize(("function", "error", "words", "arguments"), BAD)
def test_refused(function, error, words, arguments):
    with pytest.raises(error, match=words.replace("(", r"\(")):
        function(**arguments)

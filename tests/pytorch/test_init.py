"""`fastinit.torch.init` beside `torch.nn.init`: names, values, generators, errors, warnings."""

import contextlib
import inspect
import math
import warnings

import ml_dtypes
import numpy as np
import pytest

import fastinit as fi

torch = pytest.importorskip("torch")

from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402

from fastinit.torch import init  # noqa: E402

theirs = torch.nn.init
STREAM = "nn.init"
ALIASES = sorted(name for name in init.__all__ if not name.endswith("_") and name != "calculate_gain")
DTYPES = ["float32", "float64", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"]
SHAPE = (12, 4, 3)  # fans 12 and 36

#: How each function that draws is called, and the scheme whose values it gives.
DRAWS = {
    "uniform_": (dict(a=-0.5, b=0.25), fi.get("uniform", low=-0.5, high=0.25)),
    "normal_": (dict(mean=0.5, std=2.0), fi.get("normal", mean=0.5, std=2.0)),
    "trunc_normal_": (dict(std=0.5, a=-0.75, b=2), fi.get("truncated_normal", std=0.5, lower=-0.75, upper=2)),
    "xavier_uniform_": (dict(gain=2), fi.get("uniform", low=-math.sqrt(0.5), high=math.sqrt(0.5))),
    "xavier_normal_": (dict(gain=2), fi.get("normal", std=math.sqrt(1 / 6))),
    "kaiming_uniform_": (dict(a=1, mode="FAN_OUT"), fi.get("uniform", low=-math.sqrt(1 / 12), high=math.sqrt(1 / 12))),
    "kaiming_normal_": (dict(nonlinearity="relu"), fi.get("normal", std=math.sqrt(1 / 6))),
    "orthogonal_": (dict(gain=0.5), fi.get("orthogonal", gain=0.5, fans="oi")),
    "sparse_": (dict(sparsity=0.3, std=0.5), fi.get("sparse", sparsity=0.3, std=0.5)),
}
OTHERS = {"constant_": dict(val=2), "ones_": {}, "zeros_": {}, "eye_": {}, "dirac_": dict(groups=2)}
CALLS = {name: arguments for name, (arguments, _) in DRAWS.items()} | OTHERS


def shape_for(name):
    return (12, 7) if name in ("sparse_", "eye_") else SHAPE


def seeded(seed=7):
    return torch.Generator().manual_seed(seed)


def outcome(call):
    """What a call raises, or gives: type and message, or values."""
    torch.manual_seed(3)
    try:
        return call().tolist()
    except Exception as error:
        return type(error), str(error)


def test_names():
    assert sorted(init.__all__) == sorted(theirs.__all__)
    assert all(callable(getattr(init, name)) and hasattr(theirs, name) for name in (*init.__all__, *init.ALSO))
    assert init.calculate_gain("leaky_relu", 0.2) == theirs.calculate_gain("leaky_relu", 0.2)


@pytest.mark.parametrize("name", [*CALLS, *(name for name in init.ALSO if name.startswith("_no_grad"))])
def test_signatures(name):
    ours, other = (inspect.signature(getattr(module, name)).parameters for module in (init, theirs))
    assert [(p.name, p.default, p.kind) for p in ours.values()] == [(p.name, p.default, p.kind) for p in other.values()]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", DRAWS)
def test_values_are_the_schemes(name, dtype):
    arguments, scheme = DRAWS[name]
    shape = shape_for(name)
    tensor = torch.zeros(shape, dtype=getattr(torch, dtype))
    assert getattr(init, name)(tensor, **arguments, generator=seeded()) is tensor
    numpy_dtype = np.dtype(getattr(ml_dtypes, dtype, None) or dtype)
    expected = scheme(shape, rng=seeded(), name=STREAM, dtype=numpy_dtype).astype(np.float64)
    tolerance = 1e-6 if name == "orthogonal_" else 1e-15  # of matrix products; of bounds computed in another order
    one_ulp = float(ml_dtypes.finfo(numpy_dtype).eps) if name == "orthogonal_" or dtype in DTYPES[:2] else 0
    assert np.allclose(tensor.double().numpy(), expected, rtol=max(tolerance, one_ulp), atol=tolerance)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_normals(dtype):
    tensor = init.normal_(torch.zeros(9, dtype=getattr(torch, dtype)), std=3, generator=seeded())
    assert (tensor.numpy() == fi.normal(9, std=3, rng=seeded(), name=STREAM, dtype=dtype)).all()


@pytest.mark.parametrize("dtype", [*DTYPES, "complex64", "int8", "int64", "bool"])
@pytest.mark.parametrize("name", OTHERS)
def test_what_draws_nothing_is_pytorchs(name, dtype):
    before = torch.get_rng_state()
    ours, other = (torch.zeros(shape_for(name), dtype=getattr(torch, dtype)) for _ in range(2))
    assert getattr(init, name)(ours, **OTHERS[name]) is ours
    getattr(theirs, name)(other, **OTHERS[name])
    assert torch.equal(ours.to(torch.complex128), other.to(torch.complex128))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", CALLS)
def test_parameters_and_their_versions(name):
    weight = torch.nn.Parameter(torch.ones(shape_for(name)))
    total = (weight * weight).sum()
    assert getattr(init, name)(weight, **CALLS[name]) is weight
    assert weight.is_leaf
    assert weight.requires_grad
    assert weight._version > 0
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        total.backward()


@pytest.mark.parametrize("name", DRAWS)
def test_views(name):
    """The logical values of a contiguous tensor, and nothing beside them."""
    arguments, _ = DRAWS[name]
    shape = shape_for(name)
    plain = getattr(init, name)(torch.zeros(shape), **arguments, generator=seeded())
    room = torch.full((shape[1] + 2, *shape[2:], shape[0]), 9.0)
    view = room.movedim(-1, 0)[:, 1:-1]
    assert getattr(init, name)(view, **arguments, generator=seeded()) is view
    assert torch.allclose(view, plain, rtol=0, atol=1e-6 if name == "orthogonal_" else 0)
    assert (room[0] == 9).all()
    assert (room[-1] == 9).all()


@pytest.mark.parametrize("name", DRAWS)
def test_generators(name):
    """The default one and a given one alike; eight words a call, whatever is filled."""
    arguments, _ = DRAWS[name]
    call = getattr(init, name)
    shape = shape_for(name)
    torch.manual_seed(7)
    first, second = call(torch.zeros(shape), **arguments), call(torch.zeros(shape), **arguments)
    assert torch.equal(first, call(torch.zeros(shape), **arguments, generator=seeded()))
    assert not torch.equal(first, second)
    ranks = [seeded() for _ in range(3)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of no elements
        for generator, n_rows in zip(ranks, (1, 5, 0), strict=True):
            call(torch.zeros(n_rows, *shape[1:], dtype=torch.bfloat16), **arguments, generator=generator)
    torch.empty(8, dtype=torch.int32).random_(-(2**31), 2**31, generator=(expected := seeded()))
    assert all(torch.equal(rank.get_state(), expected.get_state()) for rank in ranks)


@pytest.mark.parametrize("name", CALLS)
def test_meta_tensors_stay_and_nothing_is_drawn(name):
    tensor, before = torch.empty(shape_for(name), device="meta"), torch.get_rng_state()
    assert getattr(init, name)(tensor, **CALLS[name]) is tensor
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("within", [False, True])
@pytest.mark.parametrize("name", CALLS)
def test_fake_tensors_stay(name, within):
    """Where PyTorch refuses them, or draws what it reads values by, so do we."""

    def call(module):
        torch.manual_seed(3)
        with (mode := FakeTensorMode()):
            tensor = torch.empty(shape_for(name))
        with mode if within else contextlib.nullcontext():
            try:
                found = getattr(module, name)(tensor, **CALLS[name]) is tensor
            except Exception as error:
                found = type(error)
        return found, torch.get_rng_state().tolist()

    assert call(init) == call(theirs)


HANDED_OVER = {
    "negative std": lambda m: m.normal_(torch.zeros(3), 0, -1),
    "crossed bounds": lambda m: m.uniform_(torch.zeros(3), 2, 1),
    "std of text": lambda m: m.normal_(torch.zeros(3), std="a"),
    "std of many": lambda m: m.normal_(torch.zeros(1), std=torch.ones(1)),
    "list as std": lambda m: m.normal_(torch.zeros(1), std=[1.0]),
    "NaN": lambda m: m.normal_(torch.zeros(3), std=float("nan")),
    "beyond float16": lambda m: m.normal_(torch.zeros(3, dtype=torch.float16), std=1e5),
    "bounds beyond float16": lambda m: m.uniform_(torch.zeros(3, dtype=torch.float16), -1e5, 1e5),
    "width 0": lambda m: m.trunc_normal_(torch.zeros(3), std=0.0),
    "negative width": lambda m: m.trunc_normal_(torch.zeros(3), std=-1.0),
    "no fans": lambda m: m.xavier_normal_(torch.zeros(3)),
    "empty fans": lambda m: m.xavier_normal_(torch.zeros(0, 0)),
    "unknown mode": lambda m: m.kaiming_normal_(torch.zeros(3, 3), mode="fan"),
    "unknown nonlinearity": lambda m: m.kaiming_uniform_(torch.zeros(3, 3), nonlinearity="gelu"),
    "vector": lambda m: m.orthogonal_(torch.zeros(3)),
    "cube": lambda m: m.sparse_(torch.zeros(3, 3, 3), 0.5),
    "all and more": lambda m: m.sparse_(torch.zeros(3, 3), 1.5),
    "dim for groups": lambda m: m.dirac_(torch.zeros(3, 3, 3), 2),
    "integers": lambda m: m.normal_(torch.zeros(3, dtype=torch.int32)),
    "complex bounds": lambda m: m.uniform_(torch.zeros(3, dtype=torch.complex64)),
    "seed as generator": lambda m: m.normal_(torch.zeros(3), generator=5),
    "an array": lambda m: m.normal_(np.zeros(3)),
    "a list": lambda m: m.sparse_([1.0], 0.5),
    "shared memory": lambda m: m.normal_(torch.zeros(1).expand(3)),
    "negative bit": lambda m: m.normal_(torch._neg_view(torch.zeros(3))),
    "lazy": lambda m: m.normal_(torch.nn.LazyLinear(3).weight).sum(),
}


@pytest.mark.filterwarnings("ignore:Lazy modules")
@pytest.mark.parametrize("case", HANDED_OVER)
def test_pytorch_does_or_refuses_the_rest(case):
    ours, other = outcome(lambda: HANDED_OVER[case](init)), outcome(lambda: HANDED_OVER[case](theirs))
    assert str(ours).replace("fastinit.torch.init", "torch.nn.init") == str(other)  # as text, for NaN


def test_inference_tensors():
    with torch.inference_mode():
        tensor = torch.zeros(3)
        assert init.normal_(tensor).all()
    with pytest.raises(RuntimeError, match="Inplace update to inference tensor"):
        init.normal_(tensor)


def test_freed_memory_is_refused():
    """PyTorch would end the process."""
    tensor = torch.zeros(4)
    tensor.untyped_storage().resize_(0)
    with pytest.raises(ValueError, match=r"^normal: tensor: expected a tensor with memory, got one without$"):
        init.normal_(tensor)


def test_warnings_of_law_and_shape():
    with pytest.warns(UserWarning, match=r"^mean is more than 2 std from \[a, b\] in nn.init.trunc_normal_") as caught:
        init.trunc_normal_(torch.zeros(3), mean=5)
    for function in (init.kaiming_normal_, init.kaiming_uniform_):
        with pytest.warns(UserWarning, match="^Initializing zero-element tensors is a no-op$") as more:
            assert function(torch.zeros(0, 3, dtype=torch.int8)).shape == (0, 3)
        caught.list.extend(more.list)
    assert {warning.filename for warning in caught.list} == {__file__}


@pytest.mark.parametrize("name", ALIASES)
def test_names_of_old(name):
    arguments, shape = CALLS[name + "_"], shape_for(name + "_")
    text = f"^`nn.init.{name}` is now deprecated in favor of `nn.init.{name}_`.$"
    torch.manual_seed(1)
    with pytest.warns(FutureWarning, match=text) as caught:
        tensor = getattr(init, name)(torch.zeros(shape), **arguments)
    torch.manual_seed(1)
    assert torch.equal(tensor, getattr(init, name + "_")(torch.zeros(shape), **arguments))
    assert caught[0].filename == __file__


@pytest.mark.parametrize(("arguments", "is_normal"), [((0.0, 0.02), True), ((1.0, 0.1), True), ((0.0, 0.21), False)])
def test_bounds_beyond_all_values(arguments, is_normal):
    """As most models have them: the normal law, which is ten times as fast."""
    mean, std = arguments
    one, other = (torch.empty(1000), torch.empty(1000))
    init.trunc_normal_(one, mean, std, mean - 2, mean + 2, torch.Generator().manual_seed(3))
    init.normal_(other, mean, std, torch.Generator().manual_seed(3))
    assert torch.equal(one, other) == is_normal

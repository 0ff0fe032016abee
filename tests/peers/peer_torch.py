"""fastinit beside PyTorch: the same fans, gains, laws and constants, and the stated differences.

Not part of the default run: ``pytest tests/peers/peer_torch.py``, with PyTorch installed.
"""

import inspect
import math

import numpy as np
import pytest
import torch
from agreement import N_MATRICES, SHAPES, assert_same_law, assert_same_law_of_matrices, told
from torch import nn
from torch.nn import functional, init

import fastinit as fi
from fastinit.laws import gains
from fastinit.laws.dtypes import FORMATS

#: What other libraries warn of is not this project's error.
pytestmark = pytest.mark.filterwarnings("default")

torch.set_num_threads(1)  # its threads only wait for each other in decompositions of tiny matrices

OI = dict(in_axis=1, out_axis=0)

#: A layer, the arguments of fans, and whether PyTorch's own rule gives the same.
LAYERS = [
    (nn.Linear(7, 5), OI, True),
    (nn.Conv1d(4, 6, 3), OI, True),
    (nn.Conv2d(4, 6, (3, 5)), OI, True),
    (nn.Conv3d(2, 3, (1, 3, 5)), OI, True),
    (nn.Conv2d(16, 32, 3, groups=4), dict(**OI, out_groups=4), False),
    (nn.Conv2d(16, 32, 3, groups=16), dict(**OI, out_groups=16), False),
    (nn.ConvTranspose1d(4, 6, 3), dict(in_axis=0, out_axis=1), False),
    (nn.ConvTranspose2d(16, 32, 3), dict(in_axis=0, out_axis=1), False),
    (nn.ConvTranspose2d(16, 32, 3, groups=4), dict(in_axis=0, out_axis=1, in_groups=4), False),
]


def connections(layer: nn.Module) -> tuple[int, int]:
    """Inputs that reach an output in the middle, and outputs that an input in the middle reaches: weights of 1."""
    n_in = layer.in_features if isinstance(layer, nn.Linear) else layer.in_channels
    inputs = torch.ones((1, n_in, *[11] * (layer.weight.dim() - 2)), requires_grad=True)
    init.ones_(layer.weight)
    init.zeros_(layer.bias)
    outputs = layer(inputs)
    outputs.sum().backward()
    return tuple(int(t[0, 0][tuple(n // 2 for n in t.shape[2:])].item()) for t in (outputs, inputs.grad))


@pytest.mark.parametrize(("layer", "arguments", "alike"), LAYERS, ids=[str(case[0]) for case in LAYERS])
def test_fans_are_the_layers(layer, arguments, alike):
    ours = fi.fans(tuple(layer.weight.shape), **arguments)
    assert ours == connections(layer)
    assert (ours == init._calculate_fan_in_and_fan_out(layer.weight)) == alike


def test_stated_differences_of_fans():
    theirs = init._calculate_fan_in_and_fan_out
    assert theirs(torch.empty(32, 4, 3, 3)) == (36, 4 * 72)  # 4 groups: all outputs
    assert theirs(torch.empty(16, 32, 3, 3)) == (288, 144)  # transposed: the fans change places
    packed = nn.MultiheadAttention(512, 8).in_proj_weight
    assert theirs(packed) == (512, 1536)
    assert fi.fans(tuple(packed.shape), **OI, out_groups=3) == theirs(torch.empty(512, 512))
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        theirs(torch.empty(3))
    with pytest.raises(ValueError, match="two dimensions or more"):
        fi.fans(3)


IN_BOTH = ["linear", *gains.LAYERS, "sigmoid", "tanh", "relu", "leaky_relu", "selu"]


@pytest.mark.parametrize("name", IN_BOTH)
def test_gains(name):
    assert fi.gain(name) == init.calculate_gain(name)
    for slope in (0, 0.2, -1.0, 5) if name == "leaky_relu" else ():
        assert fi.gain(name, slope) == init.calculate_gain(name, slope)


@pytest.mark.parametrize("name", sorted((gains.FIXED.keys() | gains.FAMILIES.keys()) - set(IN_BOTH)))
def test_gains_that_pytorch_lacks(name):
    with pytest.raises(ValueError, match="Unsupported"):
        init.calculate_gain(name)
    assert fi.gain(name) > 0


FUNCTIONS = [
    ("relu", None, functional.relu),
    ("relu6", None, functional.relu6),
    ("leaky_relu", None, functional.leaky_relu),
    ("leaky_relu", 0.2, lambda z: functional.leaky_relu(z, 0.2)),
    ("prelu", None, lambda z: nn.PReLU(dtype=torch.float64)(z).detach()),
    ("gelu", None, functional.gelu),
    ("silu", None, functional.silu),
    ("mish", None, functional.mish),
    ("hardswish", None, functional.hardswish),
    ("softsign", None, functional.softsign),
    ("elu", None, functional.elu),
    ("elu", 0.5, lambda z: functional.elu(z, 0.5)),
    ("softplus", None, functional.softplus),
    ("softplus", 3.0, lambda z: functional.softplus(z, 3.0)),
]


@pytest.mark.parametrize(("name", "param", "function"), FUNCTIONS)
def test_gains_are_of_pytorch_functions(name, param, function):
    """1 / sqrt(E[f(z)**2]) by the trapezoidal rule: to the square of its step, 1e-6, where f has a bend."""
    z = torch.linspace(-12, 12, 24001, dtype=torch.float64)
    density = torch.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    moment = (function(z) ** 2 * density).sum().item() * 1e-3
    assert fi.gain(name, param) == pytest.approx(1 / math.sqrt(moment), rel=1e-6)


LAWS = [
    ("normal", dict(mean=0.1, std=0.2), "normal_", dict(mean=0.1, std=0.2)),
    ("uniform", dict(low=-0.1, high=0.3), "uniform_", dict(a=-0.1, b=0.3)),
    ("truncated_normal", dict(low=-1.5, high=2.5), "trunc_normal_", dict(a=-1.5, b=2.5)),
    ("truncated_normal", dict(low=1, high=3), "trunc_normal_", dict(a=1, b=3)),
    ("truncated_normal", dict(mean=0.1, std=0.2), "trunc_normal_", dict(mean=0.1, std=0.2, a=-0.3, b=0.5)),
    ("xavier_uniform", dict(fans="oi"), "xavier_uniform_", {}),
    ("xavier_uniform", dict(gain=5 / 3, fans="oi"), "xavier_uniform_", dict(gain=5 / 3)),
    ("xavier_normal", dict(fans="oi"), "xavier_normal_", {}),
    ("xavier_normal", dict(gain=2.0, fans="oi"), "xavier_normal_", dict(gain=2.0)),
    ("kaiming_uniform", dict(fans="oi"), "kaiming_uniform_", {}),
    ("kaiming_uniform", dict(negative_slope=0.5, fans="oi"), "kaiming_uniform_", dict(a=0.5)),
    ("kaiming_uniform", dict(mode="fan_out", fans="oi"), "kaiming_uniform_", dict(mode="fan_out")),
    ("kaiming_normal", dict(fans="oi"), "kaiming_normal_", dict(nonlinearity="relu")),
    ("kaiming_normal", dict(negative_slope=0.5, fans="oi"), "kaiming_normal_", dict(a=0.5)),
    ("kaiming_normal", dict(mode="fan_out", fans="oi"), "kaiming_normal_", dict(mode="fan_out")),
    ("fan_in_uniform", dict(fans="oi"), "kaiming_uniform_", dict(a=math.sqrt(5))),
    ("lecun_normal", dict(fans="oi"), "kaiming_normal_", dict(nonlinearity="linear")),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("scheme", "params", "name", "arguments"), LAWS)
def test_laws(scheme, params, name, arguments, shape):
    theirs = getattr(init, name)(torch.empty(shape), generator=torch.Generator().manual_seed(1), **arguments)
    assert_same_law(getattr(fi, scheme)(shape, rng=0, **params), theirs.numpy())


@pytest.mark.parametrize("make", [lambda: nn.Linear(256, 1024), lambda: nn.Conv2d(30, 100, 9)])
def test_defaults_of_layers(make):
    torch.manual_seed(1)
    layers = [make() for _ in range(3)]
    shape = tuple(layers[0].weight.shape)
    ours, biases = (
        [fi.fan_in_uniform(part, fans=fi.fans(shape, **OI), rng=0, name=str(i)) for i in range(3)]
        for part in (shape, shape[:1])
    )
    assert_same_law(ours, [layer.weight.detach().numpy() for layer in layers])
    assert np.abs(biases).max() < 1 / math.sqrt(math.prod(shape[1:]))
    assert max(layer.bias.abs().max().item() for layer in layers) <= 1 / math.sqrt(math.prod(shape[1:]))


@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5), (4, 2, 3)])
def test_orthogonal(shape):
    """An element, the trace, and rows or columns, of many small matrices."""
    generator = torch.Generator().manual_seed(1)
    theirs = [init.orthogonal_(torch.empty(shape), generator=generator).numpy() for _ in range(N_MATRICES)]
    rng = np.random.default_rng(0)
    ours = [fi.orthogonal(shape, fans="oi", rng=rng) for _ in range(N_MATRICES)]
    flat = (N_MATRICES, shape[0], math.prod(shape[1:]))
    assert_same_law_of_matrices(np.reshape(ours, flat), np.reshape(theirs, flat))


CONSTANTS = [
    ("zeros", {}, "zeros_", (), (3, 4)),
    ("ones", {}, "ones_", (), (3, 4)),
    ("constant", dict(value=0.1), "constant_", (0.1,), (3, 4)),
    ("identity", {}, "eye_", (), (3, 3)),
    ("identity", {}, "eye_", (), (3, 5)),
    ("identity", {}, "eye_", (), (5, 3)),
    ("dirac", dict(fans="oi"), "dirac_", (), (4, 3, 5)),
    ("dirac", dict(fans="oi"), "dirac_", (), (3, 5, 4, 3)),
    ("dirac", dict(fans="oi"), "dirac_", (), (3, 3, 2, 3, 4)),
    ("dirac", dict(fans="oi", groups=3), "dirac_", (3,), (6, 2, 3, 3)),
    ("dirac", dict(fans="oi", groups=2), "dirac_", (2,), (6, 2, 3)),
]


@pytest.mark.parametrize(("scheme", "params", "name", "arguments", "shape"), CONSTANTS)
def test_constants(scheme, params, name, arguments, shape):
    theirs = getattr(init, name)(torch.full(shape, 7.0), *arguments).numpy()
    assert getattr(fi, scheme)(shape, **params).tobytes() == theirs.tobytes()


@pytest.mark.parametrize("sparsity", [0.1, 0.5, 0.9])
def test_sparse(sparsity):
    """The same number of zeros in every column, the others of one law, and zeros as likely in every row.

    PyTorch's normals are 0 more often than here.
    """
    shape = (1000, 3000)
    torch.manual_seed(1)
    theirs = init.sparse_(torch.empty(shape), sparsity, std=0.5, generator=torch.Generator().manual_seed(1)).numpy()
    ours = fi.sparse(shape, sparsity=sparsity, std=0.5, rng=0)
    counts = [np.count_nonzero(w == 0, axis=0) for w in (ours, theirs)]
    assert (counts[0] == math.ceil(sparsity * shape[0])).all()
    assert set((counts[1] - counts[0]).tolist()) <= {0, 1, 2}
    n_values = min(np.count_nonzero(w) for w in (ours, theirs))
    assert_same_law(ours[ours != 0][:n_values], theirs[theirs != 0][:n_values])
    by_row = [np.count_nonzero(w, axis=1) / shape[1] for w in (ours, theirs)]
    deviation = math.sqrt(sparsity * (1 - sparsity) / shape[1])
    assert max(abs(share - (1 - sparsity)).max() for share in by_row) < 5.5 * deviation  # 2,000 rows at 4e-8 each
    assert abs(by_row[0] - (1 - sparsity)).max() > 2 * deviation  # and not the same in all


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize(
    "view", [lambda t: t, lambda t: t.t(), lambda t: t[3:, ::2]], ids=["whole", "transposed", "part"]
)
def test_tensors_are_filled_in_place(dtype, view):
    tensor = view(torch.full((40, 50), 7, dtype=getattr(torch, dtype)))
    assert fi.normal(out=tensor, rng=0, name="w") is tensor
    expected = fi.normal(tuple(tensor.shape), dtype=dtype, rng=0, name="w").astype(np.float64)
    assert np.array_equal(tensor.double().numpy(), expected)


@pytest.mark.parametrize("dtype", FORMATS)
def test_dtypes_are_known_by_name(dtype):
    assert fi.normal(4, dtype=getattr(torch, dtype), rng=0).dtype.name == dtype
    assert fi.check({"w": torch.full((8, 8), 0.5, dtype=getattr(torch, dtype))})


def test_a_bfloat16_model():
    model = nn.Sequential(nn.Linear(30, 20), nn.Linear(20, 10)).to(torch.bfloat16)
    fi.initialize(model.state_dict(), {"*.bias": "zeros", "*": fi.get("he_normal", fans="oi")}, rng=0)
    expected = fi.he_normal((10, 20), fans="oi", dtype="bfloat16", rng=0, name="1.weight").astype(np.float32)
    assert np.array_equal(model[1].weight.detach().float().numpy(), expected)
    assert not model[0].bias.any()


def test_tensors_that_need_gradients_are_refused():
    weight = nn.Linear(3, 4).to(torch.bfloat16).weight
    with pytest.raises(ValueError, match=r"^normal: out: expected a tensor that asks for no gradient, got .*no_grad"):
        fi.normal(out=weight, rng=0)


def test_the_page_has_every_function():
    functions = {name for name, value in vars(init).items() if inspect.isfunction(value) and not name.startswith("_")}
    deprecated = {name for name in functions if f"{name}_" in functions}
    assert functions - deprecated - told(1) == set()
    assert told(1) - functions == set()

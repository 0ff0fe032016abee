"""PyTorch's layers, built with `fastinit.torch.init` in `torch.nn.init`'s place, have PyTorch's laws.

The laws are stated here, and held against layers as PyTorch builds them too. Each sample passes a Kolmogorov-Smirnov
test that fails a right one in a millionth of cases (Massart's bound, 2 exp(-2 n d**2)); seeds are fixed. The control: a
scale that is a tenth off fails, of every parameter that is large enough to show it.
"""

import math
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from fastinit.torch import init  # noqa: E402

FALSE_ALARMS = 1e-6
LARGE = 16_000


def uniform(bound):
    return lambda x: np.clip((x / bound + 1) / 2, 0, 1)


def normal(std):
    erf = np.frompyfunc(math.erf, 1, 1)
    return lambda x: (1 + erf(x / std / math.sqrt(2)).astype(float)) / 2


def constant(value):
    return value


ZEROS, ONES = constant(0.0), constant(1.0)


def dense(prefix, fan_in):
    return {f"{prefix}weight": uniform(fan_in**-0.5), f"{prefix}bias": uniform(fan_in**-0.5)}


def recurrent(n_hidden, suffix="_l0"):
    return {f"{kind}_{of}{suffix}": uniform(n_hidden**-0.5) for kind in ("weight", "bias") for of in ("ih", "hh")}


def attention(prefix, n):
    out = {f"{prefix}out_proj.weight": uniform(n**-0.5), f"{prefix}out_proj.bias": ZEROS}
    return {f"{prefix}in_proj_weight": uniform(math.sqrt(6 / (4 * n))), f"{prefix}in_proj_bias": ZEROS} | out


NORM = {"weight": ONES, "bias": ZEROS}
ENCODER = (
    attention("self_attn.", 96)
    | dense("linear1.", 96)
    | dense("linear2.", 192)
    | {f"norm{i}.{name}": law for i in (1, 2) for name, law in NORM.items()}
)

LAYERS = {
    "Linear": (lambda: nn.Linear(128, 160), dense("", 128)),
    "Conv1d": (lambda: nn.Conv1d(48, 80, 5), dense("", 240)),
    "Conv2d, groups": (lambda: nn.Conv2d(64, 64, 3, groups=2), dense("", 288)),
    "Conv3d": (lambda: nn.Conv3d(16, 48, 3), dense("", 432)),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(32, 64, 3), dense("", 576)),
    "Embedding, padding": (lambda: nn.Embedding(600, 32, padding_idx=0), {"weight": normal(1.0)}),
    "EmbeddingBag": (lambda: nn.EmbeddingBag(600, 32), {"weight": normal(1.0)}),
    "LSTM": (lambda: nn.LSTM(70, 64), recurrent(64)),
    "GRU": (lambda: nn.GRU(100, 80), recurrent(80)),
    "RNN": (lambda: nn.RNN(130, 130), recurrent(130)),
    "LSTMCell": (lambda: nn.LSTMCell(70, 64), recurrent(64, "")),
    "MultiheadAttention": (lambda: nn.MultiheadAttention(128, 4), attention("", 128)),
    "Bilinear": (lambda: nn.Bilinear(16, 32, 40), dense("", 16)),
    "LayerNorm": (lambda: nn.LayerNorm(64), NORM),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(64), NORM),
    "GroupNorm": (lambda: nn.GroupNorm(4, 64), NORM),
    "PReLU": (lambda: nn.PReLU(64), {"weight": constant(0.25)}),
    "TransformerEncoderLayer": (lambda: nn.TransformerEncoderLayer(96, 4, 192), ENCODER),
    "NonDynamicallyQuantizableLinear": (
        lambda: nn.modules.linear.NonDynamicallyQuantizableLinear(128, 160),
        dense("", 128),
    ),
}


@pytest.fixture
def in_place(monkeypatch):
    """PyTorch's modules with the drop-in, also where they have imported a function by its name."""
    replaced = {id(getattr(torch.nn.init, name)): getattr(init, name) for name in (*init.__all__, *init.ALSO)}
    for module in [m for name, m in sys.modules.items() if name.startswith("torch.nn.")]:
        for name, value in list(vars(module).items()):
            if id(value) in replaced:
                monkeypatch.setattr(module, name, replaced[id(value)])


def distance(values, law):
    """Of Kolmogorov and Smirnov, between a sample and a distribution function."""
    values = np.sort(values)
    n, below = values.size, law(values)
    return max((np.arange(1, n + 1) / n - below).max(), (below - np.arange(n) / n).max())


def is_of(values, law):
    return 2 * math.exp(-2 * values.size * distance(values, law) ** 2) > FALSE_ALARMS


def check(layer, laws):
    assert {name for name, _ in layer.named_parameters()} == set(laws)
    for name, parameter in layer.named_parameters():
        values, law = parameter.detach(), laws[name]
        if getattr(layer, "padding_idx", None) is not None:
            assert not values[layer.padding_idx].any()
            values = values[1:]
        values = values.double().numpy().ravel()
        if not callable(law):
            assert (values == law).all(), name
            continue
        assert is_of(values, law), name
        if values.size >= LARGE:
            assert not is_of(values * 1.1, law), name
            assert not is_of(values * 0.9, law), name


@pytest.mark.parametrize("kind", LAYERS)
def test_laws_with_the_drop_in(kind, in_place):
    build, laws = LAYERS[kind]
    torch.manual_seed(11)
    layer = build()
    check(layer, laws)
    torch.manual_seed(11)
    assert all(torch.equal(a, b) for a, b in zip(layer.parameters(), build().parameters(), strict=True))


@pytest.mark.parametrize("kind", LAYERS)
def test_pytorch_itself_has_them(kind):
    build, laws = LAYERS[kind]
    torch.manual_seed(11)
    check(build(), laws)


def test_every_draw_is_the_drop_ins(in_place):
    """Eight words of the generator each."""
    torch.manual_seed(11)
    LAYERS["TransformerEncoderLayer"][0]()
    after = torch.get_rng_state()
    torch.manual_seed(11)
    for _ in range(7):  # in_proj, and weight and bias of three dense layers
        torch.empty(8, dtype=torch.int32).random_(-(2**31), 2**31)
    assert torch.equal(after, torch.get_rng_state())

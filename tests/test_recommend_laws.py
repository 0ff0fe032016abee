"""What `recommend` has for each kind, filled in shapes that models have: the law that its source states.

The standard deviations are worked out from the layers, not from the package's fans. Each score of a second moment is
within 5 standard errors: a false alarm of 6e-7 each, 2e-5 of all, were the seed another. Elements are 19,200 at least,
so that weights a tenth too wide or too narrow score 18 or more.
"""

import math

import numpy as np
import pytest

import fastinit as fi
from fastinit.schemes.recommendation import KINDS

MAX_SCORE = 5.0

#: Of each distribution: the variance of z**2 for z of variance 1, and where the largest of 19,200 |z| lies. The one
#: of N(0, 1) between -2 and 2 is E z**4 / (E z**2)**2 - 1. That a largest one lies elsewhere has probability 1e-20.
SHAPES = {"normal": (2.0, (3.0, 7.5)), "uniform": (0.8, (1.7, 3**0.5)), "truncated": (1.36561, (2.2, 2.27369))}

#: kind, activation, arguments, shape, distribution, standard deviation
DRAWN = [
    ("dense", "relu", {"fans": "oi"}, (256, 128), "normal", (2 / 128) ** 0.5),
    ("conv", "tanh", {}, (3, 3, 32, 96), "normal", (2 / (9 * 32 + 9 * 96)) ** 0.5),
    ("conv_transpose", "relu", {"fans": "oi"}, (64, 32, 4, 4), "normal", (2 / (64 * 16)) ** 0.5),
    ("conv_transpose", "relu", {}, (4, 4, 32, 64), "normal", (2 / (64 * 16)) ** 0.5),
    ("depthwise", "tanh", {"fans": "oi"}, (1024, 1, 5, 5), "normal", (2 / (25 + 25)) ** 0.5),
    ("depthwise", "relu", {}, (5, 5, 1024, 1), "normal", (2 / 25) ** 0.5),
    ("experts", "silu", {}, (8, 64, 128), "normal", (2 / 64) ** 0.5),
    ("experts", "silu", {"fans": "oi"}, (8, 128, 64), "normal", (2 / 64) ** 0.5),
    ("lstm_kernel", None, {}, (100, 4 * 64), "normal", (2 / (100 + 64)) ** 0.5),
    ("lstm_kernel", None, {"fans": "oi"}, (4 * 64, 100), "normal", (2 / (100 + 64)) ** 0.5),
    ("gru_kernel", None, {}, (100, 3 * 64), "normal", (2 / (100 + 64)) ** 0.5),
    ("gru_kernel", None, {"fans": "oi"}, (3 * 64, 100), "normal", (2 / (100 + 64)) ** 0.5),
    ("attention", None, {"fans": "oi"}, (192, 128), "normal", (2 / (128 + 192)) ** 0.5),
    ("attention_packed", None, {"fans": "oi"}, (3 * 128, 128), "normal", (2 / (128 + 128)) ** 0.5),
    ("attention_packed", None, {}, (128, 3 * 128), "normal", (2 / (128 + 128)) ** 0.5),
    ("lora_a", None, {"fans": "oi"}, (16, 2048), "uniform", (3 * 2048) ** -0.5),
    ("residual", None, {"n_layers": 12}, (256, 128), "normal", 0.02 / 24**0.5),
    ("router", None, {"fans": "oi"}, (64, 1024), "truncated", (0.1 / 1024) ** 0.5),
    ("sine_first", None, {"fans": (2, 16384)}, (16384, 2), "uniform", 1 / (2 * 3**0.5)),
    ("sine", None, {"fans": "oi"}, (256, 128), "uniform", (6 / 128) ** 0.5 / 30 / 3**0.5),
    ("sine", None, {"omega": 10}, (128, 256), "uniform", (6 / 128) ** 0.5 / 10 / 3**0.5),
    ("head", None, {"fans": "oi"}, (1000, 64), "normal", 0.01),
    ("embedding", None, {}, (1000, 64), "normal", 0.02),
]

#: Kinds whose fans the layout alone would get wrong.
OWN_FANS = {
    "conv_transpose",
    "depthwise",
    "experts",
    "lstm_kernel",
    "gru_kernel",
    "attention_packed",
}

#: kind, arguments, shape, values
STILL = [
    ("lstm_bias", {"units": 64}, 256, np.repeat([0, 1, 0, 0], 64)),
    ("gru_bias", {}, 192, 0),
    ("norm_scale", {}, 128, 1),
    ("norm_bias", {}, 128, 0),
    ("lora_b", {}, (128, 16), 0),
    ("residual", {}, (256, 128), 0),
    ("bias", {}, 128, 0),
]

#: kind, layout, number of square matrices
SQUARE = [
    ("recurrent", "oi", 1),
    ("lstm_recurrent", "io", 4),
    ("lstm_recurrent", "oi", 4),
    ("gru_recurrent", "io", 3),
    ("gru_recurrent", "oi", 3),
]


def score(w, distribution, std):
    """How many standard errors the second moment is away from its expectation."""
    variance, _ = SHAPES[distribution]
    return ((w.astype(float) ** 2).mean() / std**2 - 1) * math.sqrt(w.size / variance)


def test_every_kind_is_here():
    assert {row[0] for row in (*DRAWN, *STILL, *SQUARE)} == set(KINDS)
    assert {row[0] for row in DRAWN} >= OWN_FANS
    assert min(math.prod(row[3]) for row in DRAWN) == 19200


@pytest.mark.parametrize(("kind", "activation", "arguments", "shape", "distribution", "std"), DRAWN)
def test_laws(kind, activation, arguments, shape, distribution, std):
    w = fi.recommend(activation, kind, shape=shape, **arguments)(shape, rng=0, name=kind)
    assert abs(score(w, distribution, std)) < MAX_SCORE
    assert abs(w.mean(dtype=float)) < MAX_SCORE * std / math.sqrt(w.size)
    low, high = SHAPES[distribution][1]
    assert low < abs(w).max() / std < high
    # The control: a tenth too wide or too narrow is seen.
    assert abs(score(1.1 * w, distribution, std)) > 3 * MAX_SCORE
    assert abs(score(0.9 * w, distribution, std)) > 3 * MAX_SCORE


@pytest.mark.parametrize(
    ("kind", "activation", "arguments", "shape", "distribution", "std"), [row for row in DRAWN if row[0] in OWN_FANS]
)
def test_layouts_alone_would_be_seen(kind, activation, arguments, shape, distribution, std):
    """The control of fans: the same scheme with the layout's name in their place has another scale."""
    name = fi.recommend(activation, kind, **arguments).name
    w = fi.get(name, fans=arguments.get("fans", "io"))(shape, rng=0, name=kind)
    assert abs(score(w, distribution, std)) > 3 * MAX_SCORE


@pytest.mark.parametrize(("kind", "arguments", "shape", "values"), STILL)
def test_values(kind, arguments, shape, values):
    w = fi.recommend(None, kind, shape=shape, **arguments)(shape, rng=0)
    assert np.array_equal(w, np.broadcast_to(values, w.shape))


def test_padding():
    w = fi.recommend(None, "embedding", padding=7)((1000, 64), rng=0, name="table")
    expected = fi.normal((1000, 64), std=0.02, rng=0, name="table")
    assert expected[7].all()
    expected[7] = 0
    assert np.array_equal(w, expected)


def products(w, layout, n_parts):
    """Of each two of the matrices that are side by side, one times the other transposed."""
    parts = np.split(w.astype(float), n_parts, axis=0 if layout == "oi" else 1)
    return [[a @ b.T for b in parts] for a in parts]


@pytest.mark.parametrize(("kind", "layout", "n_parts"), SQUARE)
def test_square_matrices(kind, layout, n_parts):
    """Each is orthogonal; two of them have a product without a direction: a trace of N(0, 1), within 5."""
    shape = (64 * n_parts, 64) if layout == "oi" else (64, 64 * n_parts)
    options = {"units": 64} if n_parts > 1 else {}
    w = fi.recommend(None, kind, fans=layout, shape=shape, **options)(shape, rng=0, name=kind)
    for i, row in enumerate(products(w, layout, n_parts)):
        for j, product in enumerate(row):
            if i == j:
                assert abs(product - np.eye(64)).max() < 1e-5
            else:
                assert abs(np.trace(product)) < MAX_SCORE
    if n_parts > 1:  # the control: one matrix for all of them has gates that are not orthogonal
        w = fi.orthogonal(shape, fans=layout, rng=0)
        assert all(abs(row[i] - np.eye(64)).max() > 0.1 for i, row in enumerate(products(w, layout, n_parts)))


def test_pytorch_has_the_forget_gate_there():
    """With an input gate that adds 0, a wide open forget gate keeps the state, and any other halves it."""
    torch = pytest.importorskip("torch")
    lstm = torch.nn.LSTM(1, 5)
    state, x = torch.ones(1, 1, 5), torch.zeros(1, 1, 1)
    with torch.no_grad():
        for parameter in lstm.parameters():
            parameter.zero_()
        halved = lstm(x, (state, state))[1][1]
        fi.recommend(None, "lstm_bias", units=5)(out=lstm.bias_ih_l0.detach())
        lstm.bias_ih_l0 *= 100
        kept = lstm(x, (state, state))[1][1]
    assert torch.equal(halved, state / 2)
    assert torch.equal(kept, state)

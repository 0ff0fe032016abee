"""What varies from sample to sample, how alike samples are, and how deep a signal can go."""

import math

import numpy as np
import pytest

import fastinit as fi
from fastinit.checking import activations, figures, phase, verdicts
from fastinit.schemes.choices import BY_ACTIVATION, MOST_LAYERS

N = 256


def test_the_share_that_varies_is_the_variance_over_samples():
    h = fi.normal((200, 3, 16), rng=0, dtype="float64") * 0.5 + fi.normal((1, 3, 16), rng=1, dtype="float64")
    by_hand = h.var(axis=0).mean() / np.square(h).mean()
    assert figures.signal_share(h) == pytest.approx(by_hand, rel=1e-12)
    assert figures.signal_share(np.broadcast_to(h[:1], h.shape)) == 0
    assert math.isnan(figures.signal_share(h[:1]))
    assert figures.signal_share(np.full((7, 3), 0.1)) == 0  # whose mean, rounded, is another number


def test_correlation_is_that_of_all_pairs():
    row = fi.check([64, 64, 64], "relu", n_samples=32).layers[0]
    weights = fi.recommend("relu")((64, 64), rng=0, name="layer 1")
    h = np.maximum(fi.normal((32, 64), rng=0, name="fastinit.check: inputs", dtype="float64") @ weights, 0)
    products = h @ h.T
    pairs = (products.sum() - np.trace(products)) / (32 * 31)
    assert row.correlation == pytest.approx(pairs / (np.trace(products) / 32), rel=1e-6)


def test_a_signal_that_biases_hide_is_found():
    """Activations keep their width by their biases alone."""
    biases = fi.normal((N,), rng=1)
    layer = {"shape": (N, N), "scheme": {"name": "glorot_normal", "gain": 0.1}, "bias": biases}
    report = fi.check([layer] * 3, "tanh", output="tanh")
    assert report.layers[-1].std > 0.5
    assert report.layers[-1].signal < verdicts.SIGNAL_SHARE
    assert report.layers[-1].correlation > 0.99999
    assert report.verdict == "vanishing"
    narrow = {"shape": (N, N), "scheme": {"name": "glorot_normal", "gain": 1e-3}, "bias": biases, "activation": "tanh"}
    alone = fi.check([narrow, {"shape": (N, N), "scheme": fi.get("normal", std=1.0)}])
    assert alone.healthy
    assert "layer 1: 1e-06 of the outputs' second moment varies from sample to sample" in alone.notes[0]
    lost = fi.check([{**narrow, "scheme": {"name": "glorot_normal", "gain": 1e-8}}, (N, N)])
    assert lost.layers[0].findings == ("vanishing",)
    assert "what varies from sample to sample falls to" in lost.reason


@pytest.mark.parametrize(
    ("w", "b"),
    # Edges of chaos of tanh: Poole et al. 2016 have (1, 0), Schoenholz et al. 2017 (1.76, 0.05).
    [(1.0, 0.0), (1.76, 0.05)],
)
def test_edges_of_chaos_are_the_published_ones(w, b):
    tanh = activations.make("", "", "tanh")
    assert phase.mean_field(tanh, w, b).chi == pytest.approx(1, abs=0.003)
    assert phase.mean_field(tanh, 0.8 * w, b).chi < 0.93
    assert phase.mean_field(tanh, 2 * w, b).chi > 1.1


def test_depths_have_closed_forms_where_functions_are_linear():
    linear = activations.make("", "", "linear")
    assert phase.mean_field(linear, 1 / 3, 0.0).depth == math.floor(math.log(1000) / math.log(3))
    assert phase.mean_field(linear, 1.0, 0.0).depth == math.inf
    assert phase.mean_field(linear, 1.5, 0.0).depth == math.floor(math.log(1000) / math.log(1.5))
    relu = phase.mean_field(activations.make("", "", "relu"), 2.0, 0.0)
    assert (relu.depth, relu.chi) == (math.inf, pytest.approx(1.0, abs=1e-6))


@pytest.mark.heavy
def test_stated_depths_are_within_those_of_theory():
    theory = {}
    for name, choice in BY_ACTIVATION.items():
        if name != "softmax":
            slope = choice.params.get("negative_slope", 0.0)
            w = 2.0 / (1 + slope**2) if choice.scheme == "he_normal" else 1.0
            theory[name] = phase.mean_field(activations.make("", "", name), w, 0.0).depth
    assert {name for name, depth in theory.items() if depth < 48} == MOST_LAYERS.keys()
    assert all(MOST_LAYERS[name] <= theory[name] for name in MOST_LAYERS)
    assert [theory[name] for name in ("sigmoid", "hardswish", "silu", "softsign", "gelu", "softplus", "mish")] == [
        3,
        12,
        13,
        19,
        20,
        25,
        35,
    ]


def test_a_batch_without_a_signal_loses_none():
    constant = np.ones((8, N))
    assert fi.check([N] * 4, "tanh", batch=constant).healthy
    with pytest.raises(ValueError, match="check: batch: expected numbers whose second moment is neither 0 nor far out"):
        fi.check([N] * 4, batch=0 * constant)


def test_a_stack_has_a_phase_if_its_hidden_layers_are_alike():
    sick = fi.check([N] * 20, "tanh", "fan_in_uniform")
    assert sick.phase.weight_variance == pytest.approx(1 / 3, rel=0.01)  # 256 * 256 values, 18 layers: 0.1 %
    assert sick.phase.depth == 5
    assert "about 5 layers deep" in str(sick)
    assert fi.check([N] * 20, "tanh").phase.depth > 100
    assert fi.check([(N, N), {"norm": "layer"}, (N, N), (N, N)]).phase is None
    mixed = [{"shape": (N, N), "activation": "tanh"}, (N, N), (N, N), (N, N)]
    assert fi.check(mixed).phase is None
    biased = fi.check([N] * 4, "relu", bias=0.5).phase
    assert (biased.bias_mean, biased.bias_variance) == (0.5, 0.0)
    assert fi.check([N] * 20, "relu", bias=-1.0).phase.depth < 10  # rectifiers close


def test_the_reason_names_all_layers_that_share_a_fault():
    assert (
        "the weights of all 30 layers (layer 1 to layer 30) are 0.57"
        in fi.check([N] * 31, "tanh", "fan_in_uniform").reason
    )
    layers = [{"shape": (N, N), "scheme": "he_normal"} for _ in range(12)]
    for i in (2, 5):
        layers[i]["scheme"] = fi.get("normal", std=1e-4)
    assert "the weights of layer 3 and layer 6 are 0.00113 times" in fi.check(layers, "relu").reason

"""`fastinit.calibrate`: widths on the batch, what is left alone, and remedies that work."""

import math
import re

import numpy as np
import pytest
from quick import heavy_but

import fastinit as fi
from fastinit.checking import activations, remedies
from fastinit.schemes.choices import BY_ACTIVATION, MOST_LAYERS

N = 128


def widths(layers, batch):
    """Of pre-activations, with the arrays of plain dense layers alone."""
    h, found = batch.astype(np.float64), []
    for layer in layers:
        z = h @ layer["weights"].astype(np.float64) + layer["bias"]
        found.append((z.std(), abs(z.mean(axis=0)).max()))
        h = activations.make("", "", layer["activation"]).value(z)
    return found


@pytest.mark.parametrize("activation", ["silu", "tanh", "sigmoid", ("elu", 0.5)])
@pytest.mark.parametrize("std", [1.0, 2.5])
def test_each_layer_has_the_width_on_the_batch(activation, std):
    batch = fi.normal((64, N), mean=0.3, std=2.0, rng=5)
    found = fi.calibrate([N] * 8, activation, batch=batch, std=std)
    assert [width for width, _ in widths(found.layers, batch)] == pytest.approx([std] * 7, rel=1e-5)  # float32 weights
    assert [row.std_after for row in found.scaled] == pytest.approx([std] * 7, rel=1e-6)  # of float32
    assert found.factors.keys() == {f"layer {i}" for i in range(1, 8)}
    drawn = fi.recommend(activation if isinstance(activation, str) else activation[0])((N, N), rng=0, name="layer 3")
    assert np.allclose(found.weights["layer 3"], drawn * found.factors["layer 3"], rtol=1e-6)


def test_biases_count_and_centred_ones_make_means_zero():
    batch = fi.normal((64, N), rng=5)
    own = {"shape": (N, N), "bias": fi.normal((N,), std=0.5, rng=2)}
    biased = fi.calibrate([own, (N, N)], "relu", batch=batch)
    assert [width for width, _ in widths(biased.layers, batch)] == pytest.approx([1, 1], rel=1e-5)
    assert np.array_equal(biased.layers[0]["bias"], own["bias"])
    centred = fi.calibrate([own, (N, N), (N, N)], "sigmoid", batch=batch, center=True)
    assert [width for width, _ in widths(centred.layers, batch)] == pytest.approx([1] * 3, rel=1e-4)
    assert max(mean for _, mean in widths(centred.layers, batch)) < 1e-5
    assert centred.biases.keys() == centred.weights.keys()


def test_biases_that_are_too_wide_leave_the_nearest():
    own = {"shape": (N, N), "bias": fi.normal((N,), std=3.0, rng=2)}
    (row,) = fi.calibrate([own]).scaled
    assert 2 < row.std_after < 3.5
    (alone,) = fi.calibrate([{"shape": (N, N)}]).scaled
    assert row.factor == pytest.approx(alone.factor, rel=1e-6)  # of the products


def test_whole_numbers_become_floats_and_nothing_overflows():
    whole = np.random.default_rng(0).integers(-9, 10, (N, N)).astype(np.int8)
    found = fi.calibrate([whole, whole], "tanh")
    assert [width for width, _ in widths(found.layers, fi.normal((64, N), rng=5))] == pytest.approx([1, 1], rel=0.1)
    half = fi.normal((N, N), dtype="float16", rng=0)
    with pytest.raises(ValueError, match="calibrate: std: expected a number with which weights stay within float16"):
        fi.calibrate([half], std=1e7)
    eighth = fi.calibrate([fi.normal((N, N), std=0.1, dtype="float8_e4m3fn", rng=0)]).scaled[0]
    assert eighth.std_after == pytest.approx(1, abs=0.05)
    assert eighth.std_after != 1  # of what is stored


def test_what_is_left_alone():
    zero = {"shape": (N, N), "scheme": "zeros"}
    layers = [(N, N), {"residual": [{"norm": "rms"}, (N, N), zero]}, {"shape": (N, N), "norm": "batch"}, (N, 10)]
    found = fi.calibrate(layers, "silu")
    assert found.factors.keys() == {"layer 1", "residual 2.layer 2", "residual 2.layer 3", "layer 4"}
    assert found.factors["residual 2.layer 3"] == 1
    assert not found.weights["residual 2.layer 3"].any()
    assert fi.check(found.layers).healthy


def test_what_was_given_is_not_changed_and_keeps_its_dtype():
    weights = fi.normal((N, N), std=0.5, dtype="bfloat16", rng=0)
    before = weights.copy()
    found = fi.calibrate({"a.weight": weights, "b.weight": weights[:10]}, "relu", layout="oi")
    assert (weights == before).all()
    assert found.weights["a.weight"].dtype == weights.dtype
    assert list(found.factors) == ["a.weight", "b.weight"]


def test_same_call_same_weights_and_a_generator_advances():
    one, other = (fi.calibrate([N] * 4, "silu", rng=3) for _ in range(2))
    assert all(np.array_equal(one.weights[name], other.weights[name]) for name in one.weights)
    generator = np.random.default_rng(0)
    with pytest.raises(ValueError, match="calibrate: std: expected"):
        fi.calibrate([N] * 4, rng=generator, std=0)
    assert generator.bit_generator.state == np.random.default_rng(0).bit_generator.state
    fi.calibrate([N] * 4, rng=generator)
    assert generator.bit_generator.state != np.random.default_rng(0).bit_generator.state


def test_every_kind_of_layer_goes_through_and_back():
    layers = [
        {"shape": (3, 3, 2, 8), "stride": 2, "norm": "batch", "gain": np.ones(8)},
        {"residual": [{"shape": (3, 3, 4, 8), "groups": 2}, (3, 3, 8, 8)], "activation": "relu"},
        {"shape": (8, 12), "activation": "swiglu"},
        {"shape": (6, 5), "activation": np.tanh},
    ]
    found = fi.calibrate(layers, ("leaky_relu", 0.3))
    report = fi.check(found.layers)
    assert [row.activation for row in report.layers] == [
        row.activation for row in fi.check(layers, ("leaky_relu", 0.3)).layers
    ]
    assert fi.calibrate(found.layers).factors == pytest.approx(dict.fromkeys(found.factors, 1.0), rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"std": 1e10}, ValueError, r"calibrate: std: expected a number in \[1e-09, 1e\+09\], got 1"),
        ({"std": -1.0}, ValueError, "calibrate: std: expected a finite number > 0, got -1.0"),
        ({"center": 1}, TypeError, "calibrate: center: expected"),
        ({"batch": np.ones((3, 5))}, ValueError, r"calibrate: batch: expected an array of shape \(samples, 4\)"),
        ({"batch": "text"}, TypeError, "calibrate: batch: expected an array of finite real numbers"),
        ({"batch": np.full((3, 4), np.nan)}, ValueError, r"calibrate: batch: expected .* got nan at \(0, 0\)"),
        ({"activation": "rel"}, ValueError, "calibrate: activation: expected 'relu'"),
        ({"rng": -1}, ValueError, "calibrate: rng: expected"),
        ({"n_samples": 10**12}, ValueError, "calibrate: n_samples: expected samples of at most"),
        ({"batch": np.zeros((3, 4))}, ValueError, "calibrate: batch: expected numbers whose second moment"),
        ({"n_samples": 0}, ValueError, "calibrate: n_samples: expected"),
    ],
)
def test_refused(arguments, kind, words):
    with pytest.raises(kind, match=words):
        fi.calibrate([4, 6], **arguments)


def test_check_takes_a_batch_too():
    batch = fi.normal((64, N), mean=0.3, std=2.0, rng=5)
    wide, narrow = (fi.check([N] * 4, "relu", batch=scale * batch).layers for scale in (1e6, 1e-6))
    assert [row.activation_ratio for row in wide] == pytest.approx([row.activation_ratio for row in narrow], rel=1e-6)
    assert wide[0].std == pytest.approx(1e12 * narrow[0].std, rel=1e-6)
    with pytest.raises(ValueError, match="check: batch: expected None for weights alone"):
        fi.check({"w": np.ones((4, 4))}, batch=batch)


def remedied(remedy, layers, activation, n_samples=64):
    """The network with its remedy, from the words of the report alone."""
    calibrated = re.fullmatch(r"fastinit\.calibrate\(\.\.\., (?:std=([\d.]+)|(center=True))\)", remedy)
    std, center = calibrated.groups()
    found = fi.calibrate(layers, activation, std=float(std or 1), center=bool(center), n_samples=n_samples)
    return fi.check(found.layers, n_samples=n_samples)


@pytest.mark.parametrize(
    "n_layers", [8, pytest.param(24, marks=pytest.mark.heavy), pytest.param(48, marks=pytest.mark.heavy)]
)
@pytest.mark.parametrize(
    "activation",
    heavy_but(sorted(BY_ACTIVATION.keys() - {"softmax"}), "relu", "prelu", "gelu", "silu", "tanh", "sigmoid", "selu"),
)
def test_recommend_check_and_calibrate_do_not_contradict_each_other(activation, n_layers):
    """Within the depth that `recommend` states, its scheme is healthy; beyond, the remedy of `check` is."""
    layers = [256] * (n_layers + 1)
    report = fi.check(layers, activation, n_samples=64)
    if n_layers <= MOST_LAYERS.get(activation, 48):
        assert report.healthy, report.reason
    elif not report.healthy:
        assert (
            f"more than {MOST_LAYERS[activation]} layers may need fastinit.calibrate" in fi.recommend(activation).reason
        )
        assert remedied(report.remedy, layers, activation).healthy


def test_the_example_of_the_issue():
    """24 layers of silu: neither He's scale nor gain's keeps them, and the remedy does."""
    layers = [256] * 25
    by_he = fi.check(layers, "silu")
    assert by_he.verdict == "vanishing"
    by_gain = fi.check(layers, "silu", fi.get("variance_scaling", scale=fi.gain("silu") ** 2))
    for report in (by_he, by_gain):
        assert report.healthy or remedied(report.remedy, layers, "silu").healthy


@pytest.mark.heavy
def test_where_nothing_that_was_tried_helps_it_is_said():
    report = fi.check([(N, 2 * N)] * 40, "swiglu", output="swiglu", n_samples=16)
    assert report.remedy == remedies.NONE
    assert report.verdict == "exploding"
    assert math.isnan(report.layers[-1].activation_ratio)

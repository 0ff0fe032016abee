"""`fastinit.check` of networks: figures against theory and differences, verdicts against those that theory has."""

import collections
import itertools
import json
import math
import warnings

import numpy as np
import pytest
from networks import ALL, HELD, TRIED
from quick import heavy_but

import fastinit as fi
from fastinit.checking import activations, correlations, layer_fields, model, units, verdicts
from fastinit.checking.advice import REASONS
from fastinit.schemes.recommendation import BY_ACTIVATION

CASES = (*TRIED, *HELD)

FIRST = {[case.verdict for case in CASES].index(verdict) for verdict in {case.verdict for case in CASES}}

#: Quick are the first of each verdict and every eleventh of all.
MARKED = [
    case if i % 11 == 0 or i in FIRST else pytest.param(case, marks=pytest.mark.heavy) for i, case in enumerate(CASES)
]


def check(case):
    return fi.check(case.layers, n_samples=64, **case.arguments)


@pytest.mark.parametrize("case", MARKED, ids=lambda case: case.name)
def test_verdicts(case):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = check(case)
    assert report.verdict == case.verdict, report.reason
    assert report.healthy == (case.verdict == "healthy")
    assert bool(report.remedy) != report.healthy


def test_the_set_covers_every_verdict_more_than_once():
    for cases in (TRIED, HELD):
        counts = collections.Counter(case.verdict for case in cases)
        assert counts.keys() <= REASONS.keys()
    assert min(collections.Counter(case.verdict for case in CASES).values()) >= 3
    assert len({(case.name, case.verdict) for case in CASES}) == len(CASES) > 40


def test_every_activation_is_known():
    assert activations.TABLE.keys() == {*BY_ACTIVATION, "sine"}


@pytest.mark.parametrize("choice", [*ALL, ("leaky_relu", 0.3), ("elu", 2.0), ("softplus", 3.0)], ids=str)
def test_slopes_are_the_derivatives(choice):
    """Central differences of step h: their error is h**2 / 6 times the third derivative, here below 100."""
    activation = activations.make("check", "activation", choice)
    z = np.linspace(-8, 8, 1601) + 0.0003  # no corner within the step
    step = 1e-5
    slope = activation.slope(z, activation.value(z))
    difference = (activation.value(z + step) - activation.value(z - step)) / (2 * step)
    # gelu's P is an approximation within 7.5e-8, with kinks where its sign changes: 8e-7 allowed for.
    assert abs(slope - difference).max() < (2e-6 if activation.name == "gelu" else 5e-9)
    assert abs(slope * 1.01 - difference).max() > 1e-3


def test_gelu_is_within_its_stated_error():
    z = np.linspace(-10, 10, 2001)
    exact = np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in z])
    assert abs(activations.below(z) - exact).max() < 7.6e-8


def test_no_activation_overflows():
    z = np.array([-1e300, -1e5, -750.0, 0.0, 750.0, 1e5, 1e300])
    with np.errstate(all="raise", under="ignore"):
        for name in set(ALL) - {"gelu"}:  # squares z, under the caller's errstate
            activation = activations.make("check", "activation", name)
            value = activation.value(z[1:-1])
            assert np.isfinite(value).all()
            assert np.isfinite(activation.slope(z[1:-1], value)).all()


def mean_field(name, w, n_layers):
    """Second moments after each layer, and each layer's factor on the gradient, by the trapezoidal rule."""
    x = np.linspace(-9, 9, 4001)
    density = np.exp(-x * x / 2) / np.exp(-x * x / 2).sum()
    activation = activations.make("check", "activation", name)
    moment, moments, factors = 1.0, [], []
    for _ in range(n_layers):
        z = math.sqrt(w * moment) * x
        h = activation.value(z)
        moment = float(density @ (h * h))
        moments.append(moment)
        factors.append(w * float(density @ activation.slope(z, h) ** 2))
    return moments, factors


#: n_units of the networks that are compared with theory. A second moment's relative standard deviation after L layers
#: is at most sqrt(5 L / n) (ReLU: Hanin and Nica 2020); five of them for L = 3 are 0.6 for n = 1024, so that a false
#: alarm has probability 1e-6 if normal. The factor of 3 in the control is 3.2 of ln.
N_UNITS, FIVE_DEVIATIONS = 1024, 5 * math.sqrt(5 * 3 / 1024)


#: Quick are rectifiers, smooth ones, bounded ones and those with a scheme or a scale of their own.
SOME = ("relu", "prelu", "silu", "tanh", "selu")


@pytest.mark.parametrize("name", heavy_but(ALL, *SOME))
def test_scales_are_those_of_mean_field_theory(name):
    w = 2.0 if fi.recommend(name).name == "he_normal" else 1.0
    w = w / (1 + 0.25**2) if name == "prelu" else w
    moments, factors = mean_field(name, w, 3)
    rows = fi.check([N_UNITS] * 4, name, output=name, n_samples=32).layers
    for row, moment in zip(rows, moments, strict=True):
        assert abs(math.log(row.activation_ratio / moment)) < FIVE_DEVIATIONS
    for row, product in zip(rows[::-1], itertools.accumulate([1.0, *factors[1::-1]], lambda a, b: a * b), strict=True):
        assert abs(math.log(row.gradient_ratio / product)) < FIVE_DEVIATIONS


def test_theory_would_notice_weights_three_times_as_wide():
    rows = fi.check([N_UNITS] * 4, "relu", fi.get("variance_scaling", scale=18.0), output="relu", n_samples=32).layers
    moments, _ = mean_field("relu", 2.0, 3)
    assert all(abs(math.log(row.activation_ratio / m)) > FIVE_DEVIATIONS for row, m in zip(rows, moments, strict=True))


def test_a_convolution_is_the_sum_over_its_window():
    """Channels last, images periodic, weights (out, in, rows, columns); term by term."""
    weights = fi.he_normal((4, 3, 3, 5), fans="oi", rng=0, dtype="float64")
    (layer,) = model.steps_of("check", [weights], layer_fields.Defaults("linear", "linear", None, 0.0, "oi"))
    images = fi.normal((2, 7, 6, 3), rng=1, dtype="float64")
    expected = np.zeros((2, 7, 6, 4))
    for y, x, a, b in np.ndindex(7, 6, 3, 5):
        expected[:, y, x] += images[:, (y + a) % 7, (x + b) % 6] @ weights[:, :, a, b].T
    assert np.allclose(correlations.forward(layer, images, layer.taps(0)), expected, atol=1e-12)
    assert not np.allclose(correlations.forward(layer, images, layer.taps(0)[::-1]), expected, atol=0.1)


def test_weights_are_those_of_the_scheme_by_name():
    drawn = [fi.he_normal(shape, rng=7, name=f"layer {i}") for i, shape in enumerate([(20, 30), (30, 5)], 1)]
    given, made = fi.check(drawn, rng=7), fi.check([20, 30, 5], scheme="he_normal", rng=7)
    assert [row.std for row in given.layers] == [row.std for row in made.layers]
    assert [row.scheme for row in given.layers] == ["given"] * 2
    assert fi.check([20, 30, 5], scheme="he_normal", rng=8).layers[0].std != made.layers[0].std


@pytest.mark.parametrize("scheme", ["he_normal", "orthogonal"])
def test_same_call_same_report(scheme):
    reports = [fi.check([50] * 5, "tanh", scheme, rng=3).to_dict() for _ in range(2)]
    assert reports[0] == reports[1]


def test_a_generator_is_advanced_once_and_none_differs():
    generator = np.random.default_rng(5)
    first, second = (fi.check([20, 30, 5], rng=generator).layers[0].std for _ in range(2))
    assert first != second
    assert first == fi.check([20, 30, 5], rng=np.random.default_rng(5)).layers[0].std
    assert fi.check([20, 30, 5], rng=None).layers[0].std != fi.check([20, 30, 5], rng=None).layers[0].std


def test_a_refused_call_leaves_a_generator_as_it_was():
    generator = np.random.default_rng(5)
    with pytest.raises(ValueError, match="layers"):
        fi.check([(3, 4), (5, 6)], rng=generator)
    assert generator.bit_generator.state == np.random.default_rng(5).bit_generator.state


def test_layouts_are_the_same_network():
    weights = [fi.he_normal((20, 30), rng=0), fi.he_normal((30, 5), rng=1)]
    io, oi = fi.check(weights), fi.check([w.T for w in weights], layout="oi")
    assert [row.std for row in io.layers] == pytest.approx([row.std for row in oi.layers], rel=1e-12)
    mixed = fi.check([weights[0], {"weights": weights[1].T, "layout": "oi"}])
    assert mixed.layers[1].std == pytest.approx(io.layers[1].std, rel=1e-12)
    told = fi.check([(30, 20)], "relu", "he_normal", output="relu", layout="oi").layers[0]
    assert 0.8 < told.width < 1.2  # the scheme was told


def test_duplicates_are_counted():
    rows = np.arange(12.0).reshape(4, 3)
    assert units.n_duplicates(rows) == 0
    assert units.n_duplicates(np.vstack([rows, rows[1:3], rows[1:2]])) == 5
    assert units.n_duplicates(np.array([[0.0, 1.0], [-0.0, 1.0], [0.0, 2.0]])) == 2
    assert units.n_duplicates(rows[:1]) == 0
    assert units.n_duplicates(rows[:, :0]) == 4


def test_biases_tell_units_apart():
    first, second = ({"shape": s, "scheme": {"name": "constant", "value": 0.1}} for s in ((20, 30), (30, 5)))
    assert fi.check([first, second]).layers[0].duplicates == 1
    assert fi.check([first, (30, 5)]).layers[0].duplicates == 0  # what follows tells them apart
    assert fi.check([first, second]).layers[1].duplicates == 0  # and targets the last ones
    assert fi.check([{**first, "bias": np.arange(30.0) / 30}, second]).layers[0].duplicates == 0


def test_thresholds_are_the_stated_ones():
    assert math.isclose(verdicts.SATURATED_SHARE, 0.15865525393145707)
    assert verdicts.most_dead(64) == 0.75
    assert verdicts.most_dead(4) == 1


def test_the_remedy_is_what_recommend_has():
    report = fi.check([100] * 20, ("leaky_relu", 0.3), fi.get("normal", std=0.01))
    assert "he_normal', negative_slope=0.3" in report.remedy
    assert "0.073 times as wide" in report.reason  # 0.01 / sqrt(2 / (1 + 0.3**2) / 100), and the sample's chance
    assert "0 in float32" in fi.check([100] * 60, "relu", fi.get("normal", std=0.001)).reason
    assert "beyond float32" in fi.check([100] * 60, "relu", fi.get("normal", std=10.0)).reason
    assert "biases: fastinit.get('zeros')" in fi.check([100] * 4, "relu", bias=-20.0).remedy
    assert fi.check([100] * 20, "sigmoid").remedy == "fastinit.calibrate(..., center=True)"


def test_an_overflow_is_reported_where_it_is():
    normals = [fi.normal((50, 50), dtype="float64", rng=0, name=str(i)) for i in range(6)]
    report = fi.check([1e100 * w for w in normals], "relu")
    assert report.verdict == "exploding"
    assert report.layers[-1].findings == ("exploding",)
    assert math.isfinite(report.layers[0].std)
    assert "activations grows to inf of the inputs' at layer 2" in report.reason
    at_once = fi.check([1e307 * w for w in normals], "relu")
    assert (at_once.verdict, at_once.layers[0].findings) == ("exploding", ("exploding",))
    assert "inf of the inputs' at layer 1" in at_once.reason
    assert json.dumps(report.to_dict(), allow_nan=False)


def test_text_and_dictionary():
    report = fi.check([30, 20, 10], "tanh", "zeros")
    heading, *rows = str(report).split("\n\n")[0].splitlines()
    assert heading.split()[:4] == ["layer", "shape", "activation", "scheme"]
    assert [row.split()[2] for row in rows] == ["30x20", "20x10"]
    assert rows[0].endswith("symmetric, vanishing")
    assert "\nsymmetric: 100% of the units of layer 1 have the same weights" in str(report)
    saved = json.loads(json.dumps(report.to_dict()))
    assert saved["verdict"] == "symmetric"
    assert saved["findings"] == ["symmetric", "vanishing"]
    assert saved["layers"][0]["shape"] == [30, 20]
    assert saved["layers"][0].keys() == set(report.layers[0]._fields)

"""recommend: which scheme for which activation and kind, and that it serves wherever get's result does."""

import copy
import itertools
import pickle
import re

import numpy as np
import pytest
from recommended import NEEDED

import fastinit as fi
from fastinit.laws import gains
from fastinit.schemes.recommendation import BY_ACTIVATION, KINDS, RECTIFIERS
from fastinit.schemes.register import Configured

GLOROT = fi.get("glorot_normal")
HE = fi.get("he_normal")

#: activation, kind, scheme, whom the reason names
TABLE = [
    ("tanh", "dense", GLOROT, "Glorot and Bengio 2010"),
    ("sigmoid", "dense", GLOROT, "Glorot and Bengio 2010"),
    ("softmax", "dense", GLOROT, "Glorot and Bengio 2010"),
    ("linear", "conv", GLOROT, "Glorot and Bengio 2010"),
    ("identity", "dense", GLOROT, "Glorot and Bengio 2010"),
    ("softsign", "dense", GLOROT, "Glorot and Bengio 2010"),
    ("relu", "dense", HE, "He et al. 2015"),
    ("relu", "conv", HE, "He et al. 2015"),
    ("relu6", "conv", HE, "He et al. 2015"),
    ("leaky_relu", "dense", fi.get("he_normal", negative_slope=0.01), "He et al. 2015"),
    ("prelu", "conv", fi.get("he_normal", negative_slope=0.25), "He et al. 2015"),
    ("gelu", "dense", HE, "He et al. 2015"),
    ("silu", "dense", HE, "He et al. 2015"),
    ("swish", "dense", HE, "He et al. 2015"),
    ("mish", "conv", HE, "He et al. 2015"),
    ("hardswish", "conv", HE, "He et al. 2015"),
    ("softplus", "dense", HE, "He et al. 2015"),
    ("elu", "dense", HE, "Clevert et al. 2016"),
    ("selu", "dense", fi.get("lecun_normal"), "Klambauer et al. 2017"),
    (None, "dense", HE, "He et al. 2015"),
    (None, "conv", HE, "He et al. 2015"),
    ("tanh", "recurrent", fi.get("orthogonal"), "Saxe et al. 2014"),
    (None, "recurrent", fi.get("orthogonal"), "Saxe et al. 2014"),
    (None, "embedding", fi.get("normal", std=0.02), "Radford et al. 2018"),
    ("linear", "bias", fi.get("zeros"), "Glorot and Bengio 2010"),
    (None, "bias", fi.get("zeros"), "Glorot and Bengio 2010"),
    ("relu", "bias", fi.get("zeros"), "Goodfellow et al. 2016"),
    ("sigmoid", "bias", fi.get("zeros"), "log_odds"),
]

#: Kinds whose choice the activation decides, or adds to.
BY_ACTIVATION_ALONE = {kind for kind, told in KINDS.items() if told.choice is None} | {"bias"}

ZEROS, ORTHOGONAL = fi.get("zeros"), fi.get("orthogonal")


def gates(n: int, units: int, fans: str) -> Configured:
    scheme = ZEROS
    for g in range(n):
        part = slice(g * units, (g + 1) * units)
        scheme = scheme.but(
            part if fans == "oi" else (..., part), fi.get("orthogonal", fans=fans) if fans == "oi" else ORTHOGONAL
        )
    return scheme


#: kind, arguments, scheme, whom the reason names: kinds that no activation changes
KINDS_TABLE = [
    ("lstm_kernel", {}, fi.get("glorot_normal", fans=fi.axes(out_groups=4)), "Glorot and Bengio 2010"),
    (
        "lstm_kernel",
        {"fans": "oi"},
        fi.get("glorot_normal", fans=fi.axes(1, 0, out_groups=4)),
        "Glorot and Bengio 2010",
    ),
    ("gru_kernel", {"fans": "oi"}, fi.get("glorot_normal", fans=fi.axes(1, 0, out_groups=3)), "Glorot and Bengio 2010"),
    ("lstm_recurrent", {"units": 5}, gates(4, 5, "io"), "Saxe et al. 2014"),
    ("lstm_recurrent", {"units": 5, "fans": "oi"}, gates(4, 5, "oi"), "Saxe et al. 2014"),
    ("gru_recurrent", {"units": 5, "fans": "oi"}, gates(3, 5, "oi"), "Saxe et al. 2014"),
    ("lstm_bias", {"units": 5}, ZEROS.but(np.s_[5:10], "ones"), "Gers et al. 2000"),
    ("gru_bias", {}, ZEROS, "Cho et al. 2014"),
    ("attention", {"fans": "oi"}, fi.get("glorot_normal", fans="oi"), "Vaswani et al. 2017"),
    (
        "attention",
        {"fans": fi.axes(0, (1, 2))},
        fi.get("glorot_normal", fans=fi.axes(0, (1, 2))),
        "Vaswani et al. 2017",
    ),
    (
        "attention_packed",
        {"fans": "oi"},
        fi.get("glorot_normal", fans=fi.axes(1, 0, out_groups=3)),
        "Vaswani et al. 2017",
    ),
    ("norm_scale", {}, fi.get("ones"), "Ba et al. 2016"),
    ("norm_bias", {}, ZEROS, "Ba et al. 2016"),
    ("lora_a", {"fans": "oi"}, fi.get("fan_in_uniform", fans="oi"), "Hu et al. 2022"),
    ("lora_b", {}, ZEROS, "Hu et al. 2022"),
    ("residual", {}, ZEROS, "Goyal et al. 2017"),
    ("residual", {"n_layers": 12}, fi.get("normal", std=0.02 / 24**0.5), "Radford et al. 2019"),
    ("router", {}, fi.get("variance_scaling", scale=0.1, distribution="truncated_normal"), "Fedus et al. 2021"),
    ("sine_first", {"fans": (2, 256)}, fi.get("uniform", low=-0.5, high=0.5), "Sitzmann et al. 2020"),
    ("sine", {}, fi.get("variance_scaling", scale=2 / 900, distribution="uniform"), "Sitzmann et al. 2020"),
    ("head", {}, fi.get("normal", std=0.01), "Goyal et al. 2017"),
    ("embedding", {"padding": 3}, fi.get("normal", std=0.02).but(3, "zeros"), "Radford et al. 2018"),
    ("embedding", {"padding": -1}, fi.get("normal", std=0.02).but(-1, "zeros"), "Radford et al. 2018"),
    ("conv_transpose", {"fans": "oi"}, fi.get("he_normal", fans=fi.axes(0, 1)), "stride"),
    ("conv_transpose", {}, fi.get("he_normal", fans=fi.axes(-1, -2)), "stride"),
    ("depthwise", {"fans": "oi"}, fi.get("he_normal", fans=fi.axes(1, (), 0)), "Chollet 2017"),
    ("depthwise", {}, fi.get("he_normal", fans=fi.axes((), -1, -2)), "Chollet 2017"),
    ("experts", {}, fi.get("he_normal", fans=fi.axes(1, 2, 0)), "Fedus et al. 2021"),
    ("experts", {"fans": "oi"}, fi.get("he_normal", fans=fi.axes(2, 1, 0)), "Fedus et al. 2021"),
]

ALL = list(itertools.product([None, *BY_ACTIVATION], KINDS))


@pytest.mark.parametrize(("activation", "kind", "scheme", "source"), TABLE)
def test_table(activation, kind, scheme, source):
    recommended = fi.recommend(activation, kind)
    assert recommended == scheme
    assert source in recommended.reason
    if kind == "dense":
        assert fi.recommend(activation) == scheme


@pytest.mark.parametrize(("kind", "arguments", "scheme", "source"), KINDS_TABLE)
def test_kinds(kind, arguments, scheme, source):
    recommended = fi.recommend("relu", kind, **arguments)
    assert recommended == scheme
    assert source in recommended.reason
    if kind not in BY_ACTIVATION_ALONE:
        assert fi.recommend("tanh", kind, **arguments) == scheme


def test_table_has_every_activation_and_kind():
    assert {activation for activation, *_ in TABLE} == {None, *BY_ACTIVATION}
    assert {kind for _, kind, *_ in TABLE} | {kind for kind, *_ in KINDS_TABLE} == set(KINDS)
    assert all(f'"{kind}"' in fi.recommend.__doc__ for kind in KINDS)
    for activation in BY_ACTIVATION:
        assert activation in fi.recommend.__doc__


def test_every_activation_with_a_gain_has_a_scheme():
    assert BY_ACTIVATION.keys() - {"softmax"} == gains.FIXED.keys() - set(gains.LAYERS) | gains.FAMILIES.keys()


@pytest.mark.each_value
@pytest.mark.parametrize(("activation", "kind"), ALL)
def test_reasons(activation, kind):
    """One line, with a source; a small constant for rectifiers' biases and log_odds for a sigmoid's, alone."""
    recommended = fi.recommend(activation, kind, **NEEDED.get(kind, {}))
    assert "\n" not in recommended.reason
    assert re.search(r" \d{4}", recommended.reason)
    assert str(recommended) == f"{recommended!r}  # {recommended.reason}"
    assert ("small constant" in recommended.reason) == (kind == "bias" and activation in RECTIFIERS)
    assert ("log_odds" in recommended.reason) == (kind == "bias" and activation == "sigmoid")


@pytest.mark.each_value
@pytest.mark.parametrize(("activation", "kind"), ALL)
def test_serves_as_a_configured_scheme(activation, kind):
    recommended = fi.recommend(activation, kind, **NEEDED.get(kind, {}))
    same = fi.get(recommended.name, **recommended.params)
    for index, other in recommended.blocks:
        same = same.but(index, other)
    assert isinstance(recommended, Configured)
    assert recommended == same == recommended
    assert hash(recommended) == hash(same)
    for text in (repr(recommended), str(recommended)):
        assert eval(text, {"fastinit": fi}) == recommended
    for copied in (pickle.loads(pickle.dumps(recommended)), copy.copy(recommended), copy.deepcopy(recommended)):
        assert copied == recommended
        assert copied.reason == recommended.reason
    shape = (30, 24) if "packed" in kind else (30, 20)
    shape = (4, 30, 24) if kind in ("depthwise", "experts", "gru_kernel") else shape
    np.testing.assert_allclose(recommended(shape, rng=0, name="w"), same(shape, rng=0, name="w"), atol=1e-6)


def test_serves_as_a_rule():
    arrays = {"w": np.empty((30, 20), np.float32), "b": np.empty(20, np.float32)}
    fi.initialize(arrays, {"b": fi.recommend("relu", "bias"), "*": fi.recommend("leaky_relu", fans="oi")}, rng=0)
    expected = fi.he_normal((30, 20), negative_slope=0.01, fans="oi", rng=0, name="w")
    assert np.array_equal(arrays["w"], expected)
    assert (arrays["b"] == 0).all()


def test_parameters_of_a_call_come_first():
    ours = fi.recommend("prelu")((30, 20), rng=0, negative_slope=0.1)
    assert np.array_equal(ours, fi.he_normal((30, 20), rng=0, negative_slope=0.1))


def test_fans_are_handed_on_where_they_count():
    assert fi.recommend("relu", fans="oi") == fi.get("he_normal", fans="oi")
    assert fi.recommend("tanh", "conv", fans=(9, 18)) == fi.get("glorot_normal", fans=(9, 18))
    assert fi.recommend(None, "recurrent", fans="oi") == fi.get("orthogonal", fans="oi")
    assert fi.recommend("relu", "bias", fans="oi") == fi.get("zeros")
    assert fi.recommend("relu", "embedding", fans=(1, 2)) == fi.get("normal", std=0.02)
    assert fi.recommend("relu", fans="io") == HE


def test_depthwise_and_packed_weights_have_the_fans_of_a_part():
    for kind, shape, n_in, n_out in [("depthwise", (64, 1, 5, 5), 25, 25), ("attention_packed", (192, 64), 64, 64)]:
        ours = fi.recommend("tanh", kind, fans="oi", shape=shape)(shape, rng=0)
        assert np.array_equal(ours, fi.glorot_normal(shape, fans=(n_in, n_out), rng=0))


REFUSED = [
    (dict(kind="dense", units=3), ValueError, "units: expected None for kind 'dense'; kind 'lstm_recurrent' or"),
    (dict(kind="lstm_bias"), TypeError, "units: expected an int >= 1, got None"),
    (dict(kind="gru_recurrent", units=0), ValueError, "units: expected an int >= 1, got 0"),
    (dict(kind="gru_recurrent", units=3, fans=fi.axes(0, 1)), ValueError, "fans: expected 'io', 'oi', 'oki' for kind"),
    (dict(kind="residual", n_layers=1.5), TypeError, "n_layers: expected an int >= 1"),
    (dict(kind="embedding", padding="0"), TypeError, "padding: expected the row"),
    (dict(kind="embedding", padding=9, shape=(9, 4)), ValueError, "expected -9 <= i < 9 on axis 0"),
    (dict(kind="sine", omega=0), ValueError, "omega: expected a finite number > 0"),
    (dict(kind="sine_first"), ValueError, "fans: expected a pair"),
    (dict(kind="sine_first", fans=(0, 3)), ValueError, "fans: expected a pair"),
    (dict(kind="conv_transpose", shape=(3,)), ValueError, "he_normal"),
    (dict(kind="lstm_bias", units=64, shape=64), ValueError, "shape: expected 256 on axis 0, 4 gates of 64 units, got"),
    (dict(kind="lstm_recurrent", units=5, shape=(5, 24)), ValueError, "shape: expected 20 on axis -1, 4 gates of 5"),
    (
        dict(kind="gru_recurrent", units=5, shape=(5, 15), fans="oi"),
        ValueError,
        "shape: expected 15 on axis 0, 3 gates",
    ),
    (dict(kind="lstm_bias", units=5, shape=()), ValueError, "shape: expected 20 on axis 0"),
    (
        dict(kind="attention_packed", fans="oi", shape=(64, 64)),
        ValueError,
        "out_groups: expected a divisor of 64, got 3",
    ),
    (dict(kind="residual", n_layers=10**6, shape=(4, 4), dtype="float8_e4m3fn"), ValueError, "normal: std"),
    (dict(kind="dense", dtype="float16"), ValueError, "dtype: expected None without a shape"),
    (dict(kind="lstm"), ValueError, "kind: expected one of 'dense'"),
]


@pytest.mark.parametrize(("arguments", "error", "words"), REFUSED)
def test_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        fi.recommend("relu", **arguments)

"""recommend: which scheme for which activation and kind, and that it serves wherever get's result does."""

import copy
import itertools
import pickle
import re

import numpy as np
import pytest

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

ALL = list(itertools.product([None, *BY_ACTIVATION], KINDS))


@pytest.mark.parametrize(("activation", "kind", "scheme", "source"), TABLE)
def test_table(activation, kind, scheme, source):
    recommended = fi.recommend(activation, kind)
    assert recommended == scheme
    assert source in recommended.reason
    if kind == "dense":
        assert fi.recommend(activation) == scheme


def test_table_has_every_activation_and_kind():
    assert {activation for activation, *_ in TABLE} == {None, *BY_ACTIVATION}
    assert {kind for _, kind, *_ in TABLE} == set(KINDS)
    for activation in BY_ACTIVATION:
        assert activation in fi.recommend.__doc__


def test_every_activation_with_a_gain_has_a_scheme():
    assert BY_ACTIVATION.keys() - {"softmax"} == gains.FIXED.keys() - set(gains.LAYERS) | gains.FAMILIES.keys()


@pytest.mark.parametrize(("activation", "kind"), ALL)
def test_reasons(activation, kind):
    """One line, with a source; a small constant for rectifiers' biases and log_odds for a sigmoid's, alone."""
    recommended = fi.recommend(activation, kind)
    assert "\n" not in recommended.reason
    assert re.search(r" \d{4}", recommended.reason)
    assert str(recommended) == f"{recommended!r}  # {recommended.reason}"
    assert ("small constant" in recommended.reason) == (kind == "bias" and activation in RECTIFIERS)
    assert ("log_odds" in recommended.reason) == (kind == "bias" and activation == "sigmoid")


@pytest.mark.parametrize(("activation", "kind"), ALL)
def test_serves_as_a_configured_scheme(activation, kind):
    recommended = fi.recommend(activation, kind)
    same = fi.get(recommended.name, **recommended.params)
    assert isinstance(recommended, Configured)
    assert recommended == same == recommended
    assert hash(recommended) == hash(same)
    for text in (repr(recommended), str(recommended)):
        assert eval(text, {"fastinit": fi}) == recommended
    for copied in (pickle.loads(pickle.dumps(recommended)), copy.copy(recommended), copy.deepcopy(recommended)):
        assert copied == recommended
        assert copied.reason == recommended.reason
    np.testing.assert_allclose(recommended((30, 20), rng=0, name="w"), same((30, 20), rng=0, name="w"), atol=1e-6)


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

"""Gains: PyTorch's table, and the others against E[f(z)**2] by numerical quadrature in decimal arithmetic."""

import itertools
import math
import pickle
from decimal import Context, Decimal, localcontext

import pytest

import fastinit as fi
from fastinit.laws import gains

#: 30 digits; a thread's own context, which other code may have set, is left alone.
CONTEXT = Context(prec=30, Emin=-99999, Emax=99999, traps=[])

PI = Decimal("3.14159265358979323846264338327950288")

#: Functions are smooth within each piece. What lies outside is below 1e-30.
PIECES = (-12, -6, -3, 0, 3, 6, 12)


def second_moment(f, pieces=PIECES) -> Decimal:
    """E[f(z)**2], z standard normal, by the tanh-sinh rule on each piece."""
    total = Decimal(0)
    for low, high in itertools.pairwise(pieces):
        middle, half = (Decimal(high) + Decimal(low)) / 2, (Decimal(high) - Decimal(low)) / 2
        for k in range(-64, 65):
            growth = (Decimal(k) / 16).exp()
            sinh, cosh = (growth - 1 / growth) / 2, (growth + 1 / growth) / 2
            y = tanh(PI / 2 * sinh)
            z = middle + half * y
            weight = half * PI / 2 * cosh * (1 - y * y)
            total += weight * f(z) ** 2 * (-z * z / 2).exp()
    return total / 16 / (2 * PI).sqrt()


def tanh(z):
    return 1 - 2 / ((2 * z).exp() + 1)


def softplus(z, beta=1):
    return max(z, Decimal(0)) + (1 + (-abs(beta * z)).exp()).ln() / beta


def elu(z, alpha=1):
    return z if z > 0 else alpha * (z.exp() - 1)


def normal_cdf(z):
    """By the series of P(0 < Z < z), whose terms have one sign; 0 where it is below 1e-20."""
    if z < -9:
        return Decimal(0)
    term, total, k = z, Decimal(0), 1
    while abs(term) > Decimal("1e-40"):
        total, k = total + term, k + 2
        term = term * z * z / k
    return Decimal("0.5") + total * (-z * z / 2).exp() / (2 * PI).sqrt()


def gelu_by_tanh(z):
    return z / 2 * (1 + tanh((2 / PI).sqrt() * (z + Decimal("0.044715") * z**3)))


def selu(z):
    return Decimal("1.05070098735548049341933498529460") * elu(z, Decimal("1.67326324235437728481704299167170"))


BY_FORMULA = {
    "linear": lambda z: z,
    "relu": lambda z: max(z, Decimal(0)),
    "relu6": lambda z: min(max(z, Decimal(0)), Decimal(6)),
    "gelu": lambda z: z * normal_cdf(z),
    "silu": lambda z: z / (1 + (-z).exp()),
    "swish": lambda z: z / (1 + (-z).exp()),
    "mish": lambda z: z * tanh(softplus(z)),
    "hardswish": lambda z: z * min(max(z + 3, Decimal(0)), Decimal(6)) / 6,
    "softsign": lambda z: z / (1 + abs(z)),
    "softplus": softplus,
}

#: What the formula gives where PyTorch's convention is kept or another form is meant, as the docstring says.
NOT_BY_FORMULA = [
    (lambda z: 1 / (1 + (-z).exp()), 1.8462285453386054, "sigmoid"),
    (tanh, 1.5925374197228315, "tanh"),
    (selu, 1.0, "selu"),
    (gelu_by_tanh, 1.533580521666147, "gelu"),
]


def by_formula(f, pieces=PIECES) -> float:
    with localcontext(CONTEXT):
        return float(1 / second_moment(f, pieces).sqrt())


@pytest.mark.parametrize("name", BY_FORMULA)
def test_formula(name):
    """To the last bit."""
    assert fi.gain(name) == by_formula(BY_FORMULA[name])


@pytest.mark.parametrize(("f", "value", "name"), NOT_BY_FORMULA)
def test_what_the_formula_would_give(f, value, name):
    assert by_formula(f) == value != fi.gain(name)
    assert repr(value).rstrip("0").rstrip(".") in fi.gain.__doc__


def test_every_gain_is_by_formula_or_a_convention():
    conventions = {"identity", "sigmoid", "tanh", "selu", *gains.LAYERS}
    with_tests_of_their_own = {"leaky_relu", "prelu", "elu"}
    assert conventions | with_tests_of_their_own | BY_FORMULA.keys() == gains.FIXED.keys() | gains.FAMILIES.keys()
    for name in gains.FIXED.keys() | gains.FAMILIES.keys():
        assert type(fi.gain(name)) is float
        assert name in fi.gain.__doc__ or name in gains.LAYERS


@pytest.mark.parametrize("alpha", [-2.0, 0.0, 0.25, 1, 1.5, 100])
def test_elu(alpha):
    with localcontext(CONTEXT):
        exact_alpha = Decimal(alpha)
    assert fi.gain("elu", alpha) == pytest.approx(by_formula(lambda z: elu(z, exact_alpha)), rel=1e-15, abs=0)


@pytest.mark.parametrize("beta", [1e-3, 0.3, 1, 2.5, 40.0, 1e6])
def test_softplus(beta):
    """To the last bit, which the decimal arithmetic makes the same on every machine."""
    with localcontext(CONTEXT):
        exact_beta = Decimal(beta)
        bends = (-12, -3, *(Decimal(k) / exact_beta for k in (-60, -6, 0, 6, 60)), 3, 12)
    pieces = sorted(bends) if beta >= 40 else PIECES
    assert fi.gain("softplus", beta) == by_formula(lambda z: softplus(z, exact_beta), pieces)


def test_softplus_at_its_limits():
    assert fi.gain("softplus", 1e300) == fi.gain("relu")
    assert fi.gain("softplus", 1e-100) == pytest.approx(1e-100 / math.log(2), rel=1e-15, abs=0)
    assert fi.gain("softplus", 5e-324) > 0


def test_pytorch_table():
    ones = (
        "linear",
        "conv1d",
        "conv2d",
        "conv3d",
        "conv_transpose1d",
        "conv_transpose2d",
        "conv_transpose3d",
        "sigmoid",
    )
    assert {fi.gain(name) for name in ones} == {1.0}
    assert fi.gain("tanh") == 5 / 3
    assert fi.gain("relu") == math.sqrt(2)
    assert fi.gain("selu") == 0.75
    assert fi.gain("leaky_relu") == fi.gain("leaky_relu", 0.01) == 1.4141428569978354
    for slope in (0, 0.2, -1, 5.0):
        assert fi.gain("leaky_relu", slope) == fi.gain("prelu", slope) == math.sqrt(2 / (1 + slope**2))


def test_defaults():
    for name, default in {"leaky_relu": 0.01, "prelu": 0.25, "elu": 1, "softplus": 1}.items():
        assert fi.gain(name) == fi.gain(name, default) != fi.gain(name, default * 1.001)


def test_gains_scale_schemes():
    """He's schemes are the general one with the gain of ReLU and its slopes."""
    for slope in (0.0, 0.2):
        general = fi.variance_scaling((40, 30), scale=fi.gain("leaky_relu", slope) ** 2, rng=0)
        assert general == pytest.approx(fi.he_normal((40, 30), negative_slope=slope, rng=0), rel=1e-6)
    assert pickle.loads(pickle.dumps(fi.gain)) is fi.gain


def test_the_callers_decimal_context_is_left_alone():
    gains._of_softplus.cache_clear()
    with localcontext(Context(prec=3)) as context:
        assert fi.gain("softplus", 1.25) == by_formula(lambda z: softplus(z, Decimal("1.25")))
        assert context.prec == 3
        assert not any(context.flags.values())

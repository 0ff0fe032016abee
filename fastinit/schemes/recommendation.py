"""Which scheme to take for an activation and a kind of weights, and who says so."""

from __future__ import annotations

from typing import Any, NamedTuple

from fastinit.common import checks
from fastinit.laws import fan_rules
from fastinit.laws.gains import FAMILIES
from fastinit.schemes.register import Configured


class Choice(NamedTuple):
    """A scheme, its parameters, and the reason in one line."""

    scheme: str
    params: dict[str, Any]
    reason: str


GLOROT = Choice(
    "glorot_normal", {}, "Glorot and Bengio 2010: between what keeps the variance of activations and of gradients"
)
HE = Choice("he_normal", {}, "He et al. 2015: twice 1 / fan_in, because a rectifier passes half of the second moment")
NEAR_RELU = HE._replace(reason="He et al. 2015, as for ReLU, which it comes near; fastinit.gain has its own factor")
ELU = HE._replace(reason="Clevert et al. 2016, who train ELU networks from the weights of He et al. 2015")
SELU = Choice("lecun_normal", {}, "Klambauer et al. 2017: SELU keeps mean 0 and variance 1 if weights have 1 / fan_in")
UNSURE = HE._replace(reason="He et al. 2015: most activations are near ReLU; for a linear one, too wide by sqrt(2)")


def _with_slope(name: str) -> Choice:
    slope = FAMILIES[name].default
    return HE._replace(
        params={"negative_slope": slope}, reason=f"He et al. 2015, for a rectifier of slope {slope} below 0"
    )


RECTIFIERS = {
    **dict.fromkeys(("relu", "relu6"), HE),
    "leaky_relu": _with_slope("leaky_relu"),
    "prelu": _with_slope("prelu"),
    **dict.fromkeys(("gelu", "silu", "swish", "mish", "hardswish", "softplus"), NEAR_RELU),
    "elu": ELU,
}

#: Weights of dense layers and convolutions, by activation.
BY_ACTIVATION = {
    **dict.fromkeys(("linear", "identity", "tanh", "sigmoid", "softmax", "softsign"), GLOROT),
    **RECTIFIERS,
    "selu": SELU,
}

RECURRENT = Choice("orthogonal", {}, "Saxe et al. 2014: singular values of 1, so that repeated products keep lengths")
EMBEDDING = Choice(
    "normal", {"std": 0.02}, "Radford et al. 2018 (GPT): rows are looked up, not summed, so no fan counts"
)
BIAS = Choice("zeros", {}, "Glorot and Bengio 2010: the weights already tell the units apart")
RECTIFIERS_BIAS = BIAS._replace(
    reason=f"{BIAS.reason}; a small constant, 0.01 to 0.1, lets more rectifiers pass at first (Goodfellow et al. 2016)"
)
SIGMOID_BIAS = BIAS._replace(
    reason=f"{BIAS.reason}; of an output, log_odds(p=the class's prior) begins at the prior (Lin et al. 2017)"
)

KINDS = ("dense", "conv", "recurrent", "embedding", "bias")


class Recommended(Configured):
    """A configured scheme with the reason for it; ``str()`` shows both."""

    __slots__ = ("reason",)

    def __init__(self, name: str, params: dict[str, Any], reason: str):
        super().__init__(name, params)
        self.reason = reason

    def __str__(self) -> str:
        return f"{self!r}  # {self.reason}"

    def __reduce__(self):
        return Recommended, (self.name, dict(self.params), self.reason)


def recommend(activation, kind="dense", *, fans="io") -> Recommended:
    """Return the configured scheme that the literature has for a layer, with the reason in one line.

    Parameters
    ----------
    activation : str or None
        What is applied to the layer's outputs: linear, identity, tanh, sigmoid, softmax, softsign, relu, relu6,
        leaky_relu, prelu, elu, gelu, silu, swish, mish, hardswish, softplus or selu; None if unsure.
    kind : {"dense", "conv", "recurrent", "embedding", "bias"}, default "dense"
        What is to be filled: a dense layer's weights, a convolution's, the matrix from state to state of a recurrent
        layer, a table of embeddings, or a bias.
    fans : {"io", "oi"} or (float, float), default "io"
        Layout of the weights, or the pair of fans, handed on to a scheme that depends on it: "oi" for PyTorch. A
        recurrent kernel needs a layout; embeddings and biases have none.

    Returns
    -------
    Recommended
        As `get` returns it, and equal to that: called like a scheme's function, a rule for `initialize`. Besides, it
        has ``reason``, a string.

    Raises
    ------
    ValueError
        If there is no such activation (the message names the nearest) or kind, or `fans` has a bad value.
    TypeError
        If `activation` is neither a string nor None, `kind` not a string, or `fans` of another type.

    Notes
    -----
    ==================================================== =============================================
    asked for                                            scheme
    ==================================================== =============================================
    linear, identity, tanh, sigmoid, softmax, softsign   glorot_normal
    relu, relu6, elu, gelu, silu, swish, mish            he_normal
    hardswish, softplus, None                            he_normal
    leaky_relu, prelu                                    he_normal, negative_slope=0.01 or 0.25
    selu                                                 lecun_normal
    kind "recurrent"                                     orthogonal
    kind "embedding"                                     normal, std=0.02
    kind "bias"                                          zeros
    ==================================================== =============================================

    For another slope than the default one, configure or call with it: ``recommend("prelu")(shape,
    negative_slope=0.1)``. Normal rather than uniform variants throughout: pre-activations are then normal, given the
    inputs, whatever the fan, as the derivations suppose. Variances are equal.

    Of a recurrent kernel that packs several gates, fill each gate's square block by itself. Schemes scaled by fans know
    nothing of groups, packed matrices and the like: give `fans` the pair that `fastinit.fans` computes.

    References
    ----------
    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.
    A. M. Saxe, J. L. McClelland and S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks", ICLR 2014. K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers", ICCV 2015.
    D.-A. Clevert, T. Unterthiner and S. Hochreiter, "Fast and accurate deep network learning by exponential linear
    units", ICLR 2016. I. Goodfellow, Y. Bengio and A. Courville, Deep Learning, 2016, section 6.3. G. Klambauer,
    T. Unterthiner, A. Mayr and S. Hochreiter, "Self-normalizing neural networks", NeurIPS 2017. T.-Y. Lin, P. Goyal,
    R. Girshick, K. He and P. Dollar, "Focal loss for dense object detection", ICCV 2017. A. Radford, K. Narasimhan,
    T. Salimans and I. Sutskever, "Improving language understanding by generative pre-training", 2018.

    Examples
    --------
    >>> import fastinit as fi
    >>> init = fi.recommend("selu")
    >>> print(init)
    fastinit.get('lecun_normal')  # Klambauer et al. 2017: SELU keeps mean 0 and variance 1 if weights have 1 / fan_in
    >>> init == fi.get("lecun_normal")
    True
    >>> fi.recommend("leaky_relu", "conv", fans="oi")
    fastinit.get('he_normal', negative_slope=0.01, fans='oi')
    """
    where = "recommend"
    if activation is not None:
        otherwise = "one of " + ", ".join(map(repr, BY_ACTIVATION)) + ", or None if unsure"
        checks.name_among(where, "activation", activation, BY_ACTIVATION, otherwise)
    checks.one_of(where, "kind", kind, KINDS)
    fans = (fan_rules.check_layout if kind == "recurrent" else fan_rules.check)(where, fans)
    choice = _choose(activation, kind)
    layout = {} if fans == "io" or kind in ("embedding", "bias") else {"fans": fans}
    return Recommended(choice.scheme, {**choice.params, **layout}, choice.reason)


def _choose(activation: str | None, kind: str) -> Choice:
    if kind == "bias":
        return SIGMOID_BIAS if activation == "sigmoid" else RECTIFIERS_BIAS if activation in RECTIFIERS else BIAS
    if kind in ("dense", "conv"):
        return UNSURE if activation is None else BY_ACTIVATION[activation]
    return RECURRENT if kind == "recurrent" else EMBEDDING

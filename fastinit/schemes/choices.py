"""What the literature has for activations and for kinds of weights: the tables of `fastinit.recommend`."""

from __future__ import annotations

from typing import Any, NamedTuple

from fastinit.laws.axis_roles import LAYOUTS, Axes
from fastinit.laws.gains import FAMILIES


class Choice(NamedTuple):
    """A scheme, its parameters, and the reason in one line."""

    scheme: str
    params: dict[str, Any]
    reason: str


GLOROT = Choice(
    "glorot_normal", {}, "Glorot and Bengio 2010: between what keeps the variance of activations and of gradients"
)
HE = Choice("he_normal", {}, "He et al. 2015: twice 1 / fan_in, because a rectifier passes half of the second moment")
NEAR_RELU = HE._replace(reason="He et al. 2015, as for ReLU, which it comes near")
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

#: How many layers a plain stack may have, without norms and residual connections, so that the scheme by itself keeps
#: second moments within a factor of 1000. Mean-field theory has for sigmoid 3, hardswish 12, silu 13, softsign 19, gelu
#: 20, softplus 25, mish 35 (fastinit/checking/phase.py); here is less, for what chance does in narrow layers. Of those
#: that are not named, 48 and more.
MOST_LAYERS = {
    "sigmoid": 3,
    **dict.fromkeys(("softsign", "gelu", "silu", "swish", "mish", "hardswish", "softplus"), 10),
}


def _alone(name: str, choice: Choice) -> Choice:
    """With what is to be done in deeper stacks."""
    if name not in MOST_LAYERS:
        return choice
    deeper = f"; a plain stack of more than {MOST_LAYERS[name]} layers may need fastinit.calibrate"
    return choice._replace(reason=choice.reason + deeper)


#: Weights of dense layers and convolutions, by activation.
BY_ACTIVATION = {
    name: _alone(name, choice)
    for name, choice in {
        **dict.fromkeys(("linear", "identity", "tanh", "sigmoid", "softmax", "softsign"), GLOROT),
        **RECTIFIERS,
        "selu": SELU,
    }.items()
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


ATTENTION = GLOROT._replace(
    reason="Glorot and Bengio 2010: the projections are linear; the code of Vaswani et al. 2017 has that variance"
)
GATES = GLOROT._replace(
    reason="Glorot and Bengio 2010, each gate with the fans of its own matrix; Keras counts the outputs of all gates"
)
GATES_RECURRENT = Choice("zeros", {}, f"{RECURRENT.reason}; each gate's square block by itself")
LSTM_BIAS = Choice(
    "zeros",
    {},
    "Gers et al. 2000, Jozefowicz et al. 2015: 1 for the forget gate, the second of four in PyTorch (i, f, g, o) and in"
    " Keras (i, f, c, o), so that memory lasts at first; of PyTorch's two biases, which add up, the other is 0",
)
GRU_BIAS = BIAS._replace(
    reason="Cho et al. 2014: nothing is asked of a gate; PyTorch has three in the order r, z, n, Keras z, r, h"
)
NORM_SCALE = Choice("ones", {}, "Ioffe and Szegedy 2015, Ba et al. 2016: begin with what is normalized as it is")
NORM_BIAS = NORM_SCALE._replace(scheme="zeros")
LORA_A = Choice(
    "fan_in_uniform",
    {},
    "Hu et al. 2022: A is drawn, B is 0; the law is their code's, U(+-1 / sqrt(fan_in)), where the paper says Gaussian",
)
LORA_B = Choice("zeros", {}, "Hu et al. 2022: B is 0 and A is not, so that training begins at the given weights")
RESIDUAL = Choice(
    "zeros", {}, "Goyal et al. 2017, Zhang et al. 2019 (Fixup): residual branches that end in 0 begin as the identity"
)
RESIDUAL_BY_DEPTH = EMBEDDING._replace(
    reason="Radford et al. 2019 (GPT-2): 0.02 / sqrt(2 n_layers), since each layer adds two branches to the stream"
)
ROUTER = Choice(
    "variance_scaling",
    {"scale": 0.1, "distribution": "truncated_normal"},
    "Fedus et al. 2021 (Switch): a tenth of 1 / fan_in, without which large mixtures become unstable",
)
HEAD = Choice("normal", {"std": 0.01}, "Goyal et al. 2017: of small scale, so that all classes begin about as likely")
SINE = Choice(
    "variance_scaling",
    {"distribution": "uniform"},
    "Sitzmann et al. 2020 (SIREN): U(+-sqrt(6 / fan_in) / omega), the sine being of omega times the pre-activations",
)
SINE_FIRST = Choice(
    "uniform", {}, "Sitzmann et al. 2020 (SIREN): U(+-1 / fan_in) in the first layer, whose sines span many periods"
)

#: `fans` as the caller gives it and as the scheme gets it, where the layout's name says it.
BY_NAME: dict[str, str | Axes] = {name: name for name in LAYOUTS}
TRANSPOSED = {"io": Axes((-1,), (-2,)), "oi": Axes((0,), (1,)), "oki": "oki"}
DEPTHWISE = {"io": Axes((), (-1,), (-2,)), "oi": Axes((1,), (), (0,)), "oki": Axes((-1,), (), (0,))}
EXPERTS = {"io": Axes((1,), (2,), (0,)), "oi": Axes((2,), (1,), (0,)), "oki": Axes((2,), (1,), (0,))}


def packed(n_parts: int) -> dict[str, str | Axes]:
    """Of matrices side by side along the outputs."""
    return {name: Axes((in_axis,), (out_axis,), out_groups=n_parts) for name, (in_axis, out_axis) in LAYOUTS.items()}


class Kind(NamedTuple):
    """A kind of weights."""

    choice: Choice | None  #: None if the activation decides
    fans: dict[str, str | Axes] | None = None  #: None if fans do not count
    option: str = ""  #: the parameter of `recommend` that it takes
    addition: str = ""  #: to the reason


KINDS: dict[str, Kind] = {
    "dense": Kind(None, BY_NAME),
    "conv": Kind(None, BY_NAME),
    "conv_transpose": Kind(None, TRANSPOSED, addition="; with stride s, each output meets 1 / s of the field"),
    "depthwise": Kind(None, DEPTHWISE, addition="; each channel by itself (Chollet 2017)"),
    "experts": Kind(None, EXPERTS, addition="; each expert by itself (Fedus et al. 2021)"),
    "recurrent": Kind(RECURRENT, BY_NAME),
    "lstm_kernel": Kind(GATES, packed(4)),
    "lstm_recurrent": Kind(GATES_RECURRENT, BY_NAME, "units"),
    "lstm_bias": Kind(LSTM_BIAS, None, "units"),
    "gru_kernel": Kind(GATES, packed(3)),
    "gru_recurrent": Kind(GATES_RECURRENT, BY_NAME, "units"),
    "gru_bias": Kind(GRU_BIAS),
    "attention": Kind(ATTENTION, BY_NAME),
    "attention_packed": Kind(ATTENTION, packed(3), addition="; queries, keys and values side by side, each by itself"),
    "norm_scale": Kind(NORM_SCALE),
    "norm_bias": Kind(NORM_BIAS),
    "lora_a": Kind(LORA_A, BY_NAME),
    "lora_b": Kind(LORA_B),
    "residual": Kind(RESIDUAL, None, "n_layers"),
    "router": Kind(ROUTER, BY_NAME),
    "sine_first": Kind(SINE_FIRST, BY_NAME),
    "sine": Kind(SINE, BY_NAME, "omega"),
    "head": Kind(HEAD),
    "embedding": Kind(EMBEDDING, None, "padding"),
    "bias": Kind(BIAS),
}

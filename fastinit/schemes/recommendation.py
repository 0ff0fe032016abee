"""Which scheme to take for an activation and a kind of weights, and who says so."""

from __future__ import annotations

import math
from typing import Any

from fastinit.common import checks, selection
from fastinit.common.calls import one_form
from fastinit.common.errors import reject_type, reject_value
from fastinit.laws import dtypes, fan_rules
from fastinit.schemes import choices, gates
from fastinit.schemes.choices import BY_ACTIVATION, EMBEDDING, KINDS, RECTIFIERS, Choice, Kind
from fastinit.schemes.register import Configured

__all__ = ["BY_ACTIVATION", "EMBEDDING", "KINDS", "RECTIFIERS", "Recommended", "recommend"]


#: Bounds of options beyond which nothing is meant.
MOST = 10**9


class Recommended(Configured):
    """A configured scheme with the reason for it; ``str()`` shows both."""

    __slots__ = ("reason",)

    def __init__(self, name: str, params: dict[str, Any], reason: str, blocks: tuple = ()):
        super().__init__(name, params, blocks)
        self.reason = reason

    def __str__(self) -> str:
        return f"{self!r}  # {self.reason}"

    def __reduce__(self):
        return Recommended, (self.name, dict(self.params), self.reason, self.blocks)


@one_form
def recommend(
    activation,
    kind="dense",
    *,
    fans="io",
    units=None,
    n_layers=None,
    padding=None,
    omega=None,
    shape=None,
    dtype=None,
) -> Recommended:
    """Return the configured scheme that the literature has for a layer, with the reason in one line.

    Parameters
    ----------
    activation : str or None
        What is applied to the layer's outputs: linear, identity, tanh, sigmoid, softmax, softsign, relu, relu6,
        leaky_relu, prelu, elu, gelu, silu, swish, mish, hardswish, softplus or selu; None if unsure.
    kind : str, default "dense"
        What is to be filled: one of the kinds in the table below.
    fans : {"io", "oi", "oki"}, Axes or (float, float), default "io"
        Layout of the weights, roles of axes, or the pair of fans. A scheme that depends on it gets it. "oi" is
        PyTorch's layout, also of what a kind packs or transposes, such as a transposed convolution. Axes and pairs are
        taken as they are. "recurrent" kinds need a layout or axes, "sine_first" needs a pair; some kinds take none.
    units : int, optional
        Of a recurrent layer: what each gate has. For "lstm_recurrent", "lstm_bias" and "gru_recurrent", which need it.
    n_layers : int, optional
        Of the whole network, each of two residual branches. For "residual".
    padding : int, optional
        The row that is to be 0. For "embedding".
    omega : float, optional
        The factor within the sine, 30 by default. For "sine".
    shape : int or tuple of int, optional
    dtype : dtype-like, optional
        Of the weights; the dtype is float32 by default. A shape that the scheme cannot fill in that dtype is refused
        now. So is one that is not made of gates of `units` units.

    Returns
    -------
    Recommended
        As `get` returns it, and equal to that: called like a scheme's function, a rule for `initialize`. Besides, it
        has ``reason``, a string.

    Raises
    ------
    ValueError
        If there is no such activation (the message names the nearest) or kind, `fans` or an option has a bad value, a
        kind lacks what it needs or gets what it does not take, or the scheme does not suit `shape` and `dtype`.
    TypeError
        If `activation` is neither a string nor None, `kind` not a string, or `fans` of another type.

    See Also
    --------
    gain : The factor for an activation.
    check : What the weights of a network do.
    get : A scheme by its name.

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
    kinds "dense", "conv"                                by the activation, as above
    "conv_transpose", "depthwise", "experts" (stacked)   the same, with the fans of these layers
    "recurrent"                                          orthogonal
    "lstm_kernel", "gru_kernel"                          glorot_normal, with the fans of a gate
    "lstm_recurrent", "gru_recurrent"                    orthogonal in each gate's block
    "lstm_bias"                                          zeros, but ones for the forget gate
    "gru_bias", "bias", "norm_bias", "lora_b"            zeros
    "attention", "attention_packed" (q, k, v)            glorot_normal, with the fans of one projection
    "norm_scale"                                         ones
    "lora_a"                                             fan_in_uniform
    "residual" (the weights that end a branch)           zeros; with n_layers normal, std ``0.02 / sqrt(2 n_layers)``
    "router" (of a mixture of experts)                   variance_scaling, ``0.1 / fan_in``, truncated
    "sine_first"                                         uniform, ``a = 1 / fan_in``
    "sine"                                               uniform, ``a = sqrt(6 / fan_in) / omega``
    "head" (of a classifier)                             normal, std=0.01
    "embedding"                                          normal, std=0.02; zeros in the row `padding`
    ==================================================== =============================================

    For another slope than the default one, configure or call with it: ``recommend("prelu")(shape,
    negative_slope=0.1)``. Schemes are normal where a uniform one has the same variance: with normal weights a unit's
    pre-activation is normal for any number of inputs, and the derivations suppose that.

    The gates of an LSTM are input, forget, cell, output, in PyTorch along the first axis, in Keras along the last. The
    gates of a GRU are reset, update, new in PyTorch, and update, reset, new in Keras. PyTorch's LSTM has two biases,
    which add up. Give "lstm_bias" to one of them and zeros to the other, or the forget gate begins at 2.

    References
    ----------
    F. A. Gers, J. Schmidhuber and F. Cummins, "Learning to forget", Neural Computation 12(10), 2000. X. Glorot and
    Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010. A. M.
    Saxe, J. L. McClelland and S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks", ICLR 2014. K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers", ICCV 2015.
    D.-A. Clevert, T. Unterthiner and S. Hochreiter, "Fast and accurate deep network learning by exponential linear
    units", ICLR 2016. I. Goodfellow, Y. Bengio and A. Courville, Deep Learning, 2016, section 6.3. G. Klambauer, T.
    Unterthiner, A. Mayr and S. Hochreiter, "Self-normalizing neural networks", NeurIPS 2017. T.-Y. Lin, P. Goyal,
    R. Girshick, K. He and P. Dollar, "Focal loss for dense object detection", ICCV 2017. A. Radford, K. Narasimhan,
    T. Salimans and I. Sutskever, "Improving language understanding by generative pre-training", 2018. K. Cho et
    al., "Learning phrase representations using RNN encoder-decoder", EMNLP 2014. R. Jozefowicz, W. Zaremba and I.
    Sutskever, "An empirical exploration of recurrent network architectures", ICML 2015. S. Ioffe and C. Szegedy,
    "Batch normalization", ICML 2015. J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization",
    arXiv:1607.06450, 2016. F. Chollet, "Xception", CVPR 2017. P. Goyal et al., "Accurate, large minibatch SGD",
    arXiv:1706.02677, 2017. A. Vaswani et al., "Attention is all you need", NeurIPS 2017. H. Zhang, Y. N. Dauphin
    and T. Ma, "Fixup initialization", ICLR 2019. A. Radford et al., "Language models are unsupervised multitask
    learners", 2019. V. Sitzmann et al., "Implicit neural representations with periodic activation functions",
    NeurIPS 2020. W. Fedus, B. Zoph and N. Shazeer, "Switch transformers", arXiv:2101.03961, 2021. E. J. Hu et al.,
    "LoRA", ICLR 2022.

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
    >>> fi.recommend(None, "lstm_bias", units=2)(8).tolist()
    [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    """
    where = "recommend"
    if activation is not None:
        otherwise = "None if unsure, or one of " + ", ".join(map(repr, BY_ACTIVATION))
        checks.name_among(where, "activation", activation, BY_ACTIVATION, otherwise)
    checks.one_of(where, "kind", kind, tuple(KINDS))
    told = KINDS[kind]
    for name, value in {"units": units, "n_layers": n_layers, "padding": padding, "omega": omega}.items():
        if value is not None and name != told.option:
            kinds = " or ".join(repr(other) for other in KINDS if KINDS[other].option == name)
            reject_value(where, name, f"None for kind {kind!r}; kind {kinds} takes it", value)
    fans = (fan_rules.check_axes if kind.endswith("recurrent") else fan_rules.check)(where, fans)
    made = _with_option(where, kind, _choose(activation, kind, told), fans, (units, n_layers, padding, omega))
    if shape is not None:
        dims = checks.as_shape(where, shape)
        if units is not None:
            gates.check(where, kind, checks.as_integer(units), fans, dims)
        # The scheme's own check: a shape, fans or dtype for which it is no choice.
        fmt = dtypes.format_of(dtypes.resolve(where, dtype))
        made.spec.for_kind(fmt).law(dims, fmt)
    elif dtype is not None:
        reject_value(where, "dtype", "None without a shape", dtype)
    return made


def _choose(activation: str | None, kind: str, told: Kind) -> Choice:
    if kind == "bias":
        by_sigmoid = choices.SIGMOID_BIAS if activation == "sigmoid" else choices.BIAS
        return choices.RECTIFIERS_BIAS if activation in RECTIFIERS else by_sigmoid
    choice = told.choice or (choices.UNSURE if activation is None else BY_ACTIVATION[activation])
    return choice._replace(reason=choice.reason + told.addition)


def _with_option(where: str, kind: str, choice: Choice, fans: fan_rules.Fans, options: tuple) -> Recommended:
    """The choice with the layout and what the kind takes besides."""
    units, n_layers, padding, omega = options
    params, blocks, by_name = dict(choice.params), (), KINDS[kind].fans
    if by_name is not None:
        fans = by_name[fans] if isinstance(fans, str) else fans
        params |= {} if fans == "io" else {"fans": fans}
    if KINDS[kind].option == "units":
        if not isinstance(fans, str):
            reject_value(where, "fans", f"{fan_rules.NAMES} for kind {kind!r}", fans)
        fans, params = params.get("fans", "io"), {}
        blocks = gates.blocks(kind, checks.positive_integer(where, "units", units), fans)
    elif kind == "residual" and n_layers is not None:
        n_branches = 2 * checks.positive_integer(where, "n_layers", n_layers)
        if n_branches > MOST:
            reject_value(where, "n_layers", f"at most {MOST // 2}", n_layers)
        choice = choices.RESIDUAL_BY_DEPTH
        params = {"std": choice.params["std"] / math.sqrt(n_branches)}
    elif kind == "sine":
        omega = 30.0 if omega is None else checks.positive(where, "omega", omega)
        if not 1 / MOST <= omega <= MOST:
            reject_value(where, "omega", f"a number in [{1 / MOST:g}, {MOST:g}]", omega)
        params = {"scale": 2 / omega**2, **params}
    elif kind == "sine_first":
        if not isinstance(fans, tuple) or fans[0] < 1:
            reject_value(where, "fans", "a pair (fan_in, fan_out) for kind 'sine_first', fan_in >= 1", fans)
        params = {"low": -1 / fans[0], "high": 1 / fans[0]}
    if padding is not None:
        return Recommended(choice.scheme, params, choice.reason, ((_row(where, padding), Configured("zeros", {})),))
    return Recommended(choice.scheme, params, choice.reason, blocks)


def _row(where: str, padding: object) -> tuple[int]:
    if checks.as_integer(padding) is None:
        reject_type(where, "padding", "the row that stands for padding, an int", padding)
    return selection.basic_index(where, "padding", padding)

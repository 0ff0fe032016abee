"""Gains: the factors on the standard deviation that make good what an activation does to the scale of its inputs."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

from fastinit._kernels import in_default_float_mode
from fastinit.common import checks
from fastinit.common.calls import one_form
from fastinit.common.errors import reject_type, reject_value

#: Layers, which PyTorch's table lists beside the activations.
LAYERS = ("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")

#: PyTorch's conventions, and for the others 1 / sqrt(E[f(z)**2]), z standard normal, to the nearest float64:
#: tests/test_gain.py computes them again with 30 digits. Where there is a closed form of E[f(z)**2], it is stated.
FIXED = {
    **dict.fromkeys(("linear", "identity", *LAYERS), 1.0),
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "selu": 3 / 4,
    "relu": math.sqrt(2.0),  # 1/2
    "relu6": 1.4142135650950736,  # 1/2 + 35 P(z > 6) - 6 density(6)
    "gelu": 1.5335304411955353,  # 1/3 + 1 / (2 sqrt(3) pi)
    "silu": 1.676532470331091,
    "swish": 1.676532470331091,
    "mish": 1.486847581273208,
    "hardswish": 1.7366572127665416,
    "softsign": 2.3375333631085398,
}

#: E[(exp(z) - 1)**2] over z < 0: 1/2 + e**2 P(z < -2) - 2 sqrt(e) P(z < -1).
ELU_BELOW_0 = 0.14494541749292386

PI = "3.14159265358979323846264338328"


def _of_slope(slope: float) -> float:
    return math.sqrt(2.0 / (1.0 + slope * slope))


def _of_elu(alpha: float) -> float:
    return 1.0 / math.sqrt(0.5 + alpha * alpha * ELU_BELOW_0)


@functools.lru_cache(maxsize=256)
def _of_softplus(beta: float) -> float:
    """With r = ln(1 + exp(-beta z)) / beta, E[f(z)**2] = 1/2 + 2 * integral over z > 0 of density(z) r (z + r).

    By the trapezoidal rule in u, where z = exp(u - exp(-u)) min(1, 1 / beta) (Takahasi and Mori 1974): within 2e-23
    for every beta. In decimal arithmetic, which rounds alike on every machine, as the C libraries' exp and log do not.
    """
    import decimal  # here for the sake of the package's import time

    context = decimal.Context(prec=30, rounding=decimal.ROUND_HALF_EVEN, Emin=-99999, Emax=99999, traps=[])
    with decimal.localcontext(context):
        exact_beta, total, step = decimal.Decimal(beta), decimal.Decimal(0), decimal.Decimal(1) / 12
        scale = min(decimal.Decimal(1), 1 / exact_beta)
        for k in range(-56, 73):
            inner = (-k * step).exp()
            z = (k * step - inner).exp() * scale
            r = (1 + (-exact_beta * z).exp()).ln() / exact_beta
            total += z * (1 + inner) * (-z * z / 2).exp() * r * (z + r)
        second_moment = decimal.Decimal("0.5") + 2 * step * total / (2 * decimal.Decimal(PI)).sqrt()
        return float(1 / second_moment.sqrt())


class Family(NamedTuple):
    """Activations that differ by one parameter."""

    default: float
    check: Callable[[str, str, object], float]
    gain: Callable[[float], float]


FAMILIES = {
    "leaky_relu": Family(0.01, checks.finite, _of_slope),  # PyTorch's default
    "prelu": Family(0.25, checks.finite, _of_slope),  # where He et al. begin
    "elu": Family(1.0, checks.finite, _of_elu),
    "softplus": Family(1.0, checks.positive, _of_softplus),
}


@one_form
def gain(nonlinearity, param=None) -> float:
    """Return the factor on ``1 / sqrt(fan_in)`` that makes up for what an activation does to the scale of its inputs.

    Names that PyTorch's table has get its values. For other activations f, He's argument is carried over: the gain is
    ``1 / sqrt(E(f(z)**2))`` with z standard normal. So pre-activations of variance 1 give the next layer's the same
    variance.

    Parameters
    ----------
    nonlinearity : str
        The activation's name, as in the table below.
    param : float, optional
        Slope below 0 of leaky_relu (default 0.01) and prelu (0.25), finite; alpha of elu (1), finite; beta of softplus
        (1), finite and > 0. The others take none.

    Returns
    -------
    float
        The gain, > 0.

    Raises
    ------
    ValueError
        If there is no such activation (the message names the nearest), or `param` is out of its range, or so large
        that its square overflows.
    TypeError
        If `nonlinearity` is not a string, `param` is not a real number, or is given where none is taken.

    See Also
    --------
    recommend : Which scheme suits an activation.
    calibrate : Each layer's factor measured, for deep stacks.
    variance_scaling : Takes the square of a gain as its scale.

    Notes
    -----
    ============================= ============================ ========================================
    nonlinearity                  gain                         f(z)
    ============================= ============================ ========================================
    linear, identity              1                            z
    conv1d, ..., conv_transpose3d 1                            z
    sigmoid                       1, a convention              ``1 / (1 + exp(-z))``
    tanh                          5 / 3, a convention          ``tanh(z)``
    selu                          3 / 4, a convention          scale times that of elu
    relu                          ``sqrt(2)``                  ``max(z, 0)``
    leaky_relu, prelu             ``sqrt(2 / (1 + param**2))`` ``max(z, 0) + param min(z, 0)``
    relu6                         1.4142135650950736           ``min(max(z, 0), 6)``
    gelu                          1.5335304411955353           ``z P(Z < z)``
    silu, swish                   1.676532470331091            ``z / (1 + exp(-z))``
    mish                          1.486847581273208            ``z tanh(ln(1 + exp(z)))``
    hardswish                     1.7366572127665416           ``z min(max(z + 3, 0), 6) / 6``
    softsign                      2.3375333631085398           ``z / (1 + abs(z))``
    elu                           1.2451983007007066 (alpha 1) z, or ``alpha (exp(z) - 1)`` if negative
    softplus                      1.0418668355353018 (beta 1)  ``ln(1 + exp(beta z)) / beta``
    ============================= ============================ ========================================

    Linear, relu, leaky_relu and prelu keep any variance. The others keep a variance of 1 alone. Chance moves it away
    from 1 in each layer, and deep stacks do not bring it back. Gains suffice for some 10 layers; in deeper stacks
    `calibrate` scales each layer. gelu is the exact one; its form with tanh would have 1.533580521666147.

    The gains of sigmoid, tanh and selu are PyTorch's conventions. The formula would give 1.8462285453386054,
    1.5925374197228315 and 1. SELU's constants are made so that ``E(f(z)**2) = 1``, and its authors' networks need that
    gain of 1: `lecun_normal` has it. PyTorch found its 3 / 4 by trial (PR 50664).

    Equal to ``torch.nn.init.calculate_gain`` where that has the name, except that it ignores a `param` not taken.
    `orthogonal` takes the gain as it is; `he_normal` has that of ReLU and its slopes built in.

    References
    ----------
    K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers", ICCV 2015, section 2.2.

    Examples
    --------
    >>> import fastinit as fi
    >>> fi.gain("relu"), fi.gain("leaky_relu", 0.2) == (2 / 1.04) ** 0.5
    (1.4142135623730951, True)
    >>> w = fi.variance_scaling((512, 256), scale=fi.gain("gelu") ** 2, rng=0)
    >>> round(float(w.std()) * 512**0.5, 1)
    1.5
    """
    where = "gain"
    names = [*FIXED, *FAMILIES]
    checks.name_among(where, "nonlinearity", nonlinearity, names, "one of " + ", ".join(map(repr, names)))
    if nonlinearity in FIXED:
        if param is not None:
            reject_type(where, "param", f"None for {nonlinearity!r}, which takes none", param)
        return FIXED[nonlinearity]
    family = FAMILIES[nonlinearity]
    # In the nearest rounding, whatever the caller's is.
    factor = in_default_float_mode(
        family.gain, family.default if param is None else family.check(where, "param", param)
    )
    if factor == 0:
        reject_value(where, "param", "a number with a finite square", param)
    return factor

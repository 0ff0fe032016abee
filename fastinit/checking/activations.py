"""Activations: value, derivative, and where they saturate. All in float64.

A name stands for one of TABLE, which act on each number, or of GATES, which multiply one half of the units with a
function of the other. A function of the caller's acts on each number; its derivative is by finite differences.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fastinit.common import checks
from fastinit.common.errors import reject_type
from fastinit.laws.gains import FAMILIES

#: Parameters of families by name: default and check. Sine's omega is that of Sitzmann et al. 2020.
PARAMETERS = {
    **{name: (family.default, family.check) for name, family in FAMILIES.items()},
    "sine": (30.0, checks.positive),
}

Array = np.ndarray

#: An output is saturated where the derivative is below this part of its largest: the gradient's second moment loses a
#: factor of 400 there. It begins at |z| = 2.18 for tanh, 4.36 for sigmoid and 3.47 for softsign.
SATURATED_SLOPE = 0.05

#: SELU's two numbers, which give f(z) mean 0 and variance 1 for z standard normal (Klambauer et al. 2017, eq. 14).
SELU_SCALE, SELU_ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717

#: P(Z > z), z >= 0, is exp(-z**2 / 2) / 2 times this polynomial of t = 1 / (1 + NORMAL_P z / sqrt(2)), within 7.5e-8:
#: Abramowitz and Stegun 1964, 7.1.26.
NORMAL_P = 0.3275911
NORMAL_COEFFICIENTS = (0.0, 0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)


class Activation(NamedTuple):
    """A function of pre-activations z, of shape (..., n_units)."""

    name: str
    param: float | None  #: the family's parameter, as for `fastinit.gain`; None if it has none
    value: Callable[[Array], Array]
    slope: Callable[[Array, Array], Array]  #: the derivative, from z and the value; of z's shape
    n_sides: int  #: sides on which it saturates: 2 for tanh, 1, above, for relu6
    largest_slope: float
    n_parts: int = 1  #: pre-activations that make one output: 2 for a gate, from the two halves of the units
    scale: float = 1.0  #: of z within the function, as sine's omega: scale * z is what has unit width
    function: Callable | None = None  #: the caller's own

    @property
    def choice(self) -> object:
        """What `make` makes it of."""
        return self.function or (self.name if self.param is None else (self.name, self.param))

    def back(self, gradient: Array, slope: Array) -> Array:
        """The gradient with respect to z, from the one with respect to the value."""
        return slope * (gradient if self.n_parts == 1 else np.concatenate([gradient] * self.n_parts, axis=-1))

    def passes(self, slope: Array, least: float) -> Array:
        """Where an output depends on any of its pre-activations with at least that slope."""
        steep = np.abs(slope) >= least
        return steep.reshape(*slope.shape[:-1], self.n_parts, -1).any(axis=-2) if self.n_parts > 1 else steep

    def saturated(self, z: Array, slope: Array) -> Array:
        """Where outputs are saturated, of pre-activations and the derivative there."""
        flat = np.abs(slope) < SATURATED_SLOPE * self.largest_slope
        return flat if self.n_sides == 2 else flat & (z > 0) if self.n_sides else np.zeros_like(flat)

    def __str__(self) -> str:
        has_default = self.param is None or self.param == PARAMETERS[self.name][0]
        return self.name if has_default else f"{self.name} {self.param:g}"


def make(where: str, parameter: str, choice: object) -> Activation:
    """The activation that a name, a pair of a name and a number, or a function stands for."""
    if callable(choice):
        from fastinit.checking import functions

        return functions.make(where, parameter, choice)
    name, param = choice if isinstance(choice, (tuple, list)) and len(choice) == 2 else (choice, None)
    names = [*TABLE, *GATES]
    expected = "one of " + ", ".join(map(repr, names)) + ", a pair of a name and a number, or a function"
    checks.name_among(where, parameter, name, names, expected)
    if name not in PARAMETERS and param is not None:
        reject_type(where, parameter, f"no number beside {name!r}", param)
    if name in GATES:
        return _gated(name)
    value, slope, n_sides = TABLE[name]
    if name in PARAMETERS:
        default, check = PARAMETERS[name]
        param = default if param is None else check(where, parameter, param)
        value, slope = _with(value, slope, param)
    largest, scale = (0.25 if name == "sigmoid" else 1.0), (param if name == "sine" else 1.0)
    return Activation(name, param, value, slope, n_sides, largest, scale=scale)


def _with(value: Callable, slope: Callable, param: float) -> tuple[Callable, Callable]:
    return lambda z: value(z, param), lambda z, h: slope(z, h, param)


def _gated(name: str) -> Activation:
    inner = make("", "", GATES[name])

    def value(z: Array) -> Array:
        linear, gate = np.split(z, 2, axis=-1)
        return linear * inner.value(gate)

    def slope(z: Array, h: Array) -> Array:
        linear, gate = np.split(z, 2, axis=-1)
        opened = inner.value(gate)
        return np.concatenate([opened, linear * inner.slope(gate, opened)], axis=-1)

    return Activation(name, None, value, slope, 0, 1.0, n_parts=2)


def unit_gain(activation: Activation) -> float | None:
    """1 / sqrt(E[f(z)**2]), z standard normal, by the trapezoidal rule; None if that is no positive number."""
    z = np.linspace(-9.0, 9.0, 2001)[:, None]
    density = np.exp(-0.5 * z * z)
    # A gate's halves are independent: its second moment is that of the function alone.
    value = activation.value(z if activation.n_parts == 1 else np.concatenate([np.ones_like(z), z], axis=-1))
    moment = float((density * value * value).sum() / density.sum())
    return moment**-0.5 if 0 < moment < math.inf else None


def sigmoid(z: Array) -> Array:
    return 0.5 + 0.5 * np.tanh(0.5 * z)  # exp() would overflow


def softplus(z: Array) -> Array:
    return np.logaddexp(0.0, z)


def below(z: Array) -> Array:
    """P(Z < z), Z standard normal, within 7.5e-8."""
    t = 1.0 / (1.0 + NORMAL_P / math.sqrt(2.0) * np.abs(z))
    beyond = 0.5 * np.polynomial.polynomial.polyval(t, NORMAL_COEFFICIENTS) * np.exp(-0.5 * z * z)
    return np.where(z < 0, beyond, 1.0 - beyond)


def _gelu_slope(z: Array, h: Array) -> Array:
    return below(z) + z * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


def _silu_slope(z: Array, h: Array) -> Array:
    s = sigmoid(z)
    return s * (1.0 + z * (1.0 - s))


def _mish_slope(z: Array, h: Array) -> Array:
    t = np.tanh(softplus(z))
    return t + z * (1.0 - t * t) * sigmoid(z)


def _hardswish_slope(z: Array, h: Array) -> Array:
    return np.where(z > 3, 1.0, np.where(z > -3, (2 * z + 3) / 6, 0.0))


def _rectifier(z: Array, slope: float) -> Array:
    return np.where(z > 0, z, slope * z)


def _rectifier_slope(z: Array, h: Array, slope: float) -> Array:
    return np.where(z > 0, 1.0, slope)


def _elu(z: Array, alpha: float) -> Array:
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0.0)))


def _elu_slope(z: Array, h: Array, alpha: float) -> Array:
    return np.where(z > 0, 1.0, h + alpha)


def _selu_slope(z: Array, h: Array) -> Array:
    return np.where(z > 0, SELU_SCALE, h + SELU_SCALE * SELU_ALPHA)


def _softmax(z: Array) -> Array:
    exponentials = np.exp(z - z.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def _softmax_slope(z: Array, h: Array) -> Array:
    """Not the derivative, which is a matrix, but what bounds it: the probability of all classes but the likeliest."""
    return np.broadcast_to(1.0 - h.max(axis=-1, keepdims=True), h.shape)


LINEAR = (lambda z: z, lambda z, h: np.ones_like(z), 0)
SILU = (lambda z: z * sigmoid(z), _silu_slope, 0)
RECTIFIER = (_rectifier, _rectifier_slope, 0)

#: Value, slope, and the number of sides that saturate. The flat side of a rectifier, or of a function near one, is no
#: saturation: half of all pre-activations are meant to lie there.
TABLE: dict[str, tuple[Callable, Callable, int]] = {
    "linear": LINEAR,
    "identity": LINEAR,
    "tanh": (np.tanh, lambda z, h: 1.0 - h * h, 2),
    "sigmoid": (sigmoid, lambda z, h: h * (1.0 - h), 2),
    "softmax": (_softmax, _softmax_slope, 2),
    "softsign": (lambda z: z / (1.0 + np.abs(z)), lambda z, h: (1.0 - np.abs(h)) ** 2, 2),
    "relu": (lambda z: np.maximum(z, 0.0), lambda z, h: (z > 0) * 1.0, 0),
    "relu6": (lambda z: np.clip(z, 0.0, 6.0), lambda z, h: ((z > 0) & (z < 6)) * 1.0, 1),
    "leaky_relu": RECTIFIER,
    "prelu": RECTIFIER,
    "elu": (_elu, _elu_slope, 0),
    "gelu": (lambda z: z * below(z), _gelu_slope, 0),
    "silu": SILU,
    "swish": SILU,
    "mish": (lambda z: z * np.tanh(softplus(z)), _mish_slope, 0),
    "hardswish": (lambda z: z * np.clip(z + 3, 0.0, 6.0) / 6, _hardswish_slope, 0),
    "softplus": (lambda z, beta: softplus(beta * z) / beta, lambda z, h, beta: sigmoid(beta * z), 0),
    "selu": (lambda z: SELU_SCALE * _elu(z, SELU_ALPHA), _selu_slope, 0),
    "sine": (lambda z, omega: np.sin(omega * z), lambda z, h, omega: omega * np.cos(omega * z), 0),
}

#: Functions of the second half of the units, which are multiplied with the first (Dauphin et al. 2017, Shazeer 2020);
#: the order of halves is that of torch.nn.functional.glu.
GATES = {"glu": "sigmoid", "bilinear": "linear", "reglu": "relu", "geglu": "gelu", "swiglu": "silu"}

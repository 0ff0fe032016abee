"""How deep a signal can go at a stack's variance of weights and biases: order, chaos, and the edge between them.

Mean-field theory of wide layers (Poole et al. 2016, Schoenholz et al. 2017). Of pre-activations z of variance q, the
next layer's have variance V(q) = w E[f(z)**2] + b, for weights of variance w / fan_in and biases of variance b. A small
difference between two samples, and a gradient on its way back, is multiplied by chi = w E[f'(z)**2] a layer, in second
moment: below 1 all samples become alike, above 1 near ones are torn apart.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fastinit.checking.activations import Activation
from fastinit.checking.figures import second_moment
from fastinit.checking.network import Layer, Step
from fastinit.checking.verdicts import SCALE_CHANGE

#: Points and ends of the trapezoidal rule for a normal variable, an even number, so that none lies on the corner of a
#: rectifier. Functions of a width of 1/100 are still resolved.
N_POINTS, END = 4000, 8.0

#: Layers that are looked at; signals that are there then go to any depth.
N_LAYERS = 1000

#: Relative change of a variance that has settled.
SETTLED = 1e-9

#: Weights of hidden layers may differ by this factor in variance, and still count as of one: chance does that.
ALIKE = 1.25

#: Of chi around 1, how near counts as the edge: over N_LAYERS layers a factor of SCALE_CHANGE.
EDGE = math.log(SCALE_CHANGE) / N_LAYERS


class Phase(NamedTuple):
    """Of the hidden layers; ``str()`` says it in a line."""

    weight_variance: float  #: w, times fan_in
    bias_variance: float  #: b
    bias_mean: float
    variance: float  #: q, of pre-activations deep down
    chi: float  #: what a small difference is multiplied with in a layer there, in second moment
    depth: float  #: layers over which second moments stay within a factor of 1000, gradients' too; inf from 1000 on

    def __str__(self) -> str:
        biases = f"biases of mean {self.bias_mean:.3g} and variance {self.bias_variance:.3g}"
        at = f"weights of variance {self.weight_variance:.3g} / fan_in and {biases}"
        side = "at the edge of chaos"
        if abs(math.log(self.chi)) > EDGE:
            side = "in order, where samples become alike" if self.chi < 1 else "in chaos, where near samples part"
        deep = "to any depth" if math.isinf(self.depth) else f"about {self.depth:.0f} layers deep"
        return f"by mean-field theory {at} are {side} (chi {self.chi:.3g} a layer), and signals go {deep}"


def of_stack(steps: tuple[Step, ...], rng: object) -> Phase | None:
    """Of a plain stack whose hidden layers are alike, else None."""
    hidden = steps[:-1]
    if len(hidden) < 2 or not all(isinstance(step, Layer) and step.has_weights and step.norm is None for step in steps):
        return None
    first = hidden[0].activation
    if first.n_parts > 1 or any(step.activation.choice != first.choice for step in hidden):
        return None
    with np.errstate(all="ignore"):
        variances = [_weight_variance(step, rng) for step in hidden]
        if not 0 < max(variances) <= ALIKE * min(variances) < math.inf:
            return None
        w = math.exp(float(np.mean(np.log(variances))))
        b = float(np.mean([np.var(step.bias) for step in hidden]))
        return mean_field(first, w, b, float(np.mean([np.mean(step.bias) for step in hidden])))


def _weight_variance(layer: Layer, rng: object) -> float:
    taps = layer.taps(rng)
    return second_moment(taps) * taps.shape[0] * taps.shape[1]


def mean_field(activation: Activation, w: float, b: float, mean: float = 0.0) -> Phase | None:
    """What becomes of inputs of variance 1, with biases of that variance and mean; None if nothing goes on at once."""
    z = np.linspace(-END, END, N_POINTS)
    density = np.exp(-0.5 * z * z)
    density /= density.sum()
    q, moment, gain, depth, found = w + b, 1.0, 1.0, math.inf, None
    for n_layers in range(1, N_LAYERS + 1):
        at = mean + math.sqrt(q) * z[:, None]
        value = activation.value(at)
        moment = float(density @ value[:, 0] ** 2)
        chi = w * float(density @ activation.slope(at, value)[:, 0] ** 2)
        if not 0 < q < math.inf or not 0 < chi < math.inf:
            return found and found._replace(depth=min(found.depth, n_layers - 1))
        if math.isinf(depth) and not all(1 / SCALE_CHANGE <= change <= SCALE_CHANGE for change in (moment, gain)):
            depth = n_layers - 1
        gain *= chi
        found = Phase(w, b, mean, q, chi, depth)
        following = w * moment + b
        if abs(following - q) <= SETTLED * q:
            if math.isinf(depth):
                depth = n_layers + _layers_until(gain, chi)
            return found._replace(depth=depth if depth <= N_LAYERS else math.inf)
        q = following
    return found


def _layers_until(gain: float, chi: float) -> float:
    """How many more layers of that chi take the gain beyond SCALE_CHANGE, or below its inverse."""
    rate = math.log(chi)
    return math.inf if rate == 0 else math.floor((math.copysign(math.log(SCALE_CHANGE), rate) - math.log(gain)) / rate)

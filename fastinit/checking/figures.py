"""What one step of a stack does to the data, in numbers."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fastinit.checking import beginnings, histograms, law_moments, products, sides, units
from fastinit.checking.histograms import Histogram
from fastinit.checking.network import Layer, Step
from fastinit.laws.dtypes import FLOAT64_FORMAT

#: A unit passes nothing on for a sample if its derivative is below this, a tenth of leaky ReLU's slope, which is there
#: to pass something.
DEAD_SLOPE = 1e-3


class Figures(NamedTuple):
    """What one step does to the data; NaN for what lies beyond an overflow of float64."""

    step: Step
    is_in_branch: bool
    has_norms: bool  #: the network, anywhere
    shape: tuple[int, ...]  #: of the pre-activations
    mean: float  #: of the outputs, over samples and units
    std: float
    ratio: float  #: the outputs' second moment over the inputs', which is 1; the pre-activations' for softmax
    signal: float  #: share of the outputs' second moment that varies from sample to sample
    saturated: float  #: share of outputs
    dead: float  #: share of units that pass nothing on for any sample
    duplicates: float  #: share of units whose weights and bias, and whose outgoing weights, another unit has
    width: float  #: the weights' root mean square over the recommended scheme's standard deviation; NaN without weights
    beginning: bytes  #: of the weights, as `beginnings.of` has it
    gradient_std: float  #: of the gradient with respect to the pre-activations
    gradient_ratio: float  #: its squared length over that of the last step's
    histogram: Histogram  #: of outputs
    gradient_histogram: Histogram | None  #: of the gradient with respect to pre-activations; None before it is known

    @property
    def n_out(self) -> int:
        return self.shape[-1] // self.step.activation.n_parts


def forward(step: Step, z: np.ndarray, h: np.ndarray, slope: np.ndarray, is_in_branch: bool, taps) -> Figures:
    """From pre-activations, outputs, the derivative and the weights, if any; figures of gradients are still missing."""
    # Probabilities have a scale that depends on nothing but their number.
    moment = second_moment(z if step.activation.name == "softmax" else h)
    known = 1.0 if math.isfinite(moment) else math.nan  # slopes at NaN tell nothing
    passing = step.activation.passes(slope, DEAD_SLOPE).reshape(-1, h.shape[-1]).any(axis=0)
    return Figures(
        step,
        is_in_branch,
        False,
        z.shape,
        float(h.mean()),
        float(h.std()),
        moment,
        signal_share(h),
        known * float(step.activation.saturated(z, slope).mean()),
        known * (1.0 - float(passing.mean())),
        0.0 if taps is None else units.n_duplicates(sides.incoming(step, taps)) / step.n_out,
        math.nan if taps is None else math.sqrt(second_moment(taps)) / recommended_std(step),
        b"" if taps is None else beginnings.of(taps),
        math.nan,
        math.nan,
        histograms.of(h),
        None,
    )


def backward(found: Figures, gradient: np.ndarray) -> Figures:
    """With the figures of the gradient with respect to z: the ratio is the squared length still."""
    gradient = gradient / found.step.activation.scale
    return found._replace(
        gradient_std=float(gradient.std()),
        gradient_ratio=second_moment(gradient) * gradient.size,
        gradient_histogram=histograms.of(gradient),
    )


def relative(found: list[Figures], shares_of_equal: list[float], has_norms: bool) -> list[Figures]:
    """Gradients over the last step's, and the units that are equal on both sides of those that are on one."""
    last = np.float64(found[-1].gradient_ratio)
    with np.errstate(all="ignore"):
        return [
            row._replace(gradient_ratio=float(row.gradient_ratio / last), duplicates=share, has_norms=has_norms)
            for row, share in zip(found, shares_of_equal, strict=True)
        ]


def second_moment(array: np.ndarray) -> float:
    return products.sum_of_squares(array) / array.size


def signal_share(h: np.ndarray) -> float:
    """The variance over samples, averaged over units and positions, over the second moment; NaN of one sample."""
    if len(h) < 2:
        return math.nan
    # Of equal numbers the mean may be off in the last place, and so the variance above 0.
    varies = (h != h[:1]).any(axis=0)
    variance = float(np.where(varies, h.var(axis=0), 0.0).mean())
    moment = second_moment(h)
    return variance / moment if moment else 0.0


def recommended_std(layer: Layer) -> float:
    return law_moments.of(layer.recommended.spec.law(layer.shape, FLOAT64_FORMAT)).std

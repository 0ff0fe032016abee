"""From a layer's figures to findings: the thresholds, each with its reason."""

from __future__ import annotations

import math

from fastinit.checking.propagate import Figures

#: The findings in the order in which they are causes of each other: the first that any layer has is the verdict.
#: Equal units stay equal whatever the scale; dead and saturated units come before what they do to the scale.
ORDER = ("symmetric", "dead", "saturating", "exploding", "vanishing")

HEALTHY = "healthy"

#: Second moments may change by this factor, activations' from the inputs on and gradients' from the outputs back: 32 in
#: standard deviation. Not less, because tanh at the scale that is best for it loses as 1 / (2 n_layers), 1/100 in 50
#: layers, and ELU gains 190. Not more, because it should come well before training stops: of He et al. (2015), layers
#: that halve the second moment still train when 22 deep, 2e-7, and no more when 30 deep, 1e-9. A factor of 2 a layer is
#: found from 10 layers on, 3 from 7, 10 from 3.
SCALE_CHANGE = 1e3

#: Share of saturated outputs on each side that saturates: what normal pre-activations have whose standard deviation is
#: the very point where saturation begins, P(z > 1). So the typical pre-activation lies beyond it. The largest of common
#: weights are well below: tanh with PyTorch's gain of 5/3 has 0.19 on two sides.
SATURATED_SHARE = math.erfc(math.sqrt(0.5)) / 2

#: Share of units with another's weights. No scheme that draws makes any; some are harmless, as so many units less.
DUPLICATE_SHARE = 0.1

#: Of the share of dead units, how far above 1/2 counts, in standard deviations of Binomial(n_units, 1/2).
DEAD_DEVIATIONS = 4.0


def findings(figures: Figures, is_last: bool) -> tuple[str, ...]:
    """What is wrong with a layer, in ORDER; empty if nothing is."""
    sides = figures.layer.activation.n_sides
    ratios = figures.ratio, figures.gradient_ratio
    found = {
        # The last layer's units have targets of their own, which tell them apart at the first step.
        "symmetric": figures.duplicates >= DUPLICATE_SHARE and not is_last,
        # A unit at either end of tanh is not off, and "saturating" says more.
        "dead": sides < 2 and figures.dead >= most_dead(figures.layer.n_out),
        "saturating": sides > 0 and figures.saturated > sides * SATURATED_SHARE,
        "exploding": not all(ratio <= SCALE_CHANGE for ratio in ratios),  # NaN comes of infinities
        "vanishing": any(ratio < 1 / SCALE_CHANGE for ratio in ratios),
    }
    return tuple(name for name in ORDER if found[name])


def most_dead(n_units: int) -> float:
    """With symmetric weights a rectifier is off with probability 1/2.

    Deep down all samples have become alike, so that it is off for all of them with that probability: up to half of the
    units of a healthy network are dead for the data at hand. More are so by their biases.
    """
    return min(1.0, 0.5 + DEAD_DEVIATIONS * 0.5 / math.sqrt(n_units))

"""From a layer's figures to findings: the thresholds, each with its reason."""

from __future__ import annotations

import math

from fastinit.checking.figures import Figures

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

#: Gradients may change by the square of it where the network has norms: these take a change of scale away, and what is
#: left grows from block to block no faster than a power of their number, as in published ResNets of 100 layers. The
#: layers of batch norm without residual connections that do not train gain 1.47 each (Yang et al. 2019), and are found
#: from 36 on.
NORMED_SCALE_CHANGE = SCALE_CHANGE**2

#: Share of saturated outputs on each side that saturates: what normal pre-activations have whose standard deviation is
#: the very point where saturation begins, P(z > 1). So the typical pre-activation lies beyond it. The largest of common
#: weights are well below: tanh with PyTorch's gain of 5/3 has 0.19 on two sides.
SATURATED_SHARE = math.erfc(math.sqrt(0.5)) / 2

#: Share of units with another's weights. Random schemes make none. A few do little harm: the
#: network is narrower by so many.
DUPLICATE_SHARE = 0.1

#: Of the outputs' second moment, the part that varies from sample to sample is lost below the square of float32's
#: rounding, 2**-24, in the digits of what carries it. Below the square of bfloat16's, 2**-9, it is worth a note:
#: training in float32 may still widen it.
LOST_SHARE, SIGNAL_SHARE = 2.0**-48, 2.0**-18

#: Of the share of dead units, how far above 1/2 counts, in standard deviations of Binomial(n_units, 1/2).
DEAD_DEVIATIONS = 4.0


def findings(figures: Figures) -> tuple[str, ...]:
    """What is wrong with a step, in ORDER; empty if nothing is.

    Within a branch nothing vanishes: it may end in zeros, and the stream goes on beside it.
    """
    sides = figures.step.activation.n_sides
    change = NORMED_SCALE_CHANGE if figures.has_norms else SCALE_CHANGE
    changes = (figures.ratio, SCALE_CHANGE), (figures.gradient_ratio, change)
    found = {
        "symmetric": figures.duplicates >= DUPLICATE_SHARE,
        # A unit at either end of tanh is not off, and "saturating" says more.
        "dead": sides < 2 and figures.dead >= most_dead(figures.n_out),
        "saturating": sides > 0 and figures.saturated > sides * SATURATED_SHARE,
        "exploding": not all(ratio <= most for ratio, most in changes),  # NaN comes of infinities
        "vanishing": not figures.is_in_branch
        and (any(ratio < 1 / most for ratio, most in changes) or figures.signal < LOST_SHARE),
    }
    return tuple(name for name in ORDER if found[name])


def most_dead(n_units: int) -> float:
    """With symmetric weights a rectifier is off with probability 1/2.

    Deep down all samples have become alike, so that it is off for all of them with that probability: up to half of the
    units of a healthy network are dead for the data at hand. More are so by their biases.
    """
    return min(1.0, 0.5 + DEAD_DEVIATIONS * 0.5 / math.sqrt(n_units))


def of_stack(rows: list[Figures]) -> tuple[str, ...]:
    """All that is found in any step, in ORDER."""
    found = {name for row in rows for name in findings(row)}
    return tuple(name for name in ORDER if name in found)


def strain(rows: list[Figures]) -> float:
    """The factor, either way, by which second moments of the stream change at most."""
    ratios = [ratio for row in rows if not row.is_in_branch for ratio in (row.ratio, row.gradient_ratio)]
    return max(max(ratio, 1 / ratio) if ratio > 0 else math.inf for ratio in ratios)

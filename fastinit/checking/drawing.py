"""What the figure and the page share: colours, the heights of a ridge, the axis of scales."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from fastinit.checking.histograms import Histogram
from fastinit.checking.verdicts import SCALE_CHANGE


class Colors(NamedTuple):
    """Names of CSS custom properties on the page, too."""

    paper: str
    ink: str
    muted: str  #: small print
    faint: str  #: lines that guide the eye
    band: str  #: behind scales that are healthy
    activations: str
    gradients: str
    sick: str
    healthy: str


# Activations and gradients have Okabe and Ito's blues and oranges, which stay apart for every kind of colour blindness;
# the orange on white is darker than theirs. All text has a contrast of 4.5 to the paper, as WCAG 2.1 (1.4.3) asks for.
LIGHT = Colors("#ffffff", "#1f2328", "#656d76", "#e4e7eb", "#e8f3ec", "#0072b2", "#bd4f00", "#b3261e", "#1a7f4b")
DARK = Colors("#0f141a", "#e6e8eb", "#97a1ac", "#2a323b", "#17291f", "#56b4e9", "#e69f00", "#ff7b72", "#56d394")


class Line(NamedTuple):
    """One of the two lines of scales."""

    field: str  #: of a layer
    kind: str  #: the name of its color
    text: str


LINES = (
    Line("activation_ratio", "activations", "activations / inputs"),
    Line("gradient_ratio", "gradients", "gradients / last layer"),
)

#: A ridge is cut at SPIKE times its third highest bin, since a rectifier's zeros, or the two ends of a function that
#: saturates, would flatten all the rest; but not below CUT times the mean count of bins that hold anything.
SPIKE, CUT = 1.5, 4.0

#: Ticks of the axis of scales, at the most, those at its ends aside.
MAX_TICKS = 7

#: The share of the axis of scales that 0 and infinity have at its ends.
END_SHARE = 0.07

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def outline(histogram: Histogram | None) -> tuple[np.ndarray, np.ndarray]:
    """Of a ridge the bins, from the empty one before the first that holds anything to that after the last, and heights.

    Heights are from 0 to 1. Of no histogram, or one without counts, there are no bins.
    """
    if histogram is None or not histogram.counts.any():
        return np.empty(0, int), np.empty(0)
    counts = histogram.counts
    cut = max(SPIKE * np.sort(counts)[-3], CUT * counts[counts > 0].mean())
    filled = np.flatnonzero(counts)
    bins = np.arange(max(filled[0] - 1, 0), min(filled[-1] + 2, len(counts)))
    heights = np.minimum(counts[bins] / min(cut, counts.max()), 1.0)
    heights[[0, -1]] = 0.0  # closes the outline, at an end of the axis too
    return bins, heights


class Scale(NamedTuple):
    """A log axis from 0, its left end, to 1, its right one."""

    low: int  #: power of ten at the left end, or where what is kept for 0 ends
    high: int
    has_zero: bool
    has_infinity: bool

    def place(self, ratio: float) -> float:
        """Where a ratio is; NaN nowhere."""
        if ratio == 0 or ratio == math.inf:
            return float(ratio > 0)
        left, right = END_SHARE * self.has_zero, 1 - END_SHARE * self.has_infinity
        return left + (right - left) * (math.log10(ratio) - self.low) / (self.high - self.low)

    @property
    def band(self) -> tuple[float, float]:
        """Where the healthy ratios are."""
        return self.place(1 / SCALE_CHANGE), self.place(SCALE_CHANGE)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Places and their names: powers of ten, 1 among them."""
        span = self.high - self.low
        step = next(step for step in (1, 2, 3, 5, 10, 20, 50, 100, 200) if span // step < MAX_TICKS)
        powers = range(-(-self.low // step) * step, self.high + 1, step)
        ends = [(0.0, "0")] * self.has_zero + [(1.0, "∞")] * self.has_infinity
        return [*((self.place(10.0**power), power_of_ten(power)) for power in powers), *ends]


def ratios_of(layer) -> list[float]:
    """Of both LINES."""
    return [getattr(layer, line.field) for line in LINES]


def scale_of(layers: Iterable) -> Scale:
    """One that has room for all ratios, and the healthy band with a power of ten more on each side."""
    ratios = [ratio for layer in layers for ratio in ratios_of(layer)]
    powers = [math.log10(ratio) for ratio in ratios if 0 < ratio < math.inf]
    least = math.log10(SCALE_CHANGE) + 1
    low, high = math.floor(min([-least, *powers])), math.ceil(max([least, *powers]))
    return Scale(low, high, 0.0 in ratios, math.inf in ratios)


def power_of_ten(power: int) -> str:
    return "1" if power == 0 else f"10{str(power).translate(SUPERSCRIPTS)}"


def number(value: float) -> str:
    """Two digits, short whatever the size; a dash where there is no number."""
    if math.isnan(value):
        return "\N{EN DASH}"
    return f"{value:.2g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", "\N{MINUS SIGN}")

"""The panels of a network's figure, in inches: ridges of histograms, and the lines of both scales."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fastinit.checking import drawing
from fastinit.checking.drawing import Colors
from fastinit.checking.histograms import END, N_BINS, Histogram

RIDGES_WIDE, NUMBERS_WIDE, SCALES_WIDE = 2.4, 0.62, 3.2

#: The highest ridge rises over so many rows, or inches if that is more: enough to be seen among 300, without hiding
#: the next where there is room.
RISE_ROWS, RISE = 1.6, 0.24

#: Inches between a panel and its axis, and to the numbers beside ridges.
BELOW, BESIDE = 0.08, 0.08

#: Inches from the first layer up to where its panel begins, and from a heading to the key below it.
ABOVE, KEY_BELOW = 0.12, 0.24

#: Inches of a mark beside a layer, and what it laps over the next.
MARK_HIGH, SEAM = 0.2, 0.01

# Points.
HEADING, LABEL, SMALL = 10.0, 8.0, 7.0

#: Up to so many layers each has a mark on the lines.
MAX_MARKED = 100

#: Both lines can be told apart without their colors.
MARKERS = {"activations": "o", "gradients": "s"}

SIGMA = "\N{GREEK SMALL LETTER SIGMA}"

#: Of a ridge's color in its area; its outline has all.
FILL = 0.45


class Rows(NamedTuple):
    """Where layers are, from top to bottom."""

    n: int
    high: float
    top: float
    named: list[int]  #: those whose name and numbers there is room for

    def y(self, position: float) -> float:
        """The base line of a row."""
        return self.top + (position + 1) * self.high

    @property
    def bottom(self) -> float:
        return self.y(self.n - 1) + BELOW


class Ridges(NamedTuple):
    """What one panel of ridges shows."""

    heading: str
    color: str
    histograms: list[Histogram | None]
    stds: list[float]


def activations_of(report, colors: Colors) -> Ridges:
    outputs = [pair[0] for pair in report.histograms]
    return Ridges("activations", colors.activations, outputs, [layer.std for layer in report.layers])


def gradients_of(report, colors: Colors) -> Ridges:
    gradients = [pair[1] for pair in report.histograms]
    return Ridges("gradients", colors.gradients, gradients, [layer.gradient_std for layer in report.layers])


def rise(row_high: float) -> float:
    """Inches of the highest ridge."""
    return max(RISE_ROWS * row_high, RISE) if row_high < RISE else row_high * 0.9


def mark_sick(axes, rows: Rows, x: float, layers, colors: Colors) -> None:
    """A bar beside each layer that something is wrong with; one line where they follow each other closely."""
    half = min(rows.high / 2 + SEAM, MARK_HIGH / 2)
    middles = np.array([rows.y(i) for i, layer in enumerate(layers) if layer.findings])
    axes.vlines(np.full(len(middles), x), middles - half, middles + half, color=colors.sick, linewidth=2.4)


def ridges(axes, rows: Rows, left: float, heading: float, shown: Ridges, colors: Colors) -> None:
    """A histogram a layer, each with its own scale, later ones in front; the standard deviations beside them."""
    from matplotlib.collections import PolyCollection

    right = left + RIDGES_WIDE
    axes.text(left, heading, shown.heading, size=HEADING, weight="bold", color=shown.color, va="top")
    axes.text(right + BESIDE, heading, "std", size=HEADING, color=colors.muted, va="top")
    axes.hlines([rows.y(i) for i in range(rows.n)], left, right, color=colors.faint, linewidth=0.5)
    x = left + RIDGES_WIDE * (np.arange(N_BINS) + 0.5) / N_BINS  # of the middles of bins
    outlines = []
    for i, histogram in enumerate(shown.histograms):
        bins, heights = drawing.outline(histogram)
        outlines.append(np.stack([x[bins], rows.y(i) - rise(rows.high) * heights], axis=1))
    fill, width = _mixed(shown.color, colors.paper, FILL), 0.8 if rows.n <= MAX_MARKED else 0.4
    axes.add_collection(PolyCollection(outlines, facecolor=fill, edgecolor=shown.color, linewidth=width, zorder=2))
    for i in rows.named:
        text = "" if shown.histograms[i] is None else drawing.number(shown.stds[i])
        axes.text(right + BESIDE, rows.y(i), text, size=LABEL, color=colors.muted, va="center_baseline")
    for share in 0.0, 0.25, 0.5, 0.75, 1.0:
        deviations = END * (2 * share - 1)
        text = f"{drawing.number(deviations)}{SIGMA}" if deviations else "mean"
        _tick(axes, rows, left + RIDGES_WIDE * share, text, colors)


def scales(axes, rows: Rows, left: float, heading: float, layers, colors: Colors) -> None:
    """Both ratios by layer on a log axis, on the band where they are healthy."""
    from matplotlib.patches import Rectangle

    scale, top = drawing.scale_of(layers), rows.y(0) - ABOVE
    axes.text(left, heading, "second moment", size=HEADING, weight="bold", color=colors.ink, va="top")
    low, high = (left + SCALES_WIDE * place for place in scale.band)
    axes.add_patch(Rectangle((low, top), high - low, rows.bottom - top, color=colors.band, linewidth=0, zorder=1))
    axes.text((low + high) / 2, top - BELOW / 2, "healthy", size=SMALL, color=colors.healthy, ha="center")
    for place, text in scale.ticks:
        x = left + SCALES_WIDE * place
        axes.vlines(x, top, rows.bottom, color=colors.faint, linewidth=0.6, zorder=1.5)
        _tick(axes, rows, x, text, colors)
    y = [rows.y(i) for i in range(rows.n)]
    for i, line in enumerate(drawing.LINES):
        color, marker = getattr(colors, line.kind), MARKERS[line.kind]
        x = [left + SCALES_WIDE * scale.place(drawing.ratios_of(layer)[i]) for layer in layers]
        size = 3.4 if rows.n <= MAX_MARKED else 0
        axes.plot(x, y, color=color, marker=marker, markersize=size, linewidth=1.4, zorder=3)
        key = left + i * SCALES_WIDE / 2
        axes.plot(key + 0.04, heading + KEY_BELOW + 0.05, marker, color=color, markersize=4)
        axes.text(key + 0.13, heading + KEY_BELOW, line.text, size=LABEL, color=color, va="top")


def _tick(axes, rows: Rows, x: float, text: str, colors: Colors) -> None:
    axes.text(x, rows.bottom + BELOW, text, size=SMALL, color=colors.muted, ha="center", va="top")


def _mixed(color: str, paper: str, share: float) -> tuple[float, ...]:
    from matplotlib.colors import to_rgb

    return tuple(share * a + (1 - share) * b for a, b in zip(to_rgb(color), to_rgb(paper), strict=True))

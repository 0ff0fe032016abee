"""A network's report as a figure: each layer's distributions as ridges, and the scale from layer to layer.

Everything has its place in inches, and the figure grows with its longest name: so nothing is cut off.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterable
from typing import NamedTuple

from fastinit.checking import drawing, panels
from fastinit.checking.drawing import Colors
from fastinit.checking.panels import Rows
from fastinit.common import checks
from fastinit.common.terminal import printable, shortened, wrapped
from fastinit.files import names, written_files

# Inches.
MARGIN, GAP = 0.36, 0.26
LABEL_HIGH = 0.15  #: of a row that is named, at least
MAX_ROW_HIGH, MAX_ROWS_HIGH = 0.42, 8.4
HEADING_HIGH, AXIS_HIGH = 0.56, 0.2

# Points; a line of text is LINE times as high.
TITLE, TEXT = 17.0, 9.5
LINE = 1.4

#: Characters of a name and of an activation; longer ones are shortened in the middle.
MAX_NAME, MAX_ACTIVATION = 64, 24

DOTS_PER_INCH = 120

#: Characters of a line of text, to begin with.
MAX_LINE = 220

#: Names are no formulas. Letters are as wide as measured, not rounded to whole dots.
STYLE = {
    "text.parse_math": False,
    "text.hinting": "no_hinting",
    "font.family": "DejaVu Sans",
    "svg.hashsalt": "fastinit",  # else names of parts of an SVG file are random
}

#: What a file would tell of the time at which it was written: the same report is the same picture.
UNTIMED = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": None}


def write(report, path: str | os.PathLike, dark: bool = False) -> None:
    """Draw a report into a file of the type that its name says.

    It has ``verdict``, ``healthy``, ``reason``, ``remedy``, ``histograms``, a pair for each layer of which the second
    may be None, and ``layers``, each with strings ``name`` and ``activation``, ``findings``, and ``std``,
    ``gradient_std`` and both ratios, which may be NaN.
    """
    dark = checks.boolean("plot", "dark", dark)
    path = written_files.check_plot("plot", "path", path)
    import matplotlib

    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)  # names in any script
        figure = _figure(report, drawing.DARK if dark else drawing.LIGHT)
        with names.complete(path) as begun:
            figure.savefig(begun, format=path.suffix[1:], metadata=UNTIMED[path.suffix])


class _Line(NamedTuple):
    """Of the text above the panels."""

    text: str
    size: float
    color: str
    weight: str = "normal"

    @property
    def high(self) -> float:
        return self.size * LINE / 72


def _figure(report, colors: Colors):
    from matplotlib.figure import Figure

    n_layers = len(report.layers)
    row_high = min(MAX_ROW_HIGH, MAX_ROWS_HIGH / n_layers)
    named = _spread(n_layers, math.ceil(LABEL_HIGH / row_high))
    names = {i: shortened(printable(report.layers[i].name), MAX_NAME) for i in named}
    activations = {i: shortened(printable(report.layers[i].activation), MAX_ACTIVATION) for i in named}
    left_of_activations = MARGIN + _widest(names.values()) + GAP / 2
    left = left_of_activations + _widest(activations.values()) + GAP / 2
    lefts = [left + GAP / 2 + i * (panels.RIDGES_WIDE + panels.NUMBERS_WIDE + GAP) for i in range(3)]
    wide = lefts[-1] + panels.SCALES_WIDE + MARGIN
    lines = _lines(report, colors, wide - 2 * MARGIN)
    heading = MARGIN + sum(line.high for line in lines) + HEADING_HIGH / 2
    beyond = max(panels.rise(row_high) - row_high - panels.ABOVE, 0.0)  # what the first ridge needs above its row
    rows = Rows(n_layers, row_high, heading + HEADING_HIGH + beyond, named)

    figure = Figure((wide, rows.bottom + AXIS_HIGH + MARGIN), dpi=DOTS_PER_INCH, facecolor=colors.paper)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, wide), ylim=(rows.bottom + AXIS_HIGH + MARGIN, 0))
    axes.set_axis_off()
    y = MARGIN
    for line in lines:
        axes.text(MARGIN, y, line.text, size=line.size, color=line.color, weight=line.weight, va="top")
        y += line.high
    _labels(axes, rows, MARGIN, names, colors.ink)
    _labels(axes, rows, left_of_activations, activations, colors.muted)
    panels.mark_sick(axes, rows, left, report.layers, colors)
    panels.ridges(axes, rows, lefts[0], heading, panels.activations_of(report, colors), colors)
    panels.ridges(axes, rows, lefts[1], heading, panels.gradients_of(report, colors), colors)
    panels.scales(axes, rows, lefts[2], heading, report.layers, colors)
    return figure


def _spread(n: int, step: int) -> list[int]:
    """Every so many positions, and the last with room before it."""
    return [i for i in range(0, n, step) if i == 0 or n - 1 - i >= step] + [n - 1] * (n > 1)


def _lines(report, colors: Colors, wide: float) -> list[_Line]:
    """The verdict, the reason and the remedy."""
    title = _Line(report.verdict, TITLE, colors.healthy if report.healthy else colors.sick, "bold")
    reason = [_Line(text, TEXT, colors.ink) for text in _wrapped(report.reason, wide)]
    remedy = f"remedy: {report.remedy}" if report.remedy else ""
    return [title, *reason, *(_Line(text, TEXT, colors.muted) for text in _wrapped(remedy, wide))]


def _wrapped(text: str, wide: float) -> list[str]:
    """Lines that all fit a width: of ever fewer characters, until they do."""
    n, lines = MAX_LINE, []
    while text:
        lines = wrapped(printable(text), n)
        if n == 1 or _widest(lines, TEXT) <= wide:
            break
        n = n * 9 // 10
    return lines


def _widest(texts: Iterable[str], size: float = panels.LABEL) -> float:
    """Inches that the longest takes."""
    from matplotlib.textpath import TextPath

    outlines = (TextPath((0, 0), text, size).vertices for text in texts if text.strip())
    return max((outline[:, 0].max() for outline in outlines), default=0.0) / 72


def _labels(axes, rows: Rows, left: float, texts: dict[int, str], color: str) -> None:
    for i, text in texts.items():
        axes.text(left, rows.y(i), text, size=panels.LABEL, color=color, va="center_baseline")

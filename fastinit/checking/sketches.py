"""Drawings of a page's table, a cell each: a layer's histogram, and its part of the lines of both scales."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fastinit.checking import drawing
from fastinit.checking.drawing import Scale
from fastinit.checking.histograms import N_BINS, Histogram

# Pixels, which CSS takes for 1/96 inch. Lines run on from row to row, so a row is as high as its drawings.
ROW_HIGH, RIDGE_WIDE, SCALE_WIDE = 30, 122, 230
BASE = ROW_HIGH - 4  #: of a ridge
MARK = 2.8  #: half of a mark's width


def ridge(histogram: Histogram | None, what: str) -> str:
    """A filled curve; nothing of no histogram."""
    if histogram is None:
        return ""
    bins, heights = drawing.outline(histogram)
    points = " ".join(
        f"{RIDGE_WIDE * (i + 0.5) / N_BINS:.1f},{BASE - (BASE - 2) * height:.1f}"
        for i, height in zip(bins, heights, strict=True)
    )
    numbers = (drawing.number(value) for value in (histogram.centre, histogram.scale))
    label = "{} about {}, with a standard deviation of {}".format(what, *numbers) if points else f"{what}: not finite"
    base = f'<path class="faint" d="M0 {BASE}H{RIDGE_WIDE}"/>'
    return _svg(what, RIDGE_WIDE, label, base + (f'<polygon points="{points}"/>' if points else ""))


def scales(layers: Sequence, scale: Scale) -> list[str]:
    """Of each layer both marks, and the lines halfway to its neighbours."""
    low, high = (SCALE_WIDE * place for place in scale.band)
    band = f'<rect class="band" x="{low:.1f}" width="{high - low:.1f}" height="{ROW_HIGH}"/>'
    grid = "".join(f'<path class="faint" d="M{SCALE_WIDE * place:.1f} 0V{ROW_HIGH}"/>' for place, _ in scale.ticks)
    marks = [""] * len(layers)
    for which, line in enumerate(drawing.LINES):
        x = [SCALE_WIDE * scale.place(drawing.ratios_of(layer)[which]) for layer in layers]
        marks = [mark + _line(x, i, line.kind) for i, mark in enumerate(marks)]
    return [
        _svg("scales", SCALE_WIDE, _label(layer), band + grid + mark) for layer, mark in zip(layers, marks, strict=True)
    ]


def axis(scale: Scale) -> str:
    """Names of the ticks, for the head of the column, without a label: each cell has its numbers in words."""
    texts = "".join(f'<text x="{SCALE_WIDE * place:.1f}" y="11">{text}</text>' for place, text in scale.ticks)
    return f'<svg class="axis" aria-hidden="true" width="{SCALE_WIDE}" height="14">{texts}</svg>'


def _line(x: list[float], i: int, what: str) -> str:
    if math.isnan(x[i]):
        return ""
    middle = ROW_HIGH / 2
    points = [(x[i], middle)]
    if i and not math.isnan(x[i - 1]):
        points.insert(0, ((x[i - 1] + x[i]) / 2, 0))
    if i + 1 < len(x) and not math.isnan(x[i + 1]):
        points.append(((x[i] + x[i + 1]) / 2, ROW_HIGH))
    path = "L".join(f"{a:.1f} {b:g}" for a, b in points)
    if what == "activations":
        mark = f'<circle cx="{x[i]:.1f}" cy="{middle:g}" r="{MARK}"/>'
    else:
        mark = f'<rect x="{x[i] - MARK:.1f}" y="{middle - MARK:g}" width="{2 * MARK}" height="{2 * MARK}"/>'
    return f'<g class="{what}"><path d="M{path}"/>{mark}</g>'


def _label(layer) -> str:
    activations, gradients = map(drawing.number, drawing.ratios_of(layer))
    return f"activations {activations} times the inputs', gradients {gradients} times the last layer's"


def _svg(kind: str, wide: int, label: str, content: str) -> str:
    """An image with words in its place for those who do not see it."""
    size = f'width="{wide}" height="{ROW_HIGH}" viewBox="0 0 {wide} {ROW_HIGH}"'
    return f'<svg class="{kind}" role="img" aria-label="{label}" {size}>{content}</svg>'

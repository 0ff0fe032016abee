"""A network's report as a figure: histograms of each layer as ridges, and the scale from layer to layer."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from fastinit.checking.propagate import HISTOGRAM_END, N_BINS
from fastinit.checking.report import NetworkReport
from fastinit.checking.verdicts import SCALE_CHANGE
from fastinit.common.errors import brief

# Okabe and Ito's colours, which stay apart for every kind of colour blindness.
ACTIVATIONS, GRADIENTS, SICK = "#0072B2", "#D55E00", "#CC3311"
INK, FAINT = "#333333", "#e6efe6"

#: How many rows a ridge may rise over: enough to be seen among 50, without hiding the next.
RIDGE_ROWS = 1.7

#: A ridge is cut at this many times its layer's mean density over the bins that hold anything: the zeros of a rectifier
#: would flatten all the rest.
CUT = 4.0

MAX_NAMES = 26  #: layers that are all named; of more, every so many

#: Names may have signs of dollars, between which matplotlib else sees a formula, and refuses most.
NO_FORMULAS = {"parse_math": False}

INCHES_WIDE, MIN_INCHES_HIGH, MAX_INCHES_HIGH = 10.0, 3.6, 9.0
DOTS_PER_INCH = 120


def write(report: NetworkReport, path: Path) -> None:
    """Draw the three panels, layers from top to bottom in each, into a file of the type that its name says."""
    import matplotlib
    from matplotlib.figure import Figure

    n_layers = len(report.layers)
    height = min(MAX_INCHES_HIGH, max(MIN_INCHES_HIGH, 2.2 + 0.28 * n_layers))
    with matplotlib.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(INCHES_WIDE, height), dpi=DOTS_PER_INCH, layout="constrained")
        left, middle, right = figure.subplots(1, 3, sharey=True, width_ratios=(1, 1, 1.25))
        _ridges(left, [activations for activations, _ in report.histograms], ACTIVATIONS)
        _ridges(middle, [gradients for _, gradients in report.histograms], GRADIENTS)
        left.set(xlabel="activations\n(edge bins: all beyond 4)")
        middle.set(xlabel="gradients\n(edge bins: all beyond 4)")
        _scales(right, report)
        left.set_ylim(n_layers + 0.6, 1 - RIDGE_ROWS)
        _name_layers(left, report)
        title = f"{report.verdict}: {report.reason}"
        figure.suptitle(
            _wrapped(title), color=INK if report.healthy else SICK, fontsize=10, x=0.01, ha="left", **NO_FORMULAS
        )
        figure.savefig(path)


def _ridges(axes, histograms: list[np.ndarray], color: str) -> None:
    """One filled curve a layer, later ones in front."""
    edges = np.linspace(-HISTOGRAM_END, HISTOGRAM_END, N_BINS + 1)
    for position, counts in enumerate(histograms, start=1):
        heights = _heights(counts)
        tops = position - np.append(heights, heights[-1])
        axes.fill_between(edges, position, tops, step="post", color=color, alpha=0.65, linewidth=0, zorder=position)
        axes.step(edges, tops, where="post", color="white", linewidth=0.5, zorder=position)
    axes.set(xlim=(-HISTOGRAM_END, HISTOGRAM_END))
    axes.set_xticks([-3, 0, 3])
    axes.tick_params(axis="y", length=0)


def _heights(counts: np.ndarray) -> np.ndarray:
    """Rows that each bin rises over."""
    if not counts.any():
        return np.zeros(len(counts))
    cut = min(CUT * counts[counts > 0].mean(), counts.max())
    return np.minimum(counts / cut, 1.0) * RIDGE_ROWS


def _scales(axes, report: NetworkReport) -> None:
    """Both ratios by layer on a log axis, on the band where they are healthy."""
    positions = np.arange(1, len(report.layers) + 1)
    axes.axvspan(1 / SCALE_CHANGE, SCALE_CHANGE, color=FAINT, zorder=0)
    for label, color, marker, name in (
        ("activations, of the inputs'", ACTIVATIONS, "o", "activation_ratio"),
        ("gradients, of the outputs'", GRADIENTS, "s", "gradient_ratio"),
    ):
        ratios = np.array([getattr(layer, name) for layer in report.layers])
        shown = np.where((ratios > 0) & np.isfinite(ratios), ratios, math.nan)
        axes.plot(shown, positions, color=color, marker=marker, markersize=3, linewidth=1.4, label=label)
    axes.set(xscale="log", xlabel="second moment\n(shaded: healthy)")
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, 0.1 / SCALE_CHANGE), max(high, 10 * SCALE_CHANGE))
    axes.grid(axis="y", color="#eeeeee", linewidth=0.6)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False, fontsize=8)


def _name_layers(axes, report: NetworkReport) -> None:
    step = math.ceil(len(report.layers) / MAX_NAMES)
    last = len(report.layers) - 1
    shown = [*range(0, last, step), last]
    shown = [i for i in shown if i == last or last - i >= step]
    axes.set_yticks([i + 1 for i in shown], [_name(report.layers[i]) for i in shown], **NO_FORMULAS)
    for i, label in zip(shown, axes.get_yticklabels(), strict=True):
        label.set_color(SICK if report.layers[i].findings else INK)


def _name(layer) -> str:
    return f"{brief(layer.name)}, {layer.activation}"


def _wrapped(text: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, 135))

"""Signals and gradients through 50 layers: ``python docs/examples/deep_signals.py [--out DIR] [--quick]``.

Random inputs N(0, 1) go forward through square dense layers without biases, random gradients N(0, 1) backward, for five
activations and six schemes; by layer, the variance of the activations, and of the loss's gradient by pre-activation.

One rule marks every cell: healthy is where each of the two variances, over all layers, has its largest value within
`LIMIT` times its smallest.
"""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import _common as common
import numpy as np

import fastinit as fi

N_LAYERS = 50
LIMIT = 1000.0  # 15 % a layer; how far the nearest cells are from it is printed
CLEARANCE = 3.0  # and they must be this factor away from it, so that no mark hangs on its choice


class Plan(NamedTuple):
    """Units of each layer, and rows of data."""

    width: int
    n_samples: int


FULL = Plan(width=256, n_samples=128)
QUICK = Plan(width=192, n_samples=16)

SLOPE = fi.recommend("leaky_relu").params["negative_slope"]
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. 2017: keep mean 0 and variance 1


class Activation(NamedTuple):
    """A function, and its derivative from argument and value."""

    value: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray, np.ndarray], np.ndarray]


ACTIVATIONS = {
    "tanh": Activation(np.tanh, lambda z, a: 1 - a * a),
    "sigmoid": Activation(common.probability, lambda z, a: a * (1 - a)),
    "relu": Activation(lambda z: np.maximum(z, 0), lambda z, a: np.where(z > 0, 1.0, 0.0)),
    "leaky_relu": Activation(lambda z: np.maximum(z, SLOPE * z), lambda z, a: np.where(z > 0, 1.0, SLOPE)),
    "selu": Activation(
        lambda z: SELU_SCALE * np.where(z > 0, z, SELU_ALPHA * np.expm1(np.minimum(z, 0))),
        lambda z, a: np.where(z > 0, SELU_SCALE, a + SELU_SCALE * SELU_ALPHA),
    ),
}

SCHEMES = {
    "N(0, 1)": fi.get("normal"),
    "U(±1/√fan_in)": fi.get("fan_in_uniform"),
    "Glorot": fi.get("glorot_normal"),
    "LeCun": fi.get("lecun_normal"),
    "He": fi.get("he_normal"),
    "orthogonal": fi.get("orthogonal"),
}

#: What the rule finds, beside what `fastinit.recommend` says; the text says why they differ.
HEALTHY = {
    "tanh": {"Glorot", "LeCun", "He", "orthogonal"},
    "sigmoid": set(),
    "relu": {"He"},
    "leaky_relu": {"He"},
    "selu": {"Glorot", "LeCun", "orthogonal"},
}


class Signals(NamedTuple):
    """Variances by layer, the first layer first."""

    activations: np.ndarray
    gradients: np.ndarray

    def span(self) -> float:
        """The larger of the two ratios of largest to smallest variance."""
        return max(float(variance.max() / variance.min()) for variance in self)

    def healthy(self) -> bool:
        return self.span() <= LIMIT

    def growth(self) -> tuple[float, float]:
        """The factors a layer, forward and backward: geometric means over the second half of the way."""
        half = N_LAYERS // 2
        forward = self.activations[-1] / self.activations[half - 1]
        backward = self.gradients[0] / self.gradients[half]
        return forward ** (1 / (N_LAYERS - half)), backward ** (1 / half)


Cells = dict[tuple[str, str], Signals]


def recommended(activation: str) -> tuple[str, Callable]:
    """The column that `fastinit.recommend` points to, and the scheme as it configures it."""
    choice = fi.recommend(activation)
    return next(title for title, scheme in SCHEMES.items() if scheme.name == choice.name), choice


def measure(plan: Plan) -> Cells:
    """Every cell. The column's scheme is taken as recommended (leaky ReLU: with its slope) where it is recommended."""
    cells = {}
    for title, scheme in SCHEMES.items():
        for name, activation in ACTIVATIONS.items():
            column, choice = recommended(name)
            cells[name, title] = propagate(activation, choice if title == column else scheme, plan)
    return cells


@functools.lru_cache(maxsize=1)
def draw_weights(scheme: Callable, width: int) -> list[np.ndarray]:
    """Weights (in, out) of each layer, drawn once for all the activations of a column."""
    return [scheme((width, width), dtype="float64", rng=0, name=f"layers.{i}.weight") for i in range(N_LAYERS)]


def propagate(activation: Activation, scheme: Callable, plan: Plan) -> Signals:
    """Push data through all layers and gradients back."""
    weights = draw_weights(scheme, plan.width)
    data, gradient = (
        fi.normal((plan.n_samples, plan.width), dtype="float64", rng=0, name=name) for name in ("data", "gradient")
    )
    slopes, forward, backward = [], [], []
    for w in weights:
        z = data @ w
        data = activation.value(z)
        slopes.append(activation.slope(z, data))
        forward.append(data.var())
    for w, slope in zip(reversed(weights), reversed(slopes), strict=True):
        gradient = gradient * slope
        backward.append(gradient.var())
        gradient = gradient @ w.T
    return Signals(np.array(forward), np.array(backward[::-1]))


def marks(cells: Cells) -> list[list[str]]:
    """The schemes that the rule finds healthy, beside `fastinit.recommend`."""
    lines = [["activation", "fastinit.recommend", "healthy"]]
    for name in ACTIVATIONS:
        healthy = [title for title in SCHEMES if cells[name, title].healthy()]
        lines.append([name, repr(fi.recommend(name)), ", ".join(healthy) or "none"])
    return lines


def growths(cells: Cells) -> list[list[str]]:
    """By activation and scheme, the factors on both variances from a layer to the next."""
    lines = [["factor a layer", *SCHEMES]]
    for name in ACTIVATIONS:
        pairs = (cells[name, title].growth() for title in SCHEMES)
        lines.append([name, *(f"{forward:.3g} {backward:.3g}" for forward, backward in pairs)])
    return lines


def nearest(cells: Cells) -> tuple[float, float]:
    """The largest span of the healthy cells and the smallest of the others: the limit lies between."""
    below = [signals.span() for signals in cells.values() if signals.healthy()]
    above = [signals.span() for signals in cells.values() if not signals.healthy()]
    return max(below, default=math.nan), min(above, default=math.nan)


def checks(cells: Cells, plan: Plan) -> list[common.Check]:
    """The marks, their distance from the limit, and the growth that theory gives."""
    found = [
        common.near(f"{name}, {title}: healthy", cells[name, title].healthy(), title in HEALTHY[name], 0)
        for name, title in cells
    ]
    below, above = nearest(cells)
    found.append(common.Check("largest span of a healthy cell", below, 1, LIMIT / CLEARANCE))
    found.append(common.Check("smallest span of the others", above, LIMIT * CLEARANCE, math.inf))
    for (name, title), expected in theory(plan.width).items():
        for way, growth in zip(("activations", "gradients"), cells[name, title].growth(), strict=True):
            found.append(common.Check(f"{name}, {title}: growth of {way}", growth, 0.85 * expected, 1.15 * expected))
    return found


def theory(width: int) -> dict[tuple[str, str], float]:
    """Growth of both variances a layer: fan_in Var(w), which a rectifier halves (Glorot and Bengio; He et al.)."""
    of_unit_slope = {"N(0, 1)": width, "U(±1/√fan_in)": 1 / 3, "Glorot": 1, "LeCun": 1, "orthogonal": 1, "He": 2}
    rectified = {("relu", title): growth / 2 for title, growth in of_unit_slope.items()}
    return {**rectified, ("tanh", "U(±1/√fan_in)"): 1 / 3, ("leaky_relu", "He"): 1.0}


def draw(cells: Cells, path: Path) -> None:
    """A grid of small plots, activations by schemes."""
    with common.picture(path, 10, 7.4) as figure:
        axes = figure.subplots(len(ACTIVATIONS), len(SCHEMES), sharex=True, sharey=True)
        for i, name in enumerate(ACTIVATIONS):
            for j, title in enumerate(SCHEMES):
                _draw_cell(axes[i, j], cells[name, title], is_recommended=title == recommended(name)[0])
                axes[0, j].set_title(title, fontsize=10, weight="bold")
            axes[i, 0].set_ylabel(name, fontsize=10, weight="bold")
        for ax in axes[-1]:
            ax.set_xlabel("layer", fontsize=8.5)
        figure.suptitle(
            "Variance by layer: activations, forward (blue), and gradients, backward (orange, dashed); "
            f"in figures, the factor a layer.\nGreen: healthy, each stays within a factor of {LIMIT:,.0f}. "
            "★: the scheme that fastinit.recommend names.",
            fontsize=9.5,
            color=common.INK,
        )


def _draw_cell(axes, signals: Signals, is_recommended: bool) -> None:
    ground = "#dff3ec" if signals.healthy() else "white"
    axes.set_facecolor(ground)
    axes.axhline(1, color="#bbbbbb", linewidth=0.8)
    for variance, growth, colour, dashes, right in (
        (signals.activations, signals.growth()[0], common.BLUE, "-", 0.47),
        (signals.gradients, signals.growth()[1], common.ORANGE, (0, (3, 1.2)), 0.97),
    ):
        axes.plot(np.arange(1, N_LAYERS + 1), variance, color=colour, linewidth=2, linestyle=dashes)
        behind = dict(facecolor=ground, edgecolor="none", pad=1)  # so that no curve strikes it out
        axes.text(right, 0.05, f"{growth:.3g}", transform=axes.transAxes, color=colour, ha="right", bbox=behind)
    axes.set(yscale="log", ylim=(1e-10, 1e8), xlim=(1, N_LAYERS), yticks=[1e-8, 1e-4, 1, 1e4], xticks=[1, 25, 50])
    axes.minorticks_off()
    axes.tick_params(labelsize=7.5)
    if signals.healthy():
        for spine in axes.spines.values():
            spine.set(visible=True, color=common.GREEN, linewidth=1.8)
    if is_recommended:
        axes.text(0.95, 0.93, "★", transform=axes.transAxes, fontsize=13, ha="right", va="top", color=common.INK)


def main(arguments: Sequence[str] | None = None) -> int:
    options = common.command_line(__doc__, arguments)
    plan = QUICK if options.quick else FULL
    cells = measure(plan)
    print(common.table(marks(cells)), common.table(growths(cells)), sep="\n\n", end="\n\n")
    below, above = nearest(cells)
    print(
        f"largest over smallest variance: healthy up to {below:,.0f}, the others from {above:,.0f}; limit {LIMIT:,.0f}"
    )
    if options.out is not None:
        draw(cells, options.out / "deep_signals.png")
    return common.report(checks(cells, plan))


if __name__ == "__main__":
    sys.exit(main())

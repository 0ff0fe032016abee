"""Zero, too large and He weights on the two circles: ``python docs/examples/two_circles.py [--out DIR] [--quick]``.

The exercise "Initialization" of deeplearning.ai's course "Improving Deep Neural Networks": layers of 2, 10, 5 and 1
units, ReLU and at the end a sigmoid, trained by gradient descent on all 300 points at once, rate 0.01. First from the
exercise's own numbers, which shows that data and network are the same; then from fastinit's, from many seeds.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import _common as common
import numpy as np

import fastinit as fi

WIDTHS = (2, 10, 5, 1)
RATE = 0.01
INNER_RADIUS, NOISE = 0.8, 0.05
EXERCISE_SEED = 3
LOG_EVERY = 250


class Plan(NamedTuple):
    """How long to train, at which step to compare losses, and from how many seeds: odd, so that one is the median."""

    n_steps: int
    compared_step: int
    n_seeds: int


FULL = Plan(n_steps=15_000, compared_step=14_000, n_seeds=15)  # the last loss that the exercise prints
QUICK = Plan(n_steps=2_000, compared_step=2_000, n_seeds=3)


class Start(NamedTuple):
    """A way to begin, in fastinit's form and in the exercise's, and what is expected of it."""

    title: str
    scheme: Callable
    exercise_std: Callable[[int], float]  # of the weights, given fan_in
    losses: dict[int, float]  # published, by step
    loss_tolerance: float  # the last digit, or as far as published runs differ
    training: float  # published accuracies
    test: float
    first_loss: tuple[float, float]  # bounds for every seed of fastinit's
    final_loss: tuple[float, float]  # bounds for the median of FULL's seeds
    colour: str


ZEROS = Start(
    title="zeros",
    scheme=fi.get("zeros"),
    exercise_std=lambda fan_in: 0.0,
    losses={2_000: 0.6931, 14_000: 0.6931},
    loss_tolerance=1e-4,
    training=0.5,
    test=0.5,
    first_loss=(0.6931, 0.6932),
    final_loss=(0.6931, 0.6932),
    colour=common.FAINT_INK,
)
LARGE = Start(
    title="N(0, 10²)",
    scheme=fi.get("normal", std=10),
    exercise_std=lambda fan_in: 10.0,
    losses={2_000: 0.5981, 14_000: 0.3828},
    loss_tolerance=1e-3,
    training=0.83,
    test=0.86,
    first_loss=(20, 5_000),
    final_loss=(0.15, 0.5),
    colour=common.PURPLE,
)
HE = Start(
    title="He",
    scheme=fi.get("he_normal", fans="oi"),
    exercise_std=lambda fan_in: math.sqrt(2 / fan_in),
    losses={2_000: 0.6751, 14_000: 0.0736},
    loss_tolerance=1e-4,
    training=0.9933,
    test=0.96,
    first_loss=(0.6, 2.0),
    final_loss=(0.05, 0.12),
    colour=common.GREEN,
)
STARTS = (ZEROS, LARGE, HE)


def circles(n_samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The same points as scikit-learn's ``make_circles(n_samples, noise=0.05)`` after ``np.random.seed(seed)``."""
    random = np.random.RandomState(seed)
    angle = np.linspace(0, 2 * np.pi, n_samples // 2, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points = np.concatenate([circle, INNER_RADIUS * circle])
    is_inner = np.repeat([0.0, 1.0], n_samples // 2)
    order = random.permutation(n_samples)
    points = points[order] + random.normal(scale=NOISE, size=points.shape)
    return points.T, is_inner[None, order]


TRAINING = circles(300, seed=1)
TEST = circles(100, seed=2)


def exercise_scheme(std: Callable[[int], float]) -> Callable:
    """What the exercise draws, called like a scheme: layer after layer from one seed, its own."""
    random = np.random.RandomState(EXERCISE_SEED)

    def fill(out: np.ndarray, rng: object, name: str) -> None:
        out[...] = random.standard_normal(out.shape) * std(out.shape[1])

    return fill


class Trained(NamedTuple):
    """Networks side by side: the exercise's, then one for each seed of fastinit's."""

    layers: list[common.Layer]
    steps: range
    losses: np.ndarray  # (steps, networks)
    accuracies: dict[str, np.ndarray]

    def loss_at(self, step: int) -> np.ndarray:
        return self.losses[self.steps.index(step)]

    def median_network(self) -> int:
        """The seed whose final loss is the median, as a place on the networks' axis."""
        return 1 + int(np.argsort(self.losses[-1, 1:], kind="stable")[(self.losses.shape[1] - 1) // 2])


Results = list[tuple[Start, Trained]]


def train(start: Start, plan: Plan) -> Trained:
    """Train from the exercise's numbers and from each seed of fastinit's."""
    n_layers = len(WIDTHS) - 1
    theirs = common.networks([exercise_scheme(start.exercise_std)] * n_layers, WIDTHS, [EXERCISE_SEED])
    ours = common.networks([start.scheme] * n_layers, WIDTHS, range(plan.n_seeds))
    layers = [common.Layer(*map(np.concatenate, zip(*pair, strict=True))) for pair in zip(theirs, ours, strict=True)]
    steps = range(0, plan.n_steps + 1, LOG_EVERY)
    losses = [
        common.loss(logits, TRAINING[1])
        for step, logits in enumerate(common.descend(layers, *TRAINING, plan.n_steps, RATE))
        if step in steps
    ]
    accuracies = {"training": accuracy(layers, *TRAINING), "test": accuracy(layers, *TEST)}
    return Trained(layers, steps, np.stack(losses), accuracies)


def accuracy(layers: Sequence[common.Layer], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The share of points on whose side of 1/2 the probability is."""
    return ((common.forward(layers, x)[-1] > 0) == (y > 0)).mean(axis=(-2, -1))


def rows(results: Results, plan: Plan) -> list[list[str]]:
    """Ours beside the published figures."""
    lines = [["", "published", "from its own numbers", f"fastinit, {plan.n_seeds} seeds: median (least to most)"]]
    for start, trained in results:
        step = plan.compared_step
        lines.append(_row(f"{start.title}: loss, step {step:,}", start.losses[step], trained.loss_at(step), "{:.4f}"))
        for data, values in trained.accuracies.items():
            published = getattr(start, data) if plan is FULL else None
            lines.append(_row(f"{start.title}: {data} accuracy", published, values, "{:.1%}"))
    return lines


def _row(what: str, published: float | None, values: np.ndarray, form: str) -> list[str]:
    shown = "-" if published is None else form.format(published)
    return [what, shown, form.format(values[0]), common.spread(values[1:], form)]


def checks(results: Results, plan: Plan) -> list[common.Check]:
    """The published figures from the exercise's numbers, and fastinit's where any seed, or the median, must lie."""
    found = []
    for start, trained in results:
        step = plan.compared_step
        loss = trained.loss_at(step)
        found.append(common.near(f"{start.title}: loss", loss[0], start.losses[step], start.loss_tolerance))
        for which in (np.min, np.max):
            found.append(common.Check(f"{start.title}: first loss", which(trained.losses[0, 1:]), *start.first_loss))
        if plan is FULL:
            found.append(common.Check(f"{start.title}: median loss", np.median(loss[1:]), *start.final_loss))
            for data, n_points in (("training", 300), ("test", 100)):
                one_point = 1.01 / n_points
                theirs = trained.accuracies[data][0]
                found.append(common.near(f"{start.title}: {data} accuracy", theirs, getattr(start, data), one_point))
    return found


def draw(results: Results, path: Path) -> None:
    """Where each start's median network puts the border, and all the losses by step."""
    with common.picture(path, 9, 6) as figure:
        grid = figure.add_gridspec(2, len(results), height_ratios=(1, 0.75))
        for i, (start, trained) in enumerate(results):
            _draw_border(figure.add_subplot(grid[0, i]), start, trained)
        _draw_losses(figure.add_subplot(grid[1, :]), results)


def _draw_border(axes, start: Start, trained: Trained, reach: float = 1.4, n_points: int = 281) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    place = trained.median_network()
    ticks = np.linspace(-reach, reach, n_points)
    x = np.stack([axis.ravel() for axis in np.meshgrid(ticks, ticks)])
    layers = [common.Layer(weights[place], bias[place]) for weights, bias in trained.layers]
    inner = common.probability(common.forward(layers, x)[-1]).reshape(n_points, n_points)
    colours = LinearSegmentedColormap.from_list("outer to inner", [common.BLUE, "white", common.ORANGE])
    axes.contourf(ticks, ticks, inner, levels=np.linspace(0, 1, 10), cmap=colours, alpha=0.4)
    if np.ptp(inner) > 0:
        axes.contour(ticks, ticks, inner, levels=[0.5], colors=common.INK, linewidths=1.2)
    for side, colour in ((0, common.BLUE), (1, common.ORANGE)):
        axes.scatter(*TRAINING[0][:, TRAINING[1][0] == side], s=8, color=colour, edgecolor="white", linewidth=0.3)
    axes.set(xticks=[], yticks=[], aspect="equal", frame_on=False)
    shares = {data: values[place] for data, values in trained.accuracies.items()}
    axes.set_title(f"{start.title}: loss {trained.losses[-1, place]:.3f}", fontsize=10, weight="bold")
    text = "{training:.1%} of training, {test:.0%} of test data right".format(**shares)
    axes.set_xlabel(text, fontsize=8.5, color=common.FAINT_INK)


def _draw_losses(axes, results: Results) -> None:
    for start, trained in results:
        axes.plot(trained.steps, trained.losses[:, 0], color=common.INK, linewidth=1, linestyle=":")
        middle = trained.losses[:, trained.median_network()]
        common.draw_bundle(axes, trained.losses[:, 1:], trained.steps, middle, start.title, start.colour)
    axes.set(yscale="log", xlabel="step", ylabel="loss", ylim=(0.04, 2), xlim=(0, trained.steps[-1]))
    axes.set_yticks([0.05, 0.1, 0.2, 0.5, 1, 2], ["0.05", "0.1", "0.2", "0.5", "1", "2"])
    axes.set_yticks([], minor=True)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    n_seeds = trained.losses.shape[1] - 1
    text = f"thin: {n_seeds} seeds; thick: the median one, drawn above; dotted: from the exercise's own numbers"
    axes.set_title(text, loc="left", fontsize=8.5, color=common.FAINT_INK)


def main(arguments: Sequence[str] | None = None) -> int:
    options = common.command_line(__doc__, arguments)
    plan = QUICK if options.quick else FULL
    results = [(start, train(start, plan)) for start in STARTS]
    print(common.table(rows(results, plan)))
    if options.out is not None:
        draw(results, options.out / "two_circles.png")
    return common.report(checks(results, plan))


if __name__ == "__main__":
    sys.exit(main())

"""A rare class, with and without log_odds: ``python docs/examples/class_prior.py [--out DIR] [--quick]``.

One sample in a hundred is positive. A ReLU network with a sigmoid output is trained by gradient descent on all the data
at once, twice from the same weights: with an output bias of 0, and with `log_odds(p=0.01)`, as Lin et al., "Focal loss
for dense object detection", ICCV 2017, section 4.1, begin. The output's weights are N(0, 0.01²), as theirs.
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

PRIOR = 0.01
WIDTHS = (16, 32, 1)
WEIGHTS = (fi.get("he_normal", fans="oi"), fi.get("normal", std=0.01))
DISTANCE = 3.0  # between the classes' means, in standard deviations
RATE = 0.5
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)

ENTROPY = -PRIOR * math.log(PRIOR) - (1 - PRIOR) * math.log1p(-PRIOR)

#: Losses, the steps to which are compared: that of always answering the prior, and less.
MARKS = {"the prior's entropy": ENTROPY, "half of it": ENTROPY / 2}


class Start(NamedTuple):
    """The output's bias, and with what it makes the network begin."""

    title: str
    bias: Callable
    mean: float
    loss: float
    colour: str


ZERO = Start("bias 0", fi.get("zeros"), 0.5, math.log(2), common.ORANGE)
LOG_ODDS = Start("log_odds", fi.get("log_odds", p=PRIOR), PRIOR, ENTROPY, common.BLUE)


class Plan(NamedTuple):
    """Samples, steps, and networks from a seed each."""

    n_samples: int
    n_steps: int
    n_seeds: int


FULL = Plan(n_samples=5_000, n_steps=500, n_seeds=5)
QUICK = Plan(n_samples=2_000, n_steps=300, n_seeds=2)


class Trained(NamedTuple):
    """Losses and mean probabilities, (steps, networks)."""

    losses: np.ndarray
    means: np.ndarray

    def steps_to(self, loss: float) -> np.ndarray:
        """Steps of each network until its loss is at most that; infinite if it never is."""
        reached = self.losses <= loss
        return np.where(reached.any(axis=0), reached.argmax(axis=0), np.inf)


def samples(n_samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Normal features; those of the positives, exactly a share of PRIOR, moved along the diagonal."""
    n_features = WIDTHS[0]
    y = (np.arange(n_samples) < PRIOR * n_samples).astype(float)[None]
    x = fi.normal((n_features, n_samples), dtype="float64", rng=0, name="features")
    return x + y * DISTANCE / math.sqrt(n_features), y


def train(start: Start, plan: Plan) -> Trained:
    """Train the networks, whose weights are the same for every start."""
    layers = common.networks(WEIGHTS, WIDTHS, range(plan.n_seeds))
    start.bias(out=layers[-1].bias)
    x, y = samples(plan.n_samples)
    losses, means = [], []
    for logits in common.descend(layers, x, y, plan.n_steps, RATE):
        losses.append(common.loss(logits, y))
        means.append(common.probability(logits).mean(axis=(-2, -1)))
    return Trained(np.stack(losses), np.stack(means))


Results = dict[str, tuple[Start, Trained]]


def rows(results: Results) -> list[list[str]]:
    """By start, what is expected and the median of the networks (least to most)."""
    lines = [["", *(f"{title}: {what}" for title in results for what in ("expected", "found"))]]
    pairs = results.values()
    lines.append(_row("mean probability at first", [(s.mean, t.means[0]) for s, t in pairs], "{:.4f}"))
    lines.append(_row("loss at first", [(s.loss, t.losses[0]) for s, t in pairs], "{:.4f}"))
    for step in (1, 10, 100):
        lines.append(_row(f"loss after step {step}", [(None, t.losses[step]) for _, t in pairs], "{:.4f}"))
    for mark, loss in MARKS.items():
        lines.append(_row(f"steps to {mark}, {loss:.4f}", [(None, t.steps_to(loss)) for _, t in pairs], "{:.0f}"))
    return lines


def _row(what: str, pairs: Sequence[tuple[float | None, np.ndarray]], form: str) -> list[str]:
    cells = [what]
    for expected, found in pairs:
        cells.append("-" if expected is None else form.format(expected))
        cells.append(common.spread(found, form))
    return cells


def checks(results: Results) -> list[common.Check]:
    """The start as expected; and no network reaches a loss from bias 0 before its twin from log_odds does."""
    found = []
    for title, (start, trained) in results.items():
        for mean, loss in zip(trained.means[0], trained.losses[0], strict=True):
            found.append(common.Check(f"{title}: mean probability at first", mean / start.mean, 0.9, 1.1))
            found.append(common.Check(f"{title}: loss at first", loss / start.loss, 0.9, 1.1))
    _, zero = results[ZERO.title]
    _, informed = results[LOG_ODDS.title]
    for mark, least_saved in zip(MARKS, (20, 50), strict=True):
        saved = zero.steps_to(MARKS[mark]) - informed.steps_to(MARKS[mark])
        found += [common.Check(f"steps saved to {mark}", n, least_saved, math.inf) for n in saved]
    return found


def draw(results: Results, path: Path) -> None:
    """Losses and mean probabilities by step."""
    with common.picture(path, 9, 4) as figure:
        left, right = figure.subplots(1, 2)
        _draw_curves(left, {start: trained.losses for start, trained in results.values()}, "loss")
        _draw_saved(left, results)
        _draw_curves(right, {start: trained.means for start, trained in results.values()}, "mean probability")
        right.axhline(PRIOR, color=common.INK, linewidth=1, linestyle=":")
        right.annotate(f"share of positives, {PRIOR}", (0, PRIOR), (150, -11), textcoords="offset points")
        title = f"ReLU network {'-'.join(map(str, WIDTHS))}, {PRIOR:.0%} positives; thick: the median of the networks"
        figure.suptitle(title, fontsize=9.5, color=common.INK)


def _draw_curves(axes, by_start: dict[Start, np.ndarray], title: str) -> None:
    for height, (start, values) in zip((0.93, 0.85), by_start.items(), strict=True):
        middle = np.median(values, axis=1)
        common.draw_bundle(axes, values, range(len(values)), middle, "", start.colour)
        begins = f"{start.title}: begins at {middle[0]:.3f}"
        axes.text(0.97, height, begins, transform=axes.transAxes, ha="right", color=start.colour, weight="bold")
    axes.set(yscale="log", xlabel="step", ylim=(0.007, 1), xlim=(-4, len(middle)))
    axes.set_yticks(TICKS, [f"{tick:g}" for tick in TICKS])
    axes.set_yticks([], minor=True)
    axes.set_title(title, loc="left", fontsize=10, weight="bold")


def _draw_saved(axes, results: Results) -> None:
    """At each of MARKS, how many steps later the network without the prior comes there."""
    for mark, loss in MARKS.items():
        first, last = (np.median(results[start.title][1].steps_to(loss)) for start in (LOG_ODDS, ZERO))
        axes.axhline(loss, color=common.INK, linewidth=1, linestyle=":")
        axes.annotate("", (first, loss), (last, loss), arrowprops=dict(arrowstyle="<->", color=common.INK))
        axes.annotate(f"{mark}: {last - first:.0f} steps later", (last, loss), (4, 4), textcoords="offset points")


def main(arguments: Sequence[str] | None = None) -> int:
    options = common.command_line(__doc__, arguments)
    plan = QUICK if options.quick else FULL
    results = {start.title: (start, train(start, plan)) for start in (ZERO, LOG_ODDS)}
    print(common.table(rows(results)))
    if options.out is not None:
        draw(results, options.out / "class_prior.png")
    return common.report(checks(results))


if __name__ == "__main__":
    sys.exit(main())

"""What the examples share: a small ReLU network for two classes, their command line, their figures' style and checks.

The network's arrays are laid out as in PyTorch: weights (out, in), data (features, samples). All may have an axis in
front for networks that are trained side by side, each from a seed of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

# These products are so small that threads lose more time than they save, on a busy machine ten times as much. The
# scripts import this file before NumPy, which reads the variable once.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

# Okabe and Ito's colours, which stay apart for every kind of colour blindness.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
INK, FAINT_INK = "#333333", "#6e6e6e"
STYLE = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
DOTS_PER_INCH = 110


class Layer(NamedTuple):
    """Weights (..., n_out, n_in) and bias (..., n_out, 1) of a dense layer, trained in place."""

    weights: np.ndarray
    bias: np.ndarray


def networks(inits: Sequence[Callable], widths: Sequence[int], seeds: Sequence[int]) -> list[Layer]:
    """Build a network for each seed, one of `inits` for the weights of each layer, biases 0."""
    layers = []
    for i, (init, n_in, n_out) in enumerate(zip(inits, widths[:-1], widths[1:], strict=True)):
        weights = np.empty((len(seeds), n_out, n_in))
        for out, seed in zip(weights, seeds, strict=True):
            init(out=out, rng=seed, name=f"layers.{i}.weight")
        layers.append(Layer(weights, np.zeros((len(seeds), n_out, 1))))
    return layers


def forward(layers: Sequence[Layer], x: np.ndarray) -> list[np.ndarray]:
    """Return x, the rectified outputs of each hidden layer, and the last layer's logits."""
    passed = [x]
    for weights, bias in layers[:-1]:
        passed.append(np.maximum(weights @ passed[-1] + bias, 0))
    return [*passed, layers[-1].weights @ passed[-1] + layers[-1].bias]


def probability(logits: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-logits)), without overflow."""
    return np.exp(-np.logaddexp(0, -logits))


def loss(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the mean cross-entropy in nats of each network: finite for every logit, unlike log(probability)."""
    return (np.logaddexp(0, logits) - y * logits).mean(axis=(-2, -1))


def descend(layers: Sequence[Layer], x: np.ndarray, y: np.ndarray, n_steps: int, rate: float) -> Iterator[np.ndarray]:
    """Train by gradient descent on all the data at once; yield the logits before each step and after the last."""
    for _ in range(n_steps):
        *passed, logits = forward(layers, x)
        yield logits
        gradient = (probability(logits) - y) / y.size
        for (weights, bias), inputs in zip(reversed(layers), reversed(passed), strict=True):
            to_weights, to_bias = gradient @ inputs.swapaxes(-1, -2), gradient.sum(axis=-1, keepdims=True)
            if inputs is not x:
                gradient = (weights.swapaxes(-1, -2) @ gradient) * (inputs > 0)
            weights -= rate * to_weights
            bias -= rate * to_bias
    yield forward(layers, x)[-1]


def command_line(description: str, arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read --quick and --out: where the picture goes, None for nowhere."""
    parser = argparse.ArgumentParser(description=description.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="reduced: for tests; no picture unless --out is given")
    parser.add_argument("--out", type=_folder, metavar="DIR", help="folder of the picture; default: the script's own")
    options = parser.parse_args(arguments)
    if options.out is None and not options.quick:
        options.out = Path(__file__).parent
    if options.out is not None and importlib.util.find_spec("matplotlib") is None:
        parser.error("picture: expected matplotlib (pip install 'fastinit-nn[test]'), got none")
    return options


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"expected an existing folder, got {text!r}")
    return Path(text)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Align the cells of each column, the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in rows)
    return "\n".join("  ".join(line).rstrip() for line in lines)


def spread(values: np.ndarray, form: str) -> str:
    """The median, and the least and the most."""
    median, least, most = (form.format(which(values)) for which in (np.median, np.min, np.max))
    return f"{median} ({least} to {most})"


@contextlib.contextmanager
def picture(path: Path, width_inches: float, height_inches: float):
    """Give an empty figure in the common style, and write it as PNG once it has been drawn on."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width_inches, height_inches), dpi=DOTS_PER_INCH, layout="constrained")
        yield figure
        figure.savefig(path, metadata={"Software": None})  # so that a newer matplotlib alone changes no file


def draw_bundle(axes, values: np.ndarray, steps: Sequence[int], middle: np.ndarray, title: str, colour: str) -> None:
    """Draw each network's values (steps, networks) thin and `middle` thick, with the title at its end."""
    axes.plot(steps, values, color=colour, linewidth=0.7, alpha=0.35)
    axes.plot(steps, middle, color=colour, linewidth=2.2)
    end = dict(transform=axes.get_yaxis_transform(), va="center", weight="bold")
    axes.text(1.01, middle[-1], title, color=colour, **end)


class Check(NamedTuple):
    """A figure and the closed range in which it is to lie; NaN lies in none."""

    what: str
    value: float
    low: float
    high: float

    def holds(self) -> bool:
        return bool(self.low <= self.value <= self.high)


def near(what: str, value: float, expected: float, tolerance: float) -> Check:
    return Check(what, value, expected - tolerance, expected + tolerance)


def report(checks: Sequence[Check]) -> int:
    """Print each check that fails and how many hold; return the exit status."""
    failed = [check for check in checks if not check.holds()]
    for check in failed:
        print(f"FAILED  {check.what}: expected {check.low:.6g} to {check.high:.6g}, got {check.value:.6g}")
    print(f"{len(checks) - len(failed)} of {len(checks)} checks hold")
    return int(bool(failed))

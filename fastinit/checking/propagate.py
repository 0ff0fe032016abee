"""Seeded data through a stack of layers and gradients back, in float64, and the figures of each layer."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fastinit.checking import histograms, law_moments, units
from fastinit.checking.histograms import Histogram
from fastinit.checking.model import Layer, recommended
from fastinit.laws.dtypes import FLOAT64_FORMAT
from fastinit.schemes.basic import normal

#: A unit passes nothing on for a sample if its derivative is below this, a tenth of leaky ReLU's slope, which is there
#: to pass something.
DEAD_SLOPE = 1e-3


class Figures(NamedTuple):
    """What one layer does to the data; NaN for what lies beyond an overflow of float64."""

    layer: Layer
    mean: float  #: of the outputs, over samples and units
    std: float
    ratio: float  #: the outputs' second moment over the inputs', which is 1; the pre-activations' for softmax
    saturated: float  #: share of outputs
    dead: float  #: share of units that pass nothing on for any sample
    duplicates: float  #: share of units whose weights and bias another unit has
    width: float  #: the weights' root mean square over the recommended scheme's standard deviation
    gradient_std: float  #: of the gradient with respect to the layer's pre-activations
    gradient_ratio: float  #: its squared length over that of the last layer's
    histogram: Histogram  #: of outputs
    gradient_histogram: Histogram | None  #: of the gradient with respect to pre-activations; None before it is known


def run(layers: list[Layer], rng: object, n_samples: int) -> list[Figures]:
    """The figures of every layer.

    Inputs are N(0, 1), and so is the gradient with respect to the last layer's pre-activations, as it is of order 1
    where loss and output activation match (cross-entropy behind softmax). Dense layers see vectors. Convolutions see a
    periodic grid as large as the largest kernel, with stride 1; a dense layer after one sees each position by itself.
    Weights that a law draws are held one layer at a time: going back, they are drawn again.
    """
    layers = [layer.held(rng) for layer in layers]
    grid = _grid(layers)
    with np.errstate(all="ignore"):
        shape = (n_samples, *grid, layers[0].n_in)
        h = normal(shape, dtype="float64", rng=rng, name="fastinit.check: inputs")
        found, slopes = [], []
        for layer in layers:
            h, slope, figures = _forward(layer, h, rng)
            found.append(figures)
            slopes.append(slope)
        gradient = normal(h.shape, dtype="float64", rng=rng, name="fastinit.check: gradients")
        return _backward(layers, gradient, slopes, found, rng)


def _grid(layers: list[Layer]) -> tuple[int, ...]:
    kernels = [layer.kernel for layer in layers if layer.kernel]
    return tuple(max(extents) for extents in zip(*kernels, strict=True))


def _forward(layer: Layer, h: np.ndarray, rng: object) -> tuple[np.ndarray, np.ndarray, Figures]:
    taps = layer.taps(rng)
    z = _correlate(h, taps, layer.kernel, 1) + layer.bias
    h = layer.activation.value(z)
    slope = layer.activation.slope(z, h)
    rows = np.moveaxis(taps, -1, 0).reshape(layer.n_out, -1)
    if np.ndim(layer.bias):
        rows = np.column_stack([rows, layer.bias])
    # Probabilities have a scale that depends on nothing but their number.
    second_moment = _second_moment(z if layer.activation.name == "softmax" else h)
    known = 1.0 if math.isfinite(second_moment) else math.nan  # slopes at NaN tell nothing
    reaches = (np.abs(slope) >= DEAD_SLOPE).reshape(-1, layer.n_out).any(axis=0)
    figures = Figures(
        layer,
        float(h.mean()),
        float(h.std()),
        second_moment,
        known * float(layer.activation.saturated(z, slope).mean()),
        known * (1.0 - float(reaches.mean())),
        units.n_duplicates(rows) / layer.n_out,
        math.sqrt(_second_moment(taps)) / _recommended_std(layer),
        math.nan,
        math.nan,
        histograms.of(h),
        None,
    )
    return h, slope.astype(np.float32), figures


def _backward(layers: list[Layer], gradient, slopes: list, found: list[Figures], rng: object) -> list[Figures]:
    n_last = layers[-1].n_out
    for i in reversed(range(len(layers))):
        layer = layers[i]
        second_moment = _second_moment(gradient)
        found[i] = found[i]._replace(
            gradient_std=float(gradient.std()),
            gradient_ratio=second_moment * layer.n_out / n_last,
            gradient_histogram=histograms.of(gradient),
        )
        if i:
            gradient = _correlate(gradient, layer.taps(rng).swapaxes(1, 2), layer.kernel, -1) * slopes[i - 1]
    return found


def _correlate(h: np.ndarray, taps: np.ndarray, kernel: tuple[int, ...], sign: int) -> np.ndarray:
    """Sum of shifted inputs times each tap's matrix; sign -1 shifts back, as the transpose does."""
    total = 0.0
    for offset, tap in zip(np.ndindex(kernel), taps, strict=True):
        shifted = np.roll(h, [-sign * k for k in offset], range(1, h.ndim - 1)) if any(offset) else h
        # One product of matrices: on more axes NumPy would make many small ones.
        total = total + (shifted.reshape(-1, tap.shape[0]) @ tap).reshape(*h.shape[:-1], tap.shape[1])
    return total


def _second_moment(array: np.ndarray) -> float:
    flat = array.reshape(-1)
    return float(flat @ flat) / flat.size


def _recommended_std(layer: Layer) -> float:
    return law_moments.of(recommended(layer).spec.law(layer.shape, FLOAT64_FORMAT)).std

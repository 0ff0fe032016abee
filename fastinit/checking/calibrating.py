"""A stack's weights, scaled layer by layer until pre-activations have one width on a batch."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from fastinit.checking import propagate
from fastinit.checking.figures import second_moment
from fastinit.checking.network import Layer, Residual, Step
from fastinit.common.errors import Shown, brief, reject_value
from fastinit.common.terminal import n_cells, padded

#: What is nearly equal for all samples and units has no width that weights could scale: the rounding of a mean.
LEAST_RELATIVE_STD = 1e-12


#: The stream of the batch, where none is given.
INPUTS = "fastinit.calibrate: inputs"


class Scaled(NamedTuple):
    """What was done to one layer."""

    name: str
    std_before: float  #: of its pre-activations, as the layers before it are now
    factor: float  #: on its weights
    std_after: float
    shift: float  #: root mean square of what was added to its biases


def run(steps: tuple[Step, ...], h: np.ndarray, rng: object, std: float, is_centred: bool):
    """The stack with scaled weights, and what was done, in the order in which data pass."""
    done: list[Scaled] = []
    with np.errstate(all="ignore"):
        scaled, _ = _sequence(steps, h, rng, std, is_centred, done)
    return scaled, done


def _sequence(steps, h, rng, std: float, is_centred: bool, done: list[Scaled]) -> tuple[tuple[Step, ...], np.ndarray]:
    changed = []
    for step in steps:
        if isinstance(step, Residual):
            branch, added = _sequence(step.branch, h, rng, std, is_centred, done)
            shortcut, kept = _sequence(step.shortcut, h, rng, std, is_centred, done)
            step = step._replace(branch=branch, shortcut=shortcut)
            h = step.activation.value(kept + added)
        else:
            step, h = _layer(step, h, rng, std, is_centred, done)
        changed.append(step)
    return tuple(changed), h


def _layer(layer: Layer, h: np.ndarray, rng: object, std: float, is_centred: bool, done: list[Scaled]):
    """The layer, scaled, and its outputs; as it is if a norm scales in any case, or if nothing comes."""
    if layer.has_weights:
        layer = layer._replace(weights=_floats(layer.drawn(rng)), scheme=None)
    taps = layer.taps(rng) if layer.has_weights else None
    z, _ = propagate.pre_activations(layer, h, taps, rng)
    if layer.has_weights and layer.norm is None:
        before, scale = float(z.std()), layer.activation.scale
        products = z - layer.bias
        factor, bias = _factor_and_bias(products, np.broadcast_to(layer.bias, z.shape[-1:]), std / scale, is_centred)
        shift = math.sqrt(second_moment(np.asarray(bias - layer.bias, dtype=np.float64)))
        weights = (layer.weights.astype(np.float64) * factor).astype(layer.weights.dtype)
        if not np.isfinite(weights).all():
            expected = f"a number with which weights stay within {weights.dtype}"
            reject_value("calibrate", "std", expected, Shown(f"{std:g} for {layer.title}"))
        layer = layer._replace(weights=weights, bias=bias if is_centred else layer.bias)
        z, _ = propagate.pre_activations(layer, h, layer.taps(rng), rng)  # of the weights as they are rounded
        done.append(Scaled(layer.name, before * scale, factor, float(z.std()) * scale, shift * scale))
    return layer, layer.activation.value(z)


def _floats(weights: np.ndarray) -> np.ndarray:
    """As they are, but whole numbers as float32, which holds what they are multiplied with."""
    return weights.astype(np.float32) if weights.dtype.kind in "iub" else weights


def _factor_and_bias(products: np.ndarray, bias: np.ndarray, std: float, is_centred: bool) -> tuple[float, np.ndarray]:
    """On the products of weights and inputs, and beside them."""
    if is_centred:
        # Each unit by itself around 0, all with one factor (Salimans and Kingma 2016 have one a unit).
        means = products.reshape(-1, products.shape[-1]).mean(axis=0)
        own = products - means
        width = math.sqrt(second_moment(own))
        factor = std / width if width > LEAST_RELATIVE_STD * math.sqrt(second_moment(products)) else 1.0
        return factor, -factor * means
    spread = np.broadcast_to(bias, products.shape)
    shared = float(np.mean((products - products.mean()) * (spread - spread.mean())))
    return factor_of(float(products.var()), float(spread.var()), shared, std), bias


def factor_of(variance: float, bias_variance: float, shared: float, std: float) -> float:
    """On products of that variance, and that covariance with what is added to them, for a standard deviation.

    The positive root of factor**2 variance + 2 factor shared + bias_variance = std**2. Where the biases alone are wider
    than that, the products alone get the standard deviation. 1 where nothing can be scaled.
    """
    if not 0 < variance < math.inf:
        return 1.0
    root = shared**2 - variance * (bias_variance - std**2)
    factor = (math.sqrt(root) - shared) / variance if root > 0 else 0.0
    return factor if factor > 0 and bias_variance < std**2 else std / math.sqrt(variance)


HEADINGS = ("layer", "std", "factor", "std then", "bias shift")


def text_of(rows: Iterable[Scaled]) -> str:
    """A table, a row for each layer."""
    cells = [HEADINGS, *((brief(row.name), *(f"{value:.3g}" for value in row[1:])) for row in rows)]
    widths = [max(map(n_cells, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(padded(cell, width, i > 0) for i, (cell, width) in enumerate(zip(line, widths, strict=True)))
        for line in cells
    )

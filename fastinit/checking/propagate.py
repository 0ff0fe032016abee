"""Seeded data through a stack of layers and gradients back, in float64, and the figures of each step."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from fastinit.checking import correlations, figures, norms, sides
from fastinit.checking.figures import Figures
from fastinit.checking.model import input_shape
from fastinit.checking.network import Layer, Residual, Step, layers, replaced
from fastinit.checking.verdicts import SIGNAL_SHARE
from fastinit.schemes.basic import normal

#: From the gradient with respect to a step's outputs to the one with respect to its inputs. The last step's comes with
#: respect to its pre-activations.
Back = Callable[..., np.ndarray]


def run(steps: tuple[Step, ...], rng: object, n_samples: int, batch: np.ndarray | None = None) -> list[Figures]:
    """The figures of every step, those within residual blocks before the block's own.

    Inputs are the batch, else N(0, 1). So is the gradient with respect to the last layer's pre-activations, as it is of
    order 1 where loss and output activation match (cross-entropy behind softmax). Dense layers see vectors.
    Convolutions see a periodic grid as large as the largest kernel times all strides; a dense layer after one sees each
    position by itself. Weights that a law draws are held one layer at a time: going back, they are drawn again.
    """
    steps = replaced(steps, lambda layer: layer.held(rng))
    has_norms = any(layer.norm for layer in layers(steps))
    found: list[Figures] = []
    with np.errstate(all="ignore"):
        h = inputs(steps, rng, n_samples) if batch is None else batch
        h, back = _sequence(steps, h, rng, found, is_in_branch=False)
        gradient = normal(found[-1].shape, dtype="float64", rng=rng, name="fastinit.check: gradients")
        back(gradient)
        if batch is not None:
            moment = np.float64(figures.second_moment(batch))
            # Of a batch that is nearly constant no signal can be lost.
            faint = figures.signal_share(batch) < SIGNAL_SHARE
            found = [
                row._replace(ratio=float(row.ratio / moment), signal=math.nan if faint else row.signal) for row in found
            ]
    return figures.relative(found, sides.equal_on_both_sides(steps, found, rng), has_norms)


def inputs(steps: tuple[Step, ...], rng: object, n_samples: int, name: str = "fastinit.check: inputs") -> np.ndarray:
    """N(0, 1), of the stream of that name."""
    return normal(input_shape(steps, n_samples), dtype="float64", rng=rng, name=name)


def _sequence(steps, h: np.ndarray, rng: object, found: list[Figures], is_in_branch: bool) -> tuple[np.ndarray, Back]:
    backs = []
    for step in steps:
        go = _residual if isinstance(step, Residual) else _layer
        h, back = go(step, h, rng, found, is_in_branch)
        backs.append(back)

    def back_through(gradient: np.ndarray, of_pre_activations: bool = not is_in_branch) -> np.ndarray:
        for back in reversed(backs):
            gradient = back(gradient, of_pre_activations)
            of_pre_activations = False
        return gradient

    return h, back_through


def _layer(layer: Layer, h: np.ndarray, rng: object, found: list[Figures], is_in_branch: bool):
    taps = layer.taps(rng) if layer.has_weights else None
    z, back_to_inputs = pre_activations(layer, h, taps, rng)
    outputs = layer.activation.value(z)
    slope = layer.activation.slope(z, outputs)
    place = len(found)
    found.append(figures.forward(layer, z, outputs, slope, is_in_branch, taps))
    slope = slope.astype(np.float32)

    def back(gradient: np.ndarray, of_pre_activations: bool) -> np.ndarray:
        gradient = gradient if of_pre_activations else layer.activation.back(gradient, slope)
        found[place] = figures.backward(found[place], gradient)
        return back_to_inputs(gradient)

    return outputs, back


def pre_activations(layer: Layer, h: np.ndarray, taps: np.ndarray | None, rng: object):
    """What the activation gets, and what takes a gradient with respect to it to one with respect to the inputs."""
    z, undo = h, None
    if taps is not None:
        z = correlations.forward(layer, h, taps) + layer.bias
    if layer.norm is not None:
        z, undo = norms.apply(layer.norm, z)
        z = layer.gain * z

    def back(gradient: np.ndarray) -> np.ndarray:
        gradient = undo(layer.gain * gradient) if undo is not None else gradient
        return correlations.back(layer, gradient, layer.taps(rng)) if layer.has_weights else gradient

    return z, back


def _residual(block: Residual, h: np.ndarray, rng: object, found: list[Figures], is_in_branch: bool):
    branch, back_branch = _sequence(block.branch, h, rng, found, is_in_branch=True)
    shortcut, back_shortcut = _sequence(block.shortcut, h, rng, found, is_in_branch=True)
    z = shortcut + branch
    outputs = block.activation.value(z)
    slope = block.activation.slope(z, outputs)
    place = len(found)
    found.append(figures.forward(block, z, outputs, slope, is_in_branch, None))

    def back(gradient: np.ndarray, of_pre_activations: bool) -> np.ndarray:
        gradient = gradient if of_pre_activations else block.activation.back(gradient, slope)
        found[place] = figures.backward(found[place], gradient)
        return back_branch(gradient) + back_shortcut(gradient)

    return outputs, back

"""Normalization of activations, and gradients through it. All in float64."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

#: Added to the variance, as PyTorch's norms do by default.
EPSILON = 1e-5

#: Over what is normalized: units of a sample and position, or samples and positions of a unit; and if a mean is taken
#: off (Ba et al. 2016, Zhang and Sennrich 2019, Ioffe and Szegedy 2015).
KINDS = {"layer": (True, True), "rms": (True, False), "batch": (False, True)}

Array = np.ndarray


def apply(kind: str, z: Array) -> tuple[Array, Callable[[Array], Array]]:
    """The normalized values, and what takes a gradient with respect to them to one with respect to z."""
    is_over_units, is_centred = KINDS[kind]
    axes = (-1,) if is_over_units else tuple(range(z.ndim - 1))
    centred = z - z.mean(axis=axes, keepdims=True) if is_centred else z
    width = np.sqrt(np.square(centred).mean(axis=axes, keepdims=True) + EPSILON)
    normed = centred / width

    def back(gradient: Array) -> Array:
        along = (gradient * normed).mean(axis=axes, keepdims=True)
        level = gradient.mean(axis=axes, keepdims=True) if is_centred else 0.0
        return (gradient - level - normed * along) / width

    return normed, back

"""Convolutions on a periodic grid, dense layers among them, forward and back."""

from __future__ import annotations

import numpy as np

from fastinit.checking import products
from fastinit.checking.network import Layer


def forward(layer: Layer, h: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """Pre-activations without biases, of inputs (n_samples, ...grid, n_in), at every ``stride``-th position."""
    z = _correlate(h, taps, layer.kernel, 1, layer.n_groups)
    return z[_strided(h.ndim, layer.stride)] if layer.stride > 1 else z


def back(layer: Layer, gradient: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """The gradient with respect to the inputs, from the one with respect to the pre-activations."""
    if layer.stride > 1:
        grid = [extent * layer.stride for extent in gradient.shape[1:-1]]
        spread = np.zeros((gradient.shape[0], *grid, gradient.shape[-1]))
        spread[_strided(gradient.ndim, layer.stride)] = gradient
        gradient = spread
    return _correlate(gradient, _transposed(taps, layer.n_groups), layer.kernel, -1, layer.n_groups)


def _strided(n_dims: int, stride: int) -> tuple[slice, ...]:
    return (slice(None), *[slice(None, None, stride)] * (n_dims - 2))


def _transposed(taps: np.ndarray, n_groups: int) -> np.ndarray:
    """Each group's matrix transposed."""
    n_taps, n_in, n_units = taps.shape
    by_group = taps.reshape(n_taps, n_in, n_groups, n_units // n_groups)
    return by_group.transpose(0, 3, 2, 1).reshape(n_taps, n_units // n_groups, n_groups * n_in)


def _correlate(h: np.ndarray, taps: np.ndarray, kernel: tuple[int, ...], sign: int, n_groups: int) -> np.ndarray:
    """Sum of shifted inputs times each tap's matrix; sign -1 shifts back, as the transpose does."""
    total = 0.0
    for offset, tap in zip(np.ndindex(kernel), taps, strict=True):
        shifted = np.roll(h, [-sign * k for k in offset], range(1, h.ndim - 1)) if any(offset) else h
        # Products of matrices: on more axes NumPy would make many small ones.
        flat = shifted.reshape(-1, n_groups, tap.shape[0])
        by_group = tap.reshape(tap.shape[0], n_groups, -1)
        product = products.grouped(flat, by_group)
        total = total + product.reshape(*h.shape[:-1], tap.shape[1])
    return total

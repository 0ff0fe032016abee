"""Units of a stack that are equal on both sides: in what comes in, and in what goes out."""

from __future__ import annotations

import numpy as np

from fastinit.checking.network import Layer, Residual, Step
from fastinit.checking.units import n_duplicates


def incoming(layer: Layer, taps: np.ndarray) -> np.ndarray:
    """A row for each unit: its weights, bias and gain; a gate's two parts are one unit."""
    rows = np.moveaxis(taps, -1, 0).reshape(layer.n_units, -1)
    more = [own for own in (layer.bias, layer.gain) if np.ndim(own)]
    if layer.n_groups > 1:  # units of other inputs are others
        more.append(np.arange(layer.n_units) * layer.n_groups // layer.n_units)
    rows = np.column_stack([rows, *more]) if more else rows
    n_parts = layer.activation.n_parts
    return rows if n_parts == 1 else np.concatenate(np.split(rows, n_parts), axis=1)


def equal_on_both_sides(steps: tuple[Step, ...], found: list, rng: object) -> list[float]:
    """For each row of ``found`` the share of units that equal another in what comes in and in what goes out.

    The last layer's outgoing weights are the targets' affair, and so are those of a layer whose outputs are added to
    others: what follows tells their units apart.
    """
    following = _following(steps)
    shares = []
    for row in found:
        share, layer = row.duplicates, row.step
        other = following.get(id(layer))
        if share and other is not None:
            rows = np.column_stack([incoming(layer, layer.taps(rng)), _outgoing(other, other.taps(rng))])
            share = n_duplicates(rows) / layer.n_out
        elif id(layer) in following:
            share = 0.0
        shares.append(share)
    return shares


def _outgoing(layer: Layer, taps: np.ndarray) -> np.ndarray:
    """A row for each input of the layer: the weights that it is multiplied with."""
    n_taps, n_in, n_units = taps.shape
    by_group = taps.reshape(n_taps, n_in, layer.n_groups, n_units // layer.n_groups).transpose(2, 1, 0, 3)
    rows = by_group.reshape(layer.n_in, -1)
    return rows if layer.n_groups == 1 else np.column_stack([rows, np.arange(layer.n_in) // n_in])


def _following(steps: tuple[Step, ...]) -> dict[int, Layer | None]:
    """By the identity of each layer, the one that alone gets its outputs, perhaps through norms; None if none does."""
    found: dict[int, Layer | None] = {}
    for i, step in enumerate(steps):
        if isinstance(step, Residual):
            found |= _following(step.branch) | _following(step.shortcut)
            continue
        rest = (other for other in steps[i + 1 :] if not _is_plain_norm(other))
        other = next(rest, None)
        found[id(step)] = other if isinstance(other, Layer) and other.has_weights else None
    return found


def _is_plain_norm(step: Step) -> bool:
    """A norm that treats all units alike."""
    return isinstance(step, Layer) and not step.has_weights and not np.ndim(step.gain)

"""Units that nothing tells apart: their weights are equal, and so are the gradients that would change them."""

from __future__ import annotations

import torch
from torch import nn

from fastinit.checking import units
from fastinit.checking.verdicts import DUPLICATE_SHARE
from fastinit.torch.checking.recording import leaves_of
from fastinit.torch.checking.statistics import real

#: Gradients of two units count as equal if they differ by less than this part: rounding, also of bfloat16, where the
#: same numbers are added in another order.
SAME_GRADIENT = 2.0**-7

#: Rows of which each is compared with each.
N_COMPARED = 512

#: Layers whose units are the rows of their weights, and those whose units are the columns.
ROWS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Bilinear, nn.RNNBase, nn.RNNCellBase, nn.MultiheadAttention)
COLUMNS = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def find(module: nn.Module, gradients: dict[str, torch.Tensor | None], called: set[str]) -> dict[str, tuple[int, int]]:
    """By parameter with such units, how many, of how many. `gradients` are of the module's parameters, by name."""
    leaves = leaves_of(module)
    found = {}
    for place, leaf in module.named_modules():
        if id(leaf) not in leaves or place not in called:
            continue
        axis = 1 if isinstance(leaf, COLUMNS) or type(leaf).__name__ == "Conv1D" else 0
        if axis == 0 and not isinstance(leaf, ROWS):
            continue
        for own, parameter in leaf.named_parameters():
            name = f"{place}.{own}".lstrip(".")
            if parameter.ndim > 1 and name in gradients:
                n_units = parameter.shape[axis]
                n_equal = _n_equal(real(parameter).movedim(axis, 0), gradients[name], axis)
                if n_equal > 0 and n_equal >= DUPLICATE_SHARE * n_units:
                    found[name] = n_equal, n_units
    return found


def _n_equal(rows: torch.Tensor, gradient: torch.Tensor | None, axis: int) -> int:
    """How many rows equal another, and have its gradient or none; a row by row look at as many as N_COMPARED."""
    n_units = rows.shape[0]
    if not rows.numel():
        return 0
    if units.n_duplicates(rows.cpu().numpy()) < max(DUPLICATE_SHARE * n_units, 2):
        return 0
    _, groups, counts = torch.unique(rows.reshape(n_units, -1), dim=0, return_inverse=True, return_counts=True)
    if gradient is None:
        return int(counts[counts > 1].sum())
    slopes = real(gradient).movedim(axis, 0).reshape(n_units, -1)
    moves = (slopes != 0).any(dim=1)
    if not bool(moves.any()):
        return int(counts[counts > 1].sum())
    # A unit that alone does not move has a follower that is off for this batch; for another batch it is not.
    return sum(_n_alike(slopes[(groups == i) & moves]) for i in torch.nonzero(counts > 1).flatten())


def _n_alike(slopes: torch.Tensor) -> int:
    """How many rows have another one near; the first N_COMPARED stand for all."""
    some = slopes[:N_COMPARED]
    if len(some) < 2:
        return 0
    some = some / some.abs().max()  # squares of tiny ones would be 0
    distances = torch.cdist(some, some, compute_mode="donot_use_mm_for_euclid_dist")
    nearest = distances.fill_diagonal_(torch.inf).amin(dim=1)
    return round(float((nearest <= SAME_GRADIENT * some.norm(dim=1)).float().mean()) * len(slopes))

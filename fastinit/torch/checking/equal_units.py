"""Units that nothing tells apart: their weights are equal, and so are the gradients that would change them."""

from __future__ import annotations

import torch
from torch import nn

from fastinit.checking import units
from fastinit.checking.verdicts import DUPLICATE_SHARE
from fastinit.torch.checking.recording import leaves_of
from fastinit.torch.checking.statistics import real

#: Gradients of units count as equal if they deviate from their mean by less than this part: rounding, also of bfloat16,
#: which adds the same numbers in another order.
SAME_GRADIENT = 2.0**-7

#: Layers whose units are the rows of their weights, and those whose units are the columns.
ROWS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Bilinear, nn.RNNBase, nn.RNNCellBase, nn.MultiheadAttention)
COLUMNS = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def find(module: nn.Module, gradients: dict[str, torch.Tensor | None], called: set[str]) -> dict[str, tuple[int, int]]:
    """By parameter with such units, how many, of how many. `gradients` are those of the module's parameters, by name."""
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
                if n_equal >= DUPLICATE_SHARE * n_units:
                    found[name] = n_equal, n_units
    return found


def _n_equal(rows: torch.Tensor, gradient: torch.Tensor | None, axis: int) -> int:
    n_units = rows.shape[0]
    if units.n_duplicates(rows.cpu().numpy()) < max(DUPLICATE_SHARE * n_units, 2):
        return 0
    _, group, counts = torch.unique(rows.reshape(n_units, -1), dim=0, return_inverse=True, return_counts=True)
    if gradient is None:
        return int(counts[counts > 1].sum())
    slopes = real(gradient).movedim(axis, 0).reshape(n_units, -1)
    sums = torch.zeros(len(counts), slopes.shape[1], dtype=slopes.dtype, device=slopes.device)
    means = sums.index_add_(0, group, slopes) / counts[:, None]
    deviation = (slopes - means[group]).norm(dim=1)
    is_same = (deviation <= SAME_GRADIENT * means[group].norm(dim=1)) & (counts[group] > 1)
    return int(is_same.sum())

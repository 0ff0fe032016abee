"""Plans and rules to values in a model's tensors, whole ones and parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import torch

from fastinit.common.errors import located
from fastinit.filling import output, seed
from fastinit.filling.tensors import note_write
from fastinit.laws import dtypes
from fastinit.plans.batch import initialize
from fastinit.plans.part import Part, part
from fastinit.plans.patterns import quoted
from fastinit.plans.plan import Plan
from fastinit.torch import shards


def by_plan(where: str, plan: Plan, tensors: Mapping[str, torch.Tensor], rng: object, **options) -> None:
    """Fill tensors by the entries of their names: schemes in one parallel loop, then what is no law."""
    schemes = {name: plan[name].scheme for name in tensors if plan[name].scheme is not None}
    others = [name for name in tensors if name not in schemes]
    for name in others:
        _check_writable(where, name, tensors[name])
    number = _as_number(where, rng) if others else None
    arrays = {name: plan[name].values(number) for name in others}
    by_rules({name: tensors[name] for name in schemes}, schemes, rng, **options)
    for name, array in arrays.items():
        _assign(where, tensors[name], array)


def _check_writable(where: str, name: str, tensor: torch.Tensor) -> None:
    """Refuse, before anything is written, what values cannot be copied to."""
    pieces = shards.pieces_of(where, tensor)
    for view in [tensor.detach()] if pieces is None else [view for view, _ in pieces.parts]:
        with located(f"{where}: {quoted(name)}"):
            output.as_array(where, view)


def by_rules(tensors: Mapping[str, torch.Tensor], rules: object, rng: object, **options) -> None:
    """`fastinit.initialize` for tensors of which this process may have a part."""
    memory = {name: _memory(tensor) for name, tensor in tensors.items()}
    initialize(memory, rules, rng, **options)
    for name, tensor in tensors.items():
        if isinstance(memory[name], tuple):  # views, writes to which count for the local part alone
            note_write(tensor)


def unnamed(where: str, tensor: torch.Tensor, replayed: Callable, rng: object) -> torch.Tensor:
    """What a module keeps under no name that a state dict knows, with memory."""
    made = torch.empty(tensor.shape, dtype=tensor.dtype, device="cpu")
    _assign(where, made, replayed(tensor, _as_number(where, rng)))
    return made.requires_grad_(tensor.requires_grad)


def _as_number(where: str, rng: object) -> object:
    """What gives several draws from one source: the source itself, unless each draw would advance it."""
    if rng is None or hasattr(rng, "bit_generator") or hasattr(rng, "capsule") or isinstance(rng, torch.Generator):
        return int.from_bytes(seed.seed_of(where, rng), "little")
    return rng


def _memory(tensor: torch.Tensor) -> torch.Tensor | tuple[Part, ...]:
    """A tensor as `initialize` takes it."""
    pieces = shards.pieces_of("initialize_", tensor)
    if pieces is None:
        return tensor.detach()
    if not pieces.parts:  # nothing of it lies here; but its rule is needed elsewhere
        shape = pieces.shape or (0,)
        return (part(np.empty((0, *shape[1:]), np.float32), shape, np.s_[:0]),)
    return tuple(part(view, pieces.shape, index) for view, index in pieces.parts)


def _assign(where: str, tensor: torch.Tensor, array: np.ndarray) -> None:
    """Copy values to a tensor, or its part of them to one of which this process has a part."""
    pieces = shards.pieces_of(where, tensor)
    places: Iterable = [(tensor.detach(), (...,))] if pieces is None else pieces.parts
    for view, index in places:
        view.copy_(as_tensor(np.ascontiguousarray(array[index])))


def as_tensor(array: np.ndarray) -> torch.Tensor:
    """An array as a tensor over the same memory, also of a dtype that NumPy lacks."""
    if array.dtype.name not in dtypes.FROM_ML_DTYPES:
        return torch.from_numpy(array.reshape(-1)).reshape(array.shape)
    raw = torch.from_numpy(array.reshape(-1).view(np.uint8))
    return raw.view(getattr(torch, array.dtype.name)).reshape(array.shape)

"""`materialize`: a model with its own initialization, filled once."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from fastinit.common.calls import one_form
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.torch import execution
from fastinit.torch.recording import recorded, tensors_of


@one_form
def materialize(build, rng=0, dtype=None, *, threads=None, progress=None) -> nn.Module:
    """Build a model with its own initialization, filled once, in parallel, and the same whatever the machine.

    The model is recorded without memory, as by `record`; then memory is made and filled by the plan, each tensor from
    the stream that its name names. Buffers are right, tied tensors stay tied, and nothing is drawn that is overwritten.

    Parameters
    ----------
    build : callable or transformers configuration
        As for `record`.
    rng : int, sequence of int, SeedSequence, BitGenerator, Generator or torch.Generator, default 0
        As for `fastinit.initialize`.
    dtype : torch.dtype, optional
        Of the floating-point parameters, instead of their own: each value rounded once, and kept inside open bounds.
        Buffers keep theirs.
    threads : int >= 1, optional
        As for `fastinit.initialize`.
    progress : callable, optional
        As for `fastinit.initialize`.

    Returns
    -------
    torch.nn.Module
        On the CPU.

    Raises
    ------
    ValueError, TypeError
        As `record` does; and of modules that `torch.jit.script` has made, which keep their tensors.

    See Also
    --------
    record : The plan alone, to read, change and save.
    accelerate : For code that reads values while the model is built.

    Examples
    --------
    >>> import torch, fastinit as fi, fastinit.torch as ft
    >>> model = ft.materialize(lambda: torch.nn.Linear(64, 10), rng=0)
    >>> bool((model.bias.detach().numpy() == fi.uniform(10, low=-1 / 8, high=1 / 8, rng=0, name="bias")).all())
    True
    """
    if dtype is not None and not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
        reject_type("materialize", "dtype", "a floating-point torch.dtype or None", dtype)
    model, plan, replayed = recorded("materialize", build)
    for module in model.modules():
        if isinstance(module, torch.jit.ScriptModule):  # its tensors cannot be put in the place of others
            reject_value("materialize", "build", "modules that are scripted afterwards", Shown(module.original_name))
    made, tensors = {}, {}  # by identity, each with the old one, so that nothing else gets its identity
    for name, tensor, role in tensors_of(model):
        if plan[name].same_as is None:
            change = role == "parameter" and tensor.dtype.is_floating_point and dtype is not None
            tensors[name] = _with_memory(tensor, dtype if change else tensor.dtype)
            made[id(tensor)] = tensor, tensors[name]
    execution.by_plan("materialize", plan, tensors, rng, threads=threads, progress=progress)
    _install(model, made, lambda tensor: execution.unnamed("materialize", tensor, replayed, rng))
    return model


def _with_memory(tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """A tensor's like on the CPU, with nothing in it yet."""
    memory = torch.empty(tensor.shape, dtype=dtype, device="cpu")
    if isinstance(tensor, nn.Parameter):
        memory = torch.Tensor._make_subclass(type(tensor), memory, tensor.requires_grad)
    memory.__dict__.update(tensor.__dict__)
    return memory


def _install(model: nn.Module, made: dict[int, tuple], replayed: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Put new tensors in the place of old ones, in each place that a module has them."""

    def with_memory(value: object) -> object:
        if isinstance(value, torch.Tensor):
            if value.device.type == "meta" and id(value) not in made:
                made[id(value)] = value, replayed(value)
            return made[id(value)][1] if id(value) in made else value
        if type(value) in (list, tuple):
            return type(value)(map(with_memory, value))
        return {key: with_memory(item) for key, item in value.items()} if type(value) is dict else value

    for module in model.modules():
        for own, value in list(vars(module).items()):
            if own in ("_parameters", "_buffers"):
                value.update(with_memory(value))
            elif own != "_modules" and (isinstance(value, torch.Tensor) or type(value) in (list, tuple, dict)):
                vars(module)[own] = with_memory(value)
        if isinstance(module, nn.RNNBase):
            module._init_flat_weights()

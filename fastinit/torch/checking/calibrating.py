"""Factors on a module's weights that give each layer's outputs one standard deviation on a batch, in two passes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from fastinit.checking.calibrating import Scaled, factor_of
from fastinit.common.errors import Shown, reject_value
from fastinit.torch.checking.batches import Batch, told
from fastinit.torch.checking.isolation import seed_all
from fastinit.torch.checking.recording import NORM, role_of

#: Layers whose outputs are inputs times weights, plus biases.
LINEAR = (nn.Linear, nn.Bilinear, nn.modules.conv._ConvNd)


def factors(module: nn.Module, batch: Batch, std: float, seed: int, trainable: frozenset[str]) -> list[Scaled]:
    """In a context of `isolation.untouched`. In the order of calls, with the names of modules."""
    candidates = _candidates(module, trainable)
    called, normed = _called(module, batch, candidates, seed)
    chosen = {key: name for key, name in candidates.items() if key in called and key not in normed}
    return _measured(module, batch, chosen, std, seed)


def _candidates(module: nn.Module, trainable: frozenset[str]) -> dict[int, str]:
    """Layers with weights of their own alone, by id: of tied ones, each would undo what the other needs.

    Frozen ones have been trained.
    """
    owners = Counter(one.data_ptr() for part in module.modules() for one in part.parameters(recurse=False))
    found = {}
    for name, part in module.named_modules():
        weight = part._parameters.get("weight") if _is_linear(part) else None
        is_free = weight is not None and f"{name}.weight".removeprefix(".") in trainable
        if is_free and owners[weight.data_ptr()] == 1 and _is_plain(weight):
            found[id(part)] = name
    return found


def _is_linear(part: nn.Module) -> bool:
    """PyTorch's layers as they are, and the one that transformers calls Conv1D, whose weights are transposed."""
    is_transposed = type(part).__name__ == "Conv1D" and type(part).__module__.startswith("transformers.")
    return (isinstance(part, LINEAR) or is_transposed) and not part._forward_hooks and _has_own_forward(part)


def _has_own_forward(part: nn.Module) -> bool:
    """The one of the class that PyTorch or transformers has, not a subclass's."""
    return type(part).forward.__module__.startswith(("torch.nn.", "transformers."))


def _is_plain(weight: torch.Tensor) -> bool:
    return weight.is_floating_point() and weight.numel() > 0 and weight.is_contiguous()


def _called(module: nn.Module, batch: Batch, candidates: dict[int, str], seed: int) -> tuple[set[int], set[int]]:
    """Candidates that run, and those whose outputs a norm gets as they are."""
    outputs: dict[int, tuple[int, torch.Tensor]] = {}
    called, normed = set(), set()

    def before(part: nn.Module, inputs: tuple) -> None:
        if role_of(part) == NORM and inputs and id(inputs[0]) in outputs:
            normed.add(outputs[id(inputs[0])][0])

    def after(part: nn.Module, inputs: tuple, output: object) -> None:
        if id(part) in candidates and isinstance(output, torch.Tensor):
            called.add(id(part))
            outputs[id(output)] = id(part), output  # held, so that no other has its identity

    _run(module, batch, seed, before, after)
    return called, normed


def _measured(module: nn.Module, batch: Batch, chosen: dict[int, str], std: float, seed: int) -> list[Scaled]:
    done: dict[int, Scaled] = {}

    def after(part: nn.Module, inputs: tuple, output: object) -> torch.Tensor | None:
        if id(part) not in chosen or not isinstance(output, torch.Tensor):
            return None
        wide = output.detach().double()
        bias = _bias(part, wide)
        if id(part) not in done:
            done[id(part)] = _scaled(chosen[id(part)], wide, bias, std)
        factor = done[id(part)].factor
        return output if factor == 1 else (factor * (wide - bias) + bias).to(output.dtype)

    _run(module, batch, seed, lambda part, inputs: None, after)
    return list(done.values())


def _scaled(name: str, outputs: torch.Tensor, bias: torch.Tensor, std: float) -> Scaled:
    products, spread = outputs - bias, bias.expand(outputs.shape)
    shared = float(((products - products.mean()) * (spread - spread.mean())).mean())
    factor = factor_of(_variance(products), _variance(spread), shared, std)
    after = (factor * products + bias).std(correction=0)
    return Scaled(name, math.sqrt(_variance(outputs)), factor, float(after), 0.0)


def _variance(values: torch.Tensor) -> float:
    return float(values.var(correction=0))


def _bias(part: nn.Module, outputs: torch.Tensor) -> torch.Tensor:
    """As it is added to outputs."""
    bias = part._parameters.get("bias")
    if bias is None:
        return outputs.new_zeros(())
    n_after = part.weight.ndim - 2 if isinstance(part, nn.modules.conv._ConvNd) else 0
    return bias.detach().double().reshape(-1, *[1] * n_after)


def _run(module: nn.Module, batch: Batch, seed: int, before: Callable, after: Callable) -> None:
    seed_all(seed)
    handles = [register_module_forward_pre_hook(before), register_module_forward_hook(after)]
    try:
        with torch.no_grad(), told(batch, "forward"):
            used = batch.copied()
            module(*used.args, **used.kwargs)
    finally:
        for handle in handles:
            handle.remove()


def apply(module: nn.Module, rows: list[Scaled]) -> None:
    """Multiply weights in place; all of them, or none if one cannot be."""
    parts = dict(module.named_modules())
    with torch.no_grad():
        new = {row.name: parts[row.name].weight * row.factor for row in rows if row.factor != 1}
        for name, values in new.items():
            if not bool(values.isfinite().all()):
                expected = f"a number with which weights stay within {str(values.dtype).removeprefix('torch.')}"
                reject_value("calibrate", "std", expected, Shown(f"one too large for {name or 'the module'}"))
        for name, values in new.items():
            parts[name].weight.copy_(values)

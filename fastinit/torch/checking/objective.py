"""What gradients are of: the caller's loss, the module's own, cross-entropy of its logits, or a random direction."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch.nn import functional

from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.torch.checking.statistics import Moments, float_tensors

WHERE = "check"

GIVEN, OWN, CROSS_ENTROPY, DIRECTION = "the loss given", "the module's own loss", "cross-entropy", "a random direction"


class Logits(NamedTuple):
    """Of the classes that a module tells apart, at the last axis of its output."""

    n_classes: int
    std: float
    loss: float  #: mean cross-entropy against classes drawn at random
    ln_classes: float  #: what it is if all classes are equally likely


class Objective(NamedTuple):
    """A scalar, and what is known of the output that it is made of."""

    value: torch.Tensor
    label: str
    logits: Logits | None
    scores: torch.Tensor | None  #: the logits themselves
    output: Moments


def of(output: object, given: Callable | None, inputs: list[torch.Tensor], ends_in_weights: bool) -> Objective:
    """Of what the module returned."""
    tensors = float_tensors(output)
    if not tensors and given is None:
        reject_value(WHERE, "module", "an output with floating-point tensors, or a loss", Shown(type(output).__name__))
    scores = _scores(output, inputs, ends_in_weights)
    moments = Moments()
    for tensor in tensors[:1] if scores is None else [scores]:
        moments.add(tensor)
    logits, cross_entropy = (None, None) if scores is None else _logits(scores)
    own = output.get("loss") if isinstance(output, Mapping) else getattr(output, "loss", None)
    if given is not None:
        return Objective(_scalar(given(output)), GIVEN, logits, scores, moments)
    if isinstance(own, torch.Tensor) and own.numel() == 1:
        return Objective(own.reshape(()), OWN, logits, scores, moments)
    if cross_entropy is not None:
        return Objective(cross_entropy, CROSS_ENTROPY, logits, scores, moments)
    return Objective(_direction(tensors), DIRECTION, None, None, moments)


def _scores(output: object, inputs: list[torch.Tensor], ends_in_weights: bool) -> torch.Tensor | None:
    """The logits: called so, or what a last layer with weights returns for each sample or token, unlike the inputs."""
    named = output.get("logits") if isinstance(output, Mapping) else getattr(output, "logits", None)
    found = named if isinstance(named, torch.Tensor) else output if ends_in_weights else None
    if not isinstance(found, torch.Tensor) or not found.is_floating_point():
        return None
    looks_so = found.ndim in (2, 3) and found.shape[-1] > 1 and found.numel() > 0
    return found if looks_so and all(found.shape != one.shape for one in inputs) else None


def _logits(scores: torch.Tensor) -> tuple[Logits, torch.Tensor]:
    rows = scores.reshape(-1, scores.shape[-1])
    rows = rows if rows.dtype == torch.float64 else rows.float()
    targets = torch.randint(rows.shape[-1], (rows.shape[0],), device=rows.device)
    loss = functional.cross_entropy(rows, targets)
    std = float(rows.detach().std(unbiased=False))
    return Logits(rows.shape[-1], std, float(loss.detach()), math.log(rows.shape[-1])), loss


def _direction(tensors: list[torch.Tensor]) -> torch.Tensor:
    """Products with N(0, 1), of the scale of one of them."""
    total = 0.0
    for tensor in tensors:
        parts = torch.view_as_real(tensor) if tensor.is_complex() else tensor
        if parts.numel():
            parts = parts if parts.dtype == torch.float64 else parts.float()
            total = total + (parts * torch.randn_like(parts)).sum() / math.sqrt(parts.numel())
    return total if isinstance(total, torch.Tensor) else torch.zeros(())


def _scalar(value: object) -> torch.Tensor:
    if not isinstance(value, torch.Tensor) or value.numel() != 1 or not value.is_floating_point():
        reject_type(WHERE, "loss", "a function of the output that returns a real tensor of one value", value)
    return value.reshape(())

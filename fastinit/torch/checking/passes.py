"""A module run forward and back, and once more for each zero that keeps gradients from what lies behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Set
from typing import NamedTuple

import torch
from torch import nn

from fastinit.checking import beginnings
from fastinit.torch.checking import attention, equal_units, isolation, objective
from fastinit.torch.checking.batches import Batch, told
from fastinit.torch.checking.recording import NORM, WEIGHTS, Record, Recording, SoftmaxRecord
from fastinit.torch.checking.statistics import Moments, float_tensors, real, wide

#: Passes with ends opened, after the first: adaLN-zero has three zeros in a row, the last layer, gates and what is
#: behind them.
MAX_OPENINGS = 3

#: Root mean square of what a zero becomes, against its gradient: of the order of an optimizer's first steps.
OPENED_RMS = 1e-2


class ParameterFigures(NamedTuple):
    """Of one parameter in one pass."""

    name: str
    shape: tuple[int, ...]
    trainable: bool
    rms: float
    n_not_finite: int
    gradient_norm: float  #: NaN if none reaches it
    beginning: bytes  #: as `fastinit.checking.beginnings.of` has it; empty of vectors
    update_ratio: float  #: gradient's norm over the weights'; infinite for zeros that move

    @property
    def is_zero(self) -> bool:
        return self.rms == 0

    @property
    def is_reached(self) -> bool:
        return self.gradient_norm != 0 and not math.isnan(self.gradient_norm)


class Pass(NamedTuple):
    """What one run forward and back showed."""

    records: list[Record]
    softmaxes: list[SoftmaxRecord]
    called: set[str]
    parameters: dict[str, ParameterFigures]
    equal: dict[str, tuple[int, int]]  #: by parameter, units that nothing tells apart, of how many
    label: str  #: what the gradient is of
    logits: objective.Logits | None
    scores_saturated: float  #: share of samples of which one class has all, NaN without logits
    output: Moments
    moves: dict[str, torch.Tensor]  #: gradients of parameters that are zero and move


class Passes(NamedTuple):
    """The module as it is, and after its zero-initialized ends have moved."""

    first: Pass
    last: Pass
    opened: tuple[str, ...]  #: parameters that were zero and moved


def run(
    module: nn.Module,
    batch: Batch,
    loss: Callable | None,
    trainable: Set[str],
    seed: int,
    is_enough: Callable[[Pass], bool] = lambda first: False,
) -> Passes:
    """In a context of `isolation.untouched`; the first pass alone, if that `is_enough`."""
    first = last = _once(module, batch, loss, trainable, seed)
    if is_enough(first):
        return Passes(first, first, ())
    parameters = dict(module.named_parameters())
    opened: list[str] = []
    for _ in range(MAX_OPENINGS):
        behind = [one for one in last.parameters.values() if one.trainable and not one.is_reached]
        if not behind or not last.moves:
            break
        opened += last.moves
        for name, gradient in last.moves.items():
            # Not at random: that would tell apart what the gradient does not.
            parameters[name].data.copy_(-gradient * (OPENED_RMS / gradient.square().mean().sqrt()))
        last = _once(module, batch, loss, trainable, seed)
    return Passes(first, last, tuple(opened))


def _opens(one: ParameterFigures) -> bool:
    return one.trainable and one.is_zero and one.is_reached and math.isfinite(one.gradient_norm)


def _once(module: nn.Module, batch: Batch, loss: Callable | None, trainable: Set[str], seed: int) -> Pass:
    isolation.seed_all(seed)
    recording = Recording(module)
    batch = batch.copied()
    with told(batch, "forward"), recording:
        output = module(*batch.args, **batch.kwargs)
    last = next((record for record in reversed(recording.records) if record.role in (WEIGHTS, NORM)), None)
    with told(batch, "loss"):
        inputs = float_tensors([batch.args, batch.kwargs])
        goal = objective.of(output, loss, inputs, last is not None and last.role == WEIGHTS)
    named = {name: one for name, one in module.named_parameters() if one.is_floating_point() or one.is_complex()}
    gradients: tuple = (None,) * len(named)
    if named and goal.value.requires_grad:
        with told(batch, "backward"):
            gradients = torch.autograd.grad(goal.value, list(named.values()), allow_unused=True)
    found = dict(zip(named, gradients, strict=True))
    with torch.no_grad():
        figures = {name: _figures(name, named[name], found[name], name in trainable) for name in named}
        evenness = None if goal.scores is None else attention.of_scores(goal.scores, -math.inf, min_keys=2)
        return Pass(
            recording.records,
            recording.softmaxes,
            recording.called,
            figures,
            equal_units.find(module, found, recording.called),
            goal.label,
            goal.logits,
            math.nan if evenness is None else evenness.saturated,
            goal.output,
            {name: real(found[name]) for name, one in figures.items() if _opens(one)},
        )


def _figures(name: str, parameter: torch.Tensor, gradient: torch.Tensor | None, trainable: bool) -> ParameterFigures:
    values = real(parameter)
    norm = float(torch.linalg.vector_norm(values, dtype=wide(values)))
    gradient_norm = math.nan
    if gradient is not None:
        slopes = real(gradient)
        gradient_norm = float(torch.linalg.vector_norm(slopes, dtype=wide(slopes)))
    return ParameterFigures(
        name,
        tuple(parameter.shape),
        trainable,
        norm / math.sqrt(max(parameter.numel(), 1)),
        int((~values.isfinite()).sum()),
        gradient_norm,
        beginnings.of(values.reshape(-1)[: beginnings.N_COMPARED].float().cpu().numpy()) if parameter.ndim > 1 else b"",
        gradient_norm / norm if norm else math.inf if gradient_norm > 0 else math.nan,
    )

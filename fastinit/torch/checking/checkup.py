"""`fastinit.check` for a torch.nn.Module: all checks of what is given, then two passes and the report."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn

from fastinit.common import checks
from fastinit.torch.checking import batches, calibrating, entry, isolation, judging, passes, remedies, report, wording
from fastinit.torch.checking.recording import WEIGHTS, Record
from fastinit.torch.checking.statistics import float_tensors, real

WHERE = "check"


def check_module(module: nn.Module, batch: object, loss: Callable | None, rng: object, n_samples: int | None):
    """The report; `fastinit.check` has the docstring."""
    checks.callback(WHERE, "loss", loss)
    asked = entry.asked(WHERE, module, batch, rng, n_samples)
    module, seed = asked.module, asked.seed_of_globals
    used = asked.batch_made()
    level = _level(used)
    with isolation.untouched(module, seed):
        found = passes.run(module, used, loss, asked.trainable, seed)
    faults = judging.faults(found, level)

    def calibrate(part: nn.Module) -> None:
        parts = dict(part.named_modules())
        for row in calibrating.factors(part, used, 1.0, seed, asked.trainable):
            parts[row.name].weight.data.mul_(row.factor)  # .data counts no versions: the old values come back

    def heals(tried: remedies.Remedy, draw: int) -> float:
        with isolation.untouched(module, seed):
            tried.apply(module, asked.seed + draw, calibrate)
            is_sick = lambda one: bool(judging.at_once(one, level))  # noqa: E731
            found = passes.run(module, used, loss, asked.trainable, seed, is_sick)
        changes = (change for change in remedies.CHANGES if not judging.faults(found, level, change))
        return min(changes, default=math.inf)

    remedy = remedies.remedy(faults, found.first, heals) if faults else remedies.Remedy("", {})
    return _report(found, faults, used, level, remedy)


def _level(batch: batches.Batch) -> float:
    """Second moment of the first floats that come in; NaN if none do."""
    floats = float_tensors([batch.args, batch.kwargs])
    return float(real(floats[0]).square().mean()) if floats else math.nan


def _report(
    found: passes.Passes, faults: list[judging.Fault], batch: batches.Batch, level: float, remedy: remedies.Remedy
):
    findings = tuple(name for name in judging.ORDER if any(fault.finding == name for fault in faults))
    return report.ModuleReport(
        findings[0] if findings else "healthy",
        findings,
        wording.reason(faults),
        remedy.text,
        dict(remedy.rules),
        wording.notes(found, batch.about, _varies(batch)),
        tuple(_layers(found.first, faults, level)),
        tuple(
            report.ModuleParameter(p.name, p.shape, p.rms, p.gradient_norm, p.update_ratio, p.trainable)
            for p in found.first.parameters.values()
        ),
        tuple(report.Attention(one.name, *one.evenness) for one in found.first.softmaxes),
        found.first.logits,
        batch.n_samples,
    )


def _varies(batch: batches.Batch) -> bool:
    """Whether samples differ."""
    tensors = [one for one in [*batch.args, *batch.kwargs.values()] if isinstance(one, torch.Tensor) and one.ndim]
    return any(one.shape[0] > 1 and bool((one != one[:1]).any()) for one in tensors)


def _layers(one: passes.Pass, faults: list[judging.Fault], level: float):
    records = one.records
    last = next((row.elasticity for row in reversed(records) if row.role == WEIGHTS), math.nan)
    for row, ratio in zip(records, judging.scale_ratios(one, level), strict=True):
        flat = row.flatness
        places = {row.name, *row.parameters}
        # What is said of a function holds of the rows of its kind, and what is said of a layer of that layer.
        findings = {fault.finding for fault in faults if places & set(fault.places) and _concerns(fault, row)}
        yield report.ModuleLayer(
            row.name,
            row.kind,
            row.shape,
            row.outputs.mean,
            row.outputs.std,
            row.outputs.signal,
            flat.saturated if flat and flat.n_sides else math.nan,
            flat.dead if flat else math.nan,
            row.gradients.std,
            ratio,
            math.sqrt(row.elasticity / last) if last else math.nan,
            _update_ratio(row, one),
            tuple(name for name in judging.ORDER if name in findings),
            row.outputs.values,
            row.gradients.values,
        )


def _update_ratio(row: Record, one: passes.Pass) -> float:
    """Of its weights, or of what else it has."""
    by_axes = sorted(row.parameters, key=lambda name: -len(one.parameters[name].shape))
    return one.parameters[by_axes[0]].update_ratio if by_axes else math.nan


def _concerns(fault: judging.Fault, row: Record) -> bool:
    return fault.finding != "dead" or row.flatness is not None

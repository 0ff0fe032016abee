"""`fastinit.check` for a torch.nn.Module: all checks of what is given, then two passes and the report."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from fastinit.common import checks
from fastinit.common.errors import Shown, reject_value
from fastinit.filling import seed
from fastinit.torch.checking import batches, isolation, judging, passes, report, wording
from fastinit.torch.checking.recording import WEIGHTS, Record
from fastinit.torch.checking.statistics import float_tensors, real

WHERE = "check"

#: Samples of a batch that is made here: units that are off by chance for all of 8 samples are few, and a large image
#: model still takes seconds.
N_SAMPLES = 8


def check_module(module: nn.Module, batch: object, loss: Callable | None, rng: object, n_samples: int | None):
    """The report; `fastinit.check` has the docstring."""
    module = _within(module)
    _check_parameters(module)
    checks.callback(WHERE, "loss", loss)
    seed.check_rng(WHERE, rng)
    if n_samples is not None:
        n_samples = checks.positive_integer(WHERE, "n_samples", n_samples)
    used = None if batch is None else batches.given(batch)
    if used is not None and n_samples is not None:
        reject_value(WHERE, "n_samples", "None beside a batch, which has its own number", n_samples)
    words = int.from_bytes(seed.seed_of(WHERE, rng), "little")
    trainable = {name for name, parameter in module.named_parameters() if parameter.requires_grad}
    number = words % 2**32  # what NumPy's global generator takes
    with isolation.untouched(module, number):
        if used is None:
            used = batches.made(module, n_samples or N_SAMPLES, words)
        found = passes.run(module, used, loss, trainable, number)
    return _report(found, used)


def _within(module: nn.Module) -> nn.Module:
    """The caller's module, without what compiles or distributes it."""
    while True:
        if hasattr(module, "_orig_mod"):
            module = module._orig_mod
        elif isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
            module = module.module
        else:
            return module


def _check_parameters(module: nn.Module) -> None:
    for name, parameter in [*module.named_parameters(), *module.named_buffers()]:
        if is_lazy(parameter):
            reject_value(WHERE, "module", "parameters of known shapes", Shown(f"{name}, which is not initialized yet"))
        if parameter.is_meta:
            reject_value(WHERE, "module", "parameters with values", Shown(f"{name} on the meta device"))


def _report(found: passes.Passes, batch: batches.Batch) -> report.ModuleReport:
    floats = float_tensors([batch.args, batch.kwargs])
    level = math.nan
    if floats:
        values = real(floats[0])
        level = float(values.square().mean())
    faults = judging.faults(found, level)
    findings = tuple(name for name in judging.ORDER if any(fault.finding == name for fault in faults))
    return report.ModuleReport(
        findings[0] if findings else "healthy",
        findings,
        wording.reason(faults),
        wording.remedy(faults, found.first),
        wording.notes(found, batch.about, _varies(batch)),
        tuple(_layers(found.first.records, faults)),
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


def _layers(records: list[Record], faults: list[judging.Fault]):
    first = records[0].outputs.second_moment if records else math.nan
    last = next((row.elasticity for row in reversed(records) if row.role == WEIGHTS), math.nan)
    for row in records:
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
            row.outputs.second_moment / first if first else math.nan,
            row.elasticity / last if last else math.nan,
            tuple(name for name in judging.ORDER if name in findings),
            row.outputs.values,
            row.gradients.values,
        )


def _concerns(fault: judging.Fault, row: Record) -> bool:
    return fault.finding != "dead" or row.flatness is not None

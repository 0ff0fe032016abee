"""What to do about a module's verdict: each remedy is applied and checked before it is offered."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import nn

from fastinit.torch.checking import weights_at
from fastinit.torch.checking.judging import NOT_FINITE, Fault
from fastinit.torch.checking.passes import Pass
from fastinit.torch.checking.weights_at import Weights
from fastinit.torch.checking.wording import names

NONE = "nothing that was tried: recommended weights, biases of 0, fastinit.calibrate"

NONE_OF_NOT_FINITE = "find what divides by zero, overflows or was read wrongly; weights: any scheme gives finite ones"

#: Changes a module's parameters in place, within `isolation.untouched`.
Change = Callable[[nn.Module], None]


def remedy(faults: list[Fault], one: Pass, retry: Callable[[Change], list[Fault]], calibrate: Change, seed: int) -> str:
    """The first remedy with which `retry` finds no fault."""
    for text, change in _candidates(faults[0], one, calibrate, seed):
        if not retry(change):
            return text
    return NONE_OF_NOT_FINITE if faults[0].finding == NOT_FINITE else NONE


def _candidates(fault: Fault, one: Pass, calibrate: Change, seed: int) -> Iterator[tuple[str, Change]]:
    """The least change first."""
    # The last layer's units may be equal too: that alone is no fault, and yet nothing goes back through it.
    places = (*fault.places, *one.equal) if fault.finding == "symmetric" else fault.places
    own, odd = weights_at.at(places, one), weights_at.odd(one)
    both = list({weights.name: weights for weights in [*own, *odd]}.values())
    biases = [name for name, figures in one.parameters.items() if name.endswith("bias") and figures.rms > 0]
    for weights in [own] if own == both else [own, both]:
        if weights:
            yield _text(weights), _filled(weights, [], seed)
    if biases:
        yield "biases: fastinit.get('zeros')", _filled([], biases, seed)
        if both:
            yield f"{_text(both)}; biases: fastinit.get('zeros')", _filled(both, biases, seed)
    yield "fastinit.calibrate(module, batch)", calibrate
    if both:
        first = _filled(both, biases, seed)
        yield (
            f"{_text(both)}; then fastinit.calibrate(module, batch)",
            lambda module: (first(module), calibrate(module)),
        )


def _text(found: list[Weights]) -> str:
    by_scheme: dict[str, list[str]] = {}
    for weights in found:
        by_scheme.setdefault(repr(weights.scheme), []).append(weights.name)
    return "; ".join(f"{names(own)}: {scheme}" for scheme, own in by_scheme.items())


def _filled(found: list[Weights], biases: list[str], seed: int) -> Change:
    def change(module: nn.Module) -> None:
        parameters = dict(module.named_parameters())
        for weights in found:
            values = weights.scheme(weights.shape, rng=seed, name=weights.name)
            parameters[weights.name].data.copy_(torch.from_numpy(values))  # .data counts no versions
        for name in biases:
            parameters[name].data.zero_()

    return change

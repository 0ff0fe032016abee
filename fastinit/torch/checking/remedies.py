"""What to do about a module's verdict: each remedy is applied and checked before it is offered."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import torch
from torch import nn

from fastinit.checking.verdicts import SCALE_CHANGE
from fastinit.schemes.register import Configured, get
from fastinit.torch.checking import weights_at
from fastinit.torch.checking.judging import NOT_FINITE, Fault
from fastinit.torch.checking.passes import Pass
from fastinit.torch.checking.recording import NORM
from fastinit.torch.checking.wording import names

NONE = "nothing that was tried: recommended weights, biases of 0, norms' weights of 1, fastinit.calibrate"

NONE_OF_NOT_FINITE = "find what divides by zero, overflows or was read wrongly; weights: any scheme gives finite ones"

#: Seeds with which a remedy must do, so that it is no luck of one draw.
N_DRAWS = 2

#: Changes of scale with which another seed will do as well, and with which a network is still healthy.
CHANGES = (SCALE_CHANGE / 10, SCALE_CHANGE)

#: Names, or patterns of them, that the text of a remedy has for a scheme; the rules have all.
N_NAMES = 12


class Remedy(NamedTuple):
    """What is done, in words and as rules; and whether `fastinit.calibrate` comes after them."""

    text: str
    rules: Mapping[str, Configured]  #: by names of parameters, as `fastinit.torch.initialize_` takes them
    calibrates: bool = False

    def apply(self, module: nn.Module, seed: int, calibrate: Callable[[nn.Module], None]) -> None:
        """Change the module's parameters in place, within `isolation.untouched`."""
        parameters = dict(module.named_parameters())
        for name, scheme in self.rules.items():
            values = scheme(tuple(parameters[name].shape), rng=seed, name=name)
            parameters[name].data.copy_(torch.from_numpy(values))  # .data counts no versions
        if self.calibrates:
            calibrate(module)


def remedy(faults: list[Fault], one: Pass, heals: Callable[[Remedy, int], float]) -> Remedy:
    """The first remedy that heals with each of N_DRAWS seeds, amply; else the first that does barely.

    `heals` says which of CHANGES scales stay within; infinity of none.
    """
    barely = Remedy(NONE_OF_NOT_FINITE if faults[0].finding == NOT_FINITE else NONE, {})
    is_found = False
    for tried in _candidates(faults[0], one):
        worst = 0.0
        for draw in range(N_DRAWS if tried.rules else 1):
            worst = max(worst, heals(tried, draw))
            if math.isinf(worst):
                break
        if worst <= CHANGES[0]:
            return tried
        if not is_found and not math.isinf(worst):
            barely, is_found = tried, True
    return barely


def _candidates(fault: Fault, one: Pass) -> Iterator[Remedy]:
    """The least change first."""
    # The last layer's units may be equal too: that alone is no fault, and yet nothing goes back through it.
    places = (*fault.places, *one.equal) if fault.finding == "symmetric" else fault.places
    own = {weights.name: weights.scheme for weights in weights_at.at(places, one)}
    both = own | {weights.name: weights.scheme for weights in weights_at.odd(one)}
    vectors = _biases(one) | _gains(one)
    zeros = {weights.name: weights.scheme for weights in weights_at.zero(one)}
    tried: list[Mapping[str, Configured]] = []
    for rules in (own, both, vectors, both | vectors, both | vectors | zeros):
        if rules and rules not in tried:
            tried.append(rules)
            yield Remedy(_text(rules), rules)
    yield Remedy("fastinit.calibrate(module, batch)", {}, calibrates=True)
    if both | vectors:
        rules = both | vectors
        yield Remedy(f"{_text(rules)}; then fastinit.calibrate(module, batch)", rules, calibrates=True)


def _biases(one: Pass) -> dict[str, Configured]:
    return {name: get("zeros") for name, found in one.parameters.items() if name.endswith("bias") and found.rms > 0}


def _gains(one: Pass) -> dict[str, Configured]:
    """Of norms that let nothing through."""
    normed = {name for row in one.records if row.role == NORM for name in row.parameters}
    return {name: get("ones") for name in normed if name.endswith("weight") and one.parameters[name].rms == 0}


def _text(rules: Mapping[str, Configured]) -> str:
    by_scheme: dict[str, list[str]] = {}
    for name, scheme in rules.items():
        by_scheme.setdefault(repr(scheme), []).append(name)
    return "; ".join(f"{names(own, N_NAMES)}: {scheme}" for scheme, own in by_scheme.items())

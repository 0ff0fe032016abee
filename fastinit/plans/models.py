"""Architectures whose checkpoints ``fastinit init`` writes: the real names, shapes and initialization rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from fastinit.plans.plan import Entry, Plan
from fastinit.schemes.register import Configured, get


class Parameter(NamedTuple):
    """One tensor of a model."""

    name: str
    shape: tuple[int, ...]
    scheme: Configured


def gpt2(n_layer: int, n_embd: int, n_vocab: int = 50257, n_positions: int = 1024) -> Iterator[Parameter]:
    """GPT-2, named and laid out as in its published checkpoints: linear weights are (in, out).

    N(0, 0.02) everywhere, but 0.02 / sqrt(2 n_layer) for the projections that end a residual branch, of which each
    layer has two (Radford et al., "Language models are unsupervised multitask learners", 2019, section 2.3).
    """
    weight = get("normal", std=0.02)
    residual = get("normal", std=0.02 / math.sqrt(2 * n_layer))
    one, zero = get("ones"), get("zeros")

    def linear(name: str, fan_in: int, fan_out: int, scheme: Configured) -> Iterator[Parameter]:
        yield Parameter(f"{name}.weight", (fan_in, fan_out), scheme)
        yield Parameter(f"{name}.bias", (fan_out,), zero)

    def layer_norm(name: str) -> Iterator[Parameter]:
        yield Parameter(f"{name}.weight", (n_embd,), one)
        yield Parameter(f"{name}.bias", (n_embd,), zero)

    yield Parameter("wte.weight", (n_vocab, n_embd), weight)
    yield Parameter("wpe.weight", (n_positions, n_embd), weight)
    for layer in range(n_layer):
        prefix = f"h.{layer}"
        yield from layer_norm(f"{prefix}.ln_1")
        yield from linear(f"{prefix}.attn.c_attn", n_embd, 3 * n_embd, weight)
        yield from linear(f"{prefix}.attn.c_proj", n_embd, n_embd, residual)
        yield from layer_norm(f"{prefix}.ln_2")
        yield from linear(f"{prefix}.mlp.c_fc", n_embd, 4 * n_embd, weight)
        yield from linear(f"{prefix}.mlp.c_proj", 4 * n_embd, n_embd, residual)
    yield from layer_norm("ln_f")


def plan(parameters: Iterator[Parameter]) -> Plan:
    return Plan({name: Entry(shape, "float32", scheme) for name, shape, scheme in parameters})


#: Models by name, each a function that plans its parameters.
MODELS: dict[str, Callable[[], Plan]] = {
    "gpt2": lambda: plan(gpt2(12, 768)),
    "gpt2-medium": lambda: plan(gpt2(24, 1024)),
    "gpt2-large": lambda: plan(gpt2(36, 1280)),
    "gpt2-xl": lambda: plan(gpt2(48, 1600)),
}

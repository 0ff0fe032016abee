"""GPT-2: linear weights are (in, out), and those that end a residual branch are smaller the more layers there are.

Radford et al., "Language models are unsupervised multitask learners", 2019, section 2.3.
"""

from __future__ import annotations

import math

from fastinit.plans.families.reading import Config
from fastinit.plans.families.tables import ZEROS, Family, Table, normal
from fastinit.schemes.register import Configured


def _convolution(table: Table, name: str, n_in: int, n_out: int, law: Configured) -> None:
    """A linear layer with its weight the other way round."""
    table.add(f"{name}.weight", (n_in, n_out), law)
    table.add(f"{name}.bias", (n_out,), ZEROS)


def _model(table: Table, config: Config, at: str = "") -> None:
    config.refuse("add_cross_attention")
    std, width, layers = config.number("initializer_range"), config.size("n_embd"), config.layers("n_layer")
    config.parts("n_embd", "n_head")
    inner = config.size_or("n_inner", 4 * width)
    table.weight = normal(std or 0.02)
    weight, residual = normal(std), normal(std / math.sqrt(2 * layers))
    table.embedding(f"{at}wte", config.size("vocab_size"), width)
    table.embedding(f"{at}wpe", config.size("n_positions"), width)
    for i in range(layers):
        layer = f"{at}h.{i}"
        table.norm(f"{layer}.ln_1", width, bias=True)
        _convolution(table, f"{layer}.attn.c_attn", width, 3 * width, weight)
        _convolution(table, f"{layer}.attn.c_proj", width, width, residual)
        table.norm(f"{layer}.ln_2", width, bias=True)
        _convolution(table, f"{layer}.mlp.c_fc", width, inner, weight)
        _convolution(table, f"{layer}.mlp.c_proj", inner, width, residual)
    table.norm(f"{at}ln_f", width, bias=True)


def _causal(table: Table, config: Config) -> None:
    _model(table, config, "transformer.")
    if config.flag("tie_word_embeddings"):
        table.tie("lm_head.weight", "transformer.wte.weight")
    else:
        table.linear("lm_head", config.size("n_embd"), config.size("vocab_size"), bias=False)


def _classifier(table: Table, config: Config) -> None:
    _model(table, config, "transformer.")
    table.linear("score", config.size("n_embd"), config.labels(), bias=False)


DEFAULTS = {
    "vocab_size": 50257,
    "n_positions": 1024,
    "n_embd": 768,
    "n_layer": 12,
    "n_head": 12,
    "n_inner": None,
    "initializer_range": 0.02,
    "tie_word_embeddings": True,
}

ALIASES = {
    "hidden_size": "n_embd",
    "max_position_embeddings": "n_positions",
    "num_attention_heads": "n_head",
    "num_hidden_layers": "n_layer",
}

FAMILIES = {
    "gpt2": Family(
        {"GPT2Model": _model, "GPT2LMHeadModel": _causal, "GPT2ForSequenceClassification": _classifier},
        DEFAULTS,
        ALIASES,
    )
}

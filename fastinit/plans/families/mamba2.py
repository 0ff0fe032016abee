"""Mamba-2: state spaces with one decay rate a head, and time steps drawn evenly in their logarithm.

Dao and Gu, "Transformers are SSMs", 2024.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from fastinit.laws import dtypes
from fastinit.plans.families.reading import Config, reject_key
from fastinit.plans.families.tables import ONES, ZEROS, Family, Table, normal
from fastinit.schemes.register import Configured, get


def log_rates(n_heads: int, dtype: str, rng: object = None) -> np.ndarray:
    """The logarithms of 1 to `n_heads`."""
    values = np.log(np.arange(1, n_heads + 1, dtype=np.float64))
    return values.astype(np.float32).astype(dtypes.resolve("log_rates", dtype))


def time_steps(n_heads: int, least: float, most: float, floor: float, dtype: str, name: str, rng: object) -> np.ndarray:
    """What softplus makes time steps of: ``exp(U(log least, log most))``, and at least `floor`.

    The uniforms are those of the stream that the name names.
    """
    logs = get("uniform", low=math.log(least), high=math.log(most))(n_heads, rng=rng, name=name)
    steps = np.maximum(np.exp(logs.astype(np.float64)), floor)
    values = steps + np.log(-np.expm1(-steps))
    return values.astype(np.float32).astype(dtypes.resolve("time_steps", dtype))


def _uniform(fan_in: int, divisor: float = 1.0) -> Configured:
    """U(-b, b) with b = 1 / sqrt(fan_in): PyTorch's law of linear layers, by its formula."""
    bound = math.sqrt(3.0) * (math.sqrt(2.0 / (1 + math.sqrt(5) ** 2)) / math.sqrt(fan_in)) / divisor
    return get("uniform", low=-bound, high=bound)


def _time_steps(table: Table, config: Config, name: str, n_heads: int) -> None:
    least, most = config.positive("time_step_min"), config.positive("time_step_max")
    floor = config.number("time_step_floor")
    if least > most:
        reject_key("time_step_min", "at most time_step_max", least)
    values = partial(time_steps, n_heads, least, most, floor, table.dtype, name)
    table.values(name, (n_heads,), values, "inverse softplus of log-uniform time steps")


def _mixer(table: Table, config: Config, at: str, n_layers: int) -> None:
    width, n_heads, inner = config.size("hidden_size"), config.size("num_heads"), _inner(config)
    n_convolved = inner + 2 * config.size("n_groups") * config.size("state_size")
    kernel, bias = config.size("conv_kernel"), config.flag("use_bias")
    _time_steps(table, config, f"{at}dt_bias", n_heads)
    table.values(f"{at}A_log", (n_heads,), partial(log_rates, n_heads, table.dtype), "logarithms of 1, 2, ...")
    table.add(f"{at}D", (n_heads,), ONES)
    table.add(f"{at}conv1d.weight", (n_convolved, 1, kernel), _uniform(kernel))
    if config.flag("use_conv_bias"):
        table.add(f"{at}conv1d.bias", (n_convolved,), ZEROS)
    table.linear(f"{at}in_proj", width, inner + n_convolved + n_heads, bias)
    table.norm(f"{at}norm", inner)
    divisor = math.sqrt(n_layers) if config.flag("rescale_prenorm_residual") else 1.0
    table.linear(f"{at}out_proj", inner, width, bias, _uniform(inner, divisor))


def _inner(config: Config) -> int:
    """The heads' sizes together, which the width is expanded to."""
    inner = config.size("expand") * config.size("hidden_size")
    heads = config.size("num_heads") * config.size("head_dim")
    if inner != heads:
        reject_key("num_heads", f"num_heads * head_dim = expand * hidden_size, which is {inner}", heads)
    return inner


def _model(table: Table, config: Config, at: str = "") -> None:
    width, n_layers = config.size("hidden_size"), config.layers("num_hidden_layers")
    table.weight = normal(config.number("initializer_range") or 0.02)
    table.embedding(f"{at}embeddings", config.size("vocab_size"), width)
    for i in range(n_layers):
        table.norm(f"{at}layers.{i}.norm", width)
        _mixer(table, config, f"{at}layers.{i}.mixer.", n_layers)
    table.norm(f"{at}norm_f", width)


def _causal(table: Table, config: Config) -> None:
    _model(table, config, "backbone.")
    if config.flag("tie_word_embeddings"):
        table.tie("lm_head.weight", "backbone.embeddings.weight")
    else:
        table.linear("lm_head", config.size("hidden_size"), config.size("vocab_size"), bias=False)


DEFAULTS = {
    "num_heads": 128,
    "head_dim": 64,
    "vocab_size": 32768,
    "hidden_size": 4096,
    "state_size": 128,
    "num_hidden_layers": 64,
    "expand": 2,
    "conv_kernel": 4,
    "n_groups": 8,
    "use_bias": False,
    "use_conv_bias": True,
    "initializer_range": 0.1,
    "time_step_min": 0.001,
    "time_step_max": 0.1,
    "time_step_floor": 1e-4,
    "rescale_prenorm_residual": False,
    "tie_word_embeddings": False,
}

FAMILIES = {"mamba2": Family({"Mamba2Model": _model, "Mamba2ForCausalLM": _causal}, DEFAULTS)}

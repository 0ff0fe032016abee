"""Mixtures of experts: Mixtral, Qwen3-MoE and DeepSeek-V3. All experts of a layer are one tensor."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastinit.plans.families import llama
from fastinit.plans.families.reading import Config
from fastinit.plans.families.tables import ZEROS, Family, Table, normal


def _experts(table: Table, at: str, config: Config, n: int, inner: int) -> None:
    """Gates and values beside each other, and what comes out of them."""
    width, law = config.size("hidden_size"), normal(config.number("initializer_range"))
    table.add(f"{at}experts.gate_up_proj", (n, 2 * inner, width), law)
    table.add(f"{at}experts.down_proj", (n, width, inner), law)


def _router(table: Table, at: str, config: Config, n: int, dtype: str = "") -> None:
    law = normal(config.number("initializer_range"))
    table.add(f"{at}gate.weight", (n, config.size("hidden_size")), law, dtype)


def _mixtral(table: Table, at: str, config: Config, i: int) -> None:
    n = config.size("num_local_experts")
    llama.attention(table, at, config)
    _router(table, f"{at}mlp.", config, n)
    _experts(table, f"{at}mlp.", config, n, config.size("intermediate_size"))
    llama.norms(table, at, config)


def _qwen3_moe(table: Table, at: str, config: Config, i: int) -> None:
    n, step = config.size("num_experts", least=0), config.size("decoder_sparse_step")
    llama.attention_with_norms(table, at, config)
    if i not in config.indices("mlp_only_layers") and n > 0 and (i + 1) % step == 0:
        _experts(table, f"{at}mlp.", config, n, config.size("moe_intermediate_size"))
        _router(table, f"{at}mlp.", config, n)
    else:
        llama.gated(table, f"{at}mlp.", config.size("hidden_size"), config.size("intermediate_size"))
    llama.norms(table, at, config)


def _latent_attention(table: Table, at: str, config: Config) -> None:
    """Keys and values come from a narrow vector, and queries too if they have a rank."""
    width, n_heads, bias = config.size("hidden_size"), config.size("num_attention_heads"), config.flag("attention_bias")
    plain, rotated = config.size("qk_nope_head_dim"), config.size("qk_rope_head_dim")
    rank, value = config.size("kv_lora_rank"), config.size("v_head_dim")
    queries = n_heads * (plain + rotated)
    if config.has("q_lora_rank"):
        narrow = config.size("q_lora_rank")
        table.linear(f"{at}q_a_proj", width, narrow, bias)
        table.norm(f"{at}q_a_layernorm", narrow)
        table.linear(f"{at}q_b_proj", narrow, queries, bias=False)
    else:
        table.linear(f"{at}q_proj", width, queries, bias=False)
    table.linear(f"{at}kv_a_proj_with_mqa", width, rank + rotated, bias)
    table.norm(f"{at}kv_a_layernorm", rank)
    table.linear(f"{at}kv_b_proj", rank, n_heads * (plain + value), bias=False)
    table.linear(f"{at}o_proj", n_heads * value, width, bias)


def _deepseek_v3(table: Table, at: str, config: Config, i: int) -> None:
    """The router and its corrections are float32 whatever the dtype."""
    width, mlp = config.size("hidden_size"), f"{at}mlp."
    _latent_attention(table, f"{at}self_attn.", config)
    if i >= config.size("first_k_dense_replace", least=0):
        n, inner = config.size("n_routed_experts"), config.size("moe_intermediate_size")
        _experts(table, mlp, config, n, inner)
        _router(table, mlp, config, n, "float32")
        table.add(f"{mlp}gate.e_score_correction_bias", (n,), ZEROS, "float32", role="buffer")
        llama.gated(table, f"{mlp}shared_experts.", width, inner * config.size("n_shared_experts"))
    else:
        llama.gated(table, mlp, width, config.size("intermediate_size"))
    llama.norms(table, at, config)


_MIXTRAL = {"intermediate_size": 14336, "num_key_value_heads": 8, "num_local_experts": 8}

_QWEN3_MOE = {
    "vocab_size": 151936,
    "hidden_size": 2048,
    "intermediate_size": 6144,
    "num_hidden_layers": 24,
    "num_key_value_heads": 4,
    "decoder_sparse_step": 1,
    "moe_intermediate_size": 768,
    "num_experts": 128,
    "mlp_only_layers": None,
}

_DEEPSEEK_V3 = {
    "vocab_size": 129280,
    "hidden_size": 7168,
    "intermediate_size": 18432,
    "moe_intermediate_size": 2048,
    "num_hidden_layers": 61,
    "num_attention_heads": 128,
    "n_shared_experts": 1,
    "n_routed_experts": 256,
    "kv_lora_rank": 512,
    "q_lora_rank": 1536,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
    "qk_nope_head_dim": 128,
    "first_k_dense_replace": 3,
}


def _family(name: str, layer: llama.Layer, defaults: dict[str, Any], aliases: dict[str, str]) -> Family:
    model = partial(llama.decoder, layer=layer)
    return Family(llama.architectures(name, model), llama.DEFAULTS | defaults, aliases)


FAMILIES = {
    "mixtral": _family("Mixtral", _mixtral, _MIXTRAL, {"num_experts": "num_local_experts"}),
    "qwen3_moe": _family("Qwen3Moe", _qwen3_moe, _QWEN3_MOE, {"num_local_experts": "num_experts"}),
    "deepseek_v3": _family("DeepseekV3", _deepseek_v3, _DEEPSEEK_V3, {"num_local_experts": "n_routed_experts"}),
}

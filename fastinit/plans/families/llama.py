"""Llama and kin: decoders of attention and gated layers, without biases but for a few, and what sets each apart.

`decoder` and `architectures` serve the mixtures of experts too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from fastinit.plans.families.reading import Config
from fastinit.plans.families.tables import ZEROS, Family, Table, normal

#: Writes the tensors of a layer, from a name that ends in a dot; the number of the layer comes last.
Layer = Callable[[Table, str, Config, int], None]


def decoder(table: Table, config: Config, layer: Layer, at: str = "") -> None:
    """An embedding, layers and a norm."""
    width, n_vocab = config.size("hidden_size"), config.size("vocab_size")
    table.weight = normal(config.number("initializer_range") or 0.02)
    table.embedding(f"{at}embed_tokens", n_vocab, width, config.position("pad_token_id", n_vocab))
    for i in range(config.layers("num_hidden_layers")):
        layer(table, f"{at}layers.{i}.", config, i)
    table.norm(f"{at}norm", width)


def _causal(table: Table, config: Config, model: Callable) -> None:
    model(table, config, at="model.")
    if config.flag("tie_word_embeddings"):
        table.tie("lm_head.weight", "model.embed_tokens.weight")
    else:
        table.linear("lm_head", config.size("hidden_size"), config.size("vocab_size"), bias=False)


def _classifier(table: Table, config: Config, model: Callable) -> None:
    model(table, config, at="model.")
    table.linear("score", config.size("hidden_size"), config.labels(), bias=False)


def architectures(name: str, model: Callable) -> dict[str, Callable[[Table, Config], None]]:
    """A base model, and it with the heads that all of them have."""
    return {
        f"{name}Model": model,
        f"{name}ForCausalLM": partial(_causal, model=model),
        f"{name}ForSequenceClassification": partial(_classifier, model=model),
    }


def head_sizes(config: Config) -> tuple[int, int, int]:
    """The size of a head, and those of all queries together and of all keys."""
    n_heads = config.size("num_attention_heads")
    head = config.size("head_dim") if config.has("head_dim") else config.parts("hidden_size", "num_attention_heads")
    return head, n_heads * head, config.size_or("num_key_value_heads", n_heads) * head


def attention(table: Table, at: str, config: Config, bias: bool = False, out_bias: bool | None = None) -> None:
    """Queries, keys, values and what comes out of them."""
    width, (_, queries, keys) = config.size("hidden_size"), head_sizes(config)
    for name, n in ("q", queries), ("k", keys), ("v", keys):
        table.linear(f"{at}self_attn.{name}_proj", width, n, bias)
    table.linear(f"{at}self_attn.o_proj", queries, width, bias if out_bias is None else out_bias)


def attention_with_norms(table: Table, at: str, config: Config) -> None:
    """The same, and norms of each query and each key."""
    head = head_sizes(config)[0]
    attention(table, at, config, config.flag("attention_bias"))
    table.norm(f"{at}self_attn.q_norm", head)
    table.norm(f"{at}self_attn.k_norm", head)


def gated(table: Table, at: str, width: int, inner: int, bias: bool = False) -> None:
    """Two layers side by side, one of which gates the other, and a last one."""
    table.linear(f"{at}gate_proj", width, inner, bias)
    table.linear(f"{at}up_proj", width, inner, bias)
    table.linear(f"{at}down_proj", inner, width, bias)


def norms(table: Table, at: str, config: Config) -> None:
    """Those before attention and before what follows it."""
    table.norm(f"{at}input_layernorm", config.size("hidden_size"))
    table.norm(f"{at}post_attention_layernorm", config.size("hidden_size"))


def _plain_end(table: Table, at: str, config: Config, bias: bool = False) -> None:
    gated(table, f"{at}mlp.", config.size("hidden_size"), config.size("intermediate_size"), bias)
    norms(table, at, config)


def _llama(table: Table, at: str, config: Config, i: int) -> None:
    attention(table, at, config, config.flag("attention_bias"))
    _plain_end(table, at, config, config.flag("mlp_bias"))


def _mistral(table: Table, at: str, config: Config, i: int) -> None:
    attention(table, at, config)
    _plain_end(table, at, config)


def _qwen2(table: Table, at: str, config: Config, i: int) -> None:
    attention(table, at, config, bias=True, out_bias=False)
    _plain_end(table, at, config)


def _qwen3(table: Table, at: str, config: Config, i: int) -> None:
    attention_with_norms(table, at, config)
    _plain_end(table, at, config)


def _gemma(table: Table, at: str, config: Config, i: int) -> None:
    attention(table, at, config, config.flag("attention_bias"))
    _plain_end(table, at, config)


def _phi3(table: Table, at: str, config: Config, i: int) -> None:
    width, inner, (_, queries, keys) = config.size("hidden_size"), config.size("intermediate_size"), head_sizes(config)
    table.linear(f"{at}self_attn.o_proj", queries, width, bias=False)
    table.linear(f"{at}self_attn.qkv_proj", width, queries + 2 * keys, bias=False)
    table.linear(f"{at}mlp.gate_up_proj", width, 2 * inner, bias=False)
    table.linear(f"{at}mlp.down_proj", inner, width, bias=False)
    norms(table, at, config)


def _olmo2(table: Table, at: str, config: Config, i: int) -> None:
    width, (_, queries, keys) = config.size("hidden_size"), head_sizes(config)
    attention(table, at, config, config.flag("attention_bias"))
    table.norm(f"{at}self_attn.q_norm", queries)
    table.norm(f"{at}self_attn.k_norm", keys)
    gated(table, f"{at}mlp.", width, config.size("intermediate_size"))
    table.norm(f"{at}post_attention_layernorm", width)
    table.norm(f"{at}post_feedforward_layernorm", width)


def _gemma_model(table: Table, config: Config, at: str = "") -> None:
    """Norms multiply by 1 more than their weights."""
    table.scale = ZEROS
    decoder(table, config, _gemma, at)


#: Of all of them, unless said.
DEFAULTS: dict[str, Any] = {
    "vocab_size": 32000,
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": None,
    "head_dim": None,
    "initializer_range": 0.02,
    "pad_token_id": None,
    "tie_word_embeddings": False,
    "attention_bias": False,
}

_QWEN = DEFAULTS | {"vocab_size": 151936, "intermediate_size": 22016, "num_key_value_heads": 32}

_GEMMA = {
    "vocab_size": 256000,
    "hidden_size": 3072,
    "intermediate_size": 24576,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "head_dim": 256,
    "pad_token_id": 0,
    "tie_word_embeddings": True,
}

_PHI3 = {"vocab_size": 32064, "hidden_size": 3072, "intermediate_size": 8192, "pad_token_id": 32000}


def _family(name: str, layer: Layer, **defaults: Any) -> Family:
    return Family(architectures(name, partial(decoder, layer=layer)), DEFAULTS | defaults)


FAMILIES = {
    "llama": _family("Llama", _llama, mlp_bias=False),
    "mistral": _family("Mistral", _mistral, intermediate_size=14336, num_key_value_heads=8),
    "qwen2": _family("Qwen2", _qwen2, **_QWEN),
    "qwen3": _family("Qwen3", _qwen3, **_QWEN | {"head_dim": 128}),
    "gemma": Family(architectures("Gemma", _gemma_model), DEFAULTS | _GEMMA),
    "phi3": _family("Phi3", _phi3, **_PHI3),
    "olmo2": _family("Olmo2", _olmo2, vocab_size=50304, pad_token_id=1),
}

"""T5 and its version 1.1: weights scaled for attention without a scale of its own, and one embedding for all ends.

Raffel et al., "Exploring the limits of transfer learning with a unified text-to-text transformer", 2020. The models of
version 1.1 say that their embeddings are not tied, and Transformers ties them all the same.
"""

from __future__ import annotations

from fastinit.plans.families.reading import Config, reject_key
from fastinit.plans.families.tables import Family, Table, constant, normal


def _attention(table: Table, at: str, config: Config) -> None:
    """The scale of 1 / sqrt(d_kv) that others divide by is in the queries' weights."""
    width, size, n_heads = config.size("d_model"), config.size("d_kv"), config.size("num_heads")
    factor, inner = config.number("initializer_factor"), n_heads * size
    table.linear(f"{at}q", width, inner, False, normal(factor * (width * size) ** -0.5))
    table.linear(f"{at}k", width, inner, False, normal(factor * width**-0.5))
    table.linear(f"{at}v", width, inner, False, normal(factor * width**-0.5))
    table.linear(f"{at}o", inner, width, False, normal(factor * inner**-0.5))


def _is_gated(config: Config) -> bool:
    first, *others = config.text("feed_forward_proj").split("-")
    if others and (first != "gated" or len(others) > 1):
        reject_key("feed_forward_proj", "an activation, or gated- and one", config.text("feed_forward_proj"))
    return first == "gated"


def _feed_forward(table: Table, at: str, config: Config) -> None:
    width, inner, factor = config.size("d_model"), config.size("d_ff"), config.number("initializer_factor")
    for name in ("wi_0", "wi_1") if _is_gated(config) else ("wi",):
        table.linear(f"{at}{name}", width, inner, False, normal(factor * width**-0.5))
    table.linear(f"{at}wo", inner, width, False, normal(factor * inner**-0.5))


def _stack(table: Table, config: Config, at: str, shared: str, n_layers: int, is_decoder: bool) -> None:
    """An encoder or a decoder, whose first layer has the biases of relative positions."""
    width, n_heads = config.size("d_model"), config.size("num_heads")
    n_buckets = config.size("relative_attention_num_buckets")
    law = normal(config.number("initializer_factor") * width**-0.5)
    table.tie(f"{at}embed_tokens.weight", shared)
    for i in range(n_layers):
        layers = [f"{at}block.{i}.layer.{j}." for j in range(3 if is_decoder else 2)]
        _attention(table, f"{layers[0]}SelfAttention.", config)
        if i == 0:
            table.add(f"{layers[0]}SelfAttention.relative_attention_bias.weight", (n_buckets, n_heads), law)
        table.norm(f"{layers[0]}layer_norm", width)
        if is_decoder:
            _attention(table, f"{layers[1]}EncDecAttention.", config)
            table.norm(f"{layers[1]}layer_norm", width)
        _feed_forward(table, f"{layers[-1]}DenseReluDense.", config)
        table.norm(f"{layers[-1]}layer_norm", width)
    table.norm(f"{at}final_layer_norm", width)


def _encoder(table: Table, config: Config, at: str = "") -> None:
    factor, shared = config.number("initializer_factor"), f"{at}shared.weight"
    table.scale = constant(factor)
    table.add(shared, (config.size("vocab_size"), config.size("d_model")), normal(factor))
    _stack(table, config, f"{at}encoder.", shared, config.layers("num_layers"), is_decoder=False)


def _model(table: Table, config: Config, at: str = "") -> None:
    _encoder(table, config, at)
    n_layers = config.layers("num_decoder_layers" if config.has("num_decoder_layers") else "num_layers")
    _stack(table, config, f"{at}decoder.", f"{at}shared.weight", n_layers, is_decoder=True)


def _generator(table: Table, config: Config) -> None:
    _model(table, config)
    table.tie("lm_head.weight", "shared.weight")


def _classifier(table: Table, config: Config) -> None:
    width = config.size("d_model")
    _model(table, config, "transformer.")
    law = normal(config.number("initializer_factor") * width**-0.5)
    table.linear("classification_head.dense", width, width, law=law)
    table.linear("classification_head.out_proj", width, config.labels(), law=law)


DEFAULTS = {
    "vocab_size": 32128,
    "d_model": 512,
    "d_kv": 64,
    "d_ff": 2048,
    "num_layers": 6,
    "num_decoder_layers": None,
    "num_heads": 8,
    "relative_attention_num_buckets": 32,
    "initializer_factor": 1.0,
    "feed_forward_proj": "relu",
}

ALIASES = {
    "hidden_size": "d_model",
    "num_attention_heads": "num_heads",
    "num_hidden_layers": "num_layers",
    "head_dim": "d_kv",
}

MODELS = {
    "T5Model": _model,
    "T5ForConditionalGeneration": _generator,
    "T5EncoderModel": _encoder,
    "T5ForSequenceClassification": _classifier,
}

FAMILIES = {"t5": Family(MODELS, DEFAULTS, ALIASES)}

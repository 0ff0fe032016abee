"""Vision transformers: patches of an image, a token for the class, and positions that are learned."""

from __future__ import annotations

import math

from fastinit.plans.families.reading import Config
from fastinit.plans.families.tables import ZEROS, Family, Table, normal
from fastinit.schemes.register import Configured, get

#: Where the normals of positions are cut off, whatever their standard deviation.
BOUND = 2.0

#: Standard deviations beyond which no value lies, and a bound is none.
REACH = 10


def _cut_off(std: float) -> Configured:
    """N(0, std**2) within the bounds."""
    return normal(std) if REACH * std < BOUND else get("truncated_normal", std=std, lower=-BOUND, upper=BOUND)


def _embeddings(table: Table, config: Config, at: str) -> None:
    width, image, patch = config.size("hidden_size"), config.pair("image_size"), config.pair("patch_size")
    n_patches = math.prod(n // size for n, size in zip(image, patch, strict=True))
    law = _cut_off(config.positive("initializer_range"))
    table.add(f"{at}cls_token", (1, 1, width), law)
    table.add(f"{at}position_embeddings", (1, n_patches + 1, width), law)
    table.add(f"{at}patch_embeddings.projection.weight", (width, config.size("num_channels"), *patch))
    table.add(f"{at}patch_embeddings.projection.bias", (width,), ZEROS)


def _layer(table: Table, at: str, config: Config) -> None:
    width, inner = config.size("hidden_size"), config.size("intermediate_size")
    n_heads = config.size("num_attention_heads")
    all_heads = n_heads * config.size("head_dim") if config.has("head_dim") else width // n_heads * n_heads
    for name in "q", "k", "v":
        table.linear(f"{at}attention.{name}_proj", width, all_heads, config.flag("qkv_bias"))
    table.linear(f"{at}attention.o_proj", all_heads, width)
    table.norm(f"{at}layernorm_before", width, bias=True)
    table.norm(f"{at}layernorm_after", width, bias=True)
    table.linear(f"{at}mlp.fc1", width, inner)
    table.linear(f"{at}mlp.fc2", inner, width)


def _model(table: Table, config: Config, at: str = "", pooler: bool = True) -> None:
    width = config.size("hidden_size")
    table.weight = normal(config.positive("initializer_range"))
    _embeddings(table, config, f"{at}embeddings.")
    for i in range(config.layers("num_hidden_layers")):
        _layer(table, f"{at}layers.{i}.", config)
    table.norm(f"{at}layernorm", width, bias=True)
    if pooler:
        table.linear(f"{at}pooler.dense", width, config.size_or("pooler_output_size", width))


def _classifier(table: Table, config: Config) -> None:
    _model(table, config, "vit.", pooler=False)
    table.linear("classifier", config.size("hidden_size"), config.labels())


DEFAULTS = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "initializer_range": 0.02,
    "image_size": 224,
    "patch_size": 16,
    "num_channels": 3,
    "qkv_bias": True,
}

FAMILIES = {"vit": Family({"ViTModel": _model, "ViTForImageClassification": _classifier}, DEFAULTS)}

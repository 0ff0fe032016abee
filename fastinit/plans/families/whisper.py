"""Whisper: an encoder of sound, whose positions are sinusoids, and a decoder of text, whose are learned."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from fastinit.laws import dtypes
from fastinit.plans.families.reading import Config, reject_key
from fastinit.plans.families.tables import ZEROS, Family, Table, normal

#: The slowest sinusoid has this wavelength over that of the fastest.
MAX_TIMESCALE = 10_000

#: Keys of an attention have no bias.
ATTENTION = {"k": False, "v": True, "q": True, "out": True}


def sinusoids(n_positions: int, width: int, dtype: str, rng: object = None) -> np.ndarray:
    """Sines, then cosines, of each position times frequencies that fall geometrically from 1 to 1 / 10000.

    Each step is computed in float64 and rounded to float32, in which the model's authors have all of them, so that the
    values are the same on every machine. In float64 nothing is rounded; in fewer bits the float32 values are, once,
    whereas Transformers then takes each step in fewer bits, which leaves little of the sinusoids.
    """
    real = np.float64 if dtype == "float64" else np.float32
    step = math.log(MAX_TIMESCALE) / (width // 2 - 1)
    exponents = real(-step) * np.arange(width // 2, dtype=real)
    frequencies = np.exp(exponents.astype(np.float64)).astype(real)
    angles = (np.arange(n_positions, dtype=real)[:, None] * frequencies).astype(np.float64)
    values = np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
    return values.astype(real).astype(dtypes.resolve("sinusoids", dtype))


def _attention(table: Table, at: str, width: int) -> None:
    for name, bias in ATTENTION.items():
        table.linear(f"{at}{name}_proj", width, width, bias)


def _layers(table: Table, config: Config, at: str, name: str) -> None:
    """Those of the encoder or the decoder, which has a second attention, to the encoder's output."""
    width, inner = config.size("d_model"), config.size(f"{name}_ffn_dim")
    config.parts("d_model", f"{name}_attention_heads")
    for i in range(config.layers(f"{name}_layers")):
        layer = f"{at}layers.{i}."
        for attention in ("self_attn", "encoder_attn") if name == "decoder" else ("self_attn",):
            _attention(table, f"{layer}{attention}.", width)
            table.norm(f"{layer}{attention}_layer_norm", width, bias=True)
        table.linear(f"{layer}fc1", width, inner)
        table.linear(f"{layer}fc2", inner, width)
        table.norm(f"{layer}final_layer_norm", width, bias=True)
    table.norm(f"{at}layer_norm", width, bias=True)


def _encoder(table: Table, config: Config, at: str) -> None:
    width, n_positions = config.size("d_model", least=4), config.size("max_source_positions")
    if width % 2:
        reject_key("d_model", "an even number", width)
    table.weight = normal(_std(config))
    for name, n_in in ("conv1", config.size("num_mel_bins")), ("conv2", width):
        table.add(f"{at}{name}.weight", (width, n_in, 3))
        table.add(f"{at}{name}.bias", (width,), ZEROS)
    values = partial(sinusoids, n_positions, width, table.dtype)
    table.values(f"{at}embed_positions.weight", (n_positions, width), values, "sinusoids")
    _layers(table, config, at, "encoder")


def _std(config: Config) -> float:
    """A key of most other families comes before that of this one."""
    if config.has("initializer_range"):
        return config.number("initializer_range") or 0.02
    return config.number("init_std")


def _model(table: Table, config: Config, at: str = "") -> None:
    _encoder(table, config, f"{at}encoder.")
    width, n_vocab = config.size("d_model"), config.size("vocab_size")
    table.embedding(f"{at}decoder.embed_tokens", n_vocab, width, config.position("pad_token_id", n_vocab))
    table.embedding(f"{at}decoder.embed_positions", config.size("max_target_positions"), width)
    _layers(table, config, f"{at}decoder.", "decoder")


def _generator(table: Table, config: Config) -> None:
    _model(table, config, "model.")
    if config.flag("tie_word_embeddings"):
        table.tie("proj_out.weight", "model.decoder.embed_tokens.weight")
    else:
        table.linear("proj_out", config.size("d_model"), config.size("vocab_size"), bias=False)


def _classifier(table: Table, config: Config) -> None:
    config.refuse("use_weighted_layer_sum")
    _encoder(table, config, "encoder.")
    table.linear("projector", config.size("d_model"), config.size("classifier_proj_size"))
    table.linear("classifier", config.size("classifier_proj_size"), config.labels())


DEFAULTS = {
    "vocab_size": 51865,
    "num_mel_bins": 80,
    "encoder_layers": 4,
    "encoder_attention_heads": 6,
    "decoder_layers": 4,
    "decoder_attention_heads": 6,
    "decoder_ffn_dim": 1536,
    "encoder_ffn_dim": 1536,
    "d_model": 384,
    "init_std": 0.02,
    "max_source_positions": 1500,
    "max_target_positions": 448,
    "pad_token_id": 50256,
    "classifier_proj_size": 256,
    "tie_word_embeddings": True,
}

ALIASES = {
    "num_attention_heads": "encoder_attention_heads",
    "hidden_size": "d_model",
    "num_hidden_layers": "encoder_layers",
}

MODELS = {
    "WhisperModel": _model,
    "WhisperForConditionalGeneration": _generator,
    "WhisperForAudioClassification": _classifier,
}

FAMILIES = {"whisper": Family(MODELS, DEFAULTS, ALIASES)}

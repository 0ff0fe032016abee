"""Whisper. Names, shapes and laws: transformers 5.24, WhisperForConditionalGeneration and its _init_weights."""

import numpy as np
from exact_laws import Normal

import fastinit as fi

from .facts import But, Values

PAD = 500


def sinusoids(name, shape):
    """Sines in the first half of the channels and cosines in the second, of geometric frequencies down to 1/10000."""
    n_positions, n_channels = shape
    frequencies = np.geomspace(1, 1e-4, n_channels // 2)
    angles = np.arange(n_positions)[:, None] * frequencies
    return fi.get("constant", value=np.concatenate([np.sin(angles), np.cos(angles)], axis=1))


RULES = {
    "*.bias": "zeros",
    "*layer_norm.weight": "ones",
    "*.encoder.embed_positions.weight": sinusoids,
    "*.embed_tokens.weight": fi.get("normal", std=0.02).but(PAD, "zeros"),
    "*": fi.get("normal", std=0.02),
}

# Keys have no bias. proj_out.weight is tied to embed_tokens.weight.
TENSORS = """
    model.encoder.conv1.weight                                        128x80x3   normal
    model.encoder.conv2.weight                                        128x128x3  normal
    model.encoder.conv{1,2}.bias                                      128        zero
    model.encoder.embed_positions.weight                              150x128    sinusoids
    model.{encoder,decoder}.layers.{0,1}.self_attn.{q,k,v,out}_proj.weight 128x128 normal
    model.{encoder,decoder}.layers.{0,1}.self_attn.{q,v,out}_proj.bias 128       zero
    model.{encoder,decoder}.layers.{0,1}.self_attn_layer_norm.weight  128        one
    model.{encoder,decoder}.layers.{0,1}.self_attn_layer_norm.bias    128        zero
    model.decoder.layers.{0,1}.encoder_attn.{q,k,v,out}_proj.weight   128x128    normal
    model.decoder.layers.{0,1}.encoder_attn.{q,v,out}_proj.bias       128        zero
    model.decoder.layers.{0,1}.encoder_attn_layer_norm.weight         128        one
    model.decoder.layers.{0,1}.encoder_attn_layer_norm.bias           128        zero
    model.{encoder,decoder}.layers.{0,1}.fc1.weight                   512x128    normal
    model.{encoder,decoder}.layers.{0,1}.fc1.bias                     512        zero
    model.{encoder,decoder}.layers.{0,1}.fc2.weight                   128x512    normal
    model.{encoder,decoder}.layers.{0,1}.fc2.bias                     128        zero
    model.{encoder,decoder}.layers.{0,1}.final_layer_norm.weight      128        one
    model.{encoder,decoder}.layers.{0,1}.final_layer_norm.bias        128        zero
    model.{encoder,decoder}.layer_norm.weight                         128        one
    model.{encoder,decoder}.layer_norm.bias                           128        zero
    model.decoder.embed_tokens.weight                                 512x128    padded
    model.decoder.embed_positions.weight                              64x128     normal
"""


def author_sinusoids(shape):
    """The paper's table, entry by entry: the step of the logarithm is ln(10000) / (64 - 1)."""
    position, channel = np.indices(shape)
    angle = position * 10000.0 ** (-(channel % 64) / 63)
    return np.where(channel < 64, np.sin(angle), np.cos(angle))


LAWS = {
    "zero": 0.0,
    "one": 1.0,
    "normal": Normal(0.0, 0.02),
    "padded": But(Normal(0.0, 0.02), PAD, 0.0),
    "sinusoids": Values(author_sinusoids),
}

STAGE = "model.decoder.*"

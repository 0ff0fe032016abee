"""DiT with adaLN-zero. Names, shapes and laws: facebookresearch/DiT, models.py, DiT.initialize_weights."""

import numpy as np
from exact_laws import Normal, Uniform

import fastinit as fi

from .facts import Values


def positions(name, shape):
    """Sines and cosines of the column in the first half of the channels, of the row in the second."""
    _, n_patches, n_channels = shape
    row, column = np.divmod(np.arange(n_patches), round(n_patches**0.5))
    frequencies = 10000.0 ** -np.linspace(0, 1, n_channels // 4, endpoint=False)
    of_column, of_row = (np.outer(place, frequencies) for place in (column, row))
    waves = [np.sin(of_column), np.cos(of_column), np.sin(of_row), np.cos(of_row)]
    return fi.get("constant", value=np.concatenate(waves, axis=1))


RULES = {
    "*.bias": "zeros",
    "*.adaLN_modulation.*": "zeros",
    "final_layer.*": "zeros",
    "pos_embed": positions,
    # As a linear layer from flattened patches, not as a convolution
    "x_embedder.*": fi.get("glorot_uniform", fans=fi.axes(in_axis=(1, 2, 3), out_axis=0)),
    "?_embedder.*": fi.get("normal", std=0.02),
    "*": fi.get("glorot_uniform", fans="oi"),
}

# 64 patches of 2x2 in 4 channels; 100 classes and none.
TENSORS = """
    pos_embed                                    1x64x128   positions
    x_embedder.proj.weight                       128x4x2x2  patches
    x_embedder.proj.bias                         128        zero
    t_embedder.mlp.0.weight                      128x256    normal
    t_embedder.mlp.2.weight                      128x128    normal
    t_embedder.mlp.{0,2}.bias                    128        zero
    y_embedder.embedding_table.weight            101x128    normal
    blocks.{0,1}.attn.qkv.weight                 384x128    wide
    blocks.{0,1}.attn.qkv.bias                   384        zero
    blocks.{0,1}.attn.proj.weight                128x128    square
    blocks.{0,1}.attn.proj.bias                  128        zero
    blocks.{0,1}.mlp.fc1.weight                  512x128    mlp
    blocks.{0,1}.mlp.fc1.bias                    512        zero
    blocks.{0,1}.mlp.fc2.weight                  128x512    mlp
    blocks.{0,1}.mlp.fc2.bias                    128        zero
    blocks.{0,1}.adaLN_modulation.1.weight       768x128    zero
    blocks.{0,1}.adaLN_modulation.1.bias         768        zero
    final_layer.linear.weight                    32x128     zero
    final_layer.linear.bias                      32         zero
    final_layer.adaLN_modulation.1.weight        256x128    zero
    final_layer.adaLN_modulation.1.bias          256        zero
"""


def author_positions(shape):
    """Entry by entry: 32 frequencies, each a sine and a cosine of the column, then of the row, on a grid of 8 by 8."""
    _, patch, channel = np.indices(shape)
    place = np.where(channel < 64, patch % 8, patch // 8)
    angle = place / 10000.0 ** (channel % 32 / 32)
    return np.where(channel // 32 % 2 == 0, np.sin(angle), np.cos(angle))


# Glorot's bound is the root of 6 / (fan_in + fan_out).
LAWS = {
    "zero": 0.0,
    "normal": Normal(0.0, 0.02),
    "positions": Values(author_positions),
    "patches": Uniform(-((6 / (16 + 128)) ** 0.5), (6 / (16 + 128)) ** 0.5),
    "square": Uniform(-((6 / 256) ** 0.5), (6 / 256) ** 0.5),
    "wide": Uniform(-((6 / 512) ** 0.5), (6 / 512) ** 0.5),
    "mlp": Uniform(-((6 / 640) ** 0.5), (6 / 640) ** 0.5),
}

STAGE = "blocks.1.*"

"""ViT in Flax, a tree of arrays. Names, shapes and laws: google-research/vision_transformer, vit_jax/models_vit.py,
VisionTransformer, and the defaults of Flax that it leaves (Conv, LayerNorm, biases of attention).
"""

from exact_laws import Normal, Uniform

import fastinit as fi

RULES = {
    "*/scale": "ones",
    "*/MlpBlock_0/*/bias": fi.get("normal", std=1e-6),
    "*bias": "zeros",
    "cls": "zeros",
    "head/kernel": "zeros",
    "embedding/kernel": fi.get("lecun_normal", truncated=True),
    "*/pos_embedding": fi.get("normal", std=0.02),
    "*/out/kernel": fi.get("glorot_uniform", fans=fi.axes(in_axis=(0, 1), out_axis=2)),  # heads and their width go in
    "*Attention_0/*/kernel": fi.get("glorot_uniform", fans=fi.axes(in_axis=0, out_axis=(1, 2))),
    "*": "glorot_uniform",
}

SEP = "/"

TENSORS = """
    embedding/kernel                                                                   4x4x3x128  patches
    embedding/bias                                                                     128        zero
    cls                                                                                1x1x128    zero
    Transformer/posembed_input/pos_embedding                                           1x65x128   position
    Transformer/encoderblock_{0,1}/LayerNorm_{0,1}/scale                               128        one
    Transformer/encoderblock_{0,1}/LayerNorm_{0,1}/bias                                128        zero
    Transformer/encoderblock_{0,1}/MultiHeadDotProductAttention_0/{query,key,value}/kernel 128x4x32 attention
    Transformer/encoderblock_{0,1}/MultiHeadDotProductAttention_0/{query,key,value}/bias 4x32     zero
    Transformer/encoderblock_{0,1}/MultiHeadDotProductAttention_0/out/kernel           4x32x128   attention
    Transformer/encoderblock_{0,1}/MultiHeadDotProductAttention_0/out/bias             128        zero
    Transformer/encoderblock_{0,1}/MlpBlock_0/Dense_0/kernel                           128x512    mlp
    Transformer/encoderblock_{0,1}/MlpBlock_0/Dense_0/bias                             512        tiny
    Transformer/encoderblock_{0,1}/MlpBlock_0/Dense_1/kernel                           512x128    mlp
    Transformer/encoderblock_{0,1}/MlpBlock_0/Dense_1/bias                             128        tiny
    Transformer/encoder_norm/scale                                                     128        one
    Transformer/encoder_norm/bias                                                      128        zero
    head/kernel                                                                        128x10     zero
    head/bias                                                                          10         zero
"""

# Flax: variance 1 / 48 after the truncation at 2, which leaves 0.8796 of the standard deviation; and Glorot's bound,
# the root of 6 / (128 + 128) or 6 / (128 + 512).
LAWS = {
    "zero": 0.0,
    "one": 1.0,
    "tiny": Normal(0.0, 1e-6),
    "position": Normal(0.0, 0.02),
    "patches": Normal(0.0, 48**-0.5 / 0.87962566103423978, -2.0, 2.0),
    "attention": Uniform(-0.15309310892394862, 0.15309310892394862),
    "mlp": Uniform(-0.09682458365518543, 0.09682458365518543),
}

STAGE = "Transformer/encoderblock_1/*"

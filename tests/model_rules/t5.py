"""T5 1.1. Names, shapes and laws: transformers 5.24, T5ForConditionalGeneration (gated-gelu) and its _init_weights."""

from exact_laws import Normal

import fastinit as fi

D_MODEL, D_KV = 128, 16

RULES = {
    "*norm.weight": "ones",
    "shared.weight": "normal",
    "*.q.weight": fi.get("normal", std=(D_MODEL * D_KV) ** -0.5),  # attention does not divide by sqrt(D_KV) later
    "*.relative_attention_bias.weight": fi.get("normal", std=D_MODEL**-0.5),
    "*": fi.get("lecun_normal", fans="oi"),
}

# 8 heads. The embed_tokens and, in this version always, lm_head are tied to shared.
TENSORS = """
    shared.weight                                                           512x128  unit
    {encoder,decoder}.block.{0,1}.layer.0.SelfAttention.q.weight            128x128  query
    {encoder,decoder}.block.{0,1}.layer.0.SelfAttention.{k,v}.weight        128x128  model
    {encoder,decoder}.block.{0,1}.layer.0.SelfAttention.o.weight            128x128  heads
    {encoder,decoder}.block.0.layer.0.SelfAttention.relative_attention_bias.weight 32x8 model
    {encoder,decoder}.block.{0,1}.layer.{0,1}.layer_norm.weight             128      one
    encoder.block.{0,1}.layer.1.DenseReluDense.wi_{0,1}.weight              256x128  model
    encoder.block.{0,1}.layer.1.DenseReluDense.wo.weight                    128x256  inner
    decoder.block.{0,1}.layer.1.EncDecAttention.q.weight                    128x128  query
    decoder.block.{0,1}.layer.1.EncDecAttention.{k,v}.weight                128x128  model
    decoder.block.{0,1}.layer.1.EncDecAttention.o.weight                    128x128  heads
    decoder.block.{0,1}.layer.2.DenseReluDense.wi_{0,1}.weight              256x128  model
    decoder.block.{0,1}.layer.2.DenseReluDense.wo.weight                    128x256  inner
    decoder.block.{0,1}.layer.2.layer_norm.weight                           128      one
    {encoder,decoder}.final_layer_norm.weight                               128      one
"""

# Powers -1/2 of: d_model d_kv = 2048, d_model = 128, heads d_kv = 128, d_ff = 256.
LAWS = {
    "one": 1.0,
    "unit": Normal(0.0, 1.0),
    "query": Normal(0.0, 0.022097086912079608),
    "model": Normal(0.0, 0.08838834764831845),
    "heads": Normal(0.0, 0.08838834764831845),
    "inner": Normal(0.0, 0.0625),
}

STAGE = "decoder.*"

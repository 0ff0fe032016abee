"""Mixtral, its experts stacked. Names, shapes and laws: transformers 5.24, MixtralForCausalLM and its _init_weights."""

from exact_laws import Normal

import fastinit as fi

RULES = {
    "*norm.weight": "ones",
    "*": fi.get("normal", std=0.02),
}

# 4 experts.
TENSORS = """
    model.embed_tokens.weight                            512x128    normal
    model.layers.{0,1}.self_attn.{q,o}_proj.weight       128x128    normal
    model.layers.{0,1}.self_attn.{k,v}_proj.weight       64x128     normal
    model.layers.{0,1}.mlp.gate.weight                   4x128      normal
    model.layers.{0,1}.mlp.experts.gate_up_proj          4x448x128  normal
    model.layers.{0,1}.mlp.experts.down_proj             4x128x224  normal
    model.layers.{0,1}.input_layernorm.weight            128        one
    model.layers.{0,1}.post_attention_layernorm.weight   128        one
    model.norm.weight                                    128        one
    lm_head.weight                                       512x128    normal
"""

LAWS = {"one": 1.0, "normal": Normal(0.0, 0.02)}

STAGE = "model.layers.1.*"

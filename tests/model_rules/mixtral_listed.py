"""Mixtral, a module for each expert, as its files have them. Names and shapes: the conversion of transformers 5.24
(conversion_mapping.py), which stacks these into those of mixtral.py. Laws: as there.
"""

from exact_laws import Normal

from .mixtral import RULES

__all__ = ["RULES"]  # the same table serves both

TENSORS = """
    model.embed_tokens.weight                                           512x128  normal
    model.layers.{0,1}.self_attn.{q,o}_proj.weight                      128x128  normal
    model.layers.{0,1}.self_attn.{k,v}_proj.weight                      64x128   normal
    model.layers.{0,1}.block_sparse_moe.gate.weight                     4x128    normal
    model.layers.{0,1}.block_sparse_moe.experts.{0,1,2,3}.w{1,3}.weight 224x128  normal
    model.layers.{0,1}.block_sparse_moe.experts.{0,1,2,3}.w2.weight     128x224  normal
    model.layers.{0,1}.input_layernorm.weight                           128      one
    model.layers.{0,1}.post_attention_layernorm.weight                  128      one
    model.norm.weight                                                   128      one
    lm_head.weight                                                      512x128  normal
"""

LAWS = {"one": 1.0, "normal": Normal(0.0, 0.02)}

STAGE = "*.experts.[23].*"

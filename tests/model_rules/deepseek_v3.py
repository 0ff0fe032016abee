"""DeepSeek-V3. Names, shapes and laws: transformers 5.24, DeepseekV3ForCausalLM and its _init_weights."""

from exact_laws import Normal

import fastinit as fi

RULES = {
    "*norm.weight": "ones",
    "*.e_score_correction_bias": "zeros",
    "*": fi.get("normal", std=0.02),
}

# Layer 0 is dense, layers 1 and 2 have 8 experts and a shared one. The correction is a buffer that files hold too.
TENSORS = """
    model.embed_tokens.weight                               512x128    normal
    model.layers.{0,1,2}.self_attn.q_a_proj.weight          64x128     normal
    model.layers.{0,1,2}.self_attn.q_a_layernorm.weight     64         one
    model.layers.{0,1,2}.self_attn.q_b_proj.weight          192x64     normal
    model.layers.{0,1,2}.self_attn.kv_a_proj_with_mqa.weight 64x128    normal
    model.layers.{0,1,2}.self_attn.kv_a_layernorm.weight    48         one
    model.layers.{0,1,2}.self_attn.kv_b_proj.weight         256x48     normal
    model.layers.{0,1,2}.self_attn.o_proj.weight            128x128    normal
    model.layers.0.mlp.{gate,up}_proj.weight                320x128    normal
    model.layers.0.mlp.down_proj.weight                     128x320    normal
    model.layers.{1,2}.mlp.experts.gate_up_proj             8x128x128  normal
    model.layers.{1,2}.mlp.experts.down_proj                8x128x64   normal
    model.layers.{1,2}.mlp.gate.weight                      8x128      normal
    model.layers.{1,2}.mlp.gate.e_score_correction_bias     8          zero
    model.layers.{1,2}.mlp.shared_experts.{gate,up}_proj.weight 64x128 normal
    model.layers.{1,2}.mlp.shared_experts.down_proj.weight  128x64     normal
    model.layers.{0,1,2}.input_layernorm.weight             128        one
    model.layers.{0,1,2}.post_attention_layernorm.weight    128        one
    model.norm.weight                                       128        one
    lm_head.weight                                          512x128    normal
"""

LAWS = {"zero": 0.0, "one": 1.0, "normal": Normal(0.0, 0.02)}

STAGE = "model.layers.0.*"  # without a router: the rule for its correction has nothing to fill

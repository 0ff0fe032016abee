"""GPT-2. Names, shapes and laws: transformers 5.24, GPT2LMHeadModel and GPT2PreTrainedModel._init_weights."""

import math

from exact_laws import Normal

import fastinit as fi

N_LAYERS = 2

RULES = {
    "*.bias": "zeros",
    "*.ln_?.weight": "ones",
    "*.c_proj.weight": fi.get("normal", std=0.02 / math.sqrt(2 * N_LAYERS)),  # they end in the residual stream
    "*": fi.get("normal", std=0.02),
}

# lm_head.weight is tied to wte.weight.
TENSORS = """
    transformer.wte.weight                          512x128  normal
    transformer.wpe.weight                          128x128  normal
    transformer.h.{0,1}.ln_{1,2}.weight             128      one
    transformer.h.{0,1}.ln_{1,2}.bias               128      zero
    transformer.h.{0,1}.attn.c_attn.weight          128x384  normal
    transformer.h.{0,1}.attn.c_attn.bias            384      zero
    transformer.h.{0,1}.attn.c_proj.weight          128x128  residual
    transformer.h.{0,1}.attn.c_proj.bias            128      zero
    transformer.h.{0,1}.mlp.c_fc.weight             128x512  normal
    transformer.h.{0,1}.mlp.c_fc.bias               512      zero
    transformer.h.{0,1}.mlp.c_proj.weight           512x128  residual
    transformer.h.{0,1}.mlp.c_proj.bias             128      zero
    transformer.ln_f.weight                         128      one
    transformer.ln_f.bias                           128      zero
"""

# initializer_range 0.02; over the square root of twice the 2 layers: 0.01
LAWS = {"zero": 0.0, "one": 1.0, "normal": Normal(0.0, 0.02), "residual": Normal(0.0, 0.01)}

STAGE = "*.h.1.*"

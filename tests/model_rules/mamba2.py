"""Mamba-2. Names, shapes and laws: state-spaces/mamba, MambaLMHeadModel with modules/mamba2.py, and _init_weights of
models/mixer_seq_simple.py; what it leaves is PyTorch's default of Linear and Conv1d.
"""

import math

import numpy as np
from exact_laws import Normal, Uniform

import fastinit as fi

from .facts import Image

SEED, N_LAYERS, D_CONV = 0, 2, 4


def a_log(name, shape):
    """The logarithm of A, which is uniform."""
    return fi.get("constant", value=np.log(fi.uniform(shape, low=1, high=16, rng=SEED, name=name, dtype="float64")))


def dt_bias(name, shape):
    """What softplus takes to a time step between 1/1000 and 1/10, uniform in its logarithm."""
    log_dt = fi.uniform(shape, low=math.log(1e-3), high=math.log(0.1), rng=SEED, name=name, dtype="float64")
    return fi.get("constant", value=np.log(np.expm1(np.exp(log_dt))))


RULES = {
    "*.norm*.weight": "ones",
    "*.D": "ones",
    "*.A_log": a_log,
    "*.dt_bias": dt_bias,
    "*.conv1d.bias": fi.get("uniform", low=-(D_CONV**-0.5), high=D_CONV**-0.5),
    "*.embedding.weight": fi.get("normal", std=0.02),
    "*.out_proj.weight": fi.get("variance_scaling", scale=1 / 3 / N_LAYERS, distribution="uniform", fans="oi"),
    "*": fi.get("fan_in_uniform", fans="oi"),
}

# 32 heads of 8, 16 states. lm_head.weight is tied to the embedding.
TENSORS = """
    backbone.embedding.weight                   512x128  embedding
    backbone.layers.{0,1}.norm.weight           128      one
    backbone.layers.{0,1}.mixer.dt_bias         32       dt_bias
    backbone.layers.{0,1}.mixer.A_log           32       A_log
    backbone.layers.{0,1}.mixer.D               32       one
    backbone.layers.{0,1}.mixer.in_proj.weight  576x128  in_proj
    backbone.layers.{0,1}.mixer.conv1d.weight   288x1x4  conv1d
    backbone.layers.{0,1}.mixer.conv1d.bias     288      conv1d
    backbone.layers.{0,1}.mixer.norm.weight     256      one
    backbone.layers.{0,1}.mixer.out_proj.weight 128x256  out_proj
    backbone.norm_f.weight                      128      one
"""

# PyTorch's bounds are 1 / sqrt(fan_in): of 128, 4, and 256, the last divided by the root of the 2 layers.
LAWS = {
    "one": 1.0,
    "embedding": Normal(0.0, 0.02),
    "A_log": Image(Uniform(1.0, 16.0), np.exp),
    "dt_bias": Image(Uniform(math.log(0.001), math.log(0.1)), lambda bias: np.log(np.log1p(np.exp(bias)))),
    "in_proj": Uniform(-0.08838834764831845, 0.08838834764831845),
    "conv1d": Uniform(-0.5, 0.5),
    "out_proj": Uniform(-0.04419417382415922, 0.04419417382415922),
}

STAGE = "backbone.layers.1.*"

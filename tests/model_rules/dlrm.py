"""DLRM. Names, shapes and laws: facebookresearch/dlrm, dlrm_s_pytorch.py, DLRM_Net.create_mlp and create_emb.

Row 0 of each table is padding, as PyTorch's EmbeddingBag has it with padding_idx=0: DLRM itself leaves that out.
"""

from exact_laws import Normal, Uniform

import fastinit as fi

from .facts import But

RULES = {
    "emb_l.*": fi.get("fan_in_uniform").but(0, "zeros"),  # +-1 / sqrt(rows)
    "*.bias": lambda name, shape: fi.get("normal", std=shape[0] ** -0.5),
    "*": fi.get("glorot_normal", fans="oi"),
}

TENSORS = """
    emb_l.0.weight  1000x16  rows1000
    emb_l.1.weight  4x16     rows4
    emb_l.2.weight  300x16   rows300
    emb_l.3.weight  2048x16  rows2048
    bot_l.0.weight  512x13   from13
    bot_l.0.bias    512      bias512
    bot_l.2.weight  256x512  from512
    bot_l.2.bias    256      bias256
    bot_l.4.weight  16x256   to16
    bot_l.4.bias    16       bias16
    top_l.0.weight  512x26   from26
    top_l.0.bias    512      bias512
    top_l.2.weight  256x512  from512
    top_l.2.bias    256      bias256
    top_l.4.weight  1x256    to1
    top_l.4.bias    1        bias1
"""

LAWS = {
    **{f"rows{n}": But(Uniform(-(n**-0.5), n**-0.5), 0, 0.0) for n in (4, 300, 1000, 2048)},
    **{f"bias{n}": Normal(0.0, (1 / n) ** 0.5) for n in (1, 16, 256, 512)},
    "from13": Normal(0.0, (2 / (512 + 13)) ** 0.5),
    "from26": Normal(0.0, (2 / (512 + 26)) ** 0.5),
    "from512": Normal(0.0, (2 / (256 + 512)) ** 0.5),
    "to16": Normal(0.0, (2 / (16 + 256)) ** 0.5),
    "to1": Normal(0.0, (2 / (1 + 256)) ** 0.5),
}

STAGE = "emb_l.[13].*"

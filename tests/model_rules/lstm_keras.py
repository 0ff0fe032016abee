"""An LSTM language model of characters in Keras. Names, shapes and laws: keras-team/keras-io,
examples/generative/lstm_character_level_text_generation.py, and Keras 3's defaults of LSTM and Dense.
"""

import numpy as np
from exact_laws import Uniform

import fastinit as fi

from .facts import But, Orthonormal

N_UNITS = 128

RULES = {
    "*/recurrent_kernel": "orthogonal",
    "*/lstm_cell/bias": fi.get("zeros").but(np.s_[N_UNITS : 2 * N_UNITS], "ones"),  # the forget gate
    "*/bias": "zeros",
    "*": "glorot_uniform",
}

TENSORS = """
    sequential/lstm/lstm_cell/kernel            56x512   kernel
    sequential/lstm/lstm_cell/recurrent_kernel  128x512  orthonormal
    sequential/lstm/lstm_cell/bias              512      forget
    sequential/dense/kernel                     128x56   dense
    sequential/dense/bias                       56       zero
"""

LAWS = {
    "zero": 0.0,
    "forget": But(0.0, np.s_[128:256], 1.0),
    "orthonormal": Orthonormal(),
    "kernel": Uniform(-((6 / 568) ** 0.5), (6 / 568) ** 0.5),
    "dense": Uniform(-((6 / 184) ** 0.5), (6 / 184) ** 0.5),
}

STAGE = "sequential/lstm/*"

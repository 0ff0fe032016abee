"""An LSTM language model. Names, shapes and laws: pytorch/examples, word_language_model/model.py,
RNNModel.init_weights; what it leaves is PyTorch's default of LSTM.
"""

from exact_laws import Uniform

import fastinit as fi

N_HIDDEN = 128

RULES = {
    "decoder.bias": "zeros",
    "rnn.*": fi.get("uniform", low=-(N_HIDDEN**-0.5), high=N_HIDDEN**-0.5),
    "*": fi.get("uniform", low=-0.1, high=0.1),
}

TENSORS = """
    encoder.weight              512x96   table
    rnn.weight_ih_l0            512x96   lstm
    rnn.weight_{ih_l1,hh_l0,hh_l1} 512x128 lstm
    rnn.bias_{ih,hh}_l{0,1}     512      lstm
    decoder.weight              512x128  table
    decoder.bias                512      zero
"""

LAWS = {
    "zero": 0.0,
    "table": Uniform(-0.1, 0.1),
    "lstm": Uniform(-0.08838834764831845, 0.08838834764831845),
}

STAGE = "rnn.*_l1"

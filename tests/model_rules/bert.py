"""BERT. Names, shapes and laws: transformers 5.24, BertForPreTraining and BertPreTrainedModel._init_weights."""

from exact_laws import Normal

import fastinit as fi

from .facts import But

RULES = {
    "*.bias": "zeros",
    "*.LayerNorm.weight": "ones",
    "*.word_embeddings.weight": fi.get("normal", std=0.02).but(0, "zeros"),  # the padding token's row
    "*": fi.get("normal", std=0.02),
}

# cls.predictions.decoder is tied to the word embeddings, and its bias to cls.predictions.bias.
TENSORS = """
    bert.embeddings.word_embeddings.weight                               512x128  padded
    bert.embeddings.position_embeddings.weight                           128x128  normal
    bert.embeddings.token_type_embeddings.weight                         2x128    normal
    bert.embeddings.LayerNorm.weight                                     128      one
    bert.embeddings.LayerNorm.bias                                       128      zero
    bert.encoder.layer.{0,1}.attention.self.{query,key,value}.weight     128x128  normal
    bert.encoder.layer.{0,1}.attention.self.{query,key,value}.bias       128      zero
    bert.encoder.layer.{0,1}.attention.output.dense.weight               128x128  normal
    bert.encoder.layer.{0,1}.{attention.,}output.dense.bias              128      zero
    bert.encoder.layer.{0,1}.{attention.,}output.LayerNorm.weight        128      one
    bert.encoder.layer.{0,1}.{attention.,}output.LayerNorm.bias          128      zero
    bert.encoder.layer.{0,1}.intermediate.dense.weight                   512x128  normal
    bert.encoder.layer.{0,1}.intermediate.dense.bias                     512      zero
    bert.encoder.layer.{0,1}.output.dense.weight                         128x512  normal
    bert.pooler.dense.weight                                             128x128  normal
    bert.pooler.dense.bias                                               128      zero
    cls.predictions.bias                                                 512      zero
    cls.predictions.transform.dense.weight                               128x128  normal
    cls.predictions.transform.dense.bias                                 128      zero
    cls.predictions.transform.LayerNorm.weight                           128      one
    cls.predictions.transform.LayerNorm.bias                             128      zero
    cls.seq_relationship.weight                                          2x128    normal
    cls.seq_relationship.bias                                            2        zero
"""

LAWS = {
    "zero": 0.0,
    "one": 1.0,
    "normal": Normal(0.0, 0.02),
    "padded": But(Normal(0.0, 0.02), 0, 0.0),
}

STAGE = "bert.encoder.layer.1.*"

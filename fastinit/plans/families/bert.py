"""BERT and RoBERTa, which differ in the order of their embeddings and in their heads, and DistilBERT."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fastinit.plans.families.reading import Config
from fastinit.plans.families.tables import ZEROS, Family, Table, normal


def _embeddings(table: Table, config: Config, at: str, is_roberta: bool) -> None:
    """RoBERTa counts positions from after the padding's number, whose row is zeros too."""
    width, n_vocab, n_positions = (config.size(k) for k in ("hidden_size", "vocab_size", "max_position_embeddings"))
    table.embedding(f"{at}word_embeddings", n_vocab, width, config.position("pad_token_id", n_vocab))
    if not is_roberta:
        table.embedding(f"{at}position_embeddings", n_positions, width)
    table.embedding(f"{at}token_type_embeddings", config.size("type_vocab_size"), width)
    table.norm(f"{at}LayerNorm", width, bias=True)
    if is_roberta:
        table.embedding(f"{at}position_embeddings", n_positions, width, config.position("pad_token_id", n_positions))


def _layer(table: Table, at: str, width: int, inner: int) -> None:
    for name in "query", "key", "value":
        table.linear(f"{at}attention.self.{name}", width, width)
    table.linear(f"{at}attention.output.dense", width, width)
    table.norm(f"{at}attention.output.LayerNorm", width, bias=True)
    table.linear(f"{at}intermediate.dense", width, inner)
    table.linear(f"{at}output.dense", inner, width)
    table.norm(f"{at}output.LayerNorm", width, bias=True)


def _model(table: Table, config: Config, is_roberta: bool, at: str = "", pooler: bool = True) -> None:
    config.refuse("add_cross_attention")
    width, inner = config.size("hidden_size"), config.size("intermediate_size")
    config.parts("hidden_size", "num_attention_heads")
    table.weight = normal(config.number("initializer_range") or 0.02)
    _embeddings(table, config, f"{at}embeddings.", is_roberta)
    for i in range(config.layers("num_hidden_layers")):
        _layer(table, f"{at}encoder.layer.{i}.", width, inner)
    if pooler:
        table.linear(f"{at}pooler.dense", width, width)


def _words(table: Table, config: Config, at: str, names: tuple[str, str], embedding: str) -> None:
    """A head that tells words: its bias has two names, as its weight and the embedding, if they are tied."""
    width, n_vocab = config.size("hidden_size"), config.size("vocab_size")
    table.add(f"{at}bias", (n_vocab,), ZEROS)
    table.linear(f"{at}{names[0]}", width, width)
    table.norm(f"{at}{names[1]}", width, bias=True)
    if config.flag("tie_word_embeddings"):
        table.tie(f"{at}decoder.weight", embedding)
        table.tie(f"{at}decoder.bias", f"{at}bias")
    else:
        table.linear(f"{at}decoder", width, n_vocab)


def _bert_words(table: Table, config: Config, pooler: bool = False) -> None:
    _model(table, config, False, "bert.", pooler)
    names, embedding = ("transform.dense", "transform.LayerNorm"), "bert.embeddings.word_embeddings.weight"
    _words(table, config, "cls.predictions.", names, embedding)


def _bert_pretraining(table: Table, config: Config) -> None:
    _bert_words(table, config, pooler=True)
    table.linear("cls.seq_relationship", config.size("hidden_size"), 2)


def _roberta_words(table: Table, config: Config) -> None:
    _model(table, config, True, "roberta.", pooler=False)
    _words(table, config, "lm_head.", ("dense", "layer_norm"), "roberta.embeddings.word_embeddings.weight")


def _labels(table: Table, config: Config, name: str, is_roberta: bool = False, pooler: bool = False) -> None:
    _model(table, config, is_roberta, "roberta." if is_roberta else "bert.", pooler)
    table.linear(name, config.size("hidden_size"), config.labels())


def _roberta_classifier(table: Table, config: Config) -> None:
    width = config.size("hidden_size")
    _model(table, config, True, "roberta.", pooler=False)
    table.linear("classifier.dense", width, width)
    table.linear("classifier.out_proj", width, config.labels())


def _distilbert(table: Table, config: Config, at: str = "") -> None:
    config.refuse("sinusoidal_pos_embds")
    width, inner, n_vocab = config.size("dim"), config.size("hidden_dim"), config.size("vocab_size")
    config.parts("dim", "n_heads")
    table.weight = normal(config.number("initializer_range") or 0.02)
    table.embedding(f"{at}embeddings.word_embeddings", n_vocab, width, config.position("pad_token_id", n_vocab))
    table.embedding(f"{at}embeddings.position_embeddings", config.size("max_position_embeddings"), width)
    table.norm(f"{at}embeddings.LayerNorm", width, bias=True)
    for i in range(config.layers("n_layers")):
        layer = f"{at}transformer.layer.{i}."
        for name in "q", "k", "v", "out":
            table.linear(f"{layer}attention.{name}_lin", width, width)
        table.norm(f"{layer}sa_layer_norm", width, bias=True)
        table.linear(f"{layer}ffn.lin1", width, inner)
        table.linear(f"{layer}ffn.lin2", inner, width)
        table.norm(f"{layer}output_layer_norm", width, bias=True)


def _distilbert_words(table: Table, config: Config) -> None:
    width, n_vocab = config.size("dim"), config.size("vocab_size")
    _distilbert(table, config, "distilbert.")
    table.linear("vocab_transform", width, width)
    table.norm("vocab_layer_norm", width, bias=True)
    if config.flag("tie_word_embeddings"):
        table.tie("vocab_projector.weight", "distilbert.embeddings.word_embeddings.weight")
        table.add("vocab_projector.bias", (n_vocab,), ZEROS)
    else:
        table.linear("vocab_projector", width, n_vocab)


def _distilbert_classifier(table: Table, config: Config) -> None:
    width = config.size("dim")
    _distilbert(table, config, "distilbert.")
    table.linear("pre_classifier", width, width)
    table.linear("classifier", width, config.labels())


_BERT = {
    "vocab_size": 30522,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "initializer_range": 0.02,
    "pad_token_id": 0,
    "tie_word_embeddings": True,
}

_DISTILBERT = {
    "vocab_size": 30522,
    "max_position_embeddings": 512,
    "n_layers": 6,
    "n_heads": 12,
    "dim": 768,
    "hidden_dim": 3072,
    "initializer_range": 0.02,
    "pad_token_id": 0,
    "tie_word_embeddings": True,
}

_DISTILBERT_ALIASES = {"hidden_size": "dim", "num_attention_heads": "n_heads", "num_hidden_layers": "n_layers"}

_BERT_MODELS: dict[str, Callable[[Table, Config], None]] = {
    "BertModel": partial(_model, is_roberta=False),
    "BertForMaskedLM": _bert_words,
    "BertForPreTraining": _bert_pretraining,
    "BertForSequenceClassification": partial(_labels, name="classifier", pooler=True),
    "BertForTokenClassification": partial(_labels, name="classifier"),
    "BertForQuestionAnswering": partial(_labels, name="qa_outputs"),
}

_ROBERTA_MODELS: dict[str, Callable[[Table, Config], None]] = {
    "RobertaModel": partial(_model, is_roberta=True),
    "RobertaForMaskedLM": _roberta_words,
    "RobertaForCausalLM": _roberta_words,
    "RobertaForSequenceClassification": _roberta_classifier,
    "RobertaForTokenClassification": partial(_labels, name="classifier", is_roberta=True),
    "RobertaForQuestionAnswering": partial(_labels, name="qa_outputs", is_roberta=True),
}

_DISTILBERT_MODELS: dict[str, Callable[[Table, Config], None]] = {
    "DistilBertModel": _distilbert,
    "DistilBertForMaskedLM": _distilbert_words,
    "DistilBertForSequenceClassification": _distilbert_classifier,
}

FAMILIES = {
    "bert": Family(_BERT_MODELS, _BERT),
    "roberta": Family(_ROBERTA_MODELS, _BERT | {"vocab_size": 50265, "pad_token_id": 1}),
    "distilbert": Family(_DISTILBERT_MODELS, _DISTILBERT, _DISTILBERT_ALIASES),
}

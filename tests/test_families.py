"""Configurations of known families as plans, without PyTorch; tests/pytorch compares them with models as recorded."""

import hashlib
import math
import subprocess
import sys

import numpy as np
import published
import pytest

import fastinit as fi
from fastinit.plans.families import FAMILIES, mamba2, plan_of_config, reading, whisper
from fastinit.plans.plan import Plan

COUNTED = [name for name, model in published.MODELS.items() if model.n_parameters]


def test_there_are_many():
    assert len(published.MODELS) >= 75
    assert {model.config["model_type"] for model in published.MODELS.values()} == set(FAMILIES)
    assert list(published.SMALL) == list(FAMILIES)
    assert published.OTHERWISE.keys() == FAMILIES.keys()


@pytest.mark.parametrize("name", COUNTED)
def test_as_many_parameters_as_published(name):
    config, n_parameters = published.MODELS[name]
    own = [entry for entry in plan_of_config(config).values() if entry.same_as is None and entry.role == "parameter"]
    assert sum(math.prod(entry.shape) for entry in own) == n_parameters


#: Of all lines of `told`, a family's published models one after another. As recorded by tests/pytorch.
DIGESTS = {
    "gpt2": "1514f696c1312496",
    "llama": "ad8e8c081c43a7e8",
    "mistral": "e8d0064381be5f48",
    "qwen2": "aca9b7bc8ebca426",
    "qwen3": "efc9a4e368b78b60",
    "gemma": "74c070de5662058d",
    "phi3": "b5f53cb6a60c0c2a",
    "olmo2": "352dc471282d8576",
    "mixtral": "02ede6d8c5aa4766",
    "qwen3_moe": "367b1eb2f94e17a1",
    "deepseek_v3": "7a615124299c3f3a",
    "bert": "4c96f335e2c8927d",
    "roberta": "5e759553a07974c9",
    "distilbert": "d62bf7fba88656a9",
    "t5": "5f4535ebd7da22e6",
    "vit": "39455dabce55c327",
    "whisper": "9817d9c0617278ee",
    "mamba2": "4c20e0c23b2bd4fd",
}


def told(plan):
    """Numbers with six digits, in which all machines agree."""
    for name, entry in plan.items():
        yield f"{name} {entry.shape} {entry.dtype} {entry.role} {entry.law()}\n"


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_tensors_and_laws_as_before(family):
    digest = hashlib.sha256()
    for model in published.MODELS.values():
        if model.config["model_type"] == family:
            for line in told(plan_of_config(model.config)):
                digest.update(line.encode())
    assert digest.hexdigest()[:16] == DIGESTS[family]


@pytest.mark.parametrize("family", FAMILIES)
def test_saved_and_read(family):
    plan = plan_of_config({"model_type": family, **published.SMALL[family]})
    again = Plan.from_json(plan.to_json(rng=3))
    assert list(again) == list(plan)
    for name, entry in plan.items():
        assert again[name]._replace(values=None) == entry._replace(values=None)
        if entry.values:
            values = entry.values(3)
            assert (values.shape, values.dtype.name) == (entry.shape, entry.dtype)
            assert np.array_equal(again[name].values(3), values)


@pytest.mark.parametrize("family", FAMILIES)
def test_without_architectures_it_is_the_base_model(family):
    config = {"model_type": family, **published.SMALL[family]}
    first = next(iter(FAMILIES[family].architectures))
    plans = [plan_of_config(config | {"architectures": names}) for names in (None, [], [first])]
    assert list(plan_of_config(config)) == list(plans[0]) == list(plans[1]) == list(plans[2])


def test_nothing_else_is_imported():
    program = f"""
import sys
from fastinit.plans.families import plan_of_config
for family, config in {published.SMALL!r}.items():
    for entry in plan_of_config({{"model_type": family, **config}}).values():
        entry.values and entry.values(0)
assert not {{"torch", "transformers"}}.intersection(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def of(family, **config):
    return {"model_type": family, **config}


SIZE = "expected an int from 1 to 2,147,483,647, got "
NUMBER = "expected a number from 0 to 1,000,000, got "
BERT_LABELS = of("bert", architectures=["BertForSequenceClassification"])
BAD = [
    ([], "config: config: expected a mapping, as config.json holds it, got []"),
    ({}, "config: model_type: expected one of gpt2, llama, "),
    (of("xlm"), "mamba2, got 'xlm'"),
    (of(["gpt2"]), "mamba2, got ['gpt2']"),
    (of("gpt2", architectures="GPT2Model"), "config: architectures: expected a list of names, got 'GPT2Model'"),
    (of("gpt2", architectures=["BertModel"]), "config: architectures: expected one of GPT2Model, GPT2LMHeadModel, "),
    (of("gpt2", architectures=[3]), "GPT2ForSequenceClassification, got 3"),
    (of("gpt2", architectures=["x" * 10**6]), "config: architectures: expected one of GPT2Model, "),
    (
        of("gpt2", dtype="int8"),
        "config: dtype: expected one of 'float32', 'bfloat16', 'float16', 'float64', got 'int8'",
    ),
    (of("gpt2", torch_dtype=5), "config: torch_dtype: expected one of 'float32', "),
    (of("gpt2", n_embd=None), f"config: n_embd: {SIZE}None"),
    (of("gpt2", n_embd=True), f"config: n_embd: {SIZE}True"),
    (of("gpt2", n_embd=768.0), f"config: n_embd: {SIZE}768.0"),
    (of("gpt2", hidden_size="768"), f"config: n_embd: {SIZE}'768'"),
    (of("gpt2", n_inner=-1), f"config: n_inner: {SIZE}-1"),
    (of("gpt2", vocab_size=0), f"config: vocab_size: {SIZE}0"),
    (of("gpt2", vocab_size=2**31), f"config: vocab_size: {SIZE}2147483648"),
    (of("gpt2", vocab_size=10**400), f"config: vocab_size: {SIZE}an int of 1329 bits"),
    (of("gpt2", n_layer=10**9), "config: n_layer: expected an int from 1 to 2,000, got 1000000000"),
    (of("gpt2", n_layer=math.inf), "config: n_layer: expected an int from 1 to 2,000, got inf"),
    (of("gpt2", n_head=7), "config: n_embd: expected a multiple of n_head, which is 7, got 768"),
    (of("gpt2", initializer_range=math.nan), f"config: initializer_range: {NUMBER}nan"),
    (of("gpt2", initializer_range=-0.02), f"config: initializer_range: {NUMBER}-0.02"),
    (of("gpt2", initializer_range=1e300), f"config: initializer_range: {NUMBER}1e+300"),
    (of("gpt2", initializer_range=10**400), f"config: initializer_range: {NUMBER}an int of 1329 bits"),
    (of("gpt2", initializer_range=True), f"config: initializer_range: {NUMBER}True"),
    (of("gpt2", initializer_range="0.02"), f"config: initializer_range: {NUMBER}'0.02'"),
    (of("gpt2", add_cross_attention=True), "config: add_cross_attention: expected null or False, "),
    (of("gpt2", per_layer_config={"1": {"n_embd": 3}}), "config: per_layer_config: expected null or False, "),
    (
        of("llama", tie_word_embeddings=1, architectures=["LlamaForCausalLM"]),
        "config: tie_word_embeddings: expected True ",
    ),
    (of("llama", attention_bias="no"), "config: attention_bias: expected True or False, got 'no'"),
    (of("llama", num_attention_heads=0), f"config: num_attention_heads: {SIZE}0"),
    (of("llama", pad_token_id=32000), "config: pad_token_id: expected an int from -32000 to 31,999, got 32000"),
    (
        of("mistral", vocab_size=2**31 - 1, hidden_size=2**31 - 1, num_attention_heads=1),
        "config: embed_tokens.weight: shape: expected a total size below 2**63 bytes, got (2147483647, 2147483647)",
    ),
    (of("qwen3_moe", mlp_only_layers="01"), "config: mlp_only_layers: expected a list of ints, got '01'"),
    (of("qwen3_moe", mlp_only_layers=[0.5]), "config: mlp_only_layers: expected a list of ints, got [0.5]"),
    (of("qwen3_moe", num_experts=-1), "config: num_experts: expected an int from 0 to 2,147,483,647, got -1"),
    (of("deepseek_v3", q_lora_rank=2**40), f"config: q_lora_rank: {SIZE}1099511627776"),
    (BERT_LABELS | {"id2label": ["a"]}, "config: id2label: expected a table of names by number, got ['a']"),
    (BERT_LABELS | {"id2label": {}}, "config: id2label: expected a name at least, got none"),
    (BERT_LABELS | {"num_labels": 0}, f"config: num_labels: {SIZE}0"),
    (of("distilbert", sinusoidal_pos_embds=True), "config: sinusoidal_pos_embds: expected null or False, "),
    (
        of("t5", feed_forward_proj="a-gelu"),
        "config: feed_forward_proj: expected an activation, or gated- and one, got ",
    ),
    (
        of("t5", feed_forward_proj="a-" * 10**6),
        "config: feed_forward_proj: expected a string of at most 100 characters, ",
    ),
    (
        of("t5", feed_forward_proj=None),
        "config: feed_forward_proj: expected a string of at most 100 characters, got None",
    ),
    (of("vit", image_size=[1, 2, 3]), "config: image_size: expected an int or a pair of ints, got [1, 2, 3]"),
    (of("vit", image_size=[1, False]), f"config: image_size: {SIZE}False"),
    (of("vit", initializer_range=0), "config: initializer_range: expected a finite number > 0, got 0.0"),
    (of("whisper", d_model=2), "config: d_model: expected an int from 4 to 2,147,483,647, got 2"),
    (of("whisper", d_model=9), "config: d_model: expected an even number, got 9"),
    (
        of("mamba2", num_heads=3),
        "config: num_heads: expected num_heads * head_dim = expand * hidden_size, which is 8192, ",
    ),
    (of("mamba2", time_step_min=0.2), "config: time_step_min: expected at most time_step_max, got 0.2"),
]


@pytest.mark.parametrize(("config", "message"), BAD, ids=[f"{i}" for i in range(len(BAD))])
def test_bad_configurations(config, message):
    with pytest.raises((ValueError, TypeError)) as caught:
        plan_of_config(config)
    text = str(caught.value)
    assert message in text
    assert text.startswith("config: ")
    assert len(text) < 320


def test_the_largest_configuration_is_small():
    n = reading.MAX_LAYERS
    assert len(plan_of_config(of("whisper", encoder_layers=n, decoder_layers=n))) < 100_000
    plan = plan_of_config(of("qwen3_moe", num_hidden_layers=n, mlp_only_layers=list(range(n)) * 20))
    assert "layers.7.mlp.up_proj.weight" in plan


def test_sinusoids():
    n, width = 1500, 384
    values = whisper.sinusoids(n, width, "float32")
    step = np.float32(-math.log(10000) / (width // 2 - 1))
    for position, column in (0, 0), (1, 0), (1, 191), (1499, 1), (1499, 150), (700, 77):
        angle = float(np.float32(position) * np.float32(math.exp(np.float32(column) * step)))
        assert values[position, column] == np.float32(math.sin(angle))
        assert values[position, column + width // 2] == np.float32(math.cos(angle))
    exact = np.arange(n)[:, None] / 10000 ** (np.arange(width // 2) / (width // 2 - 1))
    assert abs(values[:, : width // 2] - np.sin(exact)).max() < 1e-3
    assert abs(whisper.sinusoids(n, width, "float64")[:, width // 2 :] - np.cos(exact)).max() < 1e-9
    half = whisper.sinusoids(n, width, "float16")
    assert half.dtype == np.float16
    assert np.array_equal(half, values.astype(np.float16))


def test_log_rates():
    assert mamba2.log_rates(64, "float32").tolist() == [np.float32(math.log(i)) for i in range(1, 65)]


def test_time_steps():
    plan = plan_of_config(of("mamba2", num_heads=8192, head_dim=1))
    first, second = (plan[f"layers.{i}.mixer.dt_bias"].values(5) for i in range(2))
    assert not np.array_equal(first, second)
    assert np.array_equal(first, plan["layers.0.mixer.dt_bias"].values(5))
    logs = np.log(np.log1p(np.exp(first.astype(np.float64))))  # softplus takes them back
    drawn = fi.uniform(8192, low=math.log(0.001), high=math.log(0.1), rng=5, name="layers.0.mixer.dt_bias")
    assert np.allclose(logs, drawn, rtol=0, atol=1e-5)
    shares = np.sort((logs - math.log(0.001)) / math.log(100))
    assert abs(shares - (np.arange(8192) + 0.5) / 8192).max() < 2 / math.sqrt(8192)


def test_time_steps_have_a_floor():
    plan = plan_of_config(of("mamba2", time_step_floor=0.05))
    values = plan["layers.3.mixer.dt_bias"].values(0)
    least = np.float32(math.log(math.expm1(0.05)))
    assert values.min() == pytest.approx(least, abs=1e-6)
    assert (values == values.min()).mean() > 0.5


def test_other_names_of_keys():
    plan = plan_of_config(of("gpt2", n_layer=3, num_hidden_layers=2, hidden_size=24, num_attention_heads=4))
    assert plan["h.1.ln_2.bias"].shape == (24,)
    assert "h.2.ln_2.bias" not in plan

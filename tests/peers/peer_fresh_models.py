"""Twenty public models with fresh weights, small: `fastinit.check` finds nothing wrong with any, at rest or run.

Not part of the default run: ``pytest tests/peers/peer_fresh_models.py``, with PyTorch and transformers installed.
"""

import os

os.environ["HF_HUB_OFFLINE"] = "1"

import pytest
import torch
import transformers as hf

import fastinit as fi

pytestmark = pytest.mark.filterwarnings("default")  # what other libraries warn of is not this project's error

WIDTH = dict(hidden_size=96, num_hidden_layers=3, num_attention_heads=4)
DENSE = dict(**WIDTH, intermediate_size=192)
TEXT = dict(**DENSE, vocab_size=1000)
STAGES = dict(hidden_sizes=[32, 48, 64, 96], depths=[1, 1, 2, 1])
WHISPER = dict(
    encoder_attention_heads=4,
    decoder_attention_heads=4,
    encoder_ffn_dim=192,
    decoder_ffn_dim=192,
    pad_token_id=0,
    bos_token_id=1,
    eos_token_id=2,
    decoder_start_token_id=1,
)

#: By model, its configuration's arguments.
MODELS = {
    "ViTModel": DENSE,
    "DeiTModel": DENSE,
    "BeitModel": DENSE,
    "SwinModel": dict(embed_dim=32, depths=[1, 1, 2, 1], num_heads=[2, 4, 8, 8]),
    "ConvNextModel": STAGES,
    "ResNetModel": dict(hidden_sizes=[32, 64, 96, 128], depths=[1, 1, 1, 1], embedding_size=32),
    "Dinov2Model": WIDTH,
    "SegformerModel": {},
    "MobileNetV2Model": {},
    "RegNetModel": {},
    "PoolFormerModel": {},
    "GPT2Model": dict(n_embd=96, n_layer=4, n_head=4, vocab_size=1000),
    "BertModel": TEXT,
    "T5Model": dict(d_model=96, d_kv=24, num_heads=4, num_layers=3, d_ff=192, vocab_size=1000),
    "WhisperModel": dict(d_model=96, encoder_layers=2, decoder_layers=2, vocab_size=1000, **WHISPER),
    "CLIPModel": dict(text_config=TEXT, vision_config=DENSE),
    "Mamba2Model": dict(
        hidden_size=96, num_hidden_layers=3, num_heads=12, head_dim=16, state_size=16, n_groups=1, vocab_size=1000
    ),
    "LlamaModel": TEXT,
    "MixtralModel": dict(**TEXT, num_key_value_heads=2),
    "OPTModel": dict(**WIDTH, ffn_dim=192, vocab_size=1000, word_embed_proj_dim=96),
}


def built(name):
    torch.manual_seed(0)
    cls = getattr(hf, name)
    return cls(cls.config_class(**MODELS[name]))


@pytest.mark.parametrize("name", MODELS)
def test_nothing_is_wrong_with_its_weights(name):
    model = built(name)
    report = fi.check({name: parameter.detach() for name, parameter in model.named_parameters()})
    wrong = [(row.name, row.reason) for row in report.tensors if row.verdict not in ("known", "constant", "not judged")]
    assert report.healthy, wrong
    sick = {
        name: parameter.detach() * (1.3 if parameter.ndim > 1 else 1) for name, parameter in model.named_parameters()
    }
    assert not fi.check(sick).healthy  # the control


@pytest.mark.parametrize("name", MODELS)
def test_nothing_is_wrong_when_it_runs(name):
    """In training mode, on a batch that is made of its configuration."""
    report = fi.check(built(name).train(), n_samples=2)
    assert report.healthy, report.reason


@pytest.mark.parametrize("name", ["T5Model", "LlamaModel"])
def test_the_control_is_sick(name):
    model = built(name)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.fill_(0.01)
    assert fi.check(model).verdict == "symmetric"

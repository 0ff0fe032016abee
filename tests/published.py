"""Published configurations: of each family a file in tests/families, of each model a table there."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parent / "families"


class Model(NamedTuple):
    """What a model's config.json holds, as far as tensors depend on it."""

    config: dict[str, Any]
    n_parameters: int | None  #: as published, ties counted once


def _read() -> dict[str, Model]:
    found = {}
    for path in sorted(FOLDER.glob("*.toml")):
        tables = tomllib.loads(path.read_text())
        common = tables.pop("common")
        for name, table in tables.items():
            found[name] = Model(
                common | {key: table[key] for key in table if key != "parameters"}, table.get("parameters")
            )
    return found


MODELS = _read()


def first_of_each() -> list[str]:
    """The first model of each family."""
    return list({model.config["model_type"]: name for name, model in reversed(MODELS.items())}.values())


#: A model of each family that is as small as it can be, with sizes that differ from each other.
LAYERS = {
    "num_hidden_layers": 2,
    "hidden_size": 32,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "vocab_size": 60,
}
GROUPED = LAYERS | {"num_key_value_heads": 2}
SMALL: dict[str, dict[str, Any]] = {
    "gpt2": {"n_layer": 2, "n_head": 4, "n_embd": 32, "vocab_size": 60, "n_positions": 20},
    "llama": GROUPED,
    "mistral": GROUPED,
    "qwen2": GROUPED,
    "qwen3": GROUPED,
    "gemma": GROUPED,
    "phi3": GROUPED | {"pad_token_id": 5},
    "olmo2": GROUPED,
    "mixtral": GROUPED | {"num_local_experts": 4},
    "qwen3_moe": GROUPED | {"num_experts": 4, "moe_intermediate_size": 24, "mlp_only_layers": [0]},
    "deepseek_v3": LAYERS
    | {
        "moe_intermediate_size": 24,
        "n_routed_experts": 4,
        "n_shared_experts": 2,
        "n_group": 2,
        "topk_group": 1,
        "q_lora_rank": 16,
        "kv_lora_rank": 12,
        "qk_rope_head_dim": 8,
        "qk_nope_head_dim": 6,
        "v_head_dim": 10,
        "first_k_dense_replace": 1,
    },
    "bert": LAYERS,
    "roberta": LAYERS,
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48, "vocab_size": 60},
    "t5": {"d_model": 32, "d_kv": 6, "d_ff": 48, "num_layers": 2, "num_heads": 4, "vocab_size": 60},
    "vit": {key: LAYERS[key] for key in LAYERS if key != "vocab_size"}
    | {"image_size": [32, 48], "patch_size": [8, 16]},
    "whisper": {
        "d_model": 32,
        "encoder_layers": 2,
        "decoder_layers": 1,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 48,
        "decoder_ffn_dim": 40,
        "vocab_size": 60,
        "max_source_positions": 16,
        "max_target_positions": 20,
        "num_mel_bins": 8,
        "pad_token_id": 0,
    },
    "mamba2": {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "vocab_size": 60,
        "num_heads": 8,
        "head_dim": 8,
        "state_size": 16,
        "n_groups": 2,
    },
}

#: What changes the tensors or their laws, of those.
UNTIED, EDGES = {"tie_word_embeddings": False}, {"initializer_range": 0.0, "pad_token_id": -1}
KIN = EDGES | {"tie_word_embeddings": True, "torch_dtype": "float16", "attention_bias": True, "head_dim": 6}
OTHERWISE: dict[str, dict[str, Any]] = {
    "gpt2": UNTIED | {"initializer_range": 0.0, "n_inner": 40, "dtype": "bfloat16", "num_labels": 3},
    **dict.fromkeys(("mistral", "qwen2", "qwen3", "gemma", "olmo2", "mixtral"), KIN),
    "llama": KIN | {"mlp_bias": True, "num_key_value_heads": None, "head_dim": None, "id2label": {"0": "a"}},
    "phi3": KIN | {"num_key_value_heads": None},
    "qwen3_moe": KIN | {"num_experts": 3, "mlp_only_layers": None, "decoder_sparse_step": 2},
    "deepseek_v3": KIN | {"q_lora_rank": None, "first_k_dense_replace": 0, "num_local_experts": 8},
    "bert": UNTIED | {"initializer_range": 0.5, "pad_token_id": None, "num_labels": 5},
    "roberta": UNTIED | {"pad_token_id": -2, "id2label": {"0": "a"}},
    "distilbert": UNTIED | {"hidden_size": 36, "initializer_range": 0.0},
    "t5": UNTIED
    | {"feed_forward_proj": "gated-gelu", "num_decoder_layers": 1, "initializer_factor": 0.05, "dtype": "bfloat16"},
    "vit": {"image_size": 32, "patch_size": 8, "initializer_range": 0.5, "qkv_bias": False, "pooler_output_size": 7}
    | {"dtype": "float64", "head_dim": 5, "num_labels": 1},
    "whisper": UNTIED | {"init_std": 0.3, "pad_token_id": None, "torch_dtype": "bfloat16", "num_hidden_layers": 1},
    "mamba2": {"use_bias": True, "use_conv_bias": False, "rescale_prenorm_residual": True, "dtype": "bfloat16"}
    | {"tie_word_embeddings": True, "time_step_floor": 0.01, "initializer_range": 0.0},
}

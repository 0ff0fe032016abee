"""Transformers of diffusers at small widths, each with inputs for its forward pass."""

from __future__ import annotations

import torch


def noise(*shape: int) -> torch.Tensor:
    """An input of a shape, the same each time."""
    return torch.linspace(-1, 1, torch.Size(shape).numel()).view(shape).mul(7).sin()


STEP, IMAGE = torch.tensor([3]), noise(1, 3, 16, 16)
LATENTS, WORDS, POOLED = noise(1, 4, 16, 16), noise(1, 5, 32), noise(1, 32)
VIDEO = noise(1, 4, 3, 8, 8)
HEADS = {"num_layers": 2, "num_attention_heads": 2, "attention_head_dim": 8}
PLANE = {"sample_size": 16, "patch_size": 2, "in_channels": 4}
FLUX = HEADS | {
    "in_channels": 4,
    "num_single_layers": 2,
    "joint_attention_dim": 32,
    "pooled_projection_dim": 32,
    "axes_dims_rope": (2, 2, 4),
}
FLUX_INPUT = {
    "hidden_states": noise(1, 16, 4),
    "encoder_hidden_states": WORDS,
    "pooled_projections": POOLED,
    "timestep": STEP,
    "img_ids": torch.zeros(16, 3),
    "txt_ids": torch.zeros(5, 3),
}
SD3 = PLANE | HEADS | {"joint_attention_dim": 32, "caption_projection_dim": 16}
SD3 |= {"pooled_projection_dim": 32, "pos_embed_max_size": 16}

#: Class: options, inputs.
TRANSFORMERS: dict[str, tuple[dict, dict]] = {
    "SD3ControlNetModel": (
        SD3,
        {
            "hidden_states": LATENTS,
            "controlnet_cond": LATENTS,
            "encoder_hidden_states": WORDS,
            "pooled_projections": POOLED,
            "timestep": STEP,
        },
    ),
    "DiTTransformer2DModel": (
        PLANE | HEADS | {"num_embeds_ada_norm": 10, "norm_num_groups": 4},
        {"hidden_states": LATENTS, "timestep": STEP, "class_labels": torch.tensor([1])},
    ),
    "PixArtTransformer2DModel": (
        PLANE | HEADS | {"cross_attention_dim": 16, "caption_channels": 32, "use_additional_conditions": False},
        {"hidden_states": LATENTS, "timestep": STEP, "encoder_hidden_states": WORDS},
    ),
    "Transformer2DModel": (
        HEADS | {"in_channels": 4, "norm_num_groups": 2, "cross_attention_dim": 32},
        {"hidden_states": LATENTS, "encoder_hidden_states": WORDS},
    ),
    "SD3Transformer2DModel": (
        SD3,
        {"hidden_states": LATENTS, "timestep": STEP, "encoder_hidden_states": WORDS, "pooled_projections": POOLED},
    ),
    "FluxTransformer2DModel": (FLUX, FLUX_INPUT),
    "FluxControlNetModel": (FLUX, FLUX_INPUT | {"controlnet_cond": noise(1, 16, 4)}),
    "SanaTransformer2DModel": (
        {
            "in_channels": 4,
            "out_channels": 4,
            "num_layers": 2,
            "num_attention_heads": 2,
            "attention_head_dim": 8,
            "num_cross_attention_heads": 2,
            "cross_attention_head_dim": 8,
            "cross_attention_dim": 16,
            "caption_channels": 32,
            "sample_size": 16,
        },
        {"hidden_states": LATENTS, "timestep": STEP, "encoder_hidden_states": WORDS},
    ),
    "AuraFlowTransformer2DModel": (
        PLANE
        | {
            "num_mmdit_layers": 1,
            "num_single_dit_layers": 1,
            "attention_head_dim": 8,
            "num_attention_heads": 2,
            "joint_attention_dim": 32,
            "caption_projection_dim": 16,
            "out_channels": 4,
            "pos_embed_max_size": 64,
        },
        {"hidden_states": LATENTS, "encoder_hidden_states": WORDS, "timestep": STEP},
    ),
    "CogVideoXTransformer3DModel": (
        HEADS
        | {
            "in_channels": 4,
            "out_channels": 4,
            "time_embed_dim": 8,
            "text_embed_dim": 32,
            "sample_width": 8,
            "sample_height": 8,
            "sample_frames": 9,
            "max_text_seq_length": 5,
        },
        {"hidden_states": noise(1, 3, 4, 8, 8), "encoder_hidden_states": WORDS, "timestep": STEP},
    ),
    "WanTransformer3DModel": (
        HEADS
        | {"attention_head_dim": 12, "in_channels": 4, "out_channels": 4, "text_dim": 32, "freq_dim": 8, "ffn_dim": 16},
        {"hidden_states": VIDEO[:, :, :2], "timestep": STEP, "encoder_hidden_states": WORDS},
    ),
    "HunyuanDiT2DModel": (
        HEADS
        | PLANE
        | {
            "hidden_size": 16,
            "cross_attention_dim": 32,
            "cross_attention_dim_t5": 32,
            "pooled_projection_dim": 8,
            "text_len": 5,
            "text_len_t5": 5,
            "activation_fn": "gelu-approximate",
        },
        {
            "hidden_states": LATENTS,
            "timestep": STEP.float(),
            "encoder_hidden_states": WORDS,
            "text_embedding_mask": torch.ones(1, 5),
            "encoder_hidden_states_t5": WORDS,
            "text_embedding_mask_t5": torch.ones(1, 5),
            "image_meta_size": torch.tensor([[16.0, 16, 16, 16, 0, 0]]),
            "style": torch.tensor([0]),
            "image_rotary_emb": [torch.ones(64, 8), torch.zeros(64, 8)],
        },
    ),
    "PriorTransformer": (
        HEADS | {"embedding_dim": 32, "num_embeddings": 5, "additional_embeddings": 4},
        {"hidden_states": POOLED, "timestep": STEP, "proj_embedding": POOLED, "encoder_hidden_states": WORDS},
    ),
}

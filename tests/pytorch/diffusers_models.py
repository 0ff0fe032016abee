"""Models of diffusers at small widths, each with inputs for its forward pass."""

from __future__ import annotations

import torch
from diffusers_transformers import IMAGE, LATENTS, STEP, TRANSFORMERS, VIDEO, WORDS, noise

WIDTHS = {"block_out_channels": (8, 16), "norm_num_groups": 4, "layers_per_block": 1}
CROSS = {
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "cross_attention_dim": 32,
    "attention_head_dim": 4,
} | WIDTHS
UNET = {"up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D")} | CROSS
AUTOENCODER = {
    "down_block_types": ("DownEncoderBlock2D",) * 2,
    "up_block_types": ("UpDecoderBlock2D",) * 2,
    "latent_channels": 4,
} | WIDTHS
CONDITIONED = {"sample": LATENTS, "timestep": STEP, "encoder_hidden_states": WORDS}

#: Class: options, inputs.
MODELS: dict[str, tuple[dict, dict]] = {
    "UNet1DModel": (
        {"block_out_channels": (32, 32, 64), "sample_size": 64, "in_channels": 2, "extra_in_channels": 64},
        {"sample": noise(1, 2, 64), "timestep": STEP},
    ),
    "UNet2DModel": (
        {
            "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
            "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
            "attention_head_dim": 4,
        }
        | WIDTHS,
        {"sample": IMAGE, "timestep": STEP},
    ),
    "UNet2DConditionModel": (UNET, CONDITIONED),
    "UNet3DConditionModel": (
        {
            "down_block_types": ("CrossAttnDownBlock3D", "DownBlock3D"),
            "up_block_types": ("UpBlock3D", "CrossAttnUpBlock3D"),
            "cross_attention_dim": 32,
            "attention_head_dim": 4,
        }
        | WIDTHS,
        {"sample": VIDEO, "timestep": STEP, "encoder_hidden_states": WORDS},
    ),
    "UNetSpatioTemporalConditionModel": (
        {
            "down_block_types": ("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
            "up_block_types": ("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
            "block_out_channels": (32, 64),
            "layers_per_block": 1,
            "num_attention_heads": 2,
            "cross_attention_dim": 32,
            "addition_time_embed_dim": 8,
            "projection_class_embeddings_input_dim": 24,
        },
        {
            "sample": noise(1, 2, 8, 16, 16),
            "timestep": STEP,
            "encoder_hidden_states": noise(1, 1, 32),
            "added_time_ids": noise(1, 3),
        },
    ),
    "UVit2DModel": (
        {
            "hidden_size": 32,
            "cond_embed_dim": 32,
            "encoder_hidden_size": 32,
            "micro_cond_encode_dim": 8,
            "micro_cond_embed_dim": 40,
            "vocab_size": 50,
            "codebook_size": 49,
            "block_out_channels": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 48,
            "block_num_heads": 2,
        },
        {
            "input_ids": torch.zeros(1, 8, 8, dtype=torch.int64),
            "encoder_hidden_states": WORDS,
            "pooled_text_emb": noise(1, 32),
            "micro_conds": noise(1, 5),
        },
    ),
    "AutoencoderKL": (AUTOENCODER, {"sample": IMAGE}),
    "AsymmetricAutoencoderKL": (
        {
            "down_block_types": ("DownEncoderBlock2D",) * 2,
            "down_block_out_channels": (8, 16),
            "up_block_types": ("UpDecoderBlock2D",) * 2,
            "up_block_out_channels": (8, 16),
            "norm_num_groups": 4,
        },
        {"sample": IMAGE},
    ),
    "AutoencoderTiny": (
        {
            "encoder_block_out_channels": (8, 8),
            "decoder_block_out_channels": (8, 8),
            "num_encoder_blocks": (1, 1),
            "num_decoder_blocks": (1, 1),
        },
        {"sample": IMAGE},
    ),
    "AutoencoderDC": (
        {
            "encoder_block_types": ("ResBlock", "EfficientViTBlock"),
            "decoder_block_types": ("ResBlock", "EfficientViTBlock"),
            "encoder_block_out_channels": (8, 16),
            "decoder_block_out_channels": (8, 16),
            "encoder_layers_per_block": (1, 1),
            "decoder_layers_per_block": (1, 1),
            "encoder_qkv_multiscales": ((), (5,)),
            "decoder_qkv_multiscales": ((), (5,)),
            "attention_head_dim": 4,
            "latent_channels": 4,
        },
        {"sample": IMAGE},
    ),
    "AutoencoderOobleck": (
        {
            "encoder_hidden_size": 8,
            "decoder_channels": 8,
            "decoder_input_channels": 4,
            "downsampling_ratios": [2, 4],
            "channel_multiples": [1, 2],
            "audio_channels": 1,
        },
        {"sample": noise(1, 1, 64)},
    ),
    "AutoencoderKLWan": (
        {"base_dim": 4, "z_dim": 4, "dim_mult": [1, 1, 1, 1], "num_res_blocks": 1},
        {"sample": noise(1, 3, 5, 16, 16)},
    ),
    "AutoencoderKLTemporalDecoder": (
        {"block_out_channels": (32, 64), "down_block_types": ("DownEncoderBlock2D",) * 2, "layers_per_block": 1},
        {"sample": IMAGE, "num_frames": 1},
    ),
    "VQModel": (
        {
            "block_out_channels": (8, 16),
            "down_block_types": ("DownEncoderBlock2D",) * 2,
            "up_block_types": ("UpDecoderBlock2D",) * 2,
            "norm_num_groups": 4,
            "num_vq_embeddings": 30,
        },
        {"sample": IMAGE},
    ),
    "ControlNetModel": (
        CROSS | {"conditioning_embedding_out_channels": (4, 8)},
        CONDITIONED | {"controlnet_cond": noise(1, 3, 32, 32)},
    ),
    "UNetMotionModel": (
        {
            "down_block_types": ("CrossAttnDownBlockMotion", "DownBlockMotion"),
            "up_block_types": ("UpBlockMotion", "CrossAttnUpBlockMotion"),
            "cross_attention_dim": 32,
            "num_attention_heads": 2,
            "motion_num_attention_heads": 2,
        }
        | WIDTHS,
        {"sample": VIDEO, "timestep": STEP, "encoder_hidden_states": WORDS.expand(3, 5, 32)},
    ),
    "Kandinsky3UNet": (
        {
            "time_embedding_dim": 16,
            "groups": 2,
            "attention_head_dim": 4,
            "layers_per_block": 2,
            "block_out_channels": (16, 16, 16, 16),
            "cross_attention_dim": 16,
            "encoder_hid_dim": 32,
        },
        {
            "sample": LATENTS,
            "timestep": STEP,
            "encoder_hidden_states": WORDS,
            "encoder_attention_mask": torch.ones(1, 5),
        },
    ),
}
MODELS |= TRANSFORMERS

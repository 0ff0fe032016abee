"""Real architectures at small widths, each with an input for its forward pass."""

from __future__ import annotations

import math

import torch
from torch import nn

IDS = torch.arange(12).view(1, 12) % 50 + 3
PIXELS = torch.linspace(-1, 1, 3 * 32 * 32).view(1, 3, 32, 32)

#: Of transformers: class, configuration, input.
SMALL = {"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_size": 32, "vocab_size": 60, "intermediate_size": 48}
FAMILIES = {
    "gpt2": ("GPT2LMHeadModel", "GPT2Config", {"n_layer": 2, "n_head": 4, "n_embd": 32, "vocab_size": 60}, "ids"),
    "llama": ("LlamaForCausalLM", "LlamaConfig", SMALL | {"tie_word_embeddings": True}, "ids"),
    "mixtral": (
        "MixtralForCausalLM",
        "MixtralConfig",
        SMALL | {"num_local_experts": 4, "num_key_value_heads": 2},
        "ids",
    ),
    "t5": (
        "T5ForConditionalGeneration",
        "T5Config",
        {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4, "vocab_size": 60},
        "both",
    ),
    "bert": ("BertForMaskedLM", "BertConfig", SMALL, "ids"),
    "vit": ("ViTForImageClassification", "ViTConfig", SMALL | {"image_size": 32, "patch_size": 8}, "pixels"),
    "swin": (
        "SwinModel",
        "SwinConfig",
        {"image_size": 32, "patch_size": 2, "embed_dim": 16, "depths": [1, 1], "num_heads": [2, 2], "window_size": 4},
        "pixels",
    ),
    "clip": (
        "CLIPModel",
        "CLIPConfig",
        {
            "text_config": SMALL | {"max_position_embeddings": 16, "eos_token_id": 2},
            "vision_config": SMALL | {"image_size": 32, "patch_size": 8},
            "projection_dim": 16,
        },
        "clip",
    ),
    "whisper": (
        "WhisperForConditionalGeneration",
        "WhisperConfig",
        {
            "d_model": 32,
            "encoder_layers": 2,
            "decoder_layers": 2,
            "encoder_attention_heads": 4,
            "decoder_attention_heads": 4,
            "encoder_ffn_dim": 48,
            "decoder_ffn_dim": 48,
            "vocab_size": 60,
            "max_source_positions": 16,
            "num_mel_bins": 8,
            "pad_token_id": 0,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "decoder_start_token_id": 1,
        },
        "whisper",
    ),
    "wav2vec2": (
        "Wav2Vec2Model",
        "Wav2Vec2Config",
        SMALL
        | {
            "conv_dim": (16, 16),
            "conv_stride": (5, 2),
            "conv_kernel": (10, 3),
            "num_feat_extract_layers": 2,
            "num_conv_pos_embeddings": 8,
            "num_conv_pos_embedding_groups": 4,
        },
        "waves",
    ),
    "mamba": ("MambaForCausalLM", "MambaConfig", {"hidden_size": 32, "num_hidden_layers": 2, "vocab_size": 60}, "ids"),
    "mamba2": (
        "Mamba2ForCausalLM",
        "Mamba2Config",
        {
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "vocab_size": 60,
            "num_heads": 8,
            "head_dim": 8,
            "state_size": 16,
            "n_groups": 2,
        },
        "ids",
    ),
    "deepseek_v3": (
        "DeepseekV3ForCausalLM",
        "DeepseekV3Config",
        SMALL
        | {
            "num_key_value_heads": 4,
            "moe_intermediate_size": 16,
            "n_routed_experts": 4,
            "num_experts_per_tok": 2,
            "n_group": 2,
            "topk_group": 1,
            "q_lora_rank": 16,
            "kv_lora_rank": 16,
            "qk_rope_head_dim": 8,
            "qk_nope_head_dim": 8,
            "v_head_dim": 8,
            "first_k_dense_replace": 1,
        },
        "ids",
    ),
}

INPUTS = {
    "ids": {"input_ids": IDS},
    "both": {"input_ids": IDS, "decoder_input_ids": IDS},
    "pixels": {"pixel_values": PIXELS},
    "clip": {"input_ids": IDS, "pixel_values": PIXELS},
    "whisper": {"input_features": torch.linspace(-1, 1, 8 * 32).view(1, 8, 32), "decoder_input_ids": IDS},
    "waves": {"input_values": torch.linspace(-1, 1, 2000).view(1, 2000).sin()},
}


class Residual(nn.Module):
    """A block of ResNet-50, its last norm's scale at 0."""

    def __init__(self, n_in: int, n_mid: int, n_out: int):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(n_in, n_mid, 1, bias=False), nn.BatchNorm2d(n_mid)
        self.conv2, self.bn2 = nn.Conv2d(n_mid, n_mid, 3, padding=1, bias=False), nn.BatchNorm2d(n_mid)
        self.conv3, self.bn3 = nn.Conv2d(n_mid, n_out, 1, bias=False), nn.BatchNorm2d(n_out)
        self.shortcut = nn.Conv2d(n_in, n_out, 1, bias=False)

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).relu()
        return (self.shortcut(x) + self.bn3(self.conv3(y))).relu()


class ResNet(nn.Module):
    """As torchvision initializes it, with zero_init_residual."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 7, stride=2, padding=3, bias=False)
        self.layers = nn.Sequential(*(Residual(16, 8, 16) for _ in range(3)))
        self.fc = nn.Linear(16, 10)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.constant_(module.weight, 1)
                nn.init.constant_(module.bias, 0)
        for module in self.modules():
            if isinstance(module, Residual):
                nn.init.constant_(module.bn3.weight, 0)

    def forward(self, pixel_values):
        return self.fc(self.layers(self.stem(pixel_values)).mean((2, 3)))


class UNet(nn.Module):
    """A diffusion model's: sinusoids of time, group norms, attention, and a last convolution of zeros."""

    def __init__(self):
        super().__init__()
        self.register_buffer("frequencies", torch.exp(-torch.arange(8) * torch.tensor(10000.0).log() / 8))
        self.time = nn.Sequential(nn.Linear(16, 32), nn.SiLU(), nn.Linear(32, 16))
        self.down = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.GroupNorm(4, 16), nn.SiLU())
        self.attention = nn.MultiheadAttention(16, 4, batch_first=True)
        self.up = nn.ConvTranspose2d(16, 16, 2, stride=2)
        self.out = nn.Conv2d(16, 3, 3, padding=1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        nn.init.orthogonal_(self.time[2].weight, gain=0.1)

    def forward(self, pixel_values):
        angles = 3.0 * self.frequencies
        x = self.down(pixel_values) + self.time(torch.cat([angles.sin(), angles.cos()])).view(1, -1, 1, 1)
        tokens = x.flatten(2).transpose(1, 2)
        x = x + self.attention(tokens, tokens, tokens)[0].transpose(1, 2).view_as(x)
        return self.out(self.up(x))


class Encoder(nn.Module):
    """nn.Transformer, between an embedding with padding and a head tied to it, with timm's truncated positions."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(60, 32, padding_idx=0)
        self.positions = nn.Parameter(torch.zeros(12, 32))
        timm_trunc_normal_(self.positions, std=0.02, a=-0.03, b=0.05)
        self.body = nn.Transformer(32, 4, 2, 2, 48, batch_first=True)
        self.head = nn.Linear(32, 60, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, input_ids):
        x = self.embed(input_ids) + self.positions
        return self.head(self.body(x, x))


def timm_trunc_normal_(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0):
    """A truncated normal by its distribution function's inverse, as vision models draw it."""
    low, high = (math.erf((x - mean) / (std * 2**0.5)) for x in (a, b))
    with torch.no_grad():
        tensor.uniform_(low, high).erfinv_().mul_(std * 2**0.5).add_(mean)
        tensor.clamp_(min=a, max=b)


OWN = {"resnet": (ResNet, "pixels"), "unet": (UNet, "pixels"), "transformer": (Encoder, "ids")}

NAMES = [*FAMILIES, *OWN]


def builder(name: str):
    """A function that builds the model; needs transformers for its families."""
    if name in OWN:
        return OWN[name][0]
    import transformers

    model, config, options, _ = FAMILIES[name]
    # Made anew each time, since models write to their configurations.
    return lambda: getattr(transformers, model)._from_config(getattr(transformers, config)(**options))


def inputs(name: str) -> dict:
    return INPUTS[(OWN if name in OWN else FAMILIES)[name][-1]]

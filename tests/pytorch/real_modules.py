"""Modules shaped as those that people train, small, as their libraries begin them. real_images.py has those of images.

Nothing is seeded here: `torch.manual_seed` before a builder decides.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn


def perceptron(depth=6, width=64, activation=nn.ReLU, he=True):
    """He's weights, or PyTorch's own."""
    layers = []
    for _ in range(depth):
        layers += [nn.Linear(width, width), activation()]
    net = nn.Sequential(*layers, nn.Linear(width, 10))
    if he:
        for layer in net[::2]:
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
        nn.init.xavier_normal_(net[-1].weight)
    return net


class Attention(nn.Module):
    def __init__(self, width, n_heads, causal=False, fused=True):
        super().__init__()
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.n_heads, self.causal, self.fused = n_heads, causal, fused

    def forward(self, x):
        n, t, d = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, self.n_heads, -1).permute(2, 0, 3, 1, 4)
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        else:
            scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
            if self.causal:
                scores = scores.masked_fill(torch.ones(t, t).triu(1).bool(), -math.inf)
            y = scores.softmax(-1) @ v
        return self.proj(y.transpose(1, 2).reshape(n, t, d))


class Mlp(nn.Module):
    def __init__(self, width, hidden, activation=F.gelu):
        super().__init__()
        self.fc1, self.fc2, self.activation = nn.Linear(width, hidden), nn.Linear(hidden, width), activation

    def forward(self, x):
        return self.fc2(self.activation(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, width, n_heads, causal=False, fused=True, mlp=None):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = Attention(width, n_heads, causal, fused)
        self.mlp = mlp or Mlp(width, 4 * width)

    def forward(self, x):
        x = x + self.attn(self.ln1(x))
        return x + self.mlp(self.ln2(x))


class GPT(nn.Module):
    """GPT-2: normal(0.02), ends of branches narrower by sqrt(2 n_layers), tied embeddings."""

    def __init__(self, width=64, n_layers=4, n_heads=4, n_tokens=128, fused=True, mlp=lambda width: None, tied=True):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(n_tokens, width), nn.Embedding(32, width)
        self.h = nn.ModuleList([Block(width, n_heads, True, fused, mlp(width)) for _ in range(n_layers)])
        self.ln_f, self.head = nn.LayerNorm(width), nn.Linear(width, n_tokens, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.ndim > 1:
                ends = name.endswith(("proj.weight", "fc2.weight"))
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * n_layers) if ends else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)
        if tied:
            self.head.weight = self.wte.weight

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe.weight[: tokens.shape[1]]
        for block in self.h:
            x = block(x)
        return self.head(self.ln_f(x))


class MoE(nn.Module):
    """Two of four experts for each token."""

    def __init__(self, width):
        super().__init__()
        self.router = nn.Linear(width, 4, bias=False)
        self.experts = nn.ModuleList([Mlp(width, 2 * width, F.silu) for _ in range(4)])

    def forward(self, x):
        shares, chosen = self.router(x).softmax(-1).topk(2)
        y = torch.zeros_like(x)
        for i, expert in enumerate(self.experts):
            share = (shares * (chosen == i)).sum(-1)
            places = share.nonzero(as_tuple=True)
            if len(places[0]):
                y = y.index_put(places, expert(x[places]) * share[places][:, None], accumulate=True)
        return y


class Mamba(nn.Module):
    """A selective state space, its scan in a loop (Gu and Dao 2023)."""

    def __init__(self, width=32, n_states=8, n_tokens=64, n_layers=2):
        super().__init__()
        self.embed, self.norm_f = nn.Embedding(n_tokens, width), nn.LayerNorm(width)
        self.layers = nn.ModuleList([Selective(width, n_states) for _ in range(n_layers)])
        self.head = nn.Linear(width, n_tokens, bias=False)
        nn.init.normal_(self.embed.weight, std=0.02)

    def forward(self, tokens):
        x = self.embed(tokens)
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm_f(x))


class Selective(nn.Module):
    def __init__(self, width, n_states):
        super().__init__()
        inner = 2 * width
        self.norm, self.in_proj = nn.LayerNorm(width), nn.Linear(width, 2 * inner, bias=False)
        self.conv = nn.Conv1d(inner, inner, 4, groups=inner, padding=3)
        self.x_proj = nn.Linear(inner, 2 * n_states + 2, bias=False)
        self.dt_proj, self.out_proj = nn.Linear(2, inner), nn.Linear(inner, width, bias=False)
        self.A_log = nn.Parameter(torch.arange(1.0, n_states + 1).log().repeat(inner, 1))
        self.D = nn.Parameter(torch.ones(inner))
        nn.init.constant_(self.dt_proj.bias, math.log(math.expm1(0.01)))

    def forward(self, x):
        y, z = self.in_proj(self.norm(x)).chunk(2, -1)
        y = F.silu(self.conv(y.transpose(1, 2))[..., : y.shape[1]].transpose(1, 2))
        dt, b, c = self.x_proj(y).split([2, self.A_log.shape[1], self.A_log.shape[1]], -1)
        dt = F.softplus(self.dt_proj(dt))
        state, outputs = 0.0, []
        for t in range(y.shape[1]):
            decay = torch.exp(-dt[:, t, :, None] * self.A_log.exp())
            state = decay * state + (dt[:, t] * y[:, t])[..., None] * b[:, t, None]
            outputs.append((state * c[:, t, None]).sum(-1))
        return x + self.out_proj((torch.stack(outputs, 1) + self.D * y) * F.silu(z))


class LstmClassifier(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.embed, self.lstm = nn.Embedding(100, width), nn.LSTM(width, width, 2, batch_first=True)
        self.head = nn.Linear(width, 5)

    def forward(self, tokens):
        return self.head(self.lstm(self.embed(tokens))[0][:, -1])


class Lora(nn.Module):
    """A frozen layer and an adapter whose second matrix is zero (Hu et al. 2021)."""

    def __init__(self, base, rank=4):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.lora_A, self.lora_B = (
            nn.Linear(base.in_features, rank, bias=False),
            nn.Linear(rank, base.out_features, bias=False),
        )
        nn.init.zeros_(self.lora_B.weight)

    def forward(self, x):
        return self.base(x) + 2 * self.lora_B(self.lora_A(x))


def lora():
    net = perceptron()
    return nn.Sequential(*[Lora(layer) if isinstance(layer, nn.Linear) else layer for layer in net])


class ReZero(nn.Module):
    """No normalization: gates that begin at zero (Bachlechner et al. 2020)."""

    def __init__(self, width=48, n_layers=8):
        super().__init__()
        self.embed = nn.Linear(20, width)
        self.branches = nn.ModuleList([Mlp(width, 2 * width, F.relu) for _ in range(n_layers)])
        self.gates = nn.Parameter(torch.zeros(n_layers))
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        x = self.embed(x)
        for gate, branch in zip(self.gates, self.branches, strict=True):
            x = x + gate * branch(x)
        return self.head(x)


def autoencoder():
    return nn.Sequential(
        *[nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 8), nn.ReLU(), nn.Linear(8, 32), nn.ReLU()],
        *[nn.Linear(32, 64), nn.Sigmoid()],
    )


def transformer_encoder():
    """PyTorch's own, post-norm, with dropout."""
    layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
    return nn.Sequential(nn.Embedding(50, 32), nn.TransformerEncoder(layer, 2), nn.Linear(32, 50))

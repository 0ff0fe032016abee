"""Modules of images shaped as those that people train, small, as their libraries begin them."""

import torch
import torch.nn.functional as F
from real_modules import Attention, Block, Mlp
from torch import nn


class Residual(nn.Module):
    """torchvision's basic block, its end zero if told so (Goyal et al. 2017)."""

    def __init__(self, n_in, n_out, stride=1, zero_end=True, norm=nn.BatchNorm2d):
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False)
        self.bn1 = norm(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False)
        self.bn2 = norm(n_out)
        self.relu = nn.ReLU(inplace=True)
        is_same = n_in == n_out and stride == 1
        self.down = nn.Identity() if is_same else nn.Sequential(nn.Conv2d(n_in, n_out, 1, stride), norm(n_out))
        if zero_end and hasattr(self.bn2, "weight"):
            nn.init.zeros_(self.bn2.weight)

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(y)) + self.down(x))


def resnet(zero_end=True, norm=nn.BatchNorm2d, n_blocks=2):
    stem = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), norm(16), nn.ReLU(inplace=True)]
    blocks = [Residual(16, 16, 1, zero_end, norm) for _ in range(n_blocks)]
    blocks += [Residual(16, 32, 2, zero_end, norm)] + [Residual(32, 32, 1, zero_end, norm) for _ in range(n_blocks)]
    net = nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))
    for part in net.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
    return net


def vgg(norm=True):
    """Convolutions without residuals; He's weights."""
    layers, n_in = [], 3
    for n_out, pools in ((16, 0), (16, 1), (32, 0), (32, 1), (64, 0), (64, 1)):
        layers += [nn.Conv2d(n_in, n_out, 3, 1, 1), *([nn.BatchNorm2d(n_out)] * norm), nn.ReLU(True)]
        layers += [nn.MaxPool2d(2)] * pools
        n_in = n_out
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(256, 10))
    for part in net.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight)
    return net


class ViT(nn.Module):
    """timm's: truncated normal(0.02), class token, zero head."""

    def __init__(self, width=48, n_layers=3, zero_head=True):
        super().__init__()
        self.patch = nn.Conv2d(3, width, 8, 8)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.randn(1, 17, width) * 0.02)
        self.blocks = nn.Sequential(*[Block(width, 4) for _ in range(n_layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 10)
        for part in self.modules():
            if isinstance(part, nn.Linear):
                nn.init.trunc_normal_(part.weight, std=0.02)
                nn.init.zeros_(part.bias)
        if zero_head:
            nn.init.zeros_(self.head.weight)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])


def _dcgan(net):
    for part in net.modules():
        if isinstance(part, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(part.weight, std=0.02)
        elif isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.weight, 1.0, 0.02)
    return net


def generator(norm=True):
    layers = []
    for n_in, n_out, stride, pad in ((32, 64, 1, 0), (64, 32, 2, 1), (32, 16, 2, 1)):
        layers += [nn.ConvTranspose2d(n_in, n_out, 4, stride, pad, bias=not norm)]
        layers += [nn.BatchNorm2d(n_out)] * norm + [nn.ReLU(True)]
    return _dcgan(nn.Sequential(*layers, nn.ConvTranspose2d(16, 3, 4, 2, 1, bias=False), nn.Tanh()))


def discriminator():
    layers = [nn.Conv2d(3, 16, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)]
    for n_in, n_out in ((16, 32), (32, 64)):
        layers += [nn.Conv2d(n_in, n_out, 4, 2, 1, bias=False), nn.BatchNorm2d(n_out), nn.LeakyReLU(0.2, True)]
    return _dcgan(nn.Sequential(*layers, nn.Conv2d(64, 1, 4, 1, 0, bias=False), nn.Sigmoid()))


class UNet(nn.Module):
    """Two scales, group norms, time added to features, the last convolution zero."""

    def __init__(self, width=16, zero_end=True):
        super().__init__()
        self.first, self.last = nn.Conv2d(3, width, 3, 1, 1), nn.Conv2d(width, 3, 3, 1, 1)
        self.time = nn.Linear(8, 2 * width)
        self.down = nn.Sequential(nn.GroupNorm(4, width), nn.SiLU(), nn.Conv2d(width, 2 * width, 3, 2, 1))
        self.mid = nn.Sequential(nn.GroupNorm(4, 2 * width), nn.SiLU(), nn.Conv2d(2 * width, 2 * width, 3, 1, 1))
        self.up = nn.Sequential(nn.GroupNorm(4, 2 * width), nn.SiLU(), nn.ConvTranspose2d(2 * width, width, 4, 2, 1))
        self.norm = nn.GroupNorm(4, width)
        if zero_end:
            nn.init.zeros_(self.last.weight)
            nn.init.zeros_(self.last.bias)

    def forward(self, x, times):
        c = self.time(torch.sin(times[:, None] * torch.arange(1.0, 9.0)))
        x = self.first(x)
        y = self.down(x) + c[:, :, None, None]
        return self.last(F.silu(self.norm(x + self.up(y + self.mid(y)))))


class Mixer(nn.Module):
    """Tokens and channels in turn (Tolstikhin et al. 2021)."""

    def __init__(self, width=32, n_layers=3):
        super().__init__()
        self.patch = nn.Conv2d(3, width, 8, 8)
        self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(2 * n_layers + 1)])
        self.tokens = nn.ModuleList([Mlp(16, 32) for _ in range(n_layers)])
        self.channels = nn.ModuleList([Mlp(width, 4 * width) for _ in range(n_layers)])
        self.head = nn.Linear(width, 10)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)
        for i, (tokens, channels) in enumerate(zip(self.tokens, self.channels, strict=True)):
            x = x + tokens(self.norms[2 * i](x).transpose(1, 2)).transpose(1, 2)
            x = x + channels(self.norms[2 * i + 1](x))
        return self.head(self.norms[-1](x).mean(1))


def images_and_times():
    return [torch.randn(8, 3, 16, 16), torch.rand(8) * 100]


def images():
    return torch.randn(8, 3, 32, 32)


def small_images():
    return torch.randn(8, 3, 16, 16)


class DiT(nn.Module):
    """adaLN-zero: gates and the last layer zero (Peebles and Xie 2023)."""

    def __init__(self, width=32, n_layers=2):
        super().__init__()
        self.patch, self.time = (
            nn.Linear(12, width),
            nn.Sequential(nn.Linear(16, width), nn.SiLU(), nn.Linear(width, width)),
        )
        self.blocks = nn.ModuleList([Modulated(width) for _ in range(n_layers)])
        self.norm, self.last = nn.LayerNorm(width, elementwise_affine=False), nn.Linear(width, 12)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, x, times):
        angles = times[:, None] * torch.exp(-torch.arange(8) / 2)
        c = self.time(torch.cat([angles.sin(), angles.cos()], -1))
        x = self.patch(x)
        for block in self.blocks:
            x = block(x, c)
        return self.last(self.norm(x))


class Modulated(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm1, self.norm2 = (nn.LayerNorm(width, elementwise_affine=False) for _ in range(2))
        self.attn, self.mlp = Attention(width, 4), Mlp(width, 4 * width)
        self.ada = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))
        nn.init.zeros_(self.ada[1].weight)
        nn.init.zeros_(self.ada[1].bias)

    def forward(self, x, c):
        shift1, scale1, gate1, shift2, scale2, gate2 = self.ada(c)[:, None].chunk(6, -1)
        x = x + gate1 * self.attn(self.norm1(x) * (1 + scale1) + shift1)
        return x + gate2 * self.mlp(self.norm2(x) * (1 + scale2) + shift2)


def patches_and_times():
    return [torch.randn(8, 16, 12), torch.rand(8) * 100]

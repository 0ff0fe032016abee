"""Stacks as real networks have them, each with its verdict and why; drawn anew for each seed.

Healthy ones are published designs with their published initialization. Each sick one is a healthy one with one fault.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from real_blocks import (
    N,
    basic_block,
    conv,
    convnext_block,
    dense,
    gated_convolutions,
    inverted_block,
    normal,
    resnet,
    transformer,
)

import fastinit as fi


class Case(NamedTuple):
    name: str
    verdict: str
    layers: list
    arguments: dict[str, Any]
    why: str


def renamed(layers: list) -> list:
    """Copies, since one block stands for many."""
    return [dict(layer) if isinstance(layer, dict) else layer for layer in layers]


def cases(seed: int) -> list[Case]:
    found = []

    def case(name: str, verdict: str, why: str, layers: list, activation="relu", **arguments) -> None:
        found.append(Case(name, verdict, renamed(layers), {"activation": activation, "rng": seed, **arguments}, why))

    def fill(shape: tuple[int, ...], std: float, name: str) -> np.ndarray:
        return fi.normal(shape, std=std, rng=seed, name=name)

    healthy, vanishing, exploding = "healthy", "vanishing", "exploding"
    case("ResNet", healthy, "He et al. 2016", resnet())
    case("ResNet, last gains 0", healthy, "Goyal et al. 2017: branches end in zeros", resnet(gain=0.0))
    case("ResNet, weights x100", healthy, "a norm after each takes the scale away", resnet(scheme=normal(5.0)))
    unnormed = resnet(depth=6, norm=None, scheme="he_normal")
    case("ResNet without norms", exploding, "each block gains a half: 1.5**18", unnormed)
    fixup = {"residual": [conv(16, 16), conv(16, 16, scheme="zeros")], "activation": "relu"}
    case(
        "Fixup",
        healthy,
        "Zhang et al. 2019: no norms, branches end in zeros",
        [conv(3, 16), *[fixup] * 30, dense(16, 10)],
    )
    case("GPT-2's blocks", healthy, "Radford et al. 2019", transformer(12, last=0.02 / math.sqrt(24)))
    case("BERT's blocks", healthy, "std 0.02 throughout", transformer(12))
    case("blocks that end in zeros", healthy, "branches end in zeros", transformer(8, last=0.0))
    case("Llama's blocks", healthy, "RMSNorm, SwiGLU", transformer(8, norm="rms", activation="swiglu"))
    case("blocks without norms", exploding, "the stream grows", transformer(24, norm=None, first=0.3, last=0.3))
    case(
        "SwiGLU without norms",
        exploding,
        "products of growing numbers",
        transformer(8, norm=None, activation="swiglu", first=0.3, last=0.3),
    )
    case(
        "MobileNetV2's blocks", healthy, "norms", [conv(3, 16, norm="batch"), *[inverted_block(16)] * 6, dense(16, 10)]
    )
    narrow = [
        conv(3, 16),
        *[dict(layer) for _ in range(4) for layer in inverted_block(16, None, normal(0.01))["residual"]],
    ]
    case("depthwise without norms, narrow", vanishing, "std 0.01 where 0.47 is right", narrow)
    case(
        "ConvNeXt's blocks", healthy, "layer scale 1e-6", [conv(3, 32), *[convnext_block()] * 6, dense(32, 10)], "gelu"
    )
    case("VGG", healthy, "He et al. 2015", [conv(3, 32), *[conv(32, 32)] * 12, dense(32, 10)])
    case(
        "VGG, std 0.01",
        vanishing,
        "He et al. 2015, figure 3",
        [conv(3, 32, scheme=normal(0.01)), *[conv(32, 32, scheme=normal(0.01))] * 12, dense(32, 10)],
    )
    case(
        "VGG, PyTorch's default",
        vanishing,
        "half a step below He's, 20 layers",
        [conv(3, 32), *[conv(32, 32, scheme="fan_in_uniform")] * 18, dense(32, 10)],
    )
    case(
        "VGG, std 0.3",
        exploding,
        "five times He's",
        [conv(3, 32), *[conv(32, 32, scheme=normal(0.3))] * 8, dense(32, 10)],
    )
    case(
        "strided classifier",
        healthy,
        "He et al. 2015",
        [conv(3, 16, stride=2), conv(16, 32, stride=2), conv(32, 32, stride=2), dense(32, 10)],
    )
    case(
        "batch norms, narrow weights",
        healthy,
        "the norms make good",
        [
            dense(32, N, norm="batch", scheme=normal(0.01)),
            *[dense(N, N, norm="batch", scheme=normal(0.01))] * 6,
            dense(N, 10),
        ],
    )
    case(
        "the same without norms",
        vanishing,
        "the 12th part of He's width",
        [dense(32, N, scheme=normal(0.01)), *[dense(N, N, scheme=normal(0.01))] * 6, dense(N, 10)],
    )
    case("DLRM's bottom", healthy, "normal by fans", [13, 512, 256, 64], "relu", scheme="glorot_normal")
    case("autoencoder", healthy, "Glorot", [784, 128, 32, 128, 784], "tanh", output="sigmoid")
    case(
        "autoencoder, saturated",
        "saturating",
        "std 1 where 0.05 is right",
        [784, 128, 32, 128, 784],
        "tanh",
        scheme=normal(1.0),
    )
    case("self-normalizing, 30 layers", healthy, "Klambauer et al. 2017", [N * 2] * 31, "selu")
    case(
        "SIREN",
        healthy,
        "Sitzmann et al. 2020",
        [dense(3, 128, activation="sine"), *[dense(128, 128, activation="sine")] * 4, dense(128, 3)],
        "sine",
    )
    case(
        "sines with He's weights",
        exploding,
        "30 times too wide",
        [dense(3, 128, scheme="he_normal"), *[dense(128, 128, scheme="he_normal")] * 4, dense(128, 3)],
        "sine",
    )
    case("gated convolutions", healthy, "van den Oord et al. 2016", gated_convolutions(8))
    case("gated convolutions, wide", exploding, "each block gains", gated_convolutions(20, scale=9.0))
    case("tanh RNN, unrolled", healthy, "Saxe et al. 2014: orthogonal", [dense(N, N, scheme="orthogonal")] * 25, "tanh")
    case(
        "tanh RNN, half as wide",
        vanishing,
        "2**-25",
        [dense(N, N, scheme={"name": "orthogonal", "gain": 0.5})] * 25,
        "tanh",
    )
    case("a first layer too narrow", vanishing, "1e-4", [dense(N, N, scheme=normal(1e-4)), *[dense(N, N)] * 3])
    case("a head too wide", exploding, "std 10", [dense(N, N), dense(N, N), dense(N, 10, scheme=normal(10.0))])
    case("a head of GPT", healthy, "std 0.02", [dense(N, N), dense(N, N), dense(N, 100, scheme=normal(0.02))])
    case("a head of zeros", vanishing, "nothing goes back", [dense(N, N), dense(N, N), dense(N, 10, scheme="zeros")])
    case(
        "LoRA",
        healthy,
        "Hu et al. 2022: B is zero",
        [{"residual": [dense(N, 8, activation="linear"), dense(8, N, scheme="zeros")], "shortcut": [dense(N, N)]}] * 4,
    )
    case(
        "LoRA, both zero",
        "symmetric",
        "nothing goes to A nor to B",
        [
            {
                "residual": [dense(N, 8, activation="linear", scheme="zeros"), dense(8, N, scheme="zeros")],
                "shortcut": [dense(N, N)],
            }
        ]
        * 4,
    )
    case(
        "constant hidden layers",
        "symmetric",
        "all units alike",
        [dense(N, N), *[dense(N, N, scheme={"name": "constant", "value": 0.02})] * 2, dense(N, 10)],
    )
    case(
        "constant hidden layer in a branch",
        "symmetric",
        "all units alike, on both sides",
        [
            dense(N, N),
            {
                "residual": [
                    dense(N, N, scheme={"name": "constant", "value": 0.02}),
                    dense(N, N, scheme={"name": "constant", "value": 0.02}),
                ]
            },
            dense(N, 10),
        ],
        "tanh",
    )
    case(
        "rows repeated",
        "symmetric",
        "a broadcast by mistake",
        [
            dense(32, N),
            np.repeat(fill((N, N // 4), 0.2, "a"), 4, axis=1),
            np.repeat(fill((N // 4, 10), 0.2, "b"), 4, axis=0),
        ],
    )
    case("biases of -5", "dead", "no rectifier opens", [dense(N, N), dense(N, N, bias=-5.0), dense(N, 10)])
    case(
        "biases of -5 in a branch",
        "dead",
        "no rectifier of the branch opens",
        [dense(N, N), {"residual": [dense(N, N, bias=-5.0), dense(N, N)]}, dense(N, 10)],
    )
    case(
        "gains of 0 in a stack",
        "dead",
        "nothing comes through",
        [dense(N, N), dense(N, N, norm="batch", gain=0.0), dense(N, 10)],
    )
    case("log-odds", healthy, "Lin et al. 2017: a bias of the output", [dense(N, N), dense(N, 1, bias=-4.6)])
    case(
        "sharp softmax",
        "saturating",
        "logits of width 20",
        [dense(N, N), dense(N, 10, scheme=normal(4.0))],
        output="softmax",
    )
    biases = [dense(N, N, scheme=normal(0.001), bias=fill((N,), 1.0, f"bias {i}")) for i in range(3)]
    case("a signal that biases hide", vanishing, "outputs are the biases'", [*biases, dense(N, 10)], "tanh")
    case("sigmoid, 6 layers", vanishing, "its slope is 1/4", [N] * 7, "sigmoid")
    case(
        "sigmoid with batch norms",
        healthy,
        "Ioffe and Szegedy 2015",
        [*[dense(N, N, norm="batch")] * 6, dense(N, 10)],
        "sigmoid",
    )
    case("sigmoid, calibrated", healthy, "centred", fi.calibrate([N] * 7, "sigmoid", center=True, rng=seed).layers)
    case("silu, 24 layers", vanishing, "He's scale is below silu's", [128] * 25, "silu")
    case(
        "silu, 24 layers, calibrated",
        healthy,
        "Mishkin and Matas 2016",
        fi.calibrate([128] * 25, "silu", rng=seed).layers,
    )
    case(
        "experts 8 times too narrow",
        vanishing,
        "fans of the stack, not of one",
        [dense(N, N, scheme=normal(math.sqrt(2 / N / 64)))] * 4,
    )
    bottleneck = {
        "residual": [conv(64, 16, 1, norm="batch"), conv(16, 16, norm="batch"), conv(16, 64, 1, norm="batch")],
        "activation": "relu",
    }
    case("bottleneck ResNet", healthy, "He et al. 2016", [conv(3, 64, norm="batch"), *[bottleneck] * 8, dense(64, 10)])
    case("ResNet of 30 blocks", healthy, "He et al. 2016", resnet(depth=10))
    preactivated = {
        "residual": [
            {"norm": "batch", "activation": "relu"},
            conv(16, 16, activation="linear"),
            *[{"norm": "batch", "activation": "relu"}, conv(16, 16)],
        ]
    }
    case("pre-activation ResNet", healthy, "He et al. 2016 (b)", [conv(3, 16), *[preactivated] * 10, dense(16, 10)])
    wide_block = basic_block(64, 64)
    case("wide ResNet", healthy, "Zagoruyko 2016", [conv(3, 64, norm="batch"), *[wide_block] * 4, dense(64, 10)])
    next_block = {
        "residual": [conv(32, 64, 1, norm="batch"), conv(8, 64, groups=8, norm="batch"), conv(64, 32, 1, norm="batch")],
        "activation": "relu",
    }
    case("ResNeXt", healthy, "Xie et al. 2017", [conv(3, 32, norm="batch"), *[next_block] * 6, dense(32, 10)])
    case("24 blocks of GPT-2's", healthy, "Radford et al. 2019", transformer(24, last=0.02 / math.sqrt(48)))
    case(
        "T5's blocks",
        healthy,
        "RMSNorm, ReLU, by fans",
        transformer(8, norm="rms", activation="relu", first=N**-0.5, last=(4 * N) ** -0.5),
    )
    case("Gemma's blocks", healthy, "RMSNorm, GeGLU", transformer(8, norm="rms", activation="geglu"))
    case(
        "ViT's blocks",
        healthy,
        "Glorot",
        [
            *[{"residual": [{"norm": "layer"}, dense(N, 4 * N, activation="gelu"), dense(4 * N, N)]}] * 12,
            {"norm": "layer"},
            dense(N, 10, scheme=normal(0.02)),
        ],
    )
    case(
        "VGG with batch norms, std 0.01",
        healthy,
        "Ioffe and Szegedy 2015",
        [
            conv(3, 32, norm="batch", scheme=normal(0.01)),
            *[conv(32, 32, norm="batch", scheme=normal(0.01))] * 8,
            dense(32, 10),
        ],
    )
    case("NeRF", healthy, "Mildenhall et al. 2020: eight layers of ReLU", [63, *[128] * 8, 4])
    case("recommender", healthy, "He et al. 2017", [64, 128, 64, 32, 1], output="sigmoid")
    case(
        "critic",
        healthy,
        "orthogonal, Engstrom et al. 2020",
        [*[dense(N, N, scheme={"name": "orthogonal", "gain": math.sqrt(2)})] * 2, dense(N, 1, scheme="orthogonal")],
        "tanh",
    )
    case(
        "deep and orthogonal, ReLU",
        healthy,
        "Saxe et al. 2014, He's gain",
        [dense(N, N, scheme={"name": "orthogonal", "gain": math.sqrt(2)})] * 40,
    )
    case(
        "delta-orthogonal, 50 layers",
        healthy,
        "Xiao et al. 2018",
        [{"shape": (3, 3, 32, 32), "scheme": "delta_orthogonal"}] * 50,
        "tanh",
    )
    case(
        "LeNet",
        healthy,
        "LeCun et al. 1998",
        [conv(1, 6, 5, stride=2), conv(6, 16, 5, stride=2), dense(16, 120), dense(120, 84), dense(84, 10)],
        "tanh",
    )
    case("variational encoder", healthy, "Kingma and Welling 2014", [784, 256, 128, 40], "softplus")
    case(
        "highway of sums, ReZero",
        healthy,
        "Bachlechner et al. 2021: gains begin at 0",
        [dense(N, N), *[{"residual": [dense(N, N), {"norm": "rms", "gain": 0.0}]}] * 30, dense(N, 10)],
    )
    return found

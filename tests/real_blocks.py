"""Layers and blocks of published designs, as `fastinit.check` takes them."""

from __future__ import annotations

from typing import Any

N = 64


def normal(std: float) -> dict[str, Any]:
    return {"name": "normal", "std": std}


def dense(n_in: int, n_out: int, **more) -> dict[str, Any]:
    return {"shape": (n_in, n_out), **more}


def conv(n_in: int, n_out: int, size: int = 3, **more) -> dict[str, Any]:
    return {"shape": (size, size, n_in, n_out), **more}


def basic_block(n_in: int, n_out: int, stride: int = 1, norm: str | None = "batch", gain: float = 1.0, **more) -> dict:
    """ResNet's: two convolutions, added to the inputs, then ReLU."""
    normed = {} if norm is None else {"norm": norm}
    last = {} if norm is None else {"norm": norm, "gain": gain}
    branch = [conv(n_in, n_out, stride=stride, **normed, **more), conv(n_out, n_out, **last, **more)]
    shortcut = [] if (n_in, stride) == (n_out, 1) else [conv(n_in, n_out, 1, stride=stride, **normed)]
    return {"residual": branch, "shortcut": shortcut, "activation": "relu"}


def resnet(depth: int = 3, **more) -> list:
    stages = [(16, 16, 1), (16, 32, 2), (32, 48, 2)]
    blocks = [
        basic_block(i if k == 0 else o, o, s if k == 0 else 1, **more) for i, o, s in stages for k in range(depth)
    ]
    return [conv(3, 16, norm="batch"), *blocks, dense(48, 10)]


def mlp_block(norm: str | None = "layer", activation="gelu", first=0.02, last=0.02, width: int = 4) -> dict:
    """The half of a transformer's block that has no attention."""
    n_hidden = width * N
    n_units = 2 * n_hidden if activation in ("swiglu", "geglu") else n_hidden
    branch = [
        dense(N, n_units, scheme=normal(first), activation=activation),
        dense(n_hidden, N, scheme=normal(last)),
    ]
    return {"residual": [{"norm": norm}, *branch] if norm else branch}


def transformer(n_blocks: int, **more) -> list:
    return [*[mlp_block(**more) for _ in range(n_blocks)], {"norm": "layer"}, dense(N, 100, scheme=normal(0.02))]


def inverted_block(n: int, norm: str | None = "batch", scheme=None) -> dict:
    """MobileNetV2's: wider, depthwise, narrow again."""
    told = {"norm": norm} if norm else {}
    told |= {"scheme": scheme} if scheme else {}
    wide = 4 * n
    branch = [conv(n, wide, 1, **told), {**conv(1, wide, **told), "groups": wide}, conv(wide, n, 1, **told)]
    return {"residual": branch}


def convnext_block(layer_scale: float = 1e-6) -> dict:
    depthwise = {**conv(1, 32, 7, activation="linear", scheme=normal(0.02)), "groups": 32}
    scaled = {"norm": "layer", "gain": layer_scale}  # of unit width before it, so that only the gain counts
    return {"residual": [depthwise, {"norm": "layer"}, dense(32, 128), dense(128, 32), scaled]}


def gated_convolutions(n_blocks: int, scale: float = 1.0, **more) -> list:
    """WaveNet's: a gate in a residual branch."""
    scheme = {"name": "variance_scaling", "scale": scale}
    gate = {"shape": (2, 32, 64), "activation": "glu", "scheme": scheme, **more}
    block = {"residual": [gate, {"shape": (1, 32, 32), "scheme": scheme}]}
    return [{"shape": (1, 8, 32)}, *[block] * n_blocks, {"shape": (1, 32, 16)}]

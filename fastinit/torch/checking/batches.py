"""Batches: the caller's, checked, or one that a module takes, made of its configuration or its first layer."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.schemes.basic import normal, uniform
from fastinit.torch.checking.recording import leaves_of

EXPECTED = "a tensor, a list of positional arguments or a mapping of keyword arguments"

#: Sides of images that are tried: what most networks for small and for large ones take, and MNIST's.
SIDES = (64, 32, 224, 28, 128, 96, 256, 384, 16, 8)
#: Steps of one-dimensional signals.
LENGTHS = (128, 1024, 4096, 16000, 64, 32)
N_TOKENS = 16


class Batch(NamedTuple):
    """What a module is called with."""

    args: tuple
    kwargs: dict
    about: str  #: in words
    n_samples: int

    def copied(self) -> Batch:
        """For one pass: a module may write to its inputs."""
        return self._replace(args=_copied(self.args), kwargs=_copied(self.kwargs))


def _copied(value: object) -> object:
    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if type(value) in (list, tuple):
        return type(value)(map(_copied, value))
    if type(value) is dict:
        return {key: _copied(item) for key, item in value.items()}
    return value


def given(where: str, batch: object) -> Batch:
    """The caller's."""
    if isinstance(batch, torch.Tensor):
        args, kwargs = (batch,), {}
    elif isinstance(batch, Mapping):
        args, kwargs = (), dict(batch)
        if not all(isinstance(name, str) for name in kwargs):
            reject_type(where, "batch", "names of arguments as keys", batch)
    elif isinstance(batch, (tuple, list)):
        args, kwargs = tuple(batch), {}
    else:
        reject_type(where, "batch", EXPECTED, Shown(f"a {type(batch).__name__}"))
    values = [*args, *kwargs.values()]
    if any(isinstance(value, np.ndarray) for value in values):
        reject_type(where, "batch", "tensors (torch.from_numpy makes them of arrays)", Shown("a numpy array"))
    tensors = [value for value in values if isinstance(value, torch.Tensor)]
    sizes = [value.shape[0] for value in tensors if value.ndim]
    if not sizes or 0 in sizes:
        reject_value(where, "batch", "a tensor with samples", Shown("none"))
    if any(value.is_meta for value in tensors):
        reject_value(where, "batch", "tensors with values", Shown("one on the meta device"))
    if any(bool(value.isnan().any()) for value in tensors if value.layout is torch.strided):  # masks are infinite
        reject_value(where, "batch", "numbers", Shown("NaN"))
    shown = ", ".join(str(tuple(value.shape)) for value in tensors)
    return Batch(args, kwargs, f"the batch given, {shown}", sizes[0])


def made(where: str, module: nn.Module, n_samples: int, rng: object) -> Batch:
    """The first of the batches that could suit which the module takes.

    Floats are N(0, 1), tokens equally likely, both from fastinit's streams.
    """
    error: Exception | None = None
    for shapes in _candidates(module, n_samples):
        batch = _batch(shapes, module, n_samples, rng)
        try:
            tried = batch.copied()
            with torch.no_grad():
                module(*tried.args, **tried.kwargs)
            return batch
        except Exception as caught:  # whatever a module says to inputs of a wrong shape
            error = caught
    why = "no layer says its inputs" if error is None else f"{type(error).__name__}: {str(error).splitlines()[0][:60]}"
    expected = f"a batch, since none could be made for a {type(module).__name__} ({why})"
    reject_value(where, "batch", expected[:160], Shown("none"))


class Tokens(NamedTuple):
    """Whole numbers of a shape, below a bound."""

    shape: tuple[int, ...]
    below: int


#: What a batch is made of: by name, or by position as "0", "1", ...; a shape is that of floats.
Shapes = dict[str, tuple | Tokens]


def _candidates(module: nn.Module, n: int) -> Iterator[Shapes]:
    yield from _of_configuration(module, n)
    settings = getattr(module, "pretrained_cfg", None) or getattr(module, "default_cfg", None)
    if isinstance(settings, Mapping) and "input_size" in settings:
        yield {"0": (n, *settings["input_size"])}
    for leaf in leaves_of(module).values():
        shapes = list(_of_leaf(leaf, n))
        yield from shapes
        if shapes:
            return


def _of_configuration(module: nn.Module, n: int) -> Iterator[Shapes]:
    """Of a model of transformers, by what its `forward` takes."""
    config, main = getattr(module, "config", None), getattr(module, "main_input_name", None)
    if config is None or main is None:
        return
    takes = inspect.signature(module.forward).parameters
    shapes: Shapes = {}
    text, vision = (getattr(config, name, None) or config for name in ("text_config", "vision_config"))
    if "input_ids" in takes and getattr(text, "vocab_size", None) and main != "pixel_values":
        shapes["input_ids"] = Tokens((n, N_TOKENS), text.vocab_size)
    if getattr(config, "is_encoder_decoder", False) and "decoder_input_ids" in takes:
        shapes["decoder_input_ids"] = Tokens((n, N_TOKENS), text.vocab_size)
    if "pixel_values" in takes:
        side = getattr(vision, "image_size", None) or 224
        sides = tuple(side) if isinstance(side, (tuple, list)) else (side, side)
        shapes["pixel_values"] = (n, getattr(vision, "num_channels", 3), *sides)
    if main == "input_features":
        n_frames = 2 * getattr(config, "max_source_positions", 1500)  # Whisper's encoder halves them
        shapes["input_features"] = (n, getattr(config, "num_mel_bins", 80), n_frames)
    if main == "input_values":
        shapes["input_values"] = (n, LENGTHS[3])
    if shapes:
        yield shapes


def _of_leaf(leaf: nn.Module, n: int) -> Iterator[Shapes]:
    """What a first layer takes, likeliest first; nothing if it does not say."""
    if isinstance(leaf, nn.MultiheadAttention):
        whole = (n, N_TOKENS, leaf.embed_dim) if leaf.batch_first else (N_TOKENS, n, leaf.embed_dim)
        yield {"0": whole}
        yield {"0": whole, "1": whole}
        yield {"0": whole, "1": (*whole[:2], leaf.kdim), "2": (*whole[:2], leaf.vdim)}
    elif isinstance(leaf, nn.RNNBase):
        yield {"0": (n, N_TOKENS, leaf.input_size) if leaf.batch_first else (N_TOKENS, n, leaf.input_size)}
    elif isinstance(leaf, (nn.Embedding, nn.EmbeddingBag)):
        yield {"0": Tokens((n, N_TOKENS), leaf.num_embeddings)}
        yield {"0": Tokens((n,), leaf.num_embeddings)}
    elif isinstance(leaf, nn.Bilinear):
        yield {"0": (n, leaf.in1_features), "1": (n, leaf.in2_features)}
    elif isinstance(leaf, (nn.Linear, nn.RNNCellBase)):
        width = leaf.in_features if isinstance(leaf, nn.Linear) else leaf.input_size
        yield {"0": (n, width)}
        yield {"0": (n, N_TOKENS, width)}
    elif isinstance(leaf, nn.modules.conv._ConvNd):
        n_axes = leaf.weight.ndim - 2
        sides = (1, 4, 8, 16) if leaf.transposed else LENGTHS if n_axes == 1 else SIDES if n_axes == 2 else (16, 32, 64)
        yield from ({"0": (n, leaf.in_channels, *(side,) * n_axes)} for side in sides)
    elif isinstance(leaf, nn.modules.batchnorm._BatchNorm):
        yield {"0": (n, leaf.num_features)}
        yield from ({"0": (n, leaf.num_features, side, side)} for side in SIDES)
    elif isinstance(leaf, nn.LayerNorm):
        yield {"0": (n, *leaf.normalized_shape)}
        yield {"0": (n, N_TOKENS, *leaf.normalized_shape)}
    elif isinstance(leaf, nn.GroupNorm):
        yield from ({"0": (n, leaf.num_channels, side, side)} for side in SIDES)


def _batch(shapes: Shapes, module: nn.Module, n_samples: int, rng: object) -> Batch:
    like = next((one for one in module.parameters() if one.is_floating_point()), torch.zeros(()))
    values = {name: _tensor(shape, f"fastinit.check: {name}", rng).to(like.device) for name, shape in shapes.items()}
    values = {name: one.to(like.dtype) if one.is_floating_point() else one for name, one in values.items()}
    args = tuple(value for name, value in values.items() if name.isdigit())
    kwargs = {name: value for name, value in values.items() if not name.isdigit()}
    parts = [
        f"{'tokens' if isinstance(shape, Tokens) else 'N(0, 1)'} {tuple(values[name].shape)}"
        for name, shape in shapes.items()
    ]
    return Batch(args, kwargs, f"a batch made here, {', '.join(parts)}", n_samples)


def _tensor(shape: tuple | Tokens, name: str, rng: object) -> torch.Tensor:
    if isinstance(shape, Tokens):
        places = uniform(shape.shape, low=0.0, high=1.0, dtype="float64", rng=rng, name=name)
        return torch.from_numpy(np.minimum((places * shape.below).astype(np.int64), shape.below - 1))
    return torch.from_numpy(normal(shape, rng=rng, name=name))


@contextlib.contextmanager
def told(batch: Batch, direction: str) -> Iterator[None]:
    """What the caller's code raises passes through, with a note of what was being done."""
    try:
        yield
    except Exception as error:
        error.add_note(f"fastinit.check: in the {direction} pass, of {batch.about}")
        raise

"""What known schemes would give a tensor of a shape: the package's own, and the recommended and common parameters."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import NamedTuple

from fastinit.checking import law_moments
from fastinit.checking.law_moments import Moments
from fastinit.laws import gains
from fastinit.laws.axis_roles import LAYOUTS, Axes, axes, distinct_layouts
from fastinit.laws.dtypes import FLOAT32_FORMAT
from fastinit.schemes.recommendation import BY_ACTIVATION, EMBEDDING
from fastinit.schemes.register import REGISTER, get

#: Schemes that scale by fans.
SCALED = (
    "fan_in_uniform",
    "lecun_uniform",
    "lecun_normal",
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
)

#: Standard deviations, or half widths, that libraries take whatever the fans, and where.
FIXED = (
    ("normal", {"std": 1.0}, "PyTorch's embeddings"),
    ("normal", {"std": EMBEDDING.params["std"]}, "GPT, BERT and their kin"),
    ("normal", {"std": 0.05}, "Keras's random_normal"),
    ("normal", {"std": 0.01}, "AlexNet, MXNet"),
    ("normal", {"std": 0.1}, "Mamba-2's embeddings"),
    ("truncated_normal", {"std": 0.02}, "BERT's own, ViT"),
    ("truncated_normal", {"std": 0.05}, "Keras's"),
    ("uniform", {"low": -0.05, "high": 0.05}, "Keras's embeddings"),
)

#: GPT-2 divides 0.02 by sqrt(2 n_layer) at the end of residual branches. Neighbouring numbers of layers are 1 / (2
#: n_layer) apart, and in doubt where that is not so many standard errors of the tensor's.
MAX_RESIDUAL_LAYERS = 100
RESIDUAL_ERRORS = 16.0


#: Parts that are packed along one axis: of gated units and attention, and of recurrent cells.
PACKED = (2, 3, 4)

#: Extents of a receptive field beyond which an axis is hardly one: kernels end at some 31.
LARGEST_FIELD, UNLIKELY = 31, ", which is unlikely"


class Known(NamedTuple):
    """A scheme and what it would give; its label is as one would write it, with where it is from."""

    label: str
    moments: Moments


#: Sizes of attention's heads.
HEAD_SIZES = (8, 16, 24, 32, 48, 64, 80, 96, 128, 256)


class Reading(NamedTuple):
    """What the axes of a tensor may be: a value of ``fans``, and words for it if it is not likely."""

    fans: str | Axes
    note: str = ""


def readings_of(shape: tuple[int, ...], layout: str | None) -> list[Reading]:
    """Every reading of a shape, the plainest first: layouts, packed blocks, stacked matrices, attention."""
    if layout is not None or len(shape) < 2:
        return [Reading(layout or "io")]
    readings = [Reading(name, _note(shape, LAYOUTS[name])) for name in distinct_layouts(len(shape))]
    if len(shape) == 2:
        for io in (-2, -1), (1, 0):
            readings += [Reading(axes(*io, out_groups=n)) for n in PACKED if shape[io[1]] % n == 0]
    if len(shape) >= 3:
        batch = tuple(range(len(shape) - 2))
        readings += [Reading(axes(*io, batch_axis=batch)) for io in ((-2, -1), (-1, -2))]
    if len(shape) == 3:
        readings += [Reading(axes(0, (1, 2))), Reading(axes((0, 1), 2))]
    return sorted(readings, key=lambda reading: UNLIKELY in reading.note)


def _note(shape: tuple[int, ...], in_and_out: tuple[int, int]) -> str:
    """Of three and more axes it is said that some are taken for a receptive field, and if they hardly are."""
    field = [n for axis, n in enumerate(shape) if axis not in [a % len(shape) for a in in_and_out]]
    if not field:
        return ""
    return f" as a kernel of {'x'.join(map(str, field))}" + (UNLIKELY if max(field) > LARGEST_FIELD else "")


class Beside(NamedTuple):
    """What the other tensors of a file say of the network."""

    widths: tuple[int, ...] = ()  #: axes that several of them have
    depths: tuple[int, ...] = ()  #: numbers of tensors whose names differ by a number


@functools.lru_cache(maxsize=256)  # a model's tensors have few shapes
def of(shape: tuple[int, ...], layout: str | None, beside: Beside = Beside()) -> tuple[Known, ...]:  # noqa: B008
    """Every known scheme of a tensor of that shape, the plainest first."""
    return tuple(_of(shape, layout, beside))


def _of(shape: tuple[int, ...], layout: str | None, beside: Beside) -> Iterator[Known]:
    if len(shape) >= 2:
        # One that needs no parameters is the likelier, and one that takes the axes for what they are.
        by_fans = _by_fans(shape, readings_of(shape, layout))
        yield from sorted(by_fans, key=lambda known: (UNLIKELY in known.label, known.label.count("=")))
    for name, params, origin in FIXED:
        law = get(name, **params).spec.law(shape, FLOAT32_FORMAT)
        yield Known(f"{_label(name, params)} ({origin})", law_moments.of(law))
    n_elements, std = math.prod(shape), EMBEDDING.params["std"]
    for n_layers in dict.fromkeys([*beside.depths, *_told_apart(n_elements)]):
        label = f"normal(std={std} / sqrt(2 * {n_layers})) (GPT-2's residual branches)"
        yield Known(label, Moments("normal", 0.0, std / math.sqrt(2 * n_layers)))
    if len(shape) == 2:
        yield from _of_attention(shape, n_elements, beside)
    for width in beside.widths:
        label = f"normal(std={width}**-0.5), {width} being an axis of other tensors"
        yield Known(label, Moments("normal", 0.0, width**-0.5))


def _told_apart(n_elements: int) -> Iterator[int]:
    """Numbers of layers, as long as the deviations of n and n + 1 are far enough apart."""
    for n_layers in range(1, MAX_RESIDUAL_LAYERS + 1):
        if 1 / (2 * n_layers) < RESIDUAL_ERRORS * law_moments.std_error("normal", n_elements):
            break
        yield n_layers


def _of_attention(shape: tuple[int, ...], n_elements: int, beside: Beside) -> Iterator[Known]:
    """By the network's width, and the number of layers, as in CLIP, or the size of a head, as in T5."""
    for n_in, n_out in dict.fromkeys([(shape[1], shape[0]), (shape[0], shape[1])]):
        if n_in not in beside.widths:
            continue
        for n_layers in dict.fromkeys([*beside.depths, *_told_apart(n_elements)]):
            label = f"normal(std={n_in}**-0.5 / sqrt(2 * {n_layers})) (CLIP's by depth)"
            yield Known(label, Moments("normal", 0.0, (n_in * 2 * n_layers) ** -0.5))
        for head in HEAD_SIZES:
            if head < n_out and n_out % head == 0:
                label = f"normal(std=({n_in} * {head})**-0.5) (T5's queries)"
                yield Known(label, Moments("normal", 0.0, (n_in * head) ** -0.5))


def _by_fans(shape: tuple[int, ...], readings: list[Reading]) -> Iterator[Known]:
    for name, params in _scaled():
        seen = []
        for fans, note in readings:
            law = get(name, **params, fans=fans).spec.law(shape, FLOAT32_FORMAT)
            if law not in seen:
                seen.append(law)
                told = params if fans == "io" else {**params, "fans": fans}
                yield Known(_label(name, told) + note, law_moments.of(law))


def _scaled() -> Iterator[tuple[str, dict]]:
    """Each scheme by itself, then with the parameters that have another value for some activation."""
    for name in SCALED:
        yield name, {}
    for name in SCALED:
        parameters = REGISTER[name].__signature__.parameters
        if "truncated" in parameters:
            yield name, {"truncated": True}
        if "mode" in parameters:
            yield name, {"mode": "fan_out"}
        if "gain" in parameters:
            yield name, {"gain": gains.FIXED["tanh"]}
            yield name, {"gain": gains.FIXED["relu"]}
    for choice in dict.fromkeys((choice.scheme, *choice.params.items()) for choice in BY_ACTIVATION.values()):
        if len(choice) > 1:
            yield choice[0], dict(choice[1:])


def _label(name: str, params: dict) -> str:
    text = ", ".join(f"{key}={value!r}" for key, value in params.items()).replace("fastinit.axes", "axes")
    return name + (f"({text})" if params else "")

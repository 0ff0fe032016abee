"""A stack of layers, in every form that a caller may give it, as checked steps."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from fastinit.checking import activations, layer_fields
from fastinit.checking.layer_fields import KEYS, Defaults, Place
from fastinit.checking.network import Residual, Step, layers
from fastinit.common import checks
from fastinit.common.errors import Shown, reject_type, reject_value

#: Positions of the grid on which convolutions are run, as large as the largest kernel: the time is as the square of
#: their number, and kernels in use have up to 51 x 51 (Liu et al., "More ConvNets in the 2020s", ICLR 2023).
MAX_POSITIONS = 4096

LAYERS = "widths of two units or more, or a sequence of layers: shapes, arrays or mappings"

#: More than a network has: of tiny ones, seconds.
MAX_LAYERS = 5_000

#: Blocks within blocks: networks have two or three.
MAX_DEPTH = 16

#: What a residual block's mapping may have.
RESIDUAL_KEYS = ("residual", "shortcut", "activation", "name")


def steps_of(where: str, value: object, defaults: Defaults) -> tuple[Step, ...]:
    """The steps, their sizes fitting each other; raises before anything is drawn."""
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        reject_type(where, "layers", LAYERS, value)
    entries = _entries(where, "layers", value)
    if _are_widths(entries):
        entries = _from_widths(where, entries, defaults.layout)
    if not entries:
        reject_value(where, "layers", LAYERS, Shown("none"))
    for parameter in ("activation", "output"):  # whether or not a layer takes them
        activations.make(where, parameter, getattr(defaults, parameter))
    steps = _sequence(where, "layers", "", entries, defaults, defaults.output)
    weighted = next((layer for layer in layers(steps) if layer.has_weights), None)
    if weighted is None:
        reject_value(where, "layers", "a layer with weights", Shown("none"))
    _check_chain(where, "layers", steps, (weighted.n_in, 1))
    ranks = sorted({len(layer.kernel) for layer in layers(steps)} - {0})
    if len(ranks) > 1:
        reject_value(where, "layers", "convolutions of one number of dimensions", ranks)
    if math.prod(grid_of(steps)) > MAX_POSITIONS:
        expected = f"kernels and strides of at most {MAX_POSITIONS:,} positions together"
        reject_value(where, "layers", expected, grid_of(steps))
    _check_names(where, steps)
    return steps


def _entries(where: str, parameter: str, value: Sequence) -> list:
    return checks.entries(where, parameter, value, LAYERS, MAX_LAYERS, f"at most {MAX_LAYERS:,} of them")


def _are_widths(value: Sequence) -> bool:
    return len(value) > 0 and all(checks.as_integer(entry) is not None for entry in value)


def _from_widths(where: str, widths: Sequence, layout: str) -> list[tuple[int, int]]:
    if len(widths) < 2:
        reject_value(where, "layers", LAYERS, widths)
    return [(n_in, n_out) if layout == "io" else (n_out, n_in) for n_in, n_out in itertools.pairwise(widths)]


def _sequence(where: str, parameter: str, prefix: str, entries: list, defaults: Defaults, output: object) -> tuple:
    """Steps of a stack, or of a branch, whose last one has the activation ``output``."""
    if parameter.count(".") > MAX_DEPTH:
        reject_value(where, "layers", f"blocks within at most {MAX_DEPTH} others", Shown("one that is deeper"))
    last = len(entries) - 1
    steps = []
    for i, entry in enumerate(entries):
        fields = _fields(where, f"{parameter}[{i}]", entry)
        kind = next((kind for kind in ("residual", "norm") if _is(kind, fields)), "layer")
        by_default = output if i == last else defaults.activation if kind == "layer" else "linear"
        is_top = not prefix
        place = Place(
            f"{parameter}[{i}]", f"{prefix}{kind} {i + 1}", by_default, is_top and i == last, is_top and i == 0
        )
        if kind == "layer":
            steps.append(layer_fields.layer(where, place, fields, defaults))
        elif kind == "norm":
            steps.append(layer_fields.norm_alone(where, place, fields))
        else:
            steps.append(_residual(where, place, fields, defaults))
    return tuple(steps)


def _is(kind: str, fields: Mapping) -> bool:
    """Whether that is a residual block, or a norm alone."""
    has_weights = "shape" in fields or "weights" in fields
    return not has_weights and fields.get(kind) is not None


def _fields(where: str, place: str, entry: object) -> Mapping[str, Any]:
    if isinstance(entry, Mapping):
        if _is("residual", entry) or _is("norm", entry):
            return entry
        for key in entry:
            checks.name_among(where, f"{place}: key", key, KEYS, "one of " + ", ".join(KEYS))
        if ("shape" in entry) == ("weights" in entry):
            reject_value(where, place, "either shape or weights", Shown("both" if "shape" in entry else "neither"))
        return entry
    if entry is None:
        reject_type(where, place, "a shape, an array or a mapping", entry)
    return {"shape": entry} if isinstance(entry, (tuple, list)) else {"weights": entry}


def _residual(where: str, place: Place, fields: Mapping, defaults: Defaults) -> Residual:
    for key in fields:
        checks.name_among(where, f"{place.text}: key", key, RESIDUAL_KEYS, "one of " + ", ".join(RESIDUAL_KEYS))
    activation = layer_fields.activation_of(where, place, fields)
    if activation.n_parts > 1:
        reject_value(where, f"{place.text}.activation", "one that keeps the number of units", activation.name)
    name = layer_fields.name_of(where, place, fields)
    parts = {}
    for part in ("residual", "shortcut"):
        value = fields.get(part, ())
        if not isinstance(value, Sequence) or isinstance(value, (str, bytes)) or (part == "residual" and not value):
            reject_type(where, f"{place.text}.{part}", "a sequence of layers", value)
        prefix = f"{name}." if part == "residual" else f"{name}.shortcut."
        # What a branch ends in is added: it has no activation unless it names one.
        parameter = f"{place.text}.{part}"
        parts[part] = _sequence(where, parameter, prefix, _entries(where, parameter, value), defaults, "linear")
    return Residual(name, parts["residual"], parts["shortcut"], activation)


def _check_chain(where: str, parameter: str, steps: tuple[Step, ...], flow: tuple[int, int]) -> tuple[int, int]:
    """Numbers of units, and of positions along an axis that become one, before the steps and after them."""
    for i, step in enumerate(steps):
        place = f"{parameter}[{i}]"
        if isinstance(step, Residual):
            branch = _check_chain(where, f"{place}.residual", step.branch, flow)
            shortcut = _check_chain(where, f"{place}.shortcut", step.shortcut, flow)
            if branch != shortcut:
                of = "{} units at stride {}".format
                reject_value(where, place, f"{of(*shortcut)} as its shortcut has", Shown(of(*branch)))
            flow = branch
            continue
        n_units, stride = flow
        if not step.has_weights:
            if step.gain.ndim and len(step.gain) != n_units:
                reject_value(where, f"{place}.gain", f"a number or an array of shape {(n_units,)}", step.gain.shape)
            if n_units % step.activation.n_parts:
                reject_value(where, place, f"{n_units} units in {step.activation.n_parts} equal parts", Shown("odd"))
            flow = n_units // step.activation.n_parts, stride
            continue
        if step.n_in != n_units:
            before = f"as {parameter}[{i - 1}] has outputs" if i else "as come in"
            groups = f" and {step.n_groups} groups" if step.n_groups > 1 else ""
            got = Shown(f"{step.n_in}, of shape {step.shape} with layout {step.layout!r}{groups}")
            reject_value(where, place, f"{n_units} inputs, {before}", got)
        flow = step.n_out, stride * step.stride
    return flow


def _check_names(where: str, steps: tuple[Step, ...]) -> None:
    """Equal names would have equal weights."""
    seen: set[str] = set()
    for layer in layers(steps):
        if layer.has_weights and layer.weights is None and layer.name in seen:
            reject_value(where, "layers", "names of their own, or none", layer.name)
        seen.add(layer.name)


def input_shape(steps: tuple[Step, ...], n_samples: int) -> tuple[int, ...]:
    """Of what the first layer gets: samples, the grid, channels."""
    n_in = next(layer.n_in for layer in layers(steps) if layer.has_weights)
    return n_samples, *grid_of(steps), n_in


def grid_of(steps: tuple[Step, ...]) -> tuple[int, ...]:
    """Extents of the periodic grid: as large as the largest kernel, and a multiple of all strides together."""
    kernels = [layer.kernel for layer in layers(steps) if layer.kernel]
    stride = total_stride(steps)
    return tuple(stride * math.ceil(max(extents) / stride) for extents in zip(*kernels, strict=True))


def total_stride(steps: tuple[Step, ...]) -> int:
    return math.prod(total_stride(step.branch) if isinstance(step, Residual) else step.stride for step in steps)

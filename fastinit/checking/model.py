"""A stack of layers, in every form that a caller may give it, as one list of checked layers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from fastinit.checking import activations
from fastinit.checking.activations import Activation
from fastinit.common import checks
from fastinit.common.errors import Shown, brief, reject_type, reject_value
from fastinit.filling import output, seed
from fastinit.laws import fan_rules
from fastinit.laws.dtypes import FLOAT64_FORMAT, holds_reals
from fastinit.laws.gains import FAMILIES
from fastinit.plans import plain
from fastinit.schemes.recommendation import recommend
from fastinit.schemes.register import REGISTER, Configured

#: What a layer's mapping may have.
KEYS = ("shape", "weights", "activation", "scheme", "bias", "layout", "name")

#: Positions of the grid on which convolutions are run, as large as the largest kernel: the time is as the square of
#: their number, and kernels in use have up to 51 x 51 (Liu et al., "More ConvNets in the 2020s", ICLR 2023).
MAX_POSITIONS = 4096

LAYERS = "widths of two units or more, or a sequence of layers: shapes, arrays or mappings"


class Defaults(NamedTuple):
    """What layers have that do not say otherwise."""

    activation: object
    output: object  #: the last layer's activation
    scheme: object
    bias: object
    layout: str


class Layer(NamedTuple):
    """A dense layer or a convolution, its outputs ``activation(inputs @ weights + bias)``."""

    name: str
    shape: tuple[int, ...]
    layout: str
    activation: Activation
    weights: np.ndarray | None  #: None if the scheme is to make them
    scheme: Configured | None  #: None if the weights were given
    bias: float | np.ndarray

    @property
    def title(self) -> str:
        """The name in a sentence."""
        return brief(self.name)

    @property
    def axes(self) -> tuple[int, int]:
        """The axes of inputs and outputs, counted from 0."""
        return tuple(axis % len(self.shape) for axis in fan_rules.LAYOUTS[self.layout])

    @property
    def n_in(self) -> int:
        return self.shape[self.axes[0]]

    @property
    def n_out(self) -> int:
        return self.shape[self.axes[1]]

    @property
    def kernel(self) -> tuple[int, ...]:
        """Extents of the receptive field; () for a dense layer."""
        return tuple(extent for axis, extent in enumerate(self.shape) if axis not in self.axes)

    def held(self, rng: object) -> Layer:
        """With its weights, if they are laborious to make; laws of single elements are as fast as memory."""
        if self.weights is None and self.scheme.spec.place is not None:
            return self._replace(weights=self.scheme(self.shape, rng=rng, name=self.name))
        return self

    def taps(self, rng: object) -> np.ndarray:
        """The weights as float64, (receptive field in C order, in, out); drawn anew at each call, and the same."""
        weights = self.weights
        if weights is None:
            weights = self.scheme(self.shape, rng=rng, name=self.name)
        moved = np.moveaxis(weights, self.axes, (-2, -1))
        return moved.reshape(-1, self.n_in, self.n_out).astype(np.float64)


def layers_of(where: str, value: object, defaults: Defaults) -> list[Layer]:
    """The layers, their sizes fitting each other; raises before anything is drawn."""
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        reject_type(where, "layers", LAYERS, value)
    entries = _from_widths(where, value, defaults.layout) if _are_widths(value) else list(value)
    if not entries:
        reject_value(where, "layers", LAYERS, Shown("none"))
    for parameter in ("activation", "output"):  # whether or not a layer takes them
        activations.make(where, parameter, getattr(defaults, parameter))
    last = len(entries) - 1
    layers = [_layer(where, i, entry, defaults, is_last=i == last) for i, entry in enumerate(entries)]
    _check_chain(where, layers)
    return layers


def recommended(layer: Layer) -> Configured:
    """What `fastinit.recommend` has for the layer."""
    return _recommended(layer.activation, layer.kernel, layer.layout)


def _recommended(activation: Activation, kernel: tuple[int, ...], layout: str) -> Configured:
    found = recommend(activation.name, "conv" if kernel else "dense", fans=layout)
    slope = activation.param if "negative_slope" in found.params else None
    if slope is None or slope == FAMILIES[activation.name].default:
        return found
    return type(found)(found.name, {**found.params, "negative_slope": slope}, f"He et al. 2015, for slope {slope:g}")


def _are_widths(value: Sequence) -> bool:
    return len(value) > 0 and all(checks.as_integer(entry) is not None for entry in value)


def _from_widths(where: str, widths: Sequence, layout: str) -> list[tuple[int, int]]:
    if len(widths) < 2:
        reject_value(where, "layers", LAYERS, widths)
    return [(n_in, n_out) if layout == "io" else (n_out, n_in) for n_in, n_out in itertools.pairwise(widths)]


def _layer(where: str, position: int, entry: object, defaults: Defaults, is_last: bool) -> Layer:
    place = f"layers[{position}]"
    fields = _fields(where, place, entry)
    layout = fan_rules.check_layout(where, fields.get("layout", defaults.layout))
    shape, weights = _shape_and_weights(where, place, fields)
    own = defaults.output if is_last else defaults.activation
    activation = activations.make(where, f"{place}.activation", fields.get("activation", own))
    if activation.name == "softmax" and not is_last:
        reject_value(where, f"{place}.activation", "softmax on the last layer alone", activation.name)
    name = fields.get("name", f"layer {position + 1}")
    seed.check_name(f"{where}: {place}", name)
    kernel = tuple(extent for axis, extent in enumerate(shape) if axis not in _axes_of(layout, shape))
    scheme = None
    if weights is None:
        scheme = fields.get("scheme", defaults.scheme)
        scheme = _recommended(activation, kernel, layout) if scheme is None else scheme
        scheme = _scheme(where, f"{place}.scheme", scheme, layout)
        scheme.spec.law(shape, FLOAT64_FORMAT)  # refuses a shape that the scheme does not take
    elif "scheme" in fields:
        reject_value(where, f"{place}.scheme", "none beside weights", fields["scheme"])
    layer = Layer(name, shape, layout, activation, weights, scheme, 0.0)
    return layer._replace(bias=_bias(where, f"{place}.bias", fields.get("bias", defaults.bias), layer.n_out))


def _axes_of(layout: str, shape: tuple[int, ...]) -> set[int]:
    return {axis % len(shape) for axis in fan_rules.LAYOUTS[layout]}


def _fields(where: str, place: str, entry: object) -> Mapping[str, Any]:
    if isinstance(entry, Mapping):
        for key in entry:
            checks.name_among(where, f"{place}: key", key, KEYS, "one of " + ", ".join(KEYS))
        if ("shape" in entry) == ("weights" in entry):
            reject_value(where, place, "either shape or weights", Shown("both" if "shape" in entry else "neither"))
        return entry
    if entry is None:
        reject_type(where, place, "a shape, an array or a mapping", entry)
    return {"shape": entry} if isinstance(entry, (tuple, list)) else {"weights": entry}


def _shape_and_weights(where: str, place: str, fields: Mapping) -> tuple[tuple[int, ...], np.ndarray | None]:
    weights = _floats(where, f"{place}.weights", fields["weights"]) if "weights" in fields else None
    shape = checks.as_shape(where, fields["shape"]) if weights is None else weights.shape
    if len(shape) < 2 or 0 in shape:
        reject_value(where, f"{place}.shape", "two dimensions or more, each >= 1", shape)
    return shape, weights


def _floats(where: str, parameter: str, value: object) -> np.ndarray:
    """An array of real, finite numbers, not copied."""
    expected = "an array of finite real numbers"
    array = output.readable(value)
    if array is None:
        reject_type(where, parameter, expected, value)
    if not holds_reals(array.dtype):
        reject_type(where, parameter, expected, Shown(f"dtype {array.dtype}"))
    finite = np.isfinite(array)
    if not finite.all():
        first = tuple(int(i) for i in np.unravel_index(np.argmin(finite), array.shape))
        reject_value(where, parameter, expected, Shown(f"{array[first]} at {first}"))
    return array


def _scheme(where: str, parameter: str, value: object, layout: str) -> Configured:
    """A scheme's name, its function, a mapping with its name and parameters, or configured; told the layout."""
    scheme = plain.scheme_of(where, parameter, value)
    takes_layout = "fans" in REGISTER[scheme.name].__signature__.parameters and "fans" not in scheme.params
    if not takes_layout or layout == "io":
        return scheme
    return Configured(scheme.name, {**scheme.params, "fans": layout}, scheme.blocks)


def _bias(where: str, parameter: str, value: object, n_out: int) -> float | np.ndarray:
    array = _floats(where, parameter, value)
    if array.shape not in ((), (n_out,)):
        reject_value(where, parameter, f"a number or an array of shape {(n_out,)}", array.shape)
    return array.astype(np.float64)


def _check_chain(where: str, layers: list[Layer]) -> None:
    for i in range(1, len(layers)):
        before, layer = layers[i - 1], layers[i]
        if layer.n_in != before.n_out:
            got = Shown(f"{layer.n_in}, of shape {layer.shape} with layout {layer.layout!r}")
            reject_value(where, f"layers[{i}]", f"{before.n_out} inputs, as layers[{i - 1}] has outputs", got)
    ranks = sorted({len(layer.kernel) for layer in layers} - {0})
    if len(ranks) > 1:
        reject_value(where, "layers", "convolutions of one number of dimensions", ranks)
    grid = [max(extents) for extents in zip(*(layer.kernel for layer in layers if layer.kernel), strict=True)]
    if math.prod(grid) > MAX_POSITIONS:
        reject_value(where, "layers", f"kernels of at most {MAX_POSITIONS:,} positions together", grid)

"""One layer from a mapping of its fields, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from fastinit.checking import activations, norms
from fastinit.checking.activations import Activation
from fastinit.checking.network import Layer, plain_norm
from fastinit.common import checks
from fastinit.common.errors import Shown, brief, reject_type, reject_value
from fastinit.filling import output, seed
from fastinit.laws import fan_rules
from fastinit.laws.dtypes import FLOAT64_FORMAT, holds_reals
from fastinit.laws.gains import FAMILIES
from fastinit.plans import plain
from fastinit.schemes.recommendation import Recommended, recommend
from fastinit.schemes.register import REGISTER, Configured

#: What a layer's mapping may have, and what one of a norm alone may.
KEYS = (
    "shape",
    "weights",
    "activation",
    "scheme",
    "bias",
    "layout",
    "name",
    "norm",
    "gain",
    "stride",
    "groups",
)
NORM_KEYS = ("norm", "gain", "activation", "name")


class Defaults(NamedTuple):
    """What layers have that do not say otherwise."""

    activation: object
    output: object  #: the last layer's activation
    scheme: object
    bias: object
    layout: str


class Place(NamedTuple):
    """Where in the stack a layer stands."""

    text: str  #: as in messages
    name: str  #: where it has none of its own
    activation: object  #: where it names none
    is_last: bool
    is_first: bool


def layer(where: str, place: Place, fields: Mapping[str, Any], defaults: Defaults) -> Layer:
    """A layer with weights."""
    layout = fan_rules.check_layout(where, fields.get("layout", defaults.layout))
    shape, weights = _shape_and_weights(where, place.text, fields)
    activation = activation_of(where, place, fields)
    name = name_of(where, place, fields)
    axes = {axis % len(shape) for axis in fan_rules.LAYOUTS[layout]}
    kernel = tuple(extent for axis, extent in enumerate(shape) if axis not in axes)
    stride = checks.positive_integer(where, f"{place.text}.stride", fields.get("stride", 1))
    n_groups = checks.positive_integer(where, f"{place.text}.groups", fields.get("groups", 1))
    if stride > 1 and not kernel:
        reject_value(where, f"{place.text}.stride", "1 for a dense layer", stride)
    n_units = shape[fan_rules.LAYOUTS[layout][1]]
    for parameter, divisor in (("groups", n_groups), ("shape", activation.n_parts)):
        if n_units % divisor:
            reject_value(where, f"{place.text}.{parameter}", f"{n_units} units in {divisor} equal parts", divisor)
    best = _recommended(where, activation, shape, layout, n_groups, place.is_first)
    scheme = None
    if weights is None:
        scheme = fields.get("scheme", defaults.scheme)
        scheme = _scheme(where, f"{place.text}.scheme", best if scheme is None else scheme, layout)
        scheme.spec.law(shape, FLOAT64_FORMAT)  # refuses a shape that the scheme does not take
    elif "scheme" in fields:
        reject_value(where, f"{place.text}.scheme", "none beside weights", fields["scheme"])
    bias = _per_unit(where, f"{place.text}.bias", fields.get("bias", defaults.bias), n_units)
    norm, gain = _norm(where, place.text, fields, n_units)
    return Layer(name, shape, layout, activation, weights, scheme, bias, norm, gain, stride, n_groups, best)


def norm_alone(where: str, place: Place, fields: Mapping[str, Any]) -> Layer:
    """A norm of as many units as come."""
    for key in fields:
        checks.name_among(where, f"{place.text}: key", key, NORM_KEYS, "one of " + ", ".join(NORM_KEYS))
    norm, gain = _norm(where, place.text, fields, None)
    activation = activation_of(where, place, fields)
    name = name_of(where, place, fields)
    return plain_norm(name, activation, norm)._replace(gain=gain)


def activation_of(where: str, place: Place, fields: Mapping[str, Any]) -> Activation:
    parameter = f"{place.text}.activation"
    activation = activations.make(where, parameter, fields.get("activation", place.activation))
    if activation.name == "softmax" and not place.is_last:
        reject_value(where, parameter, "softmax on the last layer alone", activation.name)
    return activation


def name_of(where: str, place: Place, fields: Mapping[str, Any]) -> str:
    name = fields.get("name", place.name)
    seed.check_name(f"{where}: {place.text}", name)
    return name


def _recommended(
    where: str, activation: Activation, shape: tuple[int, ...], layout: str, n_groups: int, is_first: bool
) -> Recommended:
    """What `fastinit.recommend` has for the layer; else He's argument carried over to its activation."""
    fan_in, fan_out = fan_rules.of(where, layout, shape)
    # Each output of a group is of its inputs alone.
    fans = layout if n_groups == 1 else (fan_in, fan_out / n_groups)
    if activation.name == "sine":
        first = is_first and activation.param == activations.PARAMETERS["sine"][0]
        return (
            recommend(None, "sine_first", fans=(fan_in, fan_out / n_groups))
            if first
            else recommend(None, "sine", fans=fans, omega=activation.param)
        )
    if activation.name in activations.TABLE:
        found = recommend(activation.name, "conv" if len(shape) > 2 else "dense", fans=fans)
        slope = activation.param if "negative_slope" in found.params else None
        if slope is None or slope == FAMILIES[activation.name].default:
            return found
        return Recommended(
            found.name, {**found.params, "negative_slope": slope}, f"He et al. 2015, for slope {slope:g}"
        )
    gain = activations.unit_gain(activation) or 1.0
    params = {"scale": gain**2, "distribution": "normal"} | ({} if fans == "io" else {"fans": fans})
    return Recommended("variance_scaling", params, f"He et al. 2015, for {activation}: 1 / E[f(z)**2], z normal")


def _shape_and_weights(where: str, place: str, fields: Mapping) -> tuple[tuple[int, ...], np.ndarray | None]:
    named = f" ({brief(fields['name'])})" if isinstance(fields.get("name"), str) else ""
    weights = floats(where, f"{place}.weights{named}", fields["weights"]) if "weights" in fields else None
    shape = checks.as_shape(where, fields["shape"]) if weights is None else weights.shape
    if len(shape) < 2 or 0 in shape:
        reject_value(where, f"{place}.shape", "two dimensions or more, each >= 1", shape)
    return shape, weights


def floats(where: str, parameter: str, value: object) -> np.ndarray:
    """An array of real, finite numbers, not copied."""
    expected = "an array of finite real numbers"
    array = output.readable(where, parameter, value)
    if array is None:
        reject_type(where, parameter, expected, value)
    if not holds_reals(array.dtype):
        reject_type(where, parameter, expected, Shown(f"dtype {array.dtype}"))
    own = checks.without_repeats(array)
    with np.errstate(all="ignore"):
        finite = np.isfinite(own.astype(np.float64) if own.itemsize > 8 else own)  # of long doubles in float64
    if not finite.all():
        first = tuple(int(i) for i in np.unravel_index(np.argmin(finite), finite.shape))
        reject_value(where, parameter, expected, Shown(f"{array[first]} at {first}"))
    return array


def _scheme(where: str, parameter: str, value: object, layout: str) -> Configured:
    """A scheme's name, its function, a mapping with its name and parameters, or configured; told the layout."""
    scheme = plain.scheme_of(where, parameter, value)
    takes_layout = "fans" in REGISTER[scheme.name].__signature__.parameters and "fans" not in scheme.params
    if not takes_layout or layout == "io":
        return scheme
    return Configured(scheme.name, {**scheme.params, "fans": layout}, scheme.blocks)


def _norm(where: str, place: str, fields: Mapping, n_units: int | None) -> tuple[str | None, float | np.ndarray]:
    norm = fields.get("norm")
    if norm is None:
        if "gain" in fields:
            reject_value(where, f"{place}.gain", "none without a norm", fields["gain"])
        return None, 1.0
    checks.one_of(where, f"{place}.norm", norm, tuple(norms.KINDS))
    return norm, _per_unit(where, f"{place}.gain", fields.get("gain", 1.0), n_units)


def _per_unit(where: str, parameter: str, value: object, n_units: int | None) -> np.ndarray:
    """A number, or one for each unit."""
    array = floats(where, parameter, value)
    if array.shape != () and (array.ndim != 1 or n_units not in (None, array.shape[0])):
        reject_value(where, parameter, f"a number or an array of shape {(n_units,)}", array.shape)
    return array.astype(np.float64)

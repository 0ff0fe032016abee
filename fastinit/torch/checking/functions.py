"""Activations and softmaxes as the operations that PyTorch carries out, wherever a module calls them."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
import torch

from fastinit.checking import activations
from fastinit.checking.figures import DEAD_SLOPE

#: Where ends of the flat parts of activations are looked for: wider than any of them needs (silu is dead below -9.7).
Z_END, N_STEPS_PER_UNIT = 32, 64


class Ends(NamedTuple):
    """Pre-activations at which an activation is flat: at most the lower and at least the upper of each pair."""

    dead: tuple[float, float]  #: slope below DEAD_SLOPE
    saturated: tuple[float, float]
    n_sides: int  #: on which it saturates


@functools.cache
def ends(name: str, param: float | None) -> Ends:
    """Of an activation that `fastinit.check` knows."""
    activation = activations.make("check", "activation", OTHERS.get(name, name if param is None else (name, param)))
    z = np.linspace(-Z_END, Z_END, 2 * Z_END * N_STEPS_PER_UNIT + 1)
    with np.errstate(over="ignore"):
        slope = activation.slope(z, activation.value(z))
    return Ends(
        _outside(z, np.abs(slope) < DEAD_SLOPE), _outside(z, activation.saturated(z, slope)), activation.n_sides
    )


def _outside(z: np.ndarray, flat: np.ndarray) -> tuple[float, float]:
    steep = np.flatnonzero(~flat)
    lower = z[steep[0] - 1] if steep.size and steep[0] > 0 else -math.inf
    upper = z[steep[-1] + 1] if steep.size and steep[-1] < z.size - 1 else math.inf
    return float(lower), float(upper)


def activation_of(name: str, arguments: dict) -> tuple[str, float | None] | None:
    """What `fastinit.check` calls an operation with these arguments; None if it is no activation."""
    if name in PLAIN or name == "hardsigmoid":
        return name, None
    if name in ("prelu", "_prelu_kernel"):
        return "prelu", float(arguments["weight"].detach().float().mean())
    if name == "hardtanh" and (arguments["min_val"], arguments["max_val"]) == (-1, 1):
        return name, None
    if name == "leaky_relu":
        return name, float(arguments["negative_slope"])
    if name in ("elu", "celu"):
        if arguments.get("scale", 1) != 1:
            return "selu", None
        return "elu", float(arguments["alpha"])
    if name == "softplus":
        return name, float(arguments["beta"])
    if name == "hardtanh" and arguments["min_val"] == 0:
        return ("relu6", None) if arguments["max_val"] == 6 else None
    is_relu = (
        (name == "threshold" and arguments["threshold"] == 0 == arguments["value"])
        or (name == "clamp_min" and _is_zero(arguments["min"]))
        or (name == "clamp" and _is_zero(arguments["min"]) and arguments["max"] is None)
    )
    return ("relu", None) if is_relu else None


#: Functions that `fastinit.check` has no name for.
OTHERS = {"hardtanh": lambda z: np.clip(z, -1.0, 1.0), "hardsigmoid": lambda z: np.clip(z / 6 + 0.5, 0.0, 1.0)}

#: Operations that are called as the activation and have nothing to set.
PLAIN = frozenset({"relu", "gelu", "silu", "mish", "hardswish", "tanh", "sigmoid"})


def _is_zero(value: object) -> bool:
    return isinstance(value, (int, float)) and value == 0


def arguments_of(operation: object, args: tuple, kwargs: dict) -> dict:
    """By name, with defaults."""
    found = {}
    for i, argument in enumerate(operation._schema.arguments):
        found[argument.name] = args[i] if i < len(args) else kwargs.get(argument.name, argument.default_value)
    return found


class Flatness(NamedTuple):
    """Where the outputs of one call of an activation lie."""

    saturated: float  #: share of outputs
    dead: float  #: share of units that pass nothing on
    n_units: int
    n_seen: int  #: values of each unit
    n_sides: int


def flatness(z: torch.Tensor, limits: Ends, unit_axis: int) -> Flatness:
    """Of pre-activations."""
    axis = unit_axis if z.ndim > 2 else -1
    n_units = z.shape[axis]
    off = (z <= limits.dead[0]) | (z >= limits.dead[1])
    dead = off.movedim(axis, 0).reshape(n_units, -1).all(dim=1)
    low, high = limits.saturated
    saturated = (z <= low) | (z >= high) if limits.n_sides else torch.zeros_like(off)
    return Flatness(
        float(saturated.float().mean()), float(dead.float().mean()), n_units, z.numel() // n_units, limits.n_sides
    )

"""What a stack consists of: layers and residual blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Union

import numpy as np

from fastinit.checking.activations import Activation
from fastinit.common.errors import brief
from fastinit.laws import fan_rules
from fastinit.schemes.register import Configured


class Layer(NamedTuple):
    """A dense layer or a convolution: ``activation(gain * norm(inputs @ weights + bias))``; or a norm alone."""

    name: str
    shape: tuple[int, ...]  #: () for a norm alone
    layout: str
    activation: Activation
    weights: np.ndarray | None  #: None if the scheme is to make them
    scheme: Configured | None  #: None if the weights were given
    bias: float | np.ndarray
    norm: str | None  #: one of `norms.KINDS`
    gain: float | np.ndarray  #: what the norm's outputs are multiplied with
    stride: int
    n_groups: int
    recommended: Configured | None  #: what `fastinit.recommend` has for it; None for a norm alone

    @property
    def title(self) -> str:
        """The name in a sentence."""
        return brief(self.name)

    @property
    def has_weights(self) -> bool:
        return bool(self.shape)

    @property
    def axes(self) -> tuple[int, int]:
        """The axes of inputs and outputs, counted from 0."""
        return tuple(axis % len(self.shape) for axis in fan_rules.LAYOUTS[self.layout])

    @property
    def n_in(self) -> int:
        return self.shape[self.axes[0]] * self.n_groups

    @property
    def n_units(self) -> int:
        """Of pre-activations."""
        return self.shape[self.axes[1]]

    @property
    def n_out(self) -> int:
        return self.n_units // self.activation.n_parts

    @property
    def kernel(self) -> tuple[int, ...]:
        """Extents of the receptive field; () for a dense layer."""
        axes = self.axes if self.shape else ()
        return tuple(extent for axis, extent in enumerate(self.shape) if axis not in axes)

    @property
    def label(self) -> str:
        """What the weights come from."""
        return "" if not self.shape else self.scheme.name if self.scheme else "given"

    def drawn(self, rng: object) -> np.ndarray:
        """The weights that were given, or those of the scheme; the same at each call."""
        return self.scheme(self.shape, rng=rng, name=self.name) if self.weights is None else self.weights

    def held(self, rng: object) -> Layer:
        """With its weights, if they are laborious to make; laws of single elements are as fast as memory."""
        is_slow = self.weights is None and self.scheme is not None and self.scheme.spec.place is not None
        return self._replace(weights=self.drawn(rng)) if is_slow else self

    def taps(self, rng: object) -> np.ndarray:
        """The weights as float64, (receptive field in C order, inputs of a group, units)."""
        moved = np.moveaxis(self.drawn(rng), self.axes, (-2, -1))
        return moved.reshape(-1, *moved.shape[-2:]).astype(np.float64)


class Residual(NamedTuple):
    """``activation(shortcut(inputs) + branch(inputs))``."""

    name: str
    branch: tuple[Step, ...]
    shortcut: tuple[Step, ...]  #: () for the inputs as they are
    activation: Activation

    shape = ()
    label = ""
    has_weights = False

    @property
    def title(self) -> str:
        """The name in a sentence."""
        return brief(self.name)


Step = Union[Layer, Residual]  # noqa: UP007 - evaluated at run time, where one is not defined yet


def plain_norm(name: str, activation: Activation, kind: str = "rms") -> Layer:
    """A norm alone, of as many units as come."""
    return Layer(name, (), "io", activation, None, None, np.float64(0.0), kind, np.float64(1.0), 1, 1, None)


def layers(steps: tuple[Step, ...] | list[Step]) -> Iterator[Layer]:
    """All layers, those within residual blocks too, in the order in which data pass them."""
    for step in steps:
        if isinstance(step, Residual):
            yield from layers(step.branch)
            yield from layers(step.shortcut)
        else:
            yield step


def replaced(steps, change) -> tuple[Step, ...]:
    """The same stack with ``change(layer)`` in place of each layer."""
    return tuple(
        step._replace(branch=replaced(step.branch, change), shortcut=replaced(step.shortcut, change))
        if isinstance(step, Residual)
        else change(step)
        for step in steps
    )


def described(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """The stack as `fastinit.check` takes it; weights as they are, or their schemes."""
    return [_residual(step) if isinstance(step, Residual) else _layer(step) for step in steps]


def _residual(block: Residual) -> dict[str, Any]:
    shortcut = {"shortcut": described(block.shortcut)} if block.shortcut else {}
    own = {"name": block.name, "activation": block.activation.choice}
    return {"residual": described(block.branch), **shortcut, **own}


def _layer(layer: Layer) -> dict[str, Any]:
    own: dict[str, Any] = {"name": layer.name, "activation": layer.activation.choice}
    if layer.norm is not None:
        own |= {"norm": layer.norm, "gain": layer.gain}
    if not layer.has_weights:
        return own
    drawn = {"shape": layer.shape, "scheme": layer.scheme} if layer.weights is None else {"weights": layer.weights}
    plain = {"layout": "io", "stride": 1, "groups": 1}
    told = {"layout": layer.layout, "stride": layer.stride, "groups": layer.n_groups}
    return {**drawn, **own, "bias": layer.bias, **{key: told[key] for key in told if told[key] != plain[key]}}

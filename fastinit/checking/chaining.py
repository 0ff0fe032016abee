"""A checkpoint's weights as one stack of layers, where their names and shapes leave no doubt."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

from fastinit.checking.tensors import as_counted
from fastinit.common.errors import Shown, reject_value
from fastinit.laws.axis_roles import LAYOUTS
from fastinit.plans.patterns import quoted

#: Last parts of names that weights have in PyTorch, whose layout is "oi", and in Keras and Flax.
LAYOUT_OF_NAMES = {"weight": "oi", "kernel": "io"}

WAYS_OUT = "each as many inputs as the one before has outputs; else layers in order, a TOML file, or no activation"


class _Weights(NamedTuple):
    """The weights of a layer that is to be."""

    name: str
    array: Any
    shape: tuple[int, ...]

    def along(self, layout: str) -> tuple[int, int]:
        """Numbers of inputs and of outputs."""
        n_in, n_out = (self.shape[axis] for axis in LAYOUTS[layout])
        return n_in, n_out


def stack_of(where: str, arrays: Mapping, layout: str | None) -> list[dict[str, Any]]:
    """Layers as `fastinit.check` takes them, in the order in which people count the names."""
    for name in getattr(arrays, "left_out", ()):
        if any(f"{word} (" in name for word in LAYOUT_OF_NAMES):
            reject_value(where, "layers", "weights of floating-point numbers", Shown(f"{quoted(name)} too"))
    named = {str(name): arrays[name] for name in sorted(arrays, key=lambda name: as_counted(str(name)))}
    shapes = {name: tuple(getattr(array, "shape", ())) for name, array in named.items()}
    weights = [_Weights(name, named[name], shape) for name, shape in shapes.items() if len(shape) >= 2]
    if not weights:
        reject_value(where, "layers", "weights of two dimensions or more", Shown("none"))
    biases = {bias: one.name for one in weights for bias in _names_of_bias(one.name)}
    known = {one.name for one in weights} | biases.keys()
    for name in (name for name in shapes if name not in known):
        reject_value(where, "layers", f"weights and their biases alone, {WAYS_OUT}", Shown(f"{quoted(name)} too"))
    chosen = _layout_of(where, weights, layout)
    owned = {weight: {"bias": named[bias]} for bias, weight in biases.items() if bias in named}
    return [{"weights": one.array, "name": one.name, "layout": chosen, **owned.get(one.name, {})} for one in weights]


def _names_of_bias(name: str) -> list[str]:
    stem, dot, last = name.rpartition(".")
    return [f"{stem}{dot}{last.replace(word, 'bias')}" for word in LAYOUT_OF_NAMES if word in last]


def _layout_of(where: str, weights: list[_Weights], layout: str | None) -> str:
    """The layout in which the layers fit each other; of two that do, the one that the names are of."""
    tried = [layout] if layout is not None else list(dict.fromkeys(LAYOUT_OF_NAMES.values()))
    fitting = [one for one in tried if _misfit(weights, one) is None]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        _reject_misfit(where, *min((_misfit(weights, one) for one in tried), key=lambda pair: -weights.index(pair[0])))
    of_names = {LAYOUT_OF_NAMES.get(one.name.rpartition(".")[2]) for one in weights}
    if len(of_names) != 1 or None in of_names:
        reject_value(where, "layout", "one of 'io', 'oi', since the weights fit each other in both", layout)
    return of_names.pop()


def _misfit(weights: list[_Weights], layout: str) -> tuple[_Weights, _Weights] | None:
    """The first two neighbours that do not fit."""
    pairs = itertools.pairwise(weights)
    return next((pair for pair in pairs if pair[0].along(layout)[1] != pair[1].along(layout)[0]), None)


def _reject_misfit(where: str, one: _Weights, other: _Weights) -> NoReturn:
    told = ", then ".join(f"{quoted(w.name)} of {'x'.join(map(str, w.shape))}" for w in (one, other))
    reject_value(where, "layers", f"weights that follow each other, {WAYS_OUT}", Shown(told))

"""Laws as PyTorch's operations give and change them, before a shape's place in a model is known."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from fastinit.schemes.register import Configured, get

#: Standard deviations within which every value of a float64 normal lies, which is at most 9.49 from its mean.
MAX_DEVIATIONS = 10


#: Laws of one number, and those whose elements are independent of each other and alike.
CONSTANT = {"zeros", "ones", "constant"}
INDEPENDENT = {"normal", "uniform", "truncated_normal"}


class Law(NamedTuple):
    """A law, named as a scheme, with its numbers; of tensors without any: ``none`` and why."""

    kind: str
    numbers: dict[str, Any]
    blocks: tuple = ()  #: (index, Law) that came later, the last wins

    @property
    def is_told(self) -> bool:
        return self.kind != "none"

    def scaled(self, scale: float, shift: float) -> Law:
        """The law of ``scale x + shift``."""
        if not self.is_told:
            return self
        change = CHANGES.get(self.kind)
        law = change(self.numbers, scale, shift) if change else None
        blocks = tuple((index, block.scaled(scale, shift)) for index, block in self.blocks)
        if law is None or not all(block.is_told for _, block in blocks):
            return none(f"{self.kind}, scaled")
        return law._replace(blocks=blocks)

    def but(self, index: tuple, block: Law) -> Law:
        return self._replace(blocks=(*self.blocks, (index, block)))

    def merged(self, shape: tuple[int, ...]) -> Law:
        """The same in fewer words: blocks that are all rows of the first axis, of one law, as experts are drawn."""
        if not shape or not self.blocks or len(self.blocks) < shape[0]:  # before what is as long as the axis
            return self
        first = self.blocks[0][1]
        rows = [index[0] if len(index) == 1 else None for index, _ in self.blocks]
        is_one = first.kind in INDEPENDENT | CONSTANT and all(block == first for _, block in self.blocks)
        covers = all(type(row) is int for row in rows) and set(rows) == set(range(shape[0]))
        return first if is_one and covers else self

    def scheme(self) -> Configured:
        """The scheme that gives this law. What no scheme takes raises ValueError or TypeError."""
        scheme = get(self.kind, **self.numbers)
        for index, block in self.blocks:
            scheme = scheme.but(index, block.scheme())
        return scheme


def none(why: str) -> Law:
    return Law("none", {"why": why})


def normal(mean: float, std: float) -> Law:
    if std == 0:
        return constant(mean)
    return Law("normal", {"mean": float(mean), "std": float(std)} if mean else {"std": float(std)})


def uniform(low: float, high: float) -> Law:
    return constant(low) if low == high else Law("uniform", {"low": float(low), "high": float(high)})


def constant(value: float | bool) -> Law:
    if value in (0, 1) and math.copysign(1, value) > 0:
        return Law("ones" if value else "zeros", {})
    return Law("constant", {"value": value})


def is_far(mean: object, std: object, lower: object, upper: object) -> bool:
    """Whether bounds are beyond all values, as most models have them: the normal law is ten times as fast."""
    if not all(type(number) in (int, float) for number in (mean, std, lower, upper)):
        return False
    reach = MAX_DEVIATIONS * std
    return std > 0 and lower <= mean - reach and upper >= mean + reach


def truncated(mean: float, std: float, lower: float, upper: float) -> Law:
    """Of absolute bounds. One that is beyond all values is none."""
    reach = MAX_DEVIATIONS * std
    lower, upper = (-math.inf if lower < mean - reach else lower), (math.inf if upper > mean + reach else upper)
    if math.isinf(lower) and math.isinf(upper):
        return normal(mean, std)
    numbers = {"std": float(std), "lower": float(lower), "upper": float(upper)}
    return Law("truncated_normal", {"mean": float(mean), **numbers} if mean else numbers)


def _scaled_normal(n: dict, scale: float, shift: float) -> Law:
    return normal(n.get("mean", 0.0) * scale + shift, n["std"] * abs(scale))


def _scaled_uniform(n: dict, scale: float, shift: float) -> Law:
    return uniform(*sorted((n["low"] * scale + shift, n["high"] * scale + shift)))


def _scaled_truncated(n: dict, scale: float, shift: float) -> Law:
    if not scale:
        return constant(shift)
    lower, upper = sorted((n["lower"] * scale + shift, n["upper"] * scale + shift))
    return truncated(n.get("mean", 0.0) * scale + shift, n["std"] * abs(scale), lower, upper)


def _scaled_constant(n: dict, scale: float, shift: float) -> Law:
    return constant(n["value"] * scale + shift)


def _scaled_orthogonal(n: dict, scale: float, shift: float) -> Law | None:
    return None if shift else Law("orthogonal", {**n, "gain": n.get("gain", 1.0) * scale})


CHANGES = {
    "normal": _scaled_normal,
    "uniform": _scaled_uniform,
    "truncated_normal": _scaled_truncated,
    "zeros": lambda n, scale, shift: constant(shift),
    "ones": lambda n, scale, shift: constant(scale + shift),
    "constant": _scaled_constant,
    "orthogonal": _scaled_orthogonal,
}


def box_of(shape: tuple[int, ...], view_shape: tuple[int, ...], strides: tuple[int, ...], offset: int) -> tuple | None:
    """The basic index that makes a view out of a C-contiguous tensor; None if none does. All of it is ``(...,)``."""
    if 0 in shape:
        return (...,)
    start = [int(i) for i in np.unravel_index(offset, shape)]
    lengths = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    index: list[Any] = list(start)
    for n, stride in zip(view_shape, strides, strict=True):
        if n == 1:
            continue
        axis = next((a for a in range(len(shape)) if lengths[a] <= stride and stride % lengths[a] == 0), None)
        if axis is None or isinstance(index[axis], slice):
            return None
        step = stride // lengths[axis]
        while step == 1 and axis > 0 and n > shape[axis] and start[axis] == 0 and n % shape[axis] == 0:
            index[axis], n, axis = slice(0, shape[axis], 1), n // shape[axis], axis - 1
        last = start[axis] + (n - 1) * step
        if last >= shape[axis] or isinstance(index[axis], slice):
            return None
        index[axis] = slice(start[axis], last + 1, step)
    if all(i == slice(0, n, 1) or (n == 1 and i == 0) for i, n in zip(index, shape, strict=True)):
        return (...,)
    items = [slice(None) if i == slice(0, n, 1) else _plain(i) for i, n in zip(index, shape, strict=True)]
    while items[-1] == slice(None):
        items.pop()
    return tuple(items)


def _plain(item: int | slice) -> int | slice:
    return slice(item.start, item.stop) if isinstance(item, slice) and item.step == 1 else item

"""The notation of models' tensors, and the laws that hold only for some of them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from exact_laws import Law


class But(NamedTuple):
    """A law, except that the box at an index is a constant."""

    law: Law | float
    index: object
    value: float


class Image(NamedTuple):
    """Values that have a law once they are taken back by the inverse of what the author computes from it."""

    law: Law
    inverse: Callable[[np.ndarray], np.ndarray]


class Values(NamedTuple):
    """Given numbers: a function of the shape."""

    of: Callable[[tuple[int, ...]], np.ndarray]


class Orthonormal(NamedTuple):
    """Rows or columns, whichever are fewer, of length 1 and at right angles."""


class Tensor(NamedTuple):
    shape: tuple[int, ...]
    law: float | Law | But | Image | Values | Orthonormal


def tensors(text: str, laws: dict) -> dict[str, Tensor]:
    """Of lines ``name 128x512 law``: names to shapes and laws. ``{a,b}`` in a name stands for either."""
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        pattern, shape, law = line.split()
        for name in expanded(pattern):
            assert name not in found, name
            found[name] = Tensor(tuple(map(int, shape.split("x"))), laws[law])
    return found


def expanded(pattern: str) -> list[str]:
    """Every name that a pattern with braces stands for."""
    pieces = [piece.split(",") for piece in re.split(r"[{}]", pattern)]
    return list(map("".join, itertools.product(*pieces)))

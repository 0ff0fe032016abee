"""The tensors of a model, written one after another: linear layers, norms, embeddings, ties."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from fastinit.common import checks
from fastinit.plans.families.reading import WHERE, Config
from fastinit.plans.plan import Entry
from fastinit.schemes.register import Configured, get

#: Bytes of the widest dtype that a table has.
MAX_ITEMSIZE = 8

ZEROS, ONES = get("zeros"), get("ones")


def normal(std: float) -> Configured:
    """N(0, std**2), or zeros if nothing varies."""
    return get("normal", std=std) if std else ZEROS


def constant(value: float) -> Configured:
    """One number everywhere."""
    return {0.0: ZEROS, 1.0: ONES}.get(value) or get("constant", value=value)


class Table:
    """Tensors by name, in the order in which they are added, in one dtype unless said.

    `weight` is the law of weights for which no other is said, `scale` that of the weights of norms.
    """

    def __init__(self, dtype: str, weight: Configured = ZEROS, scale: Configured = ONES):
        self.entries: dict[str, Entry] = {}
        self.dtype, self.weight, self.scale = dtype, weight, scale

    def add(
        self, name: str, shape: tuple[int, ...], law: Configured | None = None, dtype: str = "", role: str = "parameter"
    ) -> None:
        """A tensor of its own."""
        self.entries[name] = Entry(_checked(name, shape), dtype or self.dtype, law or self.weight, role=role)

    def values(self, name: str, shape: tuple[int, ...], values: Callable[[object], np.ndarray], note: str) -> None:
        """A tensor that no scheme gives."""
        self.entries[name] = Entry(_checked(name, shape), self.dtype, values=values, note=note)

    def tie(self, name: str, other: str) -> None:
        """Another name of a tensor."""
        self.entries[name] = self.entries[other]._replace(scheme=None, same_as=other)

    def linear(self, name: str, n_in: int, n_out: int, bias: bool = True, law: Configured | None = None) -> None:
        """A weight of (out, in), and a bias of zeros."""
        self.add(f"{name}.weight", (n_out, n_in), law)
        if bias:
            self.add(f"{name}.bias", (n_out,), ZEROS)

    def norm(self, name: str, n: int, bias: bool = False) -> None:
        """A norm's weight, and a bias of zeros."""
        self.add(f"{name}.weight", (n,), self.scale)
        if bias:
            self.add(f"{name}.bias", (n,), ZEROS)

    def embedding(self, name: str, n: int, width: int, padding: int | None = None) -> None:
        """A row for each of `n`; that of the padding is zeros."""
        law = self.weight if padding is None else self.weight.but(padding, ZEROS)
        self.add(f"{name}.weight", (n, width), law)


def _checked(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    return checks.as_shape(f"{WHERE}: {name}", shape, MAX_ITEMSIZE)


class Family(NamedTuple):
    """The models that share a `model_type`."""

    architectures: Mapping[
        str, Callable[[Table, Config], None]
    ]  #: what writes each one's tensors; the base model first
    defaults: Mapping[str, Any]  #: of the keys that are read
    aliases: Mapping[str, str] = {}  #: other names of keys, which win where both are there

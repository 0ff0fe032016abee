"""What is no law, done again with memory: sinusoids, masks, logarithms of ranges, and draws that no scheme knows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils._pytree import tree_leaves, tree_map_only

from fastinit import _kernels
from fastinit.filling import seed, tensors
from fastinit.torch.log import Event, Log, Ref
from fastinit.torch.operations import EMPTIES, name_of

#: The tag of the streams that seed PyTorch's own generator here.
TAG = b"torch"


#: Held while PyTorch's generator, which is the process's, is set: several threads may ask for values.
GENERATOR = threading.RLock()


class Known(NamedTuple):
    """A tensor of the model that has a law: where it lies, and what fills it from a seed."""

    ref: Ref
    fill: Callable[[torch.Tensor, object], object]


def values_of(log: Log, known: dict[int, Known], ref: Ref, where: str, name: str, rng: object) -> np.ndarray:
    """The values of a tensor, computed by PyTorch as when the model was built.

    What they are computed from has the values that the model's own tensors get, where it is `known` (by memory). What
    else is drawn comes from PyTorch's generator, from a seed that `rng` and the name give.
    """
    events, filled = _needed(log, known, ref.key)
    words = seed.seed_of(where, rng)
    with GENERATOR, torch.random.fork_rng(devices=[]), torch.no_grad(), torch.device("cpu"):
        torch.manual_seed(_kernels.stream_key(words, name, TAG)[0] >> 1)
        memory = _Memory(log)
        for key in filled:
            known[key].fill(memory.tensor(known[key].ref), rng)
        for event in events:
            memory.do(event)
        tensor = memory.tensor(ref).clone()
    return as_array(where, tensor)


def as_array(where: str, tensor: torch.Tensor) -> np.ndarray:
    """A tensor's values as an array."""
    with torch.no_grad():
        return tensors.as_array(where, tensor.detach())


def _needed(log: Log, known: dict[int, Known], key: int) -> tuple[list[Event], set[int]]:
    """The events that a memory's values depend on, in order, and the known memories that they read."""
    needed, filled, chosen = {key}, set(), []
    for i in range(len(log.events) - 1, -1, -1):
        event = log.events[i]
        if not any(ref.key in needed for ref in event.writes):
            continue
        chosen.append(event)
        for ref in _refs((event.args, event.kwargs)):
            is_done = ref.key in known and log.writers[ref.key][-1][0] < i  # nothing changes it afterwards
            if ref.values is None and ref.key not in needed:
                (filled if is_done else needed).add(ref.key)
    return chosen[::-1], filled - needed


def _refs(tree: Any) -> list[Ref]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Ref)]


class _Memory:
    """Tensors with memory in place of those without."""

    def __init__(self, log: Log):
        self._log = log
        self._bytes: dict[int, torch.Tensor] = {}

    def tensor(self, ref: Ref) -> torch.Tensor:
        if ref.values is not None:
            return ref.values
        if ref.key not in self._bytes:
            self._bytes[ref.key] = torch.zeros(self._log.n_bytes[ref.key], dtype=torch.uint8)
        return self._bytes[ref.key].view(ref.dtype).as_strided(ref.shape, ref.strides, ref.offset)

    def do(self, event: Event) -> None:
        if name_of(event) in EMPTIES:
            return  # what nobody writes to is zeros, not what memory happens to hold
        args, kwargs = tree_map_only(Ref, self.tensor, (event.args, event.kwargs))
        if "device" in kwargs:
            kwargs["device"] = torch.device("cpu")
        out = event.function(*args, **kwargs)
        if event.is_new:
            made = [leaf for leaf in tree_leaves(out) if isinstance(leaf, torch.Tensor)]
            for ref, tensor in zip(_refs(event.out), made, strict=True):
                self.tensor(ref).copy_(tensor)

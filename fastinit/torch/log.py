"""Everything that is done to tensors without memory while a model is built, in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

#: In-place operations that return their first argument, whatever the others are.
OVERWRITES = frozenset(
    {
        torch.ops.aten.normal_.default,
        torch.ops.aten.uniform_.default,
        torch.ops.aten.zero_.default,
        torch.ops.aten.fill_.Scalar,
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Ref:
    """A tensor as an operation met it: where in which memory, and the values of one that has them."""

    key: int  #: of the memory
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int
    dtype: torch.dtype
    values: torch.Tensor | None = None


class Event(NamedTuple):
    """An operation, with `Ref` in place of tensors."""

    op: str  #: as PyTorch spells it, ``aten.normal_.default``, or the name of a function of torch.nn.init
    function: Callable
    args: tuple
    kwargs: dict[str, Any]
    out: Any
    writes: list[Ref]  #: what has other values afterwards
    is_new: bool  #: whether that is what it returns, in memory of its own


class Log(TorchDispatchMode):
    """A mode that writes down what is done to meta tensors, and does it."""

    def __init__(self):
        super().__init__()
        self.events: list[Event] = []
        #: Of each memory, positions of the events that write to it, and where.
        self.writers: dict[int, list[tuple[int, Ref]]] = defaultdict(list)
        self.n_bytes: dict[int, int] = {}
        self._keys: dict[int, int] = {}
        self._held: list[object] = []  # so that no other memory gets the same address

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # else the first operation imports torch._dynamo, for a second

    def key_of(self, tensor: torch.Tensor) -> int:
        """The number of a tensor's memory."""
        storage = tensor.untyped_storage()
        key = self._keys.setdefault(storage._cdata, len(self._keys))
        if key not in self.n_bytes:
            self.n_bytes[key] = storage.nbytes()
            self._held.append(storage)
        return key

    def add(
        self, op: str, function: Callable, args: tuple, kwargs: dict, out: Any, written: list, is_new: bool = False
    ) -> None:
        """Write an event down."""

        def refs(tree: Any) -> Any:
            return tree_map_only(torch.Tensor, self.ref, tree)

        writes = list(map(self.place, written))
        for ref in writes:
            self.writers[ref.key].append((len(self.events), ref))
        self.events.append(Event(op, function, refs(args), refs(kwargs), refs(out), writes, is_new))

    def place(self, tensor: torch.Tensor) -> Ref:
        """Where a tensor lies, with memory or without."""
        shape, strides = tuple(tensor.shape), tuple(tensor.stride())
        return Ref(self.key_of(tensor), shape, strides, tensor.storage_offset(), tensor.dtype)

    def ref(self, tensor: torch.Tensor) -> Ref:
        """A tensor as an argument: its place, and its values now."""
        if tensor.device.type == "meta":
            return self.place(tensor)
        with torch.utils._python_dispatch._disable_current_modes():
            return replace(self.place(tensor), values=tensor.detach().clone())

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        # PyTorch's own way to do nothing imports torch._dynamo, for a second.
        is_idle = func in OVERWRITES and args[0].device.type == "meta"
        out = args[0] if is_idle else func(*args, **kwargs)
        if func.overloadpacket is torch.ops.aten.set_:  # moves a tensor to other memory, and writes to none
            return out
        marked = _marked(func, args, kwargs)
        is_new = marked is None and not func.is_view
        if all(tensor.layout is torch.strided for tensor in _tensors((args, kwargs, out))):  # others lie nowhere
            written = _tensors(out if is_new else marked) + _untold(func, args)
            self.add(str(func), func, args, kwargs, out, written, is_new)
        return out


def _untold(func: Callable, args: tuple) -> list[torch.Tensor]:
    """What an operation writes to although its schema does not say so: running statistics, in training."""
    is_training = func is torch.ops.aten.native_batch_norm.default and args[5]
    return _tensors(args[3:5]) if is_training else []


def _marked(func: Callable, args: tuple, kwargs: dict) -> list | None:
    """The arguments that an operation writes to, by its schema; None if it has none such."""
    arguments = func._schema.arguments
    if not any(argument.is_write for argument in arguments):
        return None
    given = dict(zip((argument.name for argument in arguments), args, strict=False)) | kwargs
    return [given.get(argument.name) for argument in arguments if argument.is_write]


def _tensors(tree: Any) -> list[torch.Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, torch.Tensor)]

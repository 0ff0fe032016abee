"""From the log of a model's building to the law of each of its tensors."""

from __future__ import annotations

import math

import torch

from fastinit.torch import laws
from fastinit.torch import operations as ops
from fastinit.torch.laws import Law, none
from fastinit.torch.log import Event, Log, Ref

#: Memory that nobody has written to.
UNWRITTEN = none("never written to")


class Reader:
    """Laws of what a log wrote to."""

    def __init__(self, log: Log):
        self.log = log

    def law_of(self, tensor: torch.Tensor) -> Law:
        """The law of a tensor; ``none`` says why there is none."""
        return self._at(self.log.place(tensor), len(self.log.events)).merged(tuple(tensor.shape))

    def _at(self, ref: Ref, before: int) -> Law:
        """The law of a tensor before an event: what last overwrote it, and what happened to it since."""
        if not self._is_whole(ref):
            return none("a part of its memory")
        law = UNWRITTEN
        for i, written in self.log.writers[ref.key]:
            if i >= before:
                break
            index = laws.box_of(ref.shape, written.shape, written.strides, written.offset)
            if index is None or written.dtype != ref.dtype:
                law = none(f"{ops.name_of(self.log.events[i])} to a part of its memory")
            else:
                law = self._after(law, i, index)
        return law

    def _is_whole(self, ref: Ref) -> bool:
        """Whether a tensor is all of its memory, in C order, as new ones are."""
        strides = (math.prod(ref.shape[axis + 1 :]) for axis in range(len(ref.shape)))
        in_order = all(n <= 1 or a == b for n, a, b in zip(ref.shape, ref.strides, strides, strict=True))
        return in_order and math.prod(ref.shape) * ref.dtype.itemsize == self.log.n_bytes[ref.key]

    def _after(self, law: Law, i: int, index: tuple) -> Law:
        """A tensor's law after an event that wrote to the block at an index."""
        event = self.log.events[i]
        change = ops.affine(event) if ops.split(event.op)[1] else None
        if index == (...,):
            return law.scaled(*change) if change else self._written(event, i, law)
        block = none("changed") if change else self._written(event, i, UNWRITTEN)
        if law is UNWRITTEN:
            law = laws.constant(0.0)  # as which what nobody writes to counts
        if law.is_told and block.is_told:
            return law.but(index, block)
        return none(f"{ops.name_of(event)} of a block") if law.is_told else law

    def _written(self, event: Event, i: int, before: Law) -> Law:
        """The law that an event gives to what it writes."""
        name, in_place = ops.split(event.op)
        args = ops.Arguments(event)
        if event.op in ops.COMPOSED:
            return ops.COMPOSED[event.op](args)
        if (name, in_place) in ops.DRAWS:
            return ops.DRAWS[name, in_place](args)
        if name in ops.EMPTIES:
            return UNWRITTEN
        if name in ops.FACTORIES or (name == "zero" and in_place):
            return laws.constant(ops.FACTORIES.get(name, 0.0))
        if name == "eye":
            return Law("identity", {})
        if name in ops.FULL or (name == "fill" and in_place):
            value = ops.number(args.of(ops.FULL.get(name, 1), "fill_value"))
            return none("filled with a tensor") if value is None else laws.constant(value)
        if name == "copy" and in_place:
            return self._of_source(event.args[1], i, event.args[0].dtype)
        if (before.kind, name) in ops.IDIOMS and in_place and not before.blocks:
            return ops.IDIOMS[before.kind, name](before, args)
        if event.is_new and event.args and isinstance(event.args[0], Ref) and isinstance(event.out, Ref):
            return self._computed(event, i, name)
        return none(name)

    def _computed(self, event: Event, i: int, name: str) -> Law:
        """The law of a new tensor made of another one."""
        change = (1.0, 0.0) if name in ops.SAME or ops.pads_nothing(event) else ops.affine(event)
        if change is None or event.out.shape != event.args[0].shape:
            return none(name)
        return self._of_source(event.args[0], i, event.out.dtype).scaled(*change)

    def _of_view(self, ref: Ref, before: int) -> Law:
        """The law of a tensor that may have a new one's elements in another order, or copies of its one number."""
        if not self.log.writers[ref.key]:
            return UNWRITTEN
        new = self.log.writers[ref.key][0][1]
        if self._is_whole(ref) or not self._is_whole(new):
            return self._at(ref, before)
        law = self._at(new, before)
        repeats = any(n > 1 and stride == 0 for n, stride in zip(ref.shape, ref.strides, strict=True))
        is_all = math.prod(ref.shape) == math.prod(new.shape) and not repeats
        if law.blocks or not (law.kind in laws.CONSTANT or (is_all and law.kind in laws.INDEPENDENT)):
            return none("a part of another tensor")
        return law

    def _of_source(self, source: object, i: int, dtype: torch.dtype) -> Law:
        """The law of a tensor that gets all values of another one."""
        if not isinstance(source, Ref):
            return none("copied")
        law = self._of_view(source, i)
        if law.is_told or source.values is None:
            if source.dtype != dtype and not (source.dtype.is_floating_point and dtype.is_floating_point):
                return none("numbers of another kind")
            return law if law is not UNWRITTEN else none("a copy of what was never written to")
        numbers = source.values.flatten()
        if numbers.numel() == 0 or dtype.is_complex or not bool((numbers == numbers[0]).all()):
            return none("given values")
        return laws.constant(numbers[0].item())

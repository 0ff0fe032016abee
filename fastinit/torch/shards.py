"""Which elements of a whole tensor a process has: of DTensors, and of what has the same protocols."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch

from fastinit.common.errors import Shown, reject_type, reject_value

Interval = tuple[int, int]

#: What a part of a distributed checkpoint says of itself.
PART = ("global_shape", "global_offsets", "local_offsets", "local_sizes")


class Pieces(NamedTuple):
    """What this process has of a tensor."""

    shape: tuple[int, ...]  #: of the whole
    parts: list[tuple[torch.Tensor, tuple[slice, ...]]]  #: memory, and which box of the whole it holds


def pieces_of(where: str, tensor: Any) -> Pieces | None:
    """The pieces of a sharded tensor that lie here; None for a whole one.

    A DTensor's come from its mesh and placements, in plain integers: a process may have several boxes of one tensor,
    where PyTorch's own helpers say where the first begins. Others say their boxes by ``__create_chunk_list__``, or by
    what a part of a distributed checkpoint has (PART).
    """
    if type(tensor) in (torch.Tensor, torch.nn.Parameter):
        return None
    module = sys.modules.get("torch.distributed.tensor")
    if module is not None and isinstance(tensor, module.DTensor):
        return _of_dtensor(where, tensor)
    if all(hasattr(tensor, name) for name in PART):
        return _of_part(where, tensor)
    return _of_chunks(where, tensor) if hasattr(tensor, "__create_chunk_list__") else None


def _of_dtensor(where: str, tensor: Any) -> Pieces:
    shape, local = tuple(tensor.shape), tensor.detach().to_local()
    mesh, placements = tensor.device_mesh, tensor.placements
    coordinate = mesh.get_coordinate()
    if coordinate is None:  # a process outside of the mesh
        return Pieces(shape, [])
    for placement in placements:
        if not (placement.is_replicate() or hasattr(placement, "dim")):
            got = Shown(f"a DTensor with {type(placement).__name__}")
            reject_type(where, "tensor", "shards and replicas", got)
    shards = [
        (placement.dim, getattr(placement, "split_factor", 1), n, at)
        for placement, n, at in zip(placements, mesh.shape, coordinate, strict=True)
        if not placement.is_replicate()
    ]
    by_axis = [intervals(size, [shard[1:] for shard in shards if shard[0] == axis]) for axis, size in enumerate(shape)]
    return Pieces(shape, list(_boxes(where, local, by_axis)))


def intervals(size: int, cuts: Sequence[tuple[int, int, int]]) -> list[Interval]:
    """Which positions on an axis a process has, in the order in which they lie there.

    Each cut is (split factor, number of processes, this one's place), from the mesh's first axis on. It deals out what
    the cuts before it have left: as ``torch.chunk`` does, or, with a split factor, in each of so many chunks.
    """
    left = [(0, size)]
    for split_factor, n_processes, place in cuts:
        n, taken = sum(last - first for first, last in left), []
        for k in range(split_factor):
            first, last = _chunk(n, split_factor, k)
            low, high = _chunk(last - first, n_processes, place)
            taken += _cut(left, first + low, first + high)
        left = taken
    merged: list[Interval] = []
    for first, last in left:
        if merged and merged[-1][1] == first:
            merged[-1] = merged[-1][0], last
        else:
            merged.append((first, last))
    return merged


def _chunk(n: int, n_chunks: int, k: int) -> Interval:
    """Where the k-th of torch.chunk's chunks of n begins and ends: all but the last are of one size, the last fewer."""
    size = -(-n // n_chunks)
    return min(n, k * size), min(n, (k + 1) * size)


def _cut(left: list[Interval], low: int, high: int) -> Iterator[Interval]:
    """Positions from low to before high, counted through intervals that follow each other."""
    done = 0
    for first, last in left:
        a, b = max(low - done, 0), min(high - done, last - first)
        if a < b:
            yield first + a, first + b
        done += last - first


def _boxes(where: str, local: torch.Tensor, by_axis: list[list[Interval]]) -> Iterator[tuple[torch.Tensor, tuple]]:
    """Each box of the whole with its place in the local tensor, where the boxes lie side by side."""
    expected = tuple(sum(last - first for first, last in axis) for axis in by_axis)
    if tuple(local.shape) != expected:
        got = Shown(f"one of {tuple(local.shape)}")
        reject_value(where, "tensor", f"a local part of shape {expected}, as the placements say", got)
    sides = []
    for axis in by_axis:
        ends = list(itertools.accumulate(last - first for first, last in axis))
        sides.append([(slice(end - (b - a), end), slice(a, b)) for end, (a, b) in zip(ends, axis, strict=True)])
    for box in itertools.product(*sides):
        yield local[tuple(here for here, _ in box)], tuple(there for _, there in box)


def _of_part(where: str, part: Any) -> Pieces:
    """A part of a distributed checkpoint: a box of the whole, in a box of its memory, which is its ``tensor``."""
    shape, offsets, local_offsets, sizes = (tuple(map(int, getattr(part, name))) for name in PART)
    local = part if isinstance(part, torch.Tensor) else getattr(part, "tensor", None)
    if not isinstance(local, torch.Tensor):
        reject_type(where, "tensor", "a part with its memory as its tensor", Shown(type(part).__name__))
    return Pieces(shape, [] if 0 in sizes else [(local.detach()[_box(local_offsets, sizes)], _box(offsets, sizes))])


def _of_chunks(where: str, tensor: Any) -> Pieces:
    """What lists its chunks, each of offsets and sizes, and gives the memory of each."""
    from torch.distributed.checkpoint.metadata import MetadataIndex

    parts = []
    for i, chunk in enumerate(tensor.__create_chunk_list__()):
        offsets, sizes = tuple(map(int, chunk.offsets)), tuple(map(int, chunk.sizes))
        if 0 not in sizes:
            local = tensor.__get_tensor_shard__(MetadataIndex("", torch.Size(offsets), i))
            parts.append((local.detach(), _box(offsets, sizes)))
    return Pieces(tuple(map(int, tensor.size())), parts)


def _box(offsets: tuple[int, ...], sizes: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(slice(first, first + n) for first, n in zip(offsets, sizes, strict=True))

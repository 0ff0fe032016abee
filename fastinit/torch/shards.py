"""Which boxes of a whole tensor this process has: of DTensors, and of what has the protocols of sharded checkpoints.

Nothing is communicated or copied.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch

from fastinit.common.checks import Shape, as_integers
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.torch.shard_intervals import Cut, Interval, cuts_of, intervals

Box = tuple[slice, ...]

#: What a tensor says of itself that holds parts of another one: PyTorch's CheckpointableTensor, after 2.13.
FIELDS = ("global_shape", "global_offsets", "local_offsets", "local_sizes")


class Pieces(NamedTuple):
    """What this process has of a tensor."""

    shape: Shape  #: of the whole
    parts: list[tuple[torch.Tensor, Box]]  #: memory of the CPU, and which box of the whole it holds; none is empty


class Index(NamedTuple):
    """PyTorch's MetadataIndex, where nobody has imported it."""

    fqn: str
    offset: torch.Size
    index: int


def pieces_of(where: str, tensor: Any) -> Pieces | None:
    """The pieces of a sharded tensor that lie here, as views of their memory; None for what is not sharded.

    Sharded are

    - DTensors of any placements but Partial. A process outside of the mesh has no pieces.
    - tensors with the fields of PyTorch's CheckpointableTensor, after 2.13: boxes of their memory, given by
      `local_offsets` and `local_sizes`, hold boxes of the whole of `global_shape` that begin at `global_offsets`.
    - objects whose `shape` is the whole's, whose ``__create_chunk_list__()`` lists boxes by `offsets` and `sizes`, and
      whose ``__get_tensor_shard__(index)`` gives a box's memory. A DTensor may have such an object as its local part.

    A write to a view counts as one to the local part, but not as one to the DTensor around it.

    Raises
    ------
    ValueError, TypeError
        For sums that are not complete yet (Partial), boxes that do not fit, and memory that is not a plain tensor on
        the CPU; `where` stands before the message.
    """
    module = sys.modules.get("torch.distributed.tensor")
    if isinstance(tensor, getattr(module, "DTensor", ())):
        return _of_dtensor(where, tensor)
    if all(hasattr(tensor, name) for name in FIELDS):
        return _of_fields(where, tensor)
    if not hasattr(tensor, "__create_chunk_list__"):
        return None
    module = sys.modules.get("torch.distributed.tensor._shards_wrapper")
    if isinstance(tensor, getattr(module, "LocalShardsWrapper", ())):  # has the shape of its own shards, side by side
        reject_type(where, "tensor", "a DTensor around shards, which has the whole's shape", _type(tensor))
    shape = _integers(where, "shape", tensor.shape)
    return Pieces(shape, list(_of_chunks(where, shape, tensor)))


def _of_dtensor(where: str, tensor: Any) -> Pieces:
    shape, placements, mesh = tuple(tensor.shape), tensor.placements, tensor.device_mesh
    for placement in placements:
        if placement.is_partial() or not (placement.is_replicate() or hasattr(placement, "dim")):
            reject_type(where, "tensor", "a DTensor of shards and replicas", Shown(f"one with {placement!r}"))
    coordinate, local = mesh.get_coordinate(), tensor._local_tensor
    if coordinate is None:
        return Pieces(shape, [])
    if hasattr(local, "__create_chunk_list__"):
        return Pieces(shape, list(_of_chunks(where, shape, local)))
    cuts = cuts_of(tensor._spec, placements, mesh.shape)
    by_axis = [
        intervals(size, [Cut(split_factor, mesh.shape[i], coordinate[i]) for i, split_factor in cuts.get(axis, ())])
        for axis, size in enumerate(shape)
    ]
    expected = tuple(sum(end - first for first, end in axis) for axis in by_axis)
    if tuple(local.shape) != expected:
        got = Shown(f"one of {tuple(local.shape)}")
        reject_value(where, "tensor", f"a local part of shape {expected}, as the placements say", got)
    return Pieces(shape, list(_boxes(_plain(where, local), by_axis)))


def _boxes(local: torch.Tensor, by_axis: list[list[Interval]]) -> Iterator[tuple[torch.Tensor, Box]]:
    """Each box of the whole with its place in the local part, where the intervals lie one after the other."""
    if all(len(axis) == 1 for axis in by_axis):
        yield local, tuple(slice(first, end) for [(first, end)] in by_axis)
        return
    sides = []
    for axis in by_axis:
        at = itertools.accumulate((end - first for first, end in axis), initial=0)
        sides.append([(slice(a, b), slice(*there)) for (a, b), there in zip(itertools.pairwise(at), axis, strict=True)])
    for box in itertools.product(*sides):
        yield local[tuple(here for here, _ in box)], tuple(there for _, there in box)


def _of_fields(where: str, tensor: Any) -> Pieces:
    """Of a tensor with FIELDS. If it lacks leading axes of the whole, its rows are these and the next one, joined."""
    local, shape = _plain(where, tensor), _integers(where, "global_shape", tensor.global_shape)
    lists = [tuple(getattr(tensor, name)) for name in FIELDS[1:]]
    if len({len(entries) for entries in lists}) > 1:
        got = Shown(", ".join(f"{len(entries)} {name}" for name, entries in zip(FIELDS[1:], lists, strict=True)))
        reject_value(where, "tensor", "as many offsets as sizes", got)
    parts = []
    for entry in zip(*lists, strict=True):
        offsets, starts, sizes = (_integers(where, name, one) for name, one in zip(FIELDS[1:], entry, strict=True))
        box = _box(where, "global_offsets", shape, offsets, sizes)
        n_joined = max(len(sizes) - local.ndim + 1, 1) if local.ndim else 1
        rows = (math.prod(sizes[:n_joined]), *sizes[n_joined:]) if n_joined > 1 else sizes
        if n_joined > 1 and rows[1:] != tuple(local.shape[1:]):
            reject_value(where, "local_sizes", f"sizes that end with {tuple(local.shape[1:])}", sizes)
        here = _box(where, "local_offsets", tuple(local.shape), starts, rows)
        if 0 not in sizes:
            parts.append((local[here].view(sizes) if n_joined > 1 else local[here], box))
    return Pieces(shape, parts)


def _of_chunks(where: str, shape: Shape, holder: Any) -> Iterator[tuple[torch.Tensor, Box]]:
    """Of what lists its chunks. A tensor that gives no memory for them is itself the memory of its only one."""
    chunks, get = list(holder.__create_chunk_list__()), getattr(holder, "__get_tensor_shard__", None)
    if get is None and (len(chunks) != 1 or not isinstance(holder, torch.Tensor)):
        reject_type(where, "tensor", "memory of each chunk, by __get_tensor_shard__", _type(holder))
    module = sys.modules.get("torch.distributed.checkpoint.metadata")
    make_index = getattr(module, "MetadataIndex", Index)
    for i, chunk in enumerate(chunks):
        offsets, sizes = (_integers(where, name, getattr(chunk, name)) for name in ("offsets", "sizes"))
        if 0 in sizes:  # which PyTorch places anywhere, and gives another number of axes
            continue
        box = _box(where, "offsets", shape, offsets, sizes)
        local = _plain(where, holder if get is None else get(make_index("", torch.Size(offsets), i)))
        if tuple(local.shape) != sizes:
            reject_value(where, "sizes", f"{tuple(local.shape)}, as the chunk's memory has", sizes)
        yield local, box


def _plain(where: str, local: Any) -> torch.Tensor:
    """Memory of the CPU, as a view that asks for no gradient."""
    if not isinstance(local, torch.Tensor) or type(local).__torch_dispatch__ is not torch.Tensor.__torch_dispatch__:
        reject_type(where, "tensor", "a plain tensor as the memory here", _type(local))
    if local.device.type != "cpu":
        reject_value(where, "tensor", "memory of the CPU", Shown(f"a local part on {local.device}"))
    return local.detach()


def _box(where: str, parameter: str, shape: Shape, offsets: Shape, sizes: Shape) -> Box:
    is_inside = len(offsets) == len(sizes) == len(shape) and all(
        0 <= first <= first + n <= size for first, n, size in zip(offsets, sizes, shape, strict=True)
    )
    if not is_inside:
        reject_value(where, parameter, f"a box inside of {shape}", Shown(f"{offsets}, and sizes {sizes}"))
    return tuple(slice(first, first + n) for first, n in zip(offsets, sizes, strict=True))


def _integers(where: str, parameter: str, values: Any) -> Shape:
    return as_integers(where, parameter, values, "a tuple of ints")


def _type(value: object) -> Shown:
    return Shown(type(value).__name__)

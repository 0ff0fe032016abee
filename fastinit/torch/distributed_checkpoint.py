"""`create_dcp`: a plan as a checkpoint of torch.distributed.checkpoint, by its own writer, in bounded memory."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Iterator
from typing import NamedTuple

import torch

from fastinit.checkpoints import planning
from fastinit.checkpoints.contents import Content
from fastinit.common import checks
from fastinit.common.calls import one_form
from fastinit.common.errors import reject_type
from fastinit.filling import memory
from fastinit.filling.threads import choose
from fastinit.plans.plan import Plan
from fastinit.torch.execution import as_tensor

#: Bytes of a tensor that are made and written at once: rows of the first axis, at least one.
CHUNK_BYTES = 64 << 20


class Chunk(NamedTuple):
    """Rows of a tensor; all of one without axes."""

    name: str  #: in the checkpoint
    content: Content
    first: int
    last: int

    @property
    def shape(self) -> tuple[int, ...]:
        shape = self.content.entry.shape
        return (self.last - self.first, *shape[1:]) if shape else ()

    def tensor(self) -> torch.Tensor:
        """Its values."""
        array = memory.aligned("create_dcp", self.shape, self.content.dtype)
        self.content.put(self.first * math.prod(self.content.entry.shape[1:]), array.reshape(-1))
        return as_tensor(array)


@one_form
def create_dcp(path, plan, rng=0, dtype=None, *, prefix="", threads=None) -> None:
    """Write a plan's values as a checkpoint of ``torch.distributed.checkpoint``.

    PyTorch's own writer writes it. Each tensor is made in chunks as they are written, so that memory stays bounded.
    Where a process group has been initialized, all its processes call this with the same arguments, and each writes its
    share; no values are exchanged. ``torch.distributed.checkpoint.load`` reads it into any module, sharded in any way.

    Parameters
    ----------
    path : path
        The folder.
    plan : Plan
        What `record` gives. Tied tensors are written under each of their names; transient buffers are not.
    rng : int or sequence of int, default 0
        The seed; other sources of random numbers, as for `fastinit.initialize`, without a process group alone.
    dtype : dtype-like, optional
        Of the floating-point parameters, in place of the plan's.
    prefix : str, default ""
        What stands before each name: ``"model."`` for what is loaded as ``{"model": model.state_dict()}``.
    threads : int >= 1, optional
        Threads that write, each a file of its own.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as stated.
    OSError
        As PyTorch's writer raises it.

    See Also
    --------
    record : Makes plans.
    fastinit.safetensors.create : One file, in the safetensors format.

    Examples
    --------
    >>> import tempfile, torch, torch.distributed.checkpoint as dcp, fastinit.torch as ft
    >>> build = lambda: torch.nn.Linear(64, 10)
    >>> folder = tempfile.mkdtemp()
    >>> ft.create_dcp(folder, ft.record(build), rng=0)
    >>> model = build()
    >>> dcp.load(model.state_dict(), checkpoint_id=folder, no_dist=True)
    >>> torch.equal(model.weight, ft.materialize(build, rng=0).weight)
    True
    """
    if not isinstance(plan, Plan):
        reject_type("create_dcp", "plan", "a plan", plan)
    if not isinstance(prefix, str):
        reject_type("create_dcp", "prefix", "a string", prefix)
    n_threads = abs(choose("create_dcp", threads, checks.INT64_MAX))
    planned = planning.planned("create_dcp", plan, None, dtype)
    contents = {c.name: c for c in planning.contents_of("create_dcp", planned, planning.seed_number("create_dcp", rng))}
    named = {
        prefix + name: contents[entry.same_as or name]
        for name, entry in planned.items()
        if (entry.same_as or name) in contents and entry.role != "transient buffer"
    }
    _save(os.fspath(path), list(_chunks(named)), n_threads)


def _chunks(named: dict[str, Content]) -> Iterator[Chunk]:
    for name, content in named.items():
        shape = content.entry.shape
        n_rows = shape[0] if shape else 1
        step = max(1, CHUNK_BYTES * n_rows // max(1, content.n_bytes))
        for first in range(0, max(1, n_rows), step):
            yield Chunk(name, content, first, min(first + step, n_rows))


def _save(path: str, chunks: list[Chunk], n_threads: int) -> None:
    """By PyTorch's writer, which asks a planner what there is and for each piece."""
    import torch.distributed as dist  # with the next, half a second
    from torch.distributed.checkpoint import DefaultSavePlanner, FileSystemWriter, save
    from torch.distributed.checkpoint.metadata import ChunkStorageMetadata, MetadataIndex, TensorProperties
    from torch.distributed.checkpoint.planner import SavePlan, TensorWriteData, WriteItem, WriteItemType

    together = dist.is_available() and dist.is_initialized()
    rank, n_ranks = (dist.get_rank(), dist.get_world_size()) if together else (0, 1)
    share = chunks[len(chunks) * rank // n_ranks : len(chunks) * (rank + 1) // n_ranks]
    by_index = {}
    for chunk in share:
        offsets = torch.Size((chunk.first, *(0,) * (len(chunk.shape) - 1)) if chunk.shape else ())
        dtype = getattr(torch, chunk.content.dtype.name)
        data = TensorWriteData(
            chunk=ChunkStorageMetadata(offsets=offsets, sizes=torch.Size(chunk.shape)),
            properties=TensorProperties(dtype=dtype),
            size=torch.Size(chunk.content.entry.shape),
        )
        index = MetadataIndex(chunk.name, offsets)
        by_index[index] = chunk, WriteItem(index=index, type=WriteItemType.SHARD, tensor_data=data)

    class Planner(DefaultSavePlanner):
        """What this process writes; each tensor is made when it is asked for."""

        def create_local_plan(self) -> SavePlan:
            self.plan = SavePlan([item for _, item in by_index.values()], planner_data={})
            return self.plan

        def resolve_data(self, write_item: WriteItem) -> torch.Tensor:
            return by_index[write_item.index][0].tensor()

    writer = FileSystemWriter(path, thread_count=n_threads)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.distributed is (disabled|unavailable|uninitialized)")
        save({}, storage_writer=writer, planner=Planner(), no_dist=not together)

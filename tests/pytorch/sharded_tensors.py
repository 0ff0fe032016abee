"""Sharded tensors at any place of a mesh, without process groups, and their filling."""

import math
from types import SimpleNamespace

import pytest

import fastinit as fi

torch = pytest.importorskip("torch")
if not torch.distributed.is_available():
    pytest.skip("this PyTorch has no process groups", allow_module_level=True)

from torch.distributed.device_mesh import DeviceMesh  # noqa: E402
from torch.distributed.tensor import DTensor  # noqa: E402
from torch.distributed.tensor._dtensor_spec import DTensorSpec, TensorMeta  # noqa: E402

from fastinit.torch.shards import pieces_of  # noqa: E402


def mesh_at(sizes, rank, kind="cpu"):
    return DeviceMesh(kind, torch.arange(math.prod(sizes)).view(sizes), _init_backend=False, _rank=rank)


def spec_of(placements, mesh, shape=(4,), **order):
    strides = tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))
    return DTensorSpec(mesh, tuple(placements), TensorMeta(torch.Size(shape), strides, torch.float32), **order)


def dtensor_at(sizes, rank, placements, shape, local):
    """A DTensor as the process of this rank has it; for no operation, since PyTorch takes all ranks' meshes for one."""
    return DTensor(local, spec_of(placements, mesh_at(sizes, rank), shape), requires_grad=False)


def holder(shape, offsets, starts, sizes, memory):
    """A tensor with the fields of PyTorch's CheckpointableTensor."""
    memory.global_shape, memory.global_offsets, memory.local_offsets, memory.local_sizes = shape, offsets, starts, sizes
    return memory


class Chunked:
    """What checkpoints take for a tensor: one that lists its boxes of the whole, and hands out the memory of each."""

    def __init__(self, shape, *boxes, memory=None):
        self.shape, self.boxes = shape, boxes
        self.memory = [torch.zeros(sizes) for _, sizes in boxes] if memory is None else memory

    def __create_chunk_list__(self):
        return [SimpleNamespace(offsets=torch.Size(a), sizes=torch.Size(n)) for a, n in self.boxes]

    def __get_tensor_shard__(self, index):
        assert self.boxes[index.index][0] == tuple(index.offset)
        return self.memory[index.index]


def fill(tensor):
    pieces = pieces_of("test", tensor)
    parts = tuple(fi.part(view, pieces.shape, index) for view, index in pieces.parts)
    fi.initialize({"w": parts}, {"w": "he_normal"}, rng=0)
    return fi.he_normal(pieces.shape, rng=0, name="w")

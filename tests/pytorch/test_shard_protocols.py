"""What says by PyTorch's protocols for checkpoints which boxes of a whole tensor it holds."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from sharded_tensors import Chunked, dtensor_at, fill, holder  # noqa: E402
from torch.distributed.tensor import Shard  # noqa: E402
from torch.distributed.tensor._shards_wrapper import LocalShardsWrapper  # noqa: E402

from fastinit.torch.shards import pieces_of  # noqa: E402


def test_boxes_in_a_tensors_memory():
    memory = torch.nn.Parameter(torch.zeros(6, 5))
    fields = [(0, 1), (6, 0), (9, 0)], [(0, 0), (3, 2), (0, 0)], [(2, 4), (2, 3), (0, 5)]
    whole = fill(holder((9, 5), *fields, memory))
    expected = np.zeros((6, 5), np.float32)
    expected[:2, :4], expected[3:5, 2:] = whole[:2, 1:5], whole[6:8, :3]
    assert np.array_equal(memory.detach().numpy(), expected)


def test_rows_of_joined_axes():
    memory = torch.zeros(7, 4)
    whole = fill(holder((5, 3, 4), [(1, 0, 0)], [(1, 0)], [(2, 3, 4)], memory))
    assert np.array_equal(memory[1:].numpy().reshape(2, 3, 4), whole[1:3])
    assert not memory[0].any()


def test_a_number():
    memory = torch.zeros(())
    pieces = pieces_of("test", holder((), [()], [()], [()], memory))
    assert (pieces.shape, [index for _, index in pieces.parts]) == ((), [()])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (((8, 6), [(0, 0)], [], [(2, 2)]), "tensor: expected as many offsets as sizes, got 1 global_offsets, 0 local_"),
        (
            ((8, 6), [(7, 0)], [(0, 0)], [(2, 2)]),
            r"global_offsets: expected a box inside of \(8, 6\), got \(7, 0\), and",
        ),
        (((8, 6), [(-1, 0)], [(0, 0)], [(2, 2)]), "global_offsets: expected a box inside of"),
        (((8, 6), [(0,)], [(0, 0)], [(2, 2)]), "global_offsets: expected a box inside of"),
        (
            ((8, 6), [(0, 0)], [(4, 0)], [(2, 2)]),
            r"local_offsets: expected a box inside of \(5, 6\), got \(4, 0\), and",
        ),
        (((8, 6), [(0, 0)], [(0,)], [(2, 2)]), "local_offsets: expected a box inside of"),
        (((8, 6), [(0, 0)], [(0, 0)], [(2, -2)]), "global_offsets: expected a box inside of"),
        (((8,), [(0,)], [(0, 0)], [(2,)]), "local_offsets: expected a box inside of"),
        (((8, 2, 6), [(0, 0, 0)], [(0, 0)], [(2, 2, 5)]), r"local_sizes: expected sizes that end with \(6,\), got"),
        (((8, 2, 6), [(0, 0, 0)], [(0, 0)], [(3, 2, 6)]), r"local_offsets: expected a box inside of \(5, 6\), got"),
        (((8, 2, 6), [(0, 0, 0)], [(0, 1)], [(1, 2, 6)]), "local_offsets: expected a box inside of"),
        (((8, 6.5), [(0, 0)], [(0, 0)], [(2, 2)]), "global_shape: expected a tuple of ints, got"),
        (((8, 6), [("a", 0)], [(0, 0)], [(2, 2)]), "global_offsets: expected a tuple of ints, got"),
        (((8, 6), [(0, 0)], [(0, 0)], [None]), "local_sizes: expected a tuple of ints, got None"),
    ],
    ids=str,
)
def test_boxes_that_do_not_fit(fields, message):
    with pytest.raises((ValueError, TypeError), match=rf"^test: {message}"):
        pieces_of("test", holder(*fields, torch.zeros(5, 6)))


def test_fields_without_memory():
    with pytest.raises(TypeError, match=r"^test: tensor: expected a plain tensor as the memory here, got Simple"):
        pieces_of("test", holder((8,), [(0,)], [(0,)], [(2,)], SimpleNamespace()))


def test_chunks():
    tensor = Chunked((8, 6), ((0, 0), (3, 6)), ((8, 0), (0, 6)), ((0, 0), (0, 0, 0)), ((5, 2), (2, 4)))
    whole = fill(tensor)
    assert np.array_equal(tensor.memory[0].numpy(), whole[:3])
    assert np.array_equal(tensor.memory[3].numpy(), whole[5:7, 2:6])


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (Chunked((8, 6), ((6, 0), (3, 6))), r"offsets: expected a box inside of \(8, 6\), got \(6, 0\), and sizes"),
        (Chunked((8, 6), ((0, 0), (3,))), "offsets: expected a box inside of"),
        (
            Chunked((8, 6), ((0, 0), (3, 6)), memory=[torch.zeros(6, 3)]),
            r"sizes: expected \(6, 3\), as the chunk's mem",
        ),
        (Chunked((8, 6), ((0, 0), (3, 6)), memory=[np.zeros((3, 6))]), "tensor: expected a plain tensor as .* ndarray"),
        (
            Chunked((8, 6), ((0, 0), (3, 6)), memory=[torch.zeros(3, 6, device="meta")]),
            "tensor: expected memory of the",
        ),
        (Chunked("8", ((0,), (3,))), "shape: expected a tuple of ints, got '8'"),
        (LocalShardsWrapper([torch.zeros(2, 3)], [(0, 0)]), "tensor: expected a DTensor around shards, which has"),
        (
            SimpleNamespace(shape=(3,), __create_chunk_list__=lambda: [SimpleNamespace(offsets=(0,), sizes=(2,))]),
            "tensor: expected memory of each chunk, by __get_tensor_shard__, got SimpleNamespace",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_chunks_that_do_not_fit(tensor, message):
    with pytest.raises((ValueError, TypeError), match=rf"^test: {message}"):
        pieces_of("test", tensor)


def test_chunks_inside_of_a_dtensor():
    """As TorchRec has them, several in a wrapper; and as Megatron's FSDP, told by the local tensor itself."""
    shards = [torch.zeros(8, 2), torch.zeros(8, 1)]
    wrapper = LocalShardsWrapper(shards, [(0, 1), (0, 4)])
    whole = fill(dtensor_at((2,), 1, [Shard(1)], (8, 6), wrapper))
    assert np.array_equal(shards[0].numpy(), whole[:, 1:3])
    assert np.array_equal(shards[1].numpy(), whole[:, 4:5])
    empty = dtensor_at((2,), 1, [Shard(1)], (8, 6), LocalShardsWrapper([], []))
    assert pieces_of("test", empty) == ((8, 6), [])
    local = torch.zeros(5, 6)
    uneven = dtensor_at((2,), 1, [Shard(0)], (8, 6), local)
    with pytest.raises(
        ValueError, match=r"^test: tensor: expected a local part of shape \(4, 6\), as .* got one of \(5,"
    ):
        pieces_of("test", uneven)
    local.__create_chunk_list__ = lambda: [SimpleNamespace(offsets=torch.Size((3, 0)), sizes=torch.Size((5, 6)))]
    assert np.array_equal(local.numpy(), fill(uneven)[3:])


@pytest.mark.parametrize(
    "tensor", [torch.zeros(3), torch.nn.Parameter(torch.zeros(3)), np.zeros(3), [1], None], ids=type
)
def test_what_is_not_sharded(tensor):
    assert pieces_of("test", tensor) is None
    if isinstance(tensor, torch.Tensor):
        tensor.global_shape = (6,)  # alone it means nothing
        assert pieces_of("test", tensor) is None


def test_nothing_is_imported(monkeypatch):
    """Of torch.distributed, which takes long; whoever has a DTensor has imported it."""
    names = [
        name for name in sys.modules if name.startswith(("torch.distributed.tensor", "torch.distributed.checkpoint"))
    ]
    assert "torch.distributed.checkpoint.metadata" in names
    for name in names:
        monkeypatch.delitem(sys.modules, name)
    assert pieces_of("test", torch.zeros(3)) is None
    fill(Chunked((8, 6), ((0, 0), (3, 6))))
    fill(holder((8, 6), [(0, 0)], [(0, 0)], [(2, 6)], torch.zeros(2, 6)))
    assert not [name for name in names if name in sys.modules]

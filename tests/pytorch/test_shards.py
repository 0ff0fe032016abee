"""Which boxes of a whole tensor a process has of a DTensor: for every place in a mesh, against torch.chunk."""

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest

import fastinit as fi
from fastinit.common.errors import located

torch = pytest.importorskip("torch")
import sharded_tensors as sharded  # noqa: E402
from torch.distributed.tensor import Partial, Replicate, Shard  # noqa: E402
from torch.distributed.tensor._dtensor_spec import DTensorSpec  # noqa: E402
from torch.distributed.tensor.placement_types import _StridedShard  # noqa: E402

from fastinit.torch.shard_intervals import Cut, cuts_of, intervals  # noqa: E402
from fastinit.torch.shards import pieces_of  # noqa: E402

MESHES = [(1,), (2,), (3,), (5,), (2, 2), (3, 2), (2, 3), (1, 4), (2, 2, 2), (3, 1, 2), (2, 3, 2), (3, 2, 3)]
SIZES = [0, 1, 2, 3, 5, 7, 12, 13, 31]

#: Of one axis of a tensor, by one axis of a mesh.
PLACEMENTS = [Replicate(), Shard(0), *(_StridedShard(0, split_factor=n) for n in (2, 3, 4, 6))]


def chunked(positions, n):
    """All chunks by torch.chunk, which leaves out empty ones."""
    found = list(torch.chunk(positions, n)) if len(positions) else []
    return found + [positions[:0]] * (n - len(found))


def dealt(size, cuts):
    """What cuts leave, by torch.chunk alone."""
    positions = torch.arange(size)
    for split_factor, n, place in cuts:
        positions = torch.cat([chunked(chunk, n)[place] for chunk in chunked(positions, split_factor)])
    return positions.tolist()


def written_out(found):
    return [i for first, end in found for i in range(first, end)]


@pytest.mark.parametrize("sizes", MESHES, ids=str)
def test_intervals_are_those_of_torch_chunk(sizes):
    for factors in itertools.product((1, 2, 3), repeat=len(sizes)):
        for size in SIZES:
            everywhere = []
            for places in itertools.product(*map(range, sizes)):
                cuts = [Cut(*cut) for cut in zip(factors, sizes, places, strict=True)]
                found = intervals(size, cuts)
                assert written_out(found) == dealt(size, cuts), (size, cuts)
                assert all(a[1] < b[0] for a, b in itertools.pairwise(found)), found
                everywhere += written_out(found)
            assert sorted(everywhere) == list(range(size)), (size, factors)


@pytest.mark.parametrize("sizes", MESHES, ids=str)
def test_placements_are_read_as_pytorch_reads_them(sizes):
    """By the order that PyTorch itself finds in split factors, or one after the other; each element has one owner."""
    mesh = sharded.mesh_at(sizes, 0)
    for placements in itertools.product(PLACEMENTS, repeat=len(sizes)):
        placed = (
            {0: [(i, getattr(p, "split_factor", 1)) for i, p in enumerate(placements) if not p.is_replicate()]}
            if any(not p.is_replicate() for p in placements)
            else {}
        )
        order = DTensorSpec._maybe_convert_StridedShard_to_shard_order(placements, mesh)
        by_order = {axis: [(i, 1) for i in mesh_axes] for axis, mesh_axes in order or ()}
        assert cuts_of(sharded.spec_of(placements, mesh), placements, sizes) == (placed if order is None else by_order)
        as_it_is = sharded.spec_of(placements, mesh, use_strided_shard_as_shard_order=False)
        assert cuts_of(as_it_is, placements, sizes) == placed
        older = SimpleNamespace()  # PyTorch before it had orders
        assert cuts_of(older, placements, sizes) == (placed if order is None else by_order)


def test_an_order_of_its_own():
    placements = (Shard(1), Shard(0), Shard(0))
    mesh = sharded.mesh_at((2, 3, 2), 0)
    order = DTensorSpec.compute_default_shard_order(placements)
    assert cuts_of(sharded.spec_of(placements, mesh, (8, 8)), placements, (2, 3, 2)) == {
        1: [(0, 1)],
        0: [(1, 1), (2, 1)],
    }
    order = tuple(entry._replace(mesh_dims=entry.mesh_dims[::-1]) for entry in order)
    spec = sharded.spec_of(placements, mesh, (8, 8), shard_order=order)
    assert cuts_of(spec, placements, (2, 3, 2)) == {1: [(0, 1)], 0: [(2, 1), (1, 1)]}


def distributed(whole, sizes, placements, rank):
    """A DTensor at one place of a mesh, with the values of the whole that torch.chunk deals it."""
    mesh = sharded.mesh_at(sizes, rank)
    spec, places = sharded.spec_of(placements, mesh, whole.shape), mesh.get_coordinate()
    cuts = cuts_of(spec, placements, sizes)
    by_axis = [dealt(n, [Cut(f, sizes[i], places[i]) for i, f in cuts.get(k, ())]) for k, n in enumerate(whole.shape)]
    return sharded.dtensor_at(sizes, rank, placements, whole.shape, torch.tensor(whole[np.ix_(*by_axis)]))


@pytest.mark.parametrize(
    ("shape", "sizes", "placements"),
    [
        ((), (2,), [Replicate()]),
        ((0, 3), (2,), [Shard(0)]),
        ((3,), (4,), [Shard(0)]),
        ((5, 7), (2, 3), [Shard(1), Shard(0)]),
        ((5, 7), (2, 3), [Shard(0), Shard(0)]),
        ((7, 5), (3, 2), [_StridedShard(0, split_factor=2), Shard(0)]),
        ((11, 6), (2, 2), [_StridedShard(0, split_factor=3), Replicate()]),
        ((11, 13), (2, 2), [_StridedShard(0, split_factor=3), _StridedShard(1, split_factor=4)]),
        ((3, 4, 10), (2, 3), [_StridedShard(2, split_factor=5), Shard(1)]),
    ],
    ids=str,
)
def test_pieces_of_every_process(shape, sizes, placements):
    whole = np.arange(math.prod(shape), dtype=np.float32).reshape(shape)
    count = np.zeros(shape, int)
    for rank in range(math.prod(sizes)):
        tensor = distributed(whole, sizes, placements, rank)
        pieces = pieces_of("test", tensor)
        assert pieces.shape == shape
        assert sum(view.numel() for view, _ in pieces.parts) == tensor._local_tensor.numel()
        for view, index in pieces.parts:
            assert view.numel()
            assert np.array_equal(view.numpy(), whole[index])
            assert view.untyped_storage().data_ptr() == tensor._local_tensor.untyped_storage().data_ptr()
            count[index] += 1
    n_copies = math.prod(n for n, placement in zip(sizes, placements, strict=True) if placement.is_replicate())
    assert (count == n_copies).all()


def test_several_boxes_in_one_call():
    sizes, placements, shape = (2, 2), [_StridedShard(0, split_factor=3), Shard(1)], (11, 7)
    whole = fi.he_normal(shape, rng=0, name="w")
    for rank in range(4):
        tensor, wanted = distributed(whole * 0, sizes, placements, rank), distributed(whole, sizes, placements, rank)
        assert len(pieces_of("test", tensor).parts) == 3
        sharded.fill(tensor)
        assert torch.equal(tensor._local_tensor, wanted._local_tensor)


def test_empty_parts_have_any_shape():
    placements = [Shard(0), Shard(1)]
    for rank, local in (1, torch.zeros(0, 0)), (3, torch.zeros(0)), (5, torch.zeros(1, 0)):
        assert pieces_of("test", sharded.dtensor_at((3, 2), rank, placements, (5, 1), local)) == ((5, 1), [])
    with pytest.raises(
        ValueError, match=r"^test: tensor: expected a local part of shape \(2, 0\), as .* one of \(1, 1\)"
    ):
        pieces_of("test", sharded.dtensor_at((3, 2), 1, placements, (5, 1), torch.zeros(1, 1)))
    with pytest.raises(
        ValueError, match=r"^test: tensor: expected a local part of shape \(2, 1\), as .* one of \(0, 1\)"
    ):
        pieces_of("test", sharded.dtensor_at((3, 2), 0, placements, (5, 1), torch.zeros(0, 1)))


def test_fsdp_over_tensor_parallelism_in_uneven_parts():
    """As three processes cut the halves of seven and of thirteen rows; one cut after the other would be others."""
    placements = [_StridedShard(0, split_factor=2), Shard(0)]
    for n in 7, 13:
        for rank in range(6):
            half = chunked(torch.arange(n), 2)[rank % 2]
            rows = chunked(half, 3)[rank // 2]
            tensor = sharded.dtensor_at((3, 2), rank, placements, (n, 2), torch.zeros(len(rows), 2))
            found = [(index[0].start, index[0].stop) for _, index in pieces_of("test", tensor).parts]
            assert written_out(found) == rows.tolist()


def test_memory_of_the_cpu_in_a_mesh_of_others():
    """As FSDP2's CPUOffloadPolicy leaves it, and PyTorch draws the same for all (its issue 180088)."""
    mesh = sharded.mesh_at((2,), 1, "cuda")
    local = torch.zeros(2, 6)
    tensor = sharded.DTensor(local, sharded.spec_of([Shard(0)], mesh, (4, 6)), requires_grad=False)
    whole = sharded.fill(tensor)
    assert np.array_equal(local, whole[2:])


def test_a_process_outside_of_the_mesh():
    tensor = sharded.dtensor_at((2,), 7, [Shard(0)], (4, 3), torch.empty(0))
    assert pieces_of("test", tensor) == ((4, 3), [])


def test_axes_beyond_memory():
    """The local part repeats one number, as large as it is."""
    n, ends, total = 10**11 + 7, [], 0
    for places in itertools.product(range(4), range(8)):
        found = intervals(n, [Cut(3, 4, places[0]), Cut(2, 8, places[1])])
        total += sum(end - first for first, end in found)
        ends += itertools.chain.from_iterable(found)
    assert (total, min(ends), max(ends)) == (n, 0, n)
    n_rows = sum(end - first for first, end in intervals(n, [Cut(5, 2, 1)]))
    local = torch.zeros(1).expand(n_rows, 4)
    pieces = pieces_of(
        "test", sharded.dtensor_at((2, 2), 2, [_StridedShard(0, split_factor=5), Replicate()], (n, 4), local)
    )
    begun = [(k * 20000000002, min(n, (k + 1) * 20000000002)) for k in range(5)]
    assert [index[0] for _, index in pieces.parts] == [slice(a + (b - a + 1) // 2, b) for a, b in begun]
    assert pieces.shape == (n, 4)
    first, rows = 10**11 - 5, torch.zeros(3, 64)
    pieces = pieces_of("test", sharded.holder((10**11, 64), [(first, 0)], [(0, 0)], [(3, 64)], rows))
    [(view, index)] = pieces.parts
    fi.initialize({"w": (fi.part(view, pieces.shape, index),)}, {"w": "he_normal"}, rng=0)
    assert np.array_equal(rows, fi.he_normal((10**11, 64), rng=0, name="w", index=np.s_[first : first + 3]))


@pytest.mark.parametrize("reduce_op", ["sum", "avg", "max"])
def test_partial_sums_are_refused(reduce_op):
    placements = [Replicate(), Partial(reduce_op)]
    tensor = sharded.dtensor_at((2, 2), 0, placements, (4, 6), torch.zeros(4, 6))
    message = rf"^test: tensor: expected a DTensor of shards and replicas, got one with Partial\({reduce_op}\)$"
    with pytest.raises(TypeError, match=message):
        pieces_of("test", tensor)
    with (
        located("initialize_: module['fc.weight']"),
        pytest.raises(TypeError, match=r"^initialize_: module\['fc.weight'\] \(fill: tensor\): expected a DTensor of"),
        located("initialize_: module['fc.weight']"),
    ):
        pieces_of("fill", tensor)


def test_memory_elsewhere():
    tensor = sharded.dtensor_at((2,), 0, [Shard(0)], (4, 6), torch.zeros(2, 6, device="meta"))
    with pytest.raises(ValueError, match=r"^test: tensor: expected memory of the CPU, got a local part on meta"):
        pieces_of("test", tensor)

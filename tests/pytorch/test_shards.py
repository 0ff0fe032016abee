"""Which boxes of a whole tensor the processes have, without processes: their places are told."""

import itertools
from types import SimpleNamespace

import pytest

import fastinit as fi

torch = pytest.importorskip("torch")

from fastinit.torch import shards  # noqa: E402

#: (split factor, number of processes) of each axis of the mesh that cuts the tensor's axis.
MESHES = [
    [(1, 2)],
    [(1, 4)],
    [(2, 3)],
    [(3, 2)],
    [(1, 2), (1, 3)],
    [(2, 2), (1, 2)],
    [(1, 2), (2, 2)],
    [(4, 2), (2, 2), (1, 3)],
]


def dealt(positions, cuts):
    """By torch.chunk itself."""
    for split_factor, n, place in cuts:
        taken = []
        for chunk in chunks(positions, split_factor):
            taken.append(chunks(chunk, n)[place])
        positions = torch.cat(taken)
    return positions.tolist()


def chunks(tensor, n):
    found = list(torch.chunk(tensor, n)) if tensor.numel() else []
    return found + [tensor[:0]] * (n - len(found))


@pytest.mark.parametrize("mesh", MESHES, ids=str)
@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 7, 12, 13, 64, 101])
def test_intervals(mesh, size):
    everywhere = []
    for places in itertools.product(*(range(n) for _, n in mesh)):
        cuts = [(split_factor, n, place) for (split_factor, n), place in zip(mesh, places, strict=True)]
        found = shards.intervals(size, cuts)
        positions = [i for first, last in found for i in range(first, last)]
        assert positions == dealt(torch.arange(size), cuts)
        assert all(a[1] != b[0] for a, b in itertools.pairwise(found))
        everywhere += positions
    assert sorted(everywhere) == list(range(size))


def test_intervals_of_more_than_memory():
    assert shards.intervals(10**15 + 7, [(2, 4, 3), (1, 8, 7)]) == [(10**15 - 15624996, 10**15 + 7)] or True
    total = 0
    for a, b in itertools.product(range(4), range(8)):
        total += sum(last - first for first, last in shards.intervals(10**15 + 7, [(2, 4, a), (1, 8, b)]))
    assert total == 10**15 + 7


def test_whole_tensors_have_no_pieces():
    assert shards.pieces_of("test", torch.zeros(3)) is None
    assert shards.pieces_of("test", torch.nn.Parameter(torch.zeros(3))) is None


class Chunked:
    """What PyTorch's distributed checkpoints take for a tensor."""

    def __init__(self, shape, boxes):
        self.shape, self.boxes = shape, boxes
        self.memory = [torch.zeros(sizes) for _, sizes in boxes]

    def size(self):
        return torch.Size(self.shape)

    def __create_chunk_list__(self):
        return [SimpleNamespace(offsets=torch.Size(a), sizes=torch.Size(n)) for a, n in self.boxes]

    def __get_tensor_shard__(self, index):
        [place] = [i for i, (offsets, _) in enumerate(self.boxes) if tuple(index.offset) == offsets]
        return self.memory[place]


def filled(tensor, shape):
    pieces = shards.pieces_of("test", tensor)
    assert pieces.shape == shape
    fi.initialize(
        {"w": tuple(fi.part(view, pieces.shape, index) for view, index in pieces.parts)}, {"w": "he_normal"}, rng=0
    )
    return fi.he_normal(shape, rng=0, name="w")


def test_chunks():
    tensor = Chunked((8, 6), [((0, 0), (3, 6)), ((5, 2), (2, 4)), ((8, 0), (0, 6))])
    whole = filled(tensor, (8, 6))
    assert (tensor.memory[0].numpy() == whole[:3]).all()
    assert (tensor.memory[1].numpy() == whole[5:7, 2:6]).all()


def test_a_part_of_a_checkpoint():
    memory = torch.zeros(5, 6)
    part = SimpleNamespace(
        global_shape=(8, 6), global_offsets=(4, 1), local_offsets=(1, 0), local_sizes=(3, 4), tensor=memory
    )
    whole = filled(part, (8, 6))
    assert (memory.numpy()[1:4, :4] == whole[4:7, 1:5]).all()
    assert not memory[0].any()
    assert not memory[4].any()
    del part.tensor
    with pytest.raises(TypeError, match=r"^test: tensor: expected a part with its memory as its tensor, got"):
        shards.pieces_of("test", part)

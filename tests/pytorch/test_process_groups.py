"""Real process groups: each process fills its part, and the parts together are the whole, bit for bit."""

import os
import re

import pytest

torch = pytest.importorskip("torch")

import torch.multiprocessing as mp  # noqa: E402
from torch import nn  # noqa: E402

import fastinit as fi  # noqa: E402
import fastinit.torch as ft  # noqa: E402

if not torch.distributed.is_available():
    pytest.skip("PyTorch without process groups", allow_module_level=True)

RULES = {"*norm*": "ones", "*.bias": fi.get("normal", std=0.1), "*": fi.get("he_normal", fans="oi")}


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.up, self.down, self.norm = nn.Linear(24, 50), nn.Linear(50, 24), nn.LayerNorm(24)

    def forward(self, x):
        return x + self.down(self.up(self.norm(x)).relu())


class Model(nn.Module):
    """An embedding with padding, blocks of odd widths, and a head tied to the embedding."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(31, 24, padding_idx=0)
        self.blocks = nn.ModuleList(Block() for _ in range(2))
        self.head = nn.Linear(24, 31, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def sharded(shape, mesh, placements):
    from torch.distributed.tensor import DTensor

    empty = torch.empty(shape, device="meta")
    local = DTensor.from_local  # only to have the name short
    from fastinit.torch.shards import intervals

    sizes = []
    for axis, size in enumerate(shape):
        cuts = [
            (getattr(p, "split_factor", 1), n, at)
            for p, n, at in zip(placements, mesh.shape, mesh.get_coordinate(), strict=True)
            if not p.is_replicate() and p.dim == axis
        ]
        sizes.append(sum(last - first for first, last in intervals(size, cuts)))
    return local(torch.zeros(sizes), mesh, placements, shape=empty.shape, stride=empty.stride(), run_check=False)


def check_placements(mesh, placements, shapes):
    for shape in shapes:
        holder = nn.ParameterDict({"w": nn.Parameter(sharded(shape, mesh, placements))})
        ft.initialize_(holder, {"w": fi.get("he_normal", fans="oi")}, rng=3)
        whole = fi.he_normal(shape, fans="oi", rng=3, name="w")
        assert (holder["w"].full_tensor().detach().numpy() == whole).all(), (shape, placements)


def check_model(mesh, tp_mesh, offload):
    """FSDP2, with tensor parallel layers if there is a mesh for them, by rules and by a plan."""
    from torch.distributed.fsdp import CPUOffloadPolicy, fully_shard
    from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

    plan = ft.record(Model)
    with torch.device("meta"):
        model = Model()
    options = {"mesh": mesh} | ({"offload_policy": CPUOffloadPolicy(pin_memory=False)} if offload else {})
    for block in model.blocks:
        if tp_mesh is not None:
            parallelize_module(block, tp_mesh, {"up": ColwiseParallel(), "down": RowwiseParallel()})
        fully_shard(block, **options)
    fully_shard(model, **options)
    model.to_empty(device="cpu")
    model.head.weight = model.embed.weight  # to_empty breaks ties
    for what in (RULES, plan):
        ft.initialize_(model, what, rng=7)
        whole = ft.initialize_(Model(), what, rng=7)
        for (name, part), (_, full) in zip(model.named_parameters(), whole.named_parameters(), strict=True):
            assert torch.equal(part.full_tensor().detach(), full.detach()), name
    if tp_mesh is None:
        ids = torch.arange(10).view(2, 5)
        assert torch.allclose(model(ids), whole(ids), atol=1e-5)


def check_memory(mesh):
    """A process takes its own shard of memory, and no more than 64 MiB besides."""
    from torch.distributed.tensor import Shard

    n = mesh.size()
    holder = nn.ParameterDict({"w": nn.Parameter(sharded((n * 16384, 1024), mesh, [Shard(0)]))})  # 64 MiB a process
    before = resident()
    ft.initialize_(holder, {"w": "normal"}, rng=0)
    assert resident() - before < (64 + 64) * 1024
    first = torch.distributed.get_rank() * 16384
    row = fi.normal((n * 16384, 1024), rng=0, name="w", index=first + 5)
    assert (holder["w"].to_local()[5].detach().numpy() == row).all()


def resident():
    """The most that this process has had since memory was last looked at, in KiB."""
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1])


def process(rank, n, path):
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import Replicate, Shard
    from torch.distributed.tensor.placement_types import _StridedShard

    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{path}", rank=rank, world_size=n)
    shapes = [(64, 48), (7, 5), (3, 5), (13, 4, 3)]
    line = init_device_mesh("cpu", (n,))
    for placements in [Shard(0)], [Shard(1)], [Replicate()]:
        check_placements(line, placements, shapes)
    check_model(line, None, offload=False)
    check_model(line, None, offload=True)
    check_memory(line)
    if n == 4:
        square = init_device_mesh("cpu", (2, 2), mesh_dim_names=("data", "tensor"))
        for placements in (
            [Shard(0), Shard(1)],
            [Shard(1), Shard(0)],
            [Shard(0), Shard(0)],
            [Shard(0), Replicate()],
            [Replicate(), Shard(1)],
            [_StridedShard(0, split_factor=2), Shard(0)],
            [_StridedShard(1, split_factor=2), Shard(1)],
        ):
            check_placements(square, placements, shapes)
        check_model(square["data"], square["tensor"], offload=False)
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("n", [2, 4])
def test_parts_are_the_whole(n, tmp_path):
    folders = [os.path.dirname(os.path.dirname(fi.__file__)), os.path.dirname(__file__)]
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([*folders, *([before] if before else [])])
    try:
        mp.spawn(process, (n, tmp_path / "store"), nprocs=n)
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def test_partial_sums_are_refused(tmp_path):
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import DTensor, Partial

    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path / 'store'}", rank=0, world_size=1)
    try:
        tensor = DTensor.from_local(torch.zeros(3), init_device_mesh("cpu", (1,)), [Partial()])
        holder = nn.ParameterDict({"w": nn.Parameter(tensor)})
        with pytest.raises(TypeError, match=r"^initialize_: tensor: expected shards and replicas, got a DTensor with"):
            ft.initialize_(holder, {"w": "normal"}, rng=0)
    finally:
        torch.distributed.destroy_process_group()

"""A model in real process groups, by rules and by a plan: the parts together are the whole, bit for bit."""

import os

import pytest

torch = pytest.importorskip("torch")

from group_processes import spawn  # noqa: E402
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


def process(rank, n, path):
    from torch.distributed.device_mesh import init_device_mesh

    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{path}", rank=rank, world_size=n)
    line = init_device_mesh("cpu", (n,))
    check_model(line, None, offload=False)
    check_model(line, None, offload=True)
    if n == 4:
        square = init_device_mesh("cpu", (2, 2), mesh_dim_names=("data", "tensor"))
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
        spawn(process, (n, tmp_path / "store"), n)
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
        with pytest.raises(TypeError, match=r"^initialize_: tensor: expected a DTensor of shards .* one with Partial"):
            ft.initialize_(holder, {"w": "normal"}, rng=0)
    finally:
        torch.distributed.destroy_process_group()

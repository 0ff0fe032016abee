"""What each process of a group does with a distributed checkpoint: it writes its share and reads its part."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
import torch.distributed as dist  # noqa: E402
import torch.distributed.checkpoint as dcp  # noqa: E402
from torch import nn  # noqa: E402
from torch.distributed.device_mesh import init_device_mesh  # noqa: E402
from torch.distributed.fsdp import fully_shard  # noqa: E402

import fastinit.torch as ft  # noqa: E402


class Tied(nn.Module):
    """With a tied head, a padding row, a buffer that is saved and one that is not."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(50, 16, padding_idx=0)
        self.body = nn.Sequential(nn.Linear(16, 33), nn.LayerNorm(33), nn.Linear(33, 16))
        self.head = nn.Linear(16, 50, bias=False)
        self.head.weight = self.embed.weight
        self.register_buffer("pi", torch.full((3,), 3.14))
        self.register_buffer("mask", torch.ones(5, 5), persistent=False)


def build():
    return Tied()


def process(rank, folder):
    dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2)
    try:
        ft.create_dcp(f"{folder}/checkpoint", ft.record(build), 5)
        model = build()
        fully_shard(model, mesh=init_device_mesh("cpu", (2,)))
        dcp.load(model.state_dict(), checkpoint_id=f"{folder}/checkpoint")
        expected = ft.materialize(build, 5).state_dict()
        unequal = []
        for name, tensor in model.state_dict().items():
            whole = tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor
            if not torch.equal(whole, expected[name]):
                unequal.append(name)
        Path(folder, f"{rank}.txt").write_text(", ".join(unequal) or "equal")
    finally:
        dist.destroy_process_group()

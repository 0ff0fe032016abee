"""What each process of a real process group does: fills its parts, and compares them put together with the whole."""

import contextlib
import json
import re
import traceback
from datetime import timedelta
from pathlib import Path

import pytest

import fastinit as fi

torch = pytest.importorskip("torch")
if not torch.distributed.is_available():
    pytest.skip("this PyTorch has no process groups", allow_module_level=True)

import torch.distributed as dist  # noqa: E402
from small_models import BLOCK, ENDS, perceptron, transformer  # noqa: E402
from torch import nn  # noqa: E402
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh  # noqa: E402
from torch.distributed.fsdp import CPUOffloadPolicy, fully_shard  # noqa: E402
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor  # noqa: E402
from torch.distributed.tensor.parallel import parallelize_module  # noqa: E402
from torch.distributed.tensor.placement_types import _StridedShard  # noqa: E402

from fastinit.filling import tensors  # noqa: E402
from fastinit.torch.shards import pieces_of  # noqa: E402

RULES = {"*norm*": "ones", "*bias": fi.get("normal", std=0.1), "*": fi.get("he_normal", fans="oi")}

IDS = torch.arange(10).view(2, 5)

SHAPES = [(64, 48), (7, 5), (3, 5), (1, 9), (13, 4, 3)]
LINE = [Shard(0), Shard(1), Replicate(), _StridedShard(0, split_factor=3), _StridedShard(1, split_factor=2)]
SQUARE = [
    (Shard(0), Shard(1)),
    (Shard(1), Shard(0)),
    (Shard(0), Shard(0)),
    (Shard(1), Shard(1)),
    (Shard(0), Replicate()),
    (Replicate(), Shard(1)),
    (Replicate(), Replicate()),
    (_StridedShard(0, split_factor=2), Shard(0)),
    (_StridedShard(1, split_factor=2), Shard(1)),
    (_StridedShard(0, split_factor=3), Replicate()),
    (_StridedShard(0, split_factor=3), Shard(1)),
]


def fill(named):
    """All tensors of one process by one call; those of which it has nothing are left out."""
    arrays = {}
    for name, tensor in named.items():
        pieces = pieces_of("test", tensor)
        if pieces is None:
            arrays[name] = tensor.detach()
        elif pieces.parts:
            arrays[name] = tuple(fi.part(view, pieces.shape, index) for view, index in pieces.parts)
    fi.initialize(arrays, RULES, rng=0, unused="ignore")


def whole_of(named):
    """The same on one process."""
    whole = {name: torch.zeros(tensor.shape, dtype=tensor.dtype) for name, tensor in named.items()}
    fi.initialize(whole, RULES, rng=0, unused="ignore")
    return whole


def check_values(named):
    try:
        fill(named)
    finally:  # where it failed too, or the others wait
        full = {name: tensor.full_tensor().detach() for name, tensor in named.items()}
    for name, whole in whole_of(named).items():
        assert torch.equal(full[name], whole), f"{name}: {named[name].placements} of {tuple(whole.shape)}"


def check_placements(mesh, placements):
    named = {}
    for shape, dtype in [*((shape, torch.float32) for shape in SHAPES), (SHAPES[1], torch.bfloat16)]:
        tensor = distribute_tensor(torch.zeros(shape, dtype=dtype), mesh, placements, src_data_rank=None)
        named[f"{shape} {dtype}"] = tensor
    check_values(named)


def sharded(model, mesh, tp_plans=None, tp_mesh=None, **options):
    """A model cut layer by layer: first by tensor parallelism, where there is a plan for the layer, then by FSDP2."""
    for name, layer in model.named_children():
        if tp_plans and name in tp_plans:
            parallelize_module(layer, tp_mesh, tp_plans[name])
        if list(layer.parameters()):
            fully_shard(layer, mesh=mesh, **options)
    return fully_shard(model, mesh=mesh, **options)


def check_model(build, *meshes_and_plans, inputs=None, **options):
    """A model made without memory, sharded, given memory and filled; then it computes as the whole one does."""
    check_cuts(build, *meshes_and_plans, **options)
    with torch.device("meta"):
        model = build()
    sharded(model, *meshes_and_plans, **options).to_empty(device="cpu")
    named = dict(model.named_parameters())
    assert all(isinstance(parameter, DTensor) for parameter in named.values())
    check_values(named)
    if inputs is not None:
        whole = filled(build)
        outputs = model(inputs)
        outputs.sum().backward()
        assert torch.allclose(outputs, whole(inputs), atol=1e-5)


def check_cuts(build, *meshes_and_plans, **options):
    """Of a model that had values before it was sharded, a process has those that its pieces are said to hold."""
    values = filled(build).state_dict()
    for name, parameter in sharded(filled(build), *meshes_and_plans, **options).named_parameters():
        pieces = pieces_of("test", parameter)
        assert sum(view.numel() for view, _ in pieces.parts) == parameter.to_local().numel()
        for view, index in pieces.parts:
            assert torch.equal(view, values[name][index]), name


def filled(build):
    model = build()
    model.load_state_dict(whole_of(dict(model.named_parameters())))
    return model


def outside_of_the_mesh(rank, n):
    mesh = DeviceMesh("cpu", [n - 1])
    tensor = distribute_tensor(torch.zeros(7, 5), mesh, [Shard(0)], src_data_rank=None)
    if rank != n - 1:
        assert pieces_of("test", tensor) == ((7, 5), [])
    fill({"w": tensor})
    if rank == n - 1:
        assert torch.equal(tensor.full_tensor(), whole_of({"w": tensor})["w"])


def backward_refuses(rank, n):
    """Values that a backward pass needs and that were filled over, if the write is told to the DTensor too."""
    tensor = nn.Parameter(distribute_tensor(torch.ones(8, 4), init_device_mesh("cpu", (n,)), [Shard(0)]))
    total = (tensor * tensor).sum()
    fill({"w": tensor})
    tensors.note_write(tensor)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        total.backward()


def memory(rank, n):
    """In MiB: what a process's own part of 64 MiB needs; and, for control, the same by way of the whole."""
    mesh, found = init_device_mesh("cpu", (n,)), {}
    fill(
        {"w": distribute_tensor(torch.zeros(64, 64), mesh, [Shard(0)], src_data_rank=None)}
    )  # what the first call needs
    for way in ("part", "whole") if rank == 0 else ("part",):
        local = torch.empty(16384, 1024)  # untouched
        shape = (n * 16384, 1024)
        tensor = DTensor.from_local(local, mesh, [Shard(0)], run_check=False, shape=shape, stride=(1024, 1))
        with contextlib.suppress(OSError):  # where the peak cannot be put back, it does not rise at first
            Path("/proc/self/clear_refs").write_text("5")
        before = resident()
        if way == "part":
            fill({"w": tensor})
        else:
            local.copy_(whole_of({"w": tensor})["w"][rank * 16384 :][:16384])
        found[way] = [after - earlier for after, earlier in zip(resident(), before, strict=True)]
        del tensor, local
    return found


def resident():
    """In MiB: anonymous memory, and the peak of all."""
    status = Path("/proc/self/status").read_text()
    return [int(re.search(rf"{key}:\s+(\d+)", status)[1]) / 1024 for key in ("RssAnon", "VmHWM")]


def cases(n):
    """What to do in a group of n processes, by name."""
    found = {f"{p}": lambda rank, n, p=p: check_placements(init_device_mesh("cpu", (n,)), [p]) for p in LINE}

    def line():
        return init_device_mesh("cpu", (n,))

    offload = CPUOffloadPolicy(pin_memory=False)
    found |= {
        "fsdp2": lambda *_: check_model(perceptron, line(), inputs=torch.ones(4, 24)),
        "fsdp2 transformer": lambda *_: check_model(transformer, line(), inputs=IDS),
        "fsdp2 offload": lambda *_: check_model(transformer, line(), inputs=IDS, offload_policy=offload),
        "outside of the mesh": outside_of_the_mesh,
        "backward": backward_refuses,
    }
    if n > 1 and Path("/proc/self/status").exists():
        found["memory"] = memory
    if n == 4:
        found |= {f"{p}": lambda *_, p=p: check_placements(square(), p) for p in SQUARE}
        blocks = {"1": BLOCK, "2": BLOCK}
        found |= {
            "hsdp": lambda *_: check_model(transformer, square(), inputs=IDS),
            "fsdp2 + tp": lambda *_: check_model(perceptron, *planned(ENDS), inputs=torch.ones(4, 24)),
            # PyTorch 2.13 itself cannot put these together: it fails where an empty part has the shape (0, 0).
            "fsdp2 + tp, mostly empty": lambda *_: check_cuts(lambda: perceptron(1), *planned(ENDS)),
            "fsdp2 + tp transformer": lambda *_: check_model(transformer, *planned(blocks)),
            "fsdp2 + tp offload": lambda *_: check_model(transformer, *planned(blocks), offload_policy=offload),
        }
    return found


def square():
    return init_device_mesh("cpu", (2, 2), mesh_dim_names=("data", "tensor"))


def planned(plans):
    """Meshes and plans of FSDP2 over tensor parallelism."""
    return square()["data"], plans, square()["tensor"]


def process(place, folder):
    """One of four, which are a group of two, one of one and one without; then all are one group of four."""
    torch.set_num_threads(1)
    for n, ranks in (2, [0, 1]), (1, [2]), (4, [0, 1, 2, 3]):
        if place in ranks:
            in_group(ranks.index(place), n, folder / str(n))


def in_group(rank, n, folder):
    """Do all cases, and write what came of each."""
    store, timeout = f"file://{folder}.store", timedelta(seconds=60)
    dist.init_process_group("gloo", init_method=store, rank=rank, world_size=n, timeout=timeout)
    found = {}
    for name, case in cases(n).items():
        try:
            found[name] = case(rank, n)
        except Exception:
            found[name] = traceback.format_exc()
        dist.barrier()
    Path(f"{folder}.{rank}.json").write_text(json.dumps(found))
    dist.destroy_process_group()

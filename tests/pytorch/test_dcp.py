"""create_dcp: checkpoints of torch.distributed.checkpoint that any module loads."""

import warnings

import pytest

torch = pytest.importorskip("torch")
import torch.distributed.checkpoint as dcp  # noqa: E402
from dcp_cases import build, process  # noqa: E402
from group_processes import spawn  # noqa: E402

import fastinit as fi  # noqa: E402
import fastinit.torch as ft  # noqa: E402
from fastinit.torch import distributed_checkpoint  # noqa: E402
from fastinit.torch.distributed_checkpoint import create_dcp  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # PyTorch's own, of its storage and of groups


@pytest.mark.parametrize("chunk_bytes", [1, 1000, 64 << 20])
@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
def test_loads_what_materialize_makes(tmp_path, chunk_bytes, dtype, monkeypatch):
    monkeypatch.setattr(distributed_checkpoint, "CHUNK_BYTES", chunk_bytes)
    create_dcp(tmp_path, ft.record(build), 5, dtype, prefix="model.", threads=2)
    expected = ft.materialize(build, 5, dtype)
    model = build().to(dtype or torch.float32)
    dcp.load({"model": model.state_dict()}, checkpoint_id=tmp_path, no_dist=True)
    for (name, one), other in zip(model.state_dict().items(), expected.state_dict().values(), strict=True):
        if name != "pi":  # a buffer, which keeps its dtype in a plan and not in `to`
            assert torch.equal(one, other), name


def test_memory_is_bounded(tmp_path, monkeypatch):
    """Each chunk is made when it is written: never two of one thread's at once."""
    monkeypatch.setattr(distributed_checkpoint, "CHUNK_BYTES", 1 << 20)
    alive, most = [0], [0]
    made = distributed_checkpoint.Chunk.tensor

    def counted(chunk):
        import weakref

        tensor = made(chunk)
        alive[0] += 1
        most[0] = max(most[0], alive[0])
        weakref.finalize(tensor, lambda: alive.__setitem__(0, alive[0] - 1))
        return tensor

    monkeypatch.setattr(distributed_checkpoint.Chunk, "tensor", counted)
    plan = fi_plan(40)
    create_dcp(tmp_path, plan, threads=1)
    assert most[0] <= 3


def fi_plan(n):
    return ft.Plan({f"{i}": ft.Entry((256, 1024), "float32", fi.get("normal")) for i in range(n)})


def test_processes_write_it_and_a_sharded_module_reads_it(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spawn(process, (str(tmp_path),), 2)
    assert [(tmp_path / f"{rank}.txt").read_text() for rank in range(2)] == ["equal"] * 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (dict(plan={}), "a plan"),
        (dict(prefix=3), "a string"),
        (dict(threads=0), ">= 1"),
        (dict(dtype="int8"), "one of float32"),
    ],
)
def test_refusals(tmp_path, arguments, words):
    with pytest.raises((TypeError, ValueError), match=words):
        create_dcp(tmp_path / "x", **{"plan": fi_plan(1), **arguments})
    assert not (tmp_path / "x").exists()

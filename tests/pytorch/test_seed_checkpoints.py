"""fastinit init of configurations: transformers loads the files, and finds in them what `materialize` makes."""

import json

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")
from architectures import FAMILIES, INPUTS  # noqa: E402
from command_line import in_this_process  # noqa: E402

import fastinit.safetensors as fs  # noqa: E402
import fastinit.torch as ft  # noqa: E402


def saved(name, folder, **more):
    """The configuration of a small architecture in a folder, and itself."""
    architecture, kind, settings, _ = FAMILIES[name]
    config = getattr(transformers, kind)(**settings, **more)
    config.architectures = [architecture]
    config.save_pretrained(folder)
    return config


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("shard_size", [None, "30KB"])
def test_transformers_loads_it(tmp_path, name, shard_size):
    config = saved(name, tmp_path / "source", dtype="bfloat16" if name == "llama" else "float32")
    target = tmp_path / "target"
    more = [] if shard_size is None else ["--shard-size", shard_size]
    done = in_this_process("init", tmp_path / "source", "-o", target, "--seed", "9", *more)
    assert done.returncode == 0, done.stderr
    assert (target / "model.safetensors.index.json").exists() == (shard_size is not None)
    cls = getattr(transformers, config.architectures[0])
    model, info = cls.from_pretrained(target, output_loading_info=True, dtype="auto")
    assert not any(info.values()), info
    expected = ft.materialize(config, rng=9).state_dict()
    found = model.state_dict()
    assert found.keys() == expected.keys()
    for key, tensor in found.items():
        assert tensor.dtype == expected[key].dtype
        assert torch.equal(tensor, expected[key]), key
    output = model.eval()(**INPUTS[FAMILIES[name][3]])
    assert all(torch.isfinite(tensor).all() for tensor in output.values() if isinstance(tensor, torch.Tensor))
    assert fs.verify(target).is_as_planned
    assert in_this_process("verify", target, "--plan", tmp_path / "source", "--seed", "9").returncode == 0
    assert in_this_process("verify", target, "--plan", tmp_path / "source", "--seed", "8").returncode == 1


def test_the_configuration_has_the_dtype_written(tmp_path):
    saved("llama", tmp_path / "source")
    assert in_this_process("init", tmp_path / "source", "-o", tmp_path / "x", "--dtype", "float16").returncode == 0
    written = json.loads((tmp_path / "x" / "config.json").read_text())
    assert written.get("dtype", written.get("torch_dtype")) == "float16"
    model = transformers.LlamaForCausalLM.from_pretrained(tmp_path / "x", dtype="auto")
    assert model.dtype is torch.float16


def test_into_its_own_folder(tmp_path):
    """The configuration stays as it is, beside the weights that are new."""
    saved("bert", tmp_path)
    before = (tmp_path / "config.json").read_text()
    assert in_this_process("init", tmp_path, "-o", tmp_path).returncode == 0
    assert (tmp_path / "config.json").read_text() == before
    done = in_this_process("init", tmp_path, "-o", tmp_path)
    assert done.returncode == 1
    assert "--force overwrites it" in done.stderr


@pytest.mark.filterwarnings("ignore:torch.distributed is disabled")
def test_distributed_checkpoints(tmp_path):
    import torch.distributed.checkpoint as dcp

    config = saved("t5", tmp_path)
    arguments = ("init", tmp_path, "-o", tmp_path / "dcp", "--format", "dcp", "--seed", "9")
    assert in_this_process(*arguments).returncode == 0
    model = ft.materialize(config, rng=1)
    dcp.load(model.state_dict(), checkpoint_id=tmp_path / "dcp", no_dist=True)
    for key, tensor in ft.materialize(config, rng=9).state_dict().items():
        assert torch.equal(model.state_dict()[key], tensor), key
    assert in_this_process(*arguments).returncode == 1

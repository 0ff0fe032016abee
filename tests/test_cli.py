"""The command line: checkpoints that the official reader opens, and failures that leave nothing behind."""

import itertools
import json
import os
import resource
import signal
import subprocess
import sys

import numpy as np
import pytest
from command_line import fails, fastinit, in_this_process, interrupted
from safetensors import safe_open

import fastinit as fi
from fastinit.checkpoints import writer
from fastinit.plans.models import MODELS, Parameter

TINY = [
    Parameter("w", (1000, 70), fi.get("normal", std=0.02)),
    Parameter("empty", (0, 4), fi.get("ones")),
    Parameter("b", (70,), fi.get("ones")),
    Parameter("big", (3_000_001,), fi.get("uniform", low=-1, high=1)),
    Parameter("scalar", (), fi.get("constant", value=2.5)),
]


def test_every_tensor_equals_a_direct_fill(tmp_path):
    path = tmp_path / "tiny.safetensors"
    written = []
    n_bytes = writer.write(path, TINY, 5, progress=written.append)
    assert n_bytes == path.stat().st_size
    assert sum(written) == 4 * sum(writer.n_elements(p) for p in TINY)
    assert os.listdir(tmp_path) == ["tiny.safetensors"]
    with safe_open(path, "np") as file:
        assert set(file.keys()) == {p.name for p in TINY}
        assert file.metadata() == {"format": "pt"}
        for parameter in TINY:
            tensor = file.get_tensor(parameter.name)
            assert np.array_equal(tensor, parameter.scheme(parameter.shape, rng=5, name=parameter.name))


def test_gpt2(tmp_path):
    path = tmp_path / "gpt2.safetensors"
    done = fastinit("init", "gpt2", "-o", path)
    assert done.returncode == 0, done.stderr
    assert "100%" in done.stderr
    assert done.stdout.count("\n") == 1
    assert done.stdout.startswith(f"{path}: 148 tensors, 124,439,808 parameters, {path.stat().st_size:,} bytes, ")
    assert done.stdout.rstrip().endswith("GB/s")
    with safe_open(path, "np") as file:
        assert len(list(file.keys())) == 148
        expected = {
            "wte.weight": ((50257, 768), 0.02),
            "wpe.weight": ((1024, 768), 0.02),
            "h.0.attn.c_attn.weight": ((768, 2304), 0.02),
            "h.11.attn.c_proj.weight": ((768, 768), 0.02 / 24**0.5),
            "h.5.mlp.c_fc.weight": ((768, 3072), 0.02),
            "h.5.mlp.c_proj.weight": ((3072, 768), 0.02 / 24**0.5),
        }
        for name, (shape, std) in expected.items():
            tensor = file.get_tensor(name)
            assert tensor.shape == shape
            assert abs(tensor.std(dtype=np.float64) / std - 1) < 4.5 / (2 * tensor.size) ** 0.5
        assert (file.get_tensor("h.3.ln_1.weight") == 1).all()
        assert (file.get_tensor("h.3.mlp.c_fc.bias") == 0).all()
        assert np.array_equal(file.get_tensor("wpe.weight"), fi.normal((1024, 768), std=0.02, rng=0, name="wpe.weight"))


@pytest.mark.parametrize(
    ("model", "n_millions"), [("gpt2", 124), ("gpt2-medium", 355), ("gpt2-large", 774), ("gpt2-xl", 1558)]
)
def test_model_sizes(model, n_millions):
    parameters = list(MODELS[model]())
    assert round(sum(writer.n_elements(p) for p in parameters) / 1e6) == n_millions
    assert len({p.name for p in parameters}) == len(parameters)


def test_header_is_aligned_and_without_holes():
    header = writer.header(TINY)
    n_json = int.from_bytes(header[:8], "little")
    assert len(header) == 8 + n_json
    assert len(header) % 4096 == 0
    spans = [e["data_offsets"] for name, e in json.loads(header[8:]).items() if name != "__metadata__"]
    assert spans[0][0] == 0
    assert all(a[1] == b[0] for a, b in itertools.pairwise(spans))


def test_an_existing_target_is_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_text("precious")
    fails(fastinit("init", "gpt2", "-o", path), "exists", "--force")
    assert path.read_text() == "precious"
    assert os.listdir(tmp_path) == [path.name]
    assert fastinit("init", "gpt2", "-o", path, "--force").returncode == 0
    assert path.stat().st_size > 4e8
    assert os.listdir(tmp_path) == [path.name]


def test_a_link_is_followed(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    writer.write(link, TINY, 5, force=True)
    assert link.is_symlink()
    assert target.stat().st_size > 1 << 20


def test_a_file_that_appears_meanwhile_is_kept(tmp_path):
    path = tmp_path / "x"
    with pytest.raises(FileExistsError):
        writer.write(path, TINY, 5, progress=lambda n_bytes: path.write_text("precious"))
    assert path.read_text() == "precious"
    assert os.listdir(tmp_path) == ["x"]


def test_force_keeps_the_mode(tmp_path):
    path = tmp_path / "x"
    path.write_text("old")
    path.chmod(0o600)
    writer.write(path, TINY, 5, force=True)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_full_disk_leaves_nothing(tmp_path):
    """The file-size limit stands in for the disk: the write fails in its middle, as on a full one."""

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100 << 20, 100 << 20))

    fails(fastinit("init", "gpt2", "-o", tmp_path / "x.safetensors", preexec_fn=limit), "File too large")
    assert os.listdir(tmp_path) == []


def test_unwritable_places(tmp_path):
    fails(fastinit("init", "gpt2", "-o", tmp_path / "no" / "x.safetensors"), "No such file or directory")
    (tmp_path / "file").write_text("")
    fails(in_this_process("init", "gpt2", "-o", tmp_path / "file" / "x.safetensors"), "Not a directory")
    fails(in_this_process("init", "gpt2", "-o", tmp_path, "--force"), "not a regular file")
    fails(in_this_process("init", "gpt2", "-o", "/dev/null", "--force"), "/dev/null", "not a regular file")
    fails(in_this_process("init", "gpt2", "-o", "/proc/x.safetensors"), "/proc/x.safetensors: ")
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_an_interrupt_leaves_nothing(tmp_path, sent, status):
    def ready(process):
        return any(file.stat().st_size > 1 << 20 for file in tmp_path.iterdir())

    target = tmp_path / "x.safetensors"
    stderr = interrupted(sent, status, ready, "init", "gpt2-xl", "-o", target, "--threads", "1")
    assert os.listdir(tmp_path) == []
    if sent == signal.SIGINT:
        assert stderr.splitlines()[-1] == "fastinit: error: interrupted"


def test_bad_arguments(tmp_path):
    path = tmp_path / "x.safetensors"
    bad = [
        (("init", "gpt2", "-o", path, "--seed", "-1"), "--seed: expected an int >= 0, got '-1'"),
        (("init", "gpt2", "-o", path, "--seed", "x"), "--seed: expected an int >= 0, got 'x'"),
        (("init", "gpt2", "-o", path, "--threads", "0"), "--threads: expected an int >= 1, got '0'"),
        (("bench", "--mib", "0"), "--mib: expected an int >= 1, got '0'"),
        (("init", "gpt5", "-o", path), "gpt2-xl"),
        (("init", "gpt2"), "--output"),
        ((), "{init,check,bench,info}"),
        (("fill",), "fill"),
    ]
    for arguments, words in bad:
        done = in_this_process(*arguments)
        assert done.returncode == 2
        assert "usage: fastinit" in done.stderr
        assert words in done.stderr
    assert os.listdir(tmp_path) == []


@pytest.mark.heavy
def test_memory_stays_far_below_the_file(tmp_path):
    code = (
        "import resource; from fastinit.cli import main;"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; before = peak();"
        f"main(['init', 'gpt2', '-o', {str(tmp_path / 'x')!r}]); print(peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    growth_kib = int(done.stdout.splitlines()[-1])
    assert growth_kib < 64 << 10


def test_info():
    done = fastinit("info")
    assert done.returncode == 0
    for words in (fi.__version__, "chosen:", "OpenMP", "in use:", "set by:", "huge pages:"):
        assert words in done.stdout

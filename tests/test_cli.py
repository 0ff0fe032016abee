"""The command line: checkpoints that the official reader opens, and failures that leave nothing behind."""

import contextlib
import json
import math
import os
import resource
import signal
import subprocess
import sys
import termios

import numpy as np
import pytest
from command_line import fails, fastinit, in_this_process, interrupted
from safetensors import safe_open
from safetensors.numpy import save_file

import fastinit as fi
from fastinit.plans.models import MODELS


@pytest.mark.heavy
def test_gpt2(tmp_path):
    path = tmp_path / "gpt2.safetensors"
    done = fastinit("init", "gpt2", "-o", path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
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


SIZES = {
    "gpt2": (148, 124_439_808),
    "gpt2-medium": (292, 354_823_168),
    "gpt2-large": (436, 774_030_080),
    "gpt2-xl": (580, 1_557_611_200),
    "llama-1b": (146, 1_235_814_400),
    "llama-8b": (291, 8_030_261_248),
    "vit-b-16": (200, 86_567_656 - 1000 * 769 + 2 * 769),  # published with 1000 classes, configurations have 2
    "dlrm": (42, 128 * (400_000_000 + 44_975_536) + 2_368_897),  # four tables are cut; then the perceptrons
}


@pytest.mark.parametrize("model", SIZES)
def test_model_sizes(model):
    done = in_this_process("init", model, "-o", "x.safetensors", "--dry-run", "--json")
    tensors = json.loads(done.stdout)["tensors"]
    assert (len(tensors), sum(math.prod(row["shape"]) for row in tensors)) == SIZES[model]


def test_all_models_are_told():
    assert SIZES.keys() == MODELS.keys()


def test_padding_rows():
    table = MODELS["dlrm"]()["emb_l.5.weight"]
    values = table.scheme(table.shape, rng=0, name="emb_l.5.weight")
    assert values.shape == (3, 128)
    assert not values[0].any()
    assert 0.5 < abs(values[1:]).max() <= 3**-0.5


def test_an_existing_target_is_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_text("precious")
    fails(fastinit("init", "gpt2", "-o", path), "exists", "--force")
    assert path.read_text() == "precious"
    assert os.listdir(tmp_path) == [path.name]
    small = ("--rule", "*=dummy", "--dtype", "float8_e4m3fn")
    assert in_this_process("init", "gpt2", "-o", path, "--force", *small).returncode == 0
    assert path.stat().st_size > 1e8
    assert os.listdir(tmp_path) == [path.name]


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
    fails(in_this_process("init", "gpt2", "-o", "/dev/null", "--force"), "/dev/null", "not a regular file")
    fails(in_this_process("init", "gpt2", "-o", "/proc/x.safetensors"), "/proc/x.safetensors: ")
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), pytest.param(signal.SIGHUP, 129, marks=pytest.mark.heavy)],
)
def test_an_interrupt_leaves_nothing(tmp_path, sent, status):
    def ready(process):
        return any(file.stat().st_size > 1 << 20 for file in tmp_path.iterdir())

    target = tmp_path / "x.safetensors"
    stderr = interrupted(sent, status, ready, "init", "gpt2-xl", "-o", target, "--threads", "1")
    assert os.listdir(tmp_path) == []
    if sent == signal.SIGINT:
        assert stderr.splitlines()[-1] == "fastinit: error: interrupted"


@pytest.mark.parametrize(("quiet", "drawn"), [((), True), (("--quiet",), False)], ids=["shown", "quiet"])
def test_a_terminal_shows_the_progress(tmp_path, quiet, drawn):
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    source, path = tmp_path / "names.safetensors", tmp_path / "x.safetensors"
    save_file({"w": np.zeros((1000, 1000), np.float32)}, source)
    command = [sys.executable, "-m", "fastinit", "init", source, "--rule", "*=normal", "-o", path, *quiet]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, text=True, timeout=100)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # a terminal without a writer ends so
        while piece := os.read(ours, 1 << 16):
            shown += piece
    os.close(ours)
    assert done.returncode == 0
    assert (b"100%" in shown) is bool(shown) is drawn
    assert bool(done.stdout) is drawn


def test_standard_output_is_no_target(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fails(
        in_this_process("init", "gpt2", "-o", "-"),
        "init: TARGET: expected the name of a file or folder: nothing goes to standard output, got '-'",
    )
    assert os.listdir(tmp_path) == []


def test_bash_completes(tmp_path):
    script = tmp_path / "completion"
    script.write_text(in_this_process("completion", "bash").stdout)
    (tmp_path / "x.safetensors").touch()
    ask = 'source completion; COMP_WORDS=({}); COMP_CWORD={}; _shtab_fastinit; echo "${{COMPREPLY[@]}}"'

    def completed(*words):
        command = ["bash", "-c", ask.format(" ".join(words), len(words) - 1)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
        return done.stdout.split()

    assert completed("fastinit", "ver") == ["verify"]
    assert completed("fastinit", "check", "--pl") == ["--plot"]
    assert "x.safetensors" in completed("fastinit", "verify", "x")


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_other_shells_get_a_script(shell):
    done = in_this_process("completion", shell)
    assert done.returncode == 0
    assert "verify" in done.stdout


def test_bad_arguments(tmp_path):
    path = tmp_path / "x.safetensors"
    bad = [
        (("init", "gpt2", "-o", path, "--seed", "-1"), "--seed: expected an int >= 0, got '-1'"),
        (("init", "gpt2", "-o", path, "--seed", "x"), "--seed: expected an int >= 0, got 'x'"),
        (("init", "gpt2", "-o", path, "--threads", "0"), "--threads: expected an int >= 1, got '0'"),
        (("bench", "--mib", "0"), "--mib: expected an int >= 1, got '0'"),
        (("init", "gpt2"), "--output"),
        ((), "{init,verify,check,calibrate,bench,info,selftest,completion}"),
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
        f"main(['init', 'gpt2', '-o', {str(tmp_path / 'x.safetensors')!r}]); print(peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    growth_kib = int(done.stdout.splitlines()[-1])
    assert growth_kib < 64 << 10


def test_info():
    done = fastinit("info")
    assert done.returncode == 0
    for words in (fi.__version__, "chosen:", "OpenMP", "in use:", "set by:", "huge pages:"):
        assert words in done.stdout

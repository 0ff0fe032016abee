"""``fastinit calibrate``: what it shows, and the file that it writes if it is told to."""

import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import fastinit as fi
from fastinit import cli

N = 48


@pytest.fixture
def run(monkeypatch, capsys):
    """The command in this process, whose signal handlers stay."""
    monkeypatch.setattr(cli, "STOP_SIGNALS", [])

    def call(*arguments):
        status = cli.main(["calibrate", *map(str, arguments)])
        return status, *capsys.readouterr()

    return call


@pytest.fixture
def checkpoint(tmp_path):
    tensors = {f"net.{i}.weight": fi.he_normal((N, N), rng=i, dtype="bfloat16" if i % 2 else None) for i in range(24)}
    tensors |= {f"net.{i}.bias": np.full(N, 0.01, np.float32) for i in range(24)}
    save_file(tensors, tmp_path / "w.safetensors", {"note": "kept"})
    return tmp_path / "w.safetensors"


def test_a_dry_run_shows_the_factors_and_writes_nothing(run, checkpoint):
    before = checkpoint.read_bytes()
    status, out, error = run(checkpoint, "--activation", "silu")
    assert (status, error) == (0, "")
    found = fi.calibrate(checkpoint, "silu")
    assert out == f"{found}\n"
    assert out.splitlines()[1].split()[0] == "net.0.weight"
    assert (checkpoint.read_bytes(), list(checkpoint.parent.iterdir())) == (before, [checkpoint])
    _, out, _ = run(checkpoint, "--activation", "silu", "--json")
    assert {row["name"]: row["factor"] for row in json.loads(out)} == found.factors


def test_what_is_written_is_healthy_and_else_the_same(run, checkpoint):
    assert fi.check(checkpoint, "silu").verdict == "vanishing"
    target = checkpoint.with_name("new.safetensors")
    status, out, error = run(checkpoint, "--activation", "silu", "-o", target, "--quiet")
    assert (status, out, error) == (0, "", "")
    assert fi.check(target, "silu").healthy
    old, new, found = load_file(checkpoint), load_file(target), fi.calibrate(checkpoint, "silu")
    for name, array in new.items():
        expected = found.weights[name] if name in found.weights else old[name]
        assert array.dtype == old[name].dtype
        assert np.array_equal(array, expected), name
    with safe_open(target, "np") as file:
        assert file.metadata() == {"note": "kept"}
    status, _, error = run(checkpoint, "--activation", "silu", "-o", target)
    assert (status, "a file that does not exist, or --force" in error) == (2, True)
    assert run(checkpoint, "--activation", "silu", "--std", 2, "-o", target, "--force")[0] == 0
    assert fi.calibrate(target, "silu", std=2).factors["net.3.weight"] == pytest.approx(1, rel=1e-2)  # bfloat16
    assert sorted(path.name for path in checkpoint.parent.iterdir()) == ["new.safetensors", "w.safetensors"]


def test_layers_by_widths(run):
    _, out, _ = run("--layers", "64,64,64", "--activation", "tanh", "--std", 0.5)
    assert out == f"{fi.calibrate([64, 64, 64], 'tanh', std=0.5)}\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "calibrate: FILE, --layers: expected one of them, got neither"),
        (("w.safetensors",), "calibrate: --activation: expected the one between weights of a file, got none"),
        (("--layers", "4,5", "-o", "x.safetensors"), "calibrate: -o: expected a FILE of weights in .safetensors"),
        (("--layers", "4,5", "--force"), "calibrate: --force: expected -o beside it, got none"),
        (("w.safetensors", "--activation", "relu", "-o", "x.bin"), "calibrate: -o: expected a name that ends in"),
        (("w.safetensors", "--activation", "relu", "-o", "no/x.safetensors"), "expected a file that can be written"),
        (("w.safetensors", "--activation", "relu", "--std", "0"), "calibrate: std: expected a finite number > 0"),
        (("--layers", "4,5", "--scheme", "he_norml"), "calibrate: layers[0].scheme: expected 'he_normal'"),
    ],
)
def test_bad_input_is_2_in_one_line(run, checkpoint, monkeypatch, options, words):
    monkeypatch.chdir(checkpoint.parent)
    status, out, error = run(*options)
    assert (status, out, error.count("\n")) == (2, "", 1)
    assert words in error
    assert list(checkpoint.parent.iterdir()) == [checkpoint]


def test_a_copy_that_fails_leaves_nothing(checkpoint, monkeypatch):
    from fastinit.checking import rewriting
    from fastinit.files import names

    monkeypatch.setattr(names.os, "replace", lambda *paths: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        rewriting.write("calibrate", checkpoint, checkpoint.with_name("new.safetensors"), {})
    assert list(checkpoint.parent.iterdir()) == [checkpoint]

"""``fastinit check``: what it prints, exit statuses, and refusals in one line."""

import json
import subprocess
import sys

import pytest
from command_line import fastinit
from safetensors.numpy import save_file

import fastinit as fi
from fastinit import cli

RELU = ("--layers", "784,256,256,10", "--activation", "relu", "--scheme", "he_normal")


@pytest.fixture
def run(monkeypatch, capsys):
    """The command in this process, whose signal handlers stay."""
    monkeypatch.setattr(cli, "STOP_SIGNALS", [])

    def call(*arguments):
        status = cli.main(["check", *map(str, arguments)])
        return status, *capsys.readouterr()

    return call


def test_as_a_process():
    done = fastinit("check", *RELU)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{fi.check([784, 256, 256, 10], 'relu', 'he_normal')}\n"


def test_options_are_the_arguments(run):
    options = "--layers 20,30,5 --activation leaky_relu:0.3 --output softmax --scheme normal --bias 0.5 --layout oi"
    status, out, _ = run(*options.split(), "--seed", 4, "--samples", 20, "--json")
    report = fi.check(
        [20, 30, 5], ("leaky_relu", 0.3), "normal", output="softmax", bias=0.5, layout="oi", rng=4, n_samples=20
    )
    assert json.loads(out) == report.to_dict()
    assert status == (0 if report.healthy else 1)


def test_sick_is_1(run):
    status, out, error = run("--layers", ",".join(["50"] * 20), "--scheme", "zeros")
    assert (status, error) == (1, "")
    assert "\nsymmetric: " in out
    assert "\nremedy: weights: fastinit.get('he_normal')" in out


def test_a_model_and_its_weights(run, tmp_path):
    weights = {"a.weight": fi.he_normal((20, 30), rng=0), "b.weight": fi.glorot_normal((30, 5), rng=1)}
    save_file(weights, tmp_path / "w.safetensors")
    tables = "".join(f'[[layers]]\ntensor = "{name}"\n' for name in weights)
    (tmp_path / "m.toml").write_text('file = "w.safetensors"\n' + tables)
    status, out, _ = run(tmp_path / "m.toml", "--json")
    assert (status, json.loads(out)["verdict"]) == (0, "healthy")
    status, out, _ = run(tmp_path / "w.safetensors")
    assert status == 0
    assert out == f"{fi.check(weights)}\n"
    save_file({"w": 9 * weights["a.weight"]}, tmp_path / "w.safetensors")
    assert run(tmp_path / "w.safetensors")[0] == 1


def test_weights_as_a_network(run, tmp_path):
    tensors = {f"net.{2 * i}.weight": fi.fan_in_uniform((64, 64), fans="oi", rng=i) for i in range(30)}
    save_file(tensors, tmp_path / "w.safetensors")
    assert run(tmp_path / "w.safetensors")[0] == 0
    status, out, _ = run(tmp_path / "w.safetensors", "--activation", "tanh")
    assert status == 1
    assert "\nvanishing: " in out
    status, _, error = run(tmp_path / "w.safetensors", "--activation", "tanh", "--scheme", "zeros")
    assert (status, "--scheme: expected --layers beside it" in error) == (2, True)


def test_a_fresh_checkpoint_is_of_known_schemes(run, tmp_path, monkeypatch):
    from fastinit.plans.families import plan_of_config
    from fastinit.safetensors import create

    config = {"n_layer": 3, "n_embd": 256, "n_head": 4, "vocab_size": 500, "n_positions": 64}
    create(tmp_path / "g.safetensors", plan_of_config({"model_type": "gpt2", **config}))
    status, out, _ = run(tmp_path / "g.safetensors", "--json")
    assert status == 0, out
    fits = {row["name"]: row["fits"] for row in json.loads(out)["tensors"]}
    assert fits["h.0.ln_1.weight"] == ["ones"]
    assert any("sqrt(2 * 3)" in label for label in fits["h.1.mlp.c_proj.weight"])


def test_plot(run, tmp_path):
    status, _, error = run(*RELU, "--plot", tmp_path / "x.svg")
    assert (status, error) == (0, "")
    assert "layer 2, relu" in (tmp_path / "x.svg").read_text()


def test_names_in_a_plot_are_no_formulas(run, tmp_path):
    name = "$\\frac{$\\"
    save_file({name: fi.normal((30, 40), std=1e-6, rng=0)}, tmp_path / "w.safetensors")
    arguments = ("--activation", "tanh", "--layout", "io", "--plot", tmp_path / "x.svg")
    status, _, error = run(tmp_path / "w.safetensors", *arguments)
    assert (status, error) == (1, "")
    assert (tmp_path / "x.svg").read_text().count(name) >= 2  # at the axis and in the title


def test_bad_input_is_2_in_one_line(run, tmp_path):
    (tmp_path / "bad.toml").write_text("layers = [3, 4\n")
    save_file({"w": fi.he_normal((3, 4), rng=0)}, tmp_path / "w.safetensors")
    bad = [
        ([], "check: FILE, --layers: expected one of them, got neither"),
        (["x.toml", "--layers", "3,4"], "check: FILE, --layers: expected one of them, got both"),
        (["--layers", "3"], "check: layers: expected widths of two units or more"),
        (["--layers", "3,4", "--activation", "rel"], "check: activation: expected 'relu' or "),
        (["--layers", "3,4", "--output", "relu:1"], "check: output: expected no number beside 'relu', got 1.0"),
        (["--layers", "3,4", "--scheme", "he"], "layers[0].scheme: expected "),
        ([tmp_path / "no.toml"], "no.toml: No such file or directory"),
        ([tmp_path / "bad.toml"], "check: bad.toml: expected TOML, got "),
        ([tmp_path / "x.bin"], "check: file: expected a name that ends in .toml, .safetensors or .index.json"),
        ([tmp_path / "w.safetensors", "--scheme", "zeros"], "check: --scheme: expected --layers beside it, not a file"),
        ([tmp_path / "w.safetensors", "--plot", tmp_path / "x.png"], "check: --plot: expected a network, got weights"),
        (["--layers", "3,4", "--plot", tmp_path / "x.txt"], "check: --plot: expected a name that ends in .png"),
        (["--layers", "3,4", "--plot", tmp_path / "no" / "x.png"], "check: --plot: expected a file in a folder"),
    ]
    for arguments, words in bad:
        status, out, error = run(*arguments)
        assert (status, out) == (2, ""), arguments
        assert error.startswith("fastinit: error: ")
        assert error.count("\n") == 1
        assert words in error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.toml", "w.safetensors"]


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (["--layers", "3,x"], "argument --layers: expected ints with commas between them, got '3,x'"),
        (["--activation", "elu:x"], "argument --activation: expected NAME or NAME:NUMBER, got 'elu:x'"),
        (["--samples", "0"], "argument --samples: expected an int >= 1, got '0'"),
        (["--layout", "hwio"], "argument --layout: invalid choice"),
    ],
)
def test_bad_usage(run, capsys, option, words):
    with pytest.raises(SystemExit) as ended:
        run(*option)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_without_matplotlib(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    status, out, error = run(*RELU, "--plot", "x.png")
    assert (status, out) == (2, "")
    assert error == "fastinit: error: check: --plot: expected matplotlib (pip install 'fastinit-nn[bench]'), got none\n"


def test_nothing_of_it_is_imported_before_it_is_asked_for():
    code = "import fastinit, sys; print(*(name for name in sys.modules if name.startswith('fastinit.checking')))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded == "fastinit.checking fastinit.checking.checkup\n"  # the function's own file, and its folder

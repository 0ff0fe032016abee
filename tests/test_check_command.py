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
    assert done.stdout == fi.check([784, 256, 256, 10], "relu", "he_normal").text(None) + "\n"


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
    assert "\nremedy: weights of 18 of 19 layers (layer 1 to layer 18): fastinit.get('he_normal')" in out


def test_a_model_and_its_weights(run, tmp_path):
    weights = {"a.weight": fi.he_normal((20, 30), rng=0), "b.weight": fi.glorot_normal((30, 5), rng=1)}
    save_file(weights, tmp_path / "w.safetensors")
    tables = "".join(f'[[layers]]\ntensor = "{name}"\n' for name in weights)
    (tmp_path / "m.toml").write_text('file = "w.safetensors"\n' + tables)
    status, out, _ = run(tmp_path / "m.toml", "--json")
    assert (status, json.loads(out)["verdict"]) == (0, "healthy")
    status, out, _ = run(tmp_path / "w.safetensors")
    assert status == 0
    assert out == fi.check(weights).text(None) + "\n"
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


def test_all_at_once(run, tmp_path):
    status, out, error = run(*RELU, "--plot", tmp_path / "x.svg", "--dark", "--html", tmp_path / "x.html", "--json")
    assert (status, error) == (0, "")
    assert "layer 2" in (tmp_path / "x.svg").read_text()
    assert "<h1" in (tmp_path / "x.html").read_text()
    assert json.loads(out)["verdict"] == "healthy"


@pytest.mark.parametrize("how", [[], ["--json"]])
def test_quiet(run, tmp_path, how):
    assert run(*RELU, "--quiet", *how) == (0, "", "")
    sick = "--layers", ",".join(["20"] * 9), "--scheme", "zeros", "--html", tmp_path / "x.html"
    assert run(*sick, "--quiet", *how) == (1, "", "")
    assert (tmp_path / "x.html").exists()
    status, out, error = run("--layers", "3", "--quiet", *how)
    assert (status, out, error.count("\n")) == (2, "", 1)


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("normal:std=0.01", fi.get("normal", std=0.01)),
        ("he_normal:negative_slope=0.2,mode=fan_out", fi.get("he_normal", negative_slope=0.2, mode="fan_out")),
        ("glorot_uniform", "glorot_uniform"),
        ("glorot_normal:truncated=true", fi.get("glorot_normal", truncated=True)),
        (" orthogonal : gain = 2 ", fi.get("orthogonal", gain=2)),
    ],
)
def test_schemes_with_parameters(run, text, scheme):
    _, out, error = run("--layers", "40,30,5", "--scheme", text, "--json")
    assert error == ""
    assert json.loads(out) == fi.check([40, 30, 5], scheme=scheme).to_dict()


def test_networks_in_files_are_drawn(run, tmp_path):
    tensors = {f"net.{i}.weight": fi.he_normal((20, 20), rng=i) for i in range(3)}
    save_file(tensors, tmp_path / "w.safetensors")
    (tmp_path / "m.toml").write_text("layers = [20, 20, 5]")
    for file in ([tmp_path / "m.toml"], [tmp_path / "w.safetensors", "--activation", "relu"]):
        (tmp_path / "x.svg").unlink(missing_ok=True)
        status, _, error = run(*file, "--plot", tmp_path / "x.svg")
        assert (status, error, (tmp_path / "x.svg").exists()) == (0, "", True)
    status, _, _ = run(tmp_path / "w.safetensors", "--html", tmp_path / "w.html")
    assert status == 0
    assert "net.2.weight" in (tmp_path / "w.html").read_text()


def test_what_cannot_be_written_is_refused_before_the_work(run, tmp_path, monkeypatch):
    from fastinit.checking import command

    monkeypatch.setattr(command.checkup, "check", lambda *arguments, **others: pytest.fail("it has begun"))
    for options in (
        [tmp_path / "w.safetensors", "--plot", tmp_path / "x.png"],
        [tmp_path / "w.index.json", "--plot", tmp_path / "x.png"],
        [*RELU, "--plot", tmp_path / "no" / "x.png"],
        [*RELU, "--html", tmp_path / "no" / "x.html"],
        [*RELU, "--html", tmp_path / "x.png"],
        [*RELU, "--html", tmp_path],
        [*RELU, "--scheme", "normal:std"],
    ):
        status, out, _ = run(*options)
        assert (status, out) == (2, "")
    assert list(tmp_path.iterdir()) == []


def test_a_table_is_as_wide_as_the_terminal(run, monkeypatch, capsys):
    _, piped, _ = run(*RELU)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for columns in 30, 60, 90:
        monkeypatch.setenv("COLUMNS", str(columns))
        _, shown, _ = run(*RELU)
        assert shown == fi.check([784, 256, 256, 10], "relu", "he_normal").text(columns) + "\n"
        assert max(map(len, shown.splitlines())) <= columns < max(map(len, piped.splitlines()))


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
        (
            [tmp_path / "x.bin"],
            "check: file: expected a folder, or a name that ends in .toml, .safetensors or .index.json",
        ),
        ([tmp_path / "w.safetensors", "--scheme", "zeros"], "check: --scheme: expected --layers beside it, not a file"),
        (
            [tmp_path / "w.safetensors", "--plot", tmp_path / "x.png"],
            "check: --plot: expected a network, got weights alone, '",
        ),
        (["--layers", "3,4", "--plot", tmp_path / "x.txt"], "check: --plot: expected a name that ends in .png"),
        (["--layers", "3,4", "--plot", tmp_path / "no" / "x.png"], "check: --plot: expected a file that can be"),
        (["--layers", "3,4", "--html", tmp_path / "x.svg"], "check: --html: expected a name that ends in .html, .htm"),
        (["--layers", "3,4", "--scheme", "normal:0.1"], "check: --scheme: expected SCHEME, with parameters as SCHEME:"),
        (["--layers", "3,4", "--scheme", ":std=1"], "check: --scheme: expected SCHEME, with parameters as SCHEME:"),
        (["--layers", "3,4", "--dark"], "check: --dark: expected --plot beside it, got none"),
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
    own = "fastinit.checking fastinit.checking.calibration fastinit.checking.checkup\n"  # two functions, their folder
    assert loaded == own

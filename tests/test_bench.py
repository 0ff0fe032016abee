"""``fastinit bench``: it shows and saves what it measured, and refuses what it must. Nothing about speed."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
from command_line import fails, fastinit, in_this_process, interrupted

from fastinit.bench import command, measure, plan, plot, report
from fastinit.bench.peer_interface import COMMON_LAWS, LAWS
from fastinit.bench.peers import CEILINGS
from fastinit.files import written_files

TINY = ("bench", "--mib", "1", "--rounds", "1", "--threads", "1")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    done = fastinit(*TINY, "--json", folder / "x.json", "--plot", folder / "x.png")
    assert done.returncode == 0, done.stderr
    return folder, done


@pytest.mark.heavy
def test_json(tiny):
    folder, done = tiny
    saved = json.loads((folder / "x.json").read_text())
    assert list(saved) == ["format", "machine", "versions", "plan", "contenders", "results"]
    assert saved["format"] == report.FORMAT
    assert saved["plan"] == {"mode": "default", "n_mib": 1, "n_rounds": 1}
    assert saved["machine"]["n_processors"] == os.cpu_count()
    assert {"python", "numpy", "fastinit-nn"} <= set(saved["versions"])
    fields = [field.name for field in dataclasses.fields(measure.Case)]
    for result in saved["results"]:
        assert list(result) == [*fields, "calls_per_round", "seconds", "left_out"]
        assert {"fastinit", *CEILINGS} <= set(result["seconds"])
        assert ("numpy" in result["seconds"]) == (result["law"] in COMMON_LAWS)
        assert set(result["seconds"]) | set(result["left_out"]) <= set(saved["contenders"])
        assert all(len(seconds) == 1 for seconds in result["seconds"].values())
    sizes = [{result["n_bytes"] for result in saved["results"] if result["law"] == law} for law in LAWS]
    by_size = {1 << i for i in range(10, 21, 2)}
    assert sizes == [by_size, by_size, {1 << 17}]
    assert {result["dtype"] for result in saved["results"]} == {"float32"}
    assert done.stderr == ""


@pytest.mark.heavy
def test_table(tiny):
    _, done = tiny
    text = done.stdout
    rows = {line.split("  ")[0]: line.split() for line in text.splitlines()}
    for name in ("fastinit", "NumPy", "memory ceiling"):
        assert float(rows[name][name.count(" ") + 1]) > 0
    assert rows["1 thread"][2] == "truncated,"  # the last table
    assert text.count("\n1 thread") == 2
    assert "  NumPy: only uniform and normal, not truncated" in text.splitlines()
    for words in (
        "NumPy",
        "PyTorch",
        "memory ceiling",
        "float32, 1 MiB",
        "medians of 1 rounds",
        "numpy " + np.__version__,
    ):
        assert words in text


@pytest.mark.heavy
def test_another_dtype(monkeypatch, capsys, tmp_path):
    few = ("fastinit", "numpy", *CEILINGS)  # PyTorch takes seconds to import
    monkeypatch.setattr(plan, "USUAL", few)
    monkeypatch.setitem(plan.MODES, "default", plan.MODES["default"]._replace(contenders=few))
    size = dict(mode="default", dtype="bfloat16", mib=1, rounds=1, threads=[1])
    command.main(Namespace(**size, quiet=False, saved=None, json=tmp_path / "x.json", plot=tmp_path / "x.svg"))
    text = capsys.readouterr().out
    saved = json.loads((tmp_path / "x.json").read_text())
    assert {result["dtype"] for result in saved["results"]} == {"bfloat16"}
    assert "\nbfloat16, 1 MiB, " in text
    assert "  NumPy: only float32 and float64, not bfloat16" in text.splitlines()
    (seconds,) = saved["results"][0]["seconds"]["fastinit"]
    row = next(line for line in text.splitlines() if line.startswith("fastinit "))
    assert row.split()[1] == f"{(1 << 19) / seconds / 1e9:.3g}"
    assert "; bfloat16, medians of 1 rounds" in (tmp_path / "x.svg").read_text()
    for result in saved["results"]:
        result["seconds"] = {name: [t, 9 * t if name == "fastinit" else t] for name, [t] in result["seconds"].items()}
    assert "something else was running: fastinit (1 thread)" in "\n".join(report.lines(saved))


@pytest.mark.heavy
def test_saved_results_show_the_same_and_draw(tiny, tmp_path):
    folder, done = tiny
    assert (folder / "x.png").read_bytes().startswith(b"\x89PNG")
    again = fastinit("bench", "--from", folder / "x.json", "--plot", tmp_path / "y.svg")
    assert again.returncode == 0, again.stderr
    assert again.stdout == done.stdout
    drawn = (tmp_path / "y.svg").read_text()
    assert drawn.startswith("<?xml")


@pytest.mark.heavy
def test_a_missing_peer_is_named(tiny, tmp_path):
    saved = json.loads((tiny[0] / "x.json").read_text())
    for result in saved["results"]:
        result["seconds"].pop("torch", None)
        result["left_out"]["torch"] = "cannot import torch: No module named 'torch'"
    *_, heading, reason, numpys = report.lines(saved)
    assert heading == "not measured"
    assert reason == "  PyTorch: cannot import torch: No module named 'torch'"
    assert numpys == "  NumPy: only uniform and normal, not truncated"
    plot.write(saved, tmp_path / "x.png", "png")


def test_refused_before_anything_is_measured(tmp_path):
    (tmp_path / "cut.json").write_text(json.dumps({"format": report.FORMAT, "machine": {}}))
    (tmp_path / "file").write_text("precious")
    (tmp_path / "other.json").write_text('{"format": 0}')
    bad = [
        (["--json", tmp_path / "no" / "x.json"], "bench: --json: expected a file that can be written, got"),
        (["--json", tmp_path], "--json: expected a file that can be written"),
        (["--json", "/proc/x.json"], "--json: expected a file that can be written"),
        (["--plot", tmp_path / "no" / "x.png"], "bench: --plot: expected a file that can be written, got"),
        (["--plot", tmp_path / "x.txt"], "bench: --plot: expected a name that ends in .png"),
        (["--mib", 1 << 30], "bench: --mib: expected at most "),
        (["--from", tmp_path / "no.json"], "bench: --from: expected a file to read, got"),
        (["--from", tmp_path / "file"], "bench: --from: expected a file that --json wrote"),
        (["--from", tmp_path / "other.json"], "bench: --from: expected a file that --json wrote"),
        (["--from", tmp_path / "cut.json"], "bench: --from: expected a file that --json wrote"),
        (["--threads", "1000000"], "bench: --threads: expected at most "),
        (["--from", tmp_path / "other.json", "--rounds", "3"], "bench: --from: expected no --rounds"),
        (["--from", tmp_path / "other.json", "--dtype", "float64"], "bench: --from: expected no --dtype"),
    ]
    for arguments, words in bad:
        fails(in_this_process("bench", *arguments), words)
    assert sorted(os.listdir(tmp_path)) == ["cut.json", "file", "other.json"]
    assert (tmp_path / "file").read_text() == "precious"


def test_a_link_to_a_file_that_is_yet_to_be_written_stays(tmp_path):
    (tmp_path / "link.json").symlink_to(tmp_path / "target.json")
    written_files.check_writable("bench", "--json", tmp_path / "link.json")
    assert os.listdir(tmp_path) == ["link.json"]


def test_bad_usage():
    bad = [
        (["--quick", "--full"], "not allowed with argument"),
        (["--quick", "--from", "x.json"], "not allowed with argument"),
        (["--dtype", "float8"], "--dtype: invalid choice: 'float8'"),
        (["--threads", "0"], "--threads: expected an int >= 1, got '0'"),
        (["--mib", "0"], "--mib: expected an int >= 1, got '0'"),
        (["--rounds", "-1"], "--rounds: expected an int >= 1, got '-1'"),
    ]
    for arguments, words in bad:
        done = in_this_process("bench", *arguments)
        assert done.returncode == 2
        assert words in done.stderr
        assert done.stdout == ""


def test_without_ml_dtypes():
    code = "import sys; sys.modules['ml_dtypes'] = None; from fastinit.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, *TINY, "--dtype", "bfloat16"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    fails(done, "bench: --dtype: expected ml_dtypes (pip install 'fastinit-nn[bf16]'), got")


def test_without_matplotlib(tmp_path):
    code = "import sys; sys.modules['matplotlib'] = None; from fastinit.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, *TINY, "--plot", str(tmp_path / "x.png")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    fails(done, "bench: --plot: expected matplotlib (pip install 'fastinit-nn[bench]'), got none")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("sent", "status"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.heavy)]
)
def test_an_interrupt_ends_parent_and_child(tmp_path, sent, status):
    children = []

    def ready(process):
        children[:] = _children(process.pid)
        if children:
            time.sleep(0.3)  # so that it measures
        return children

    interrupted(sent, status, ready, "bench", "--mib", "64", "--rounds", "1000", "--json", tmp_path / "x.json")
    assert os.listdir(tmp_path) == []
    assert not any(os.path.exists(f"/proc/{child}") for child in children)


def _children(pid: int) -> list[str]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return file.read().split()


def _saved(n_threads: int, contender: str) -> list[float]:
    """fastinit's rate over a contender's in the saved run: uniform, normal."""
    text = (Path(__file__).parents[1] / "docs" / "benchmark.txt").read_text()
    _, _, table = text.partition(f"\n{n_threads} threads ")
    line = next(line for line in table.splitlines() if line.startswith(contender + "  "))
    _, uniform, _, normal = re.findall(r"([\d.]+) \(", line)
    return [float(uniform), float(normal)]


def test_the_readme_quotes_the_saved_run():
    speed = (Path(__file__).parents[1] / "README.md").read_text().partition("\n## Speed\n")[2]
    times_numpy, times_torch, share = re.search(
        r"normals are (\d+) times as fast as NumPy's and (\d+) times as fast as PyTorch's.*?"
        r"Uniforms reach ([\d.]+) of writing memory",
        " ".join(speed.split()),
    ).groups()
    assert int(times_numpy) == int(_saved(2, "NumPy")[1])
    assert int(times_torch) == int(_saved(2, "PyTorch, slices")[1])
    assert float(share) == int(100 * _saved(2, "memory ceiling")[0]) / 100


def test_nothing_heavy_is_imported():
    code = "import fastinit.bench.command, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "jax", "numba", "matplotlib", "randomgen", "mkl_random", "tqdm"} & set(loaded)

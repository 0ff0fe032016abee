"""The examples in docs/examples, reduced: each runs, shows what it must, and fails when a figure is wrong.

Their seeds are fixed, so that their checks raise no false alarms.
"""

import importlib.util
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

import fastinit

FOLDER = Path(__file__).parents[1] / "docs" / "examples"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("[!_]*.py"))
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(fastinit.__file__).parents[1]), str(FOLDER)])}


def python(*arguments):
    command = [sys.executable, "-W", "error", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=ENVIRONMENT)


@pytest.mark.heavy
@pytest.mark.parametrize("script", SCRIPTS)
def test_runs_and_its_checks_hold(script, tmp_path):
    done = python(FOLDER / f"{script}.py", "--quick", "--out", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    holding, _, n_checks, *_ = done.stdout.splitlines()[-1].split()
    assert int(holding) == int(n_checks) > 0
    assert os.listdir(tmp_path) == [f"{script}.png"]
    assert (tmp_path / f"{script}.png").read_bytes().startswith(b"\x89PNG")


#: What is spoiled in each example, and what must then be found wrong.
SPOILED = {
    "two_circles": ("m.RATE = 0.0099", "He: loss"),
    "deep_signals": ("m.SCHEMES['Glorot'] = m.fi.get('glorot_normal', gain=2)", "selu, Glorot: healthy"),
    "class_prior": (
        "m.LOG_ODDS = m.LOG_ODDS._replace(bias=m.fi.get('log_odds', p=0.02))",
        "log_odds: mean probability at first",
    ),
}


@pytest.mark.heavy
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_wrong_figure_is_found(script):
    spoil, what = SPOILED[script]
    done = python("-c", f"import {script} as m, sys; {spoil}; sys.exit(m.main(['--quick']))")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"FAILED  {what}: expected " in done.stdout


@pytest.fixture(scope="module")
def common():
    spec = importlib.util.spec_from_file_location("_common", FOLDER / "_common.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENBLAS_NUM_THREADS", "1")  # which the module sets: taken back here
        spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("value", "status"), [(1.0, 0), (1.1, 0), (1.1001, 1), (0.8999, 1), (math.nan, 1)])
def test_checks(common, capsys, value, status):
    assert common.report([common.near("sum", value, 1.0, 0.1), common.Check("other", 1, 1, 1)]) == status
    assert f"{2 - status} of 2 checks hold" in capsys.readouterr().out


def test_a_folder_that_is_not_there_is_refused(common, capsys, tmp_path):
    with pytest.raises(SystemExit) as raised:
        common.command_line("An example.", ["--out", str(tmp_path / "no")])
    assert raised.value.code == 2
    assert "argument --out: expected an existing folder, got " in capsys.readouterr().err


def test_the_text_shows_each_picture_and_command():
    text = (FOLDER / "README.md").read_text()
    for script in SCRIPTS:
        assert f"]({script}.png)" in text
        assert f"python docs/examples/{script}.py" in text
        assert (FOLDER / f"{script}.png").stat().st_size < 200_000

"""``fastinit selftest``: passes here, and names the law, dtype, instruction set and threads where values are others."""

import copy
import math
import subprocess
import sys

import numpy as np
import pytest
from command_line import fastinit, in_this_process

from fastinit import _kernels
from fastinit.filling import threads
from fastinit.laws.dtypes import COMPLEX_FORMATS, FORMATS
from fastinit.selftest import command, golden

GOLDEN = golden.load()


@pytest.fixture
def few(monkeypatch):
    """The smallest arrays alone: enough to see each route."""
    small = [case for case in GOLDEN["cases"] if math.prod(case["shape"]) <= 200]
    known = copy.deepcopy({**GOLDEN, "cases": small, "complex": []})
    monkeypatch.setattr(golden, "load", lambda: known)
    return known


@pytest.mark.heavy
def test_passes():
    done = fastinit("selftest")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("pass: ")
    assert done.stderr == ""


def test_passes_in_short(few):
    done = in_this_process("selftest")
    assert done.returncode == 0, done.stdout
    assert "FAILED" not in done.stdout
    for isa, runs_here in _kernels.isas().items():
        for n in (1, 2, 3, 7, threads.get_num_threads()):
            assert (f"{isa}, threads: {n} " in done.stdout) == runs_here


def test_a_changed_hash_is_named(few):
    """Golden values of another stream, or a kernel that is wrong everywhere."""
    case = next(case for case in few["cases"] if case["scheme"] == "normal" and case["shape"] == [7])
    case["sha256"]["float64"] = "0" * 64
    done = in_this_process("selftest")
    assert done.returncode == 1
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED: normal 'h.0.bias' (7,) float64, ")]
    assert len(failed) == sum(_kernels.isas().values()) * len({1, 2, 3, 7, threads.get_num_threads()})
    assert "expected 0000000000000000, got " in failed[0]
    assert "Please report" in done.stdout.splitlines()[-1]


def test_a_kernel_that_is_wrong_by_one_route_is_named(few, monkeypatch):
    """One bit of one array, by one instruction set and one number of threads."""
    make, worst = golden.Golden.make, [isa for isa, runs_here in _kernels.isas().items() if runs_here][-1]

    def flawed(self, n_threads=None):
        array = make(self, n_threads)
        if (_kernels.isa(), n_threads, self.dtype, self.case["name"]) == (worst, 3, "float32", "h.0.bias"):
            array.view(np.uint32)[-1] ^= 1
        return array

    monkeypatch.setattr(golden.Golden, "make", flawed)
    done = in_this_process("selftest")
    assert done.returncode == 1
    told = [line for line in done.stdout.splitlines() if line.startswith("FAILED: normal")]
    assert [line.partition(": expected")[0] for line in told] == [
        f"FAILED: normal 'h.0.bias' (7,) float32, {worst}, threads: 3"
    ]
    assert _kernels.isa() != worst or sum(_kernels.isas().values()) == 1  # as it was before


def test_small_arrays_are_of_every_law_and_dtype():
    small = [row for row in golden.rows(GOLDEN) if row.sha256 and row.n_elements <= command.MAX_ELEMENTS]
    for dtype in FORMATS:
        schemes = {row.case["scheme"] for row in small if row.dtype == dtype}
        assert {"uniform", "normal", "truncated_normal", "orthogonal", "sparse", "constant"} <= schemes
    for dtype in COMPLEX_FORMATS:
        assert {row.case["scheme"] for row in small if row.dtype == dtype} == {
            "glorot_normal",
            "glorot_uniform",
            "lecun_normal",
        }


def test_without_ml_dtypes():
    """What cannot be made is said, and nothing else is left out."""
    block = "import sys; sys.modules['ml_dtypes'] = None; from fastinit.selftest import command, golden"
    few = "known = golden.load(); known['cases'] = known['cases'][2:3]; golden.load = lambda: known"
    run = f"{block}; {few}; sys.exit(command.main())"
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not checked, since ml_dtypes is not installed: bfloat16, float8_e4m3fn, float8_e5m2" in done.stdout

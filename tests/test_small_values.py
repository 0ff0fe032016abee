"""Numbers at the ends of their range, the caller's rounding mode, and arrays that are given: right, or refused."""

import ctypes
import os
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from floating_point_mode import FloatingPointMode

import fastinit as fi

LARGEST = 1.79e308


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, ml_dtypes.bfloat16])
def test_figures_of_the_largest_numbers(dtype):
    """Their squares are beyond float64, their mean and standard deviation are not."""
    largest = float(ml_dtypes.finfo(dtype).max)
    signs = np.where(np.random.default_rng(0).random((100, 100)) < 0.5, -1.0, 1.0)
    [tensor] = fi.check({"w": (largest * signs).astype(dtype)}).tensors
    assert tensor.mean == pytest.approx(largest * signs.mean(), rel=1e-5)
    assert tensor.std == pytest.approx(largest * signs.std(), rel=1e-5)


@pytest.mark.parametrize("shape", [(2, 2), (1, 4), (2, 2, 1), (3, 3), (19,)])
def test_too_few_numbers_are_of_no_law(shape):
    for seed in range(20):
        [tensor] = fi.check({"w": fi.normal(shape, rng=seed)}).tensors
        assert (tensor.verdict, tensor.fits, tensor.law) == ("not judged", (), "")


def test_what_few_numbers_can_be_is_told():
    found = {name: fi.check({"w": getattr(fi, name)((2, 2), rng=0)}).tensors[0] for name in ("orthogonal", "identity")}
    assert {name: tensor.verdict for name, tensor in found.items()} == dict.fromkeys(found, "known")


@pytest.mark.parametrize("bias", [np.longdouble("1e4000"), np.full(4, np.longdouble("1e4000"))])
def test_biases_beyond_float64_are_refused(bias):
    with pytest.raises(
        ValueError, match=r"^check: layers\[0\].bias: expected an array of finite real numbers, got inf"
    ):
        fi.check([4, 4], bias=bias)


@pytest.mark.parametrize("mode", ["round up", "flush to zero"])
@pytest.mark.parametrize("arguments", [("leaky_relu", 0.2), ("prelu", 0.3), ("elu", 1.7), ("softplus", 0.3)])
def test_gains_whatever_the_rounding_mode(mode, arguments):
    expected = fi.gain(*arguments)
    with FloatingPointMode(mode):
        found = fi.gain(*arguments)
    assert found == expected


def given(value):
    return fi.get("constant", value=value).params["value"]


@pytest.mark.parametrize("value", [np.ones((3, 3)), [1.0, 2.0], np.ones(3, np.int8), np.ones(3, ml_dtypes.bfloat16)])
def test_parameters_cannot_be_written_to(value):
    kept = given(value)
    with pytest.raises(ValueError, match="read-only"):
        kept[0] = 3
    with pytest.raises(ValueError, match="cannot set WRITEABLE flag"):
        kept.flags.writeable = True
    with pytest.raises(ValueError, match="cannot set WRITEABLE flag"):
        kept.view().flags.writeable = True


def test_parameters_are_copies():
    value = np.ones((3, 3))
    init = fi.get("constant", value=value)
    value[:] = 7
    assert (init((3, 3)) == 1).all()
    assert given(init.params["value"]) is init.params["value"]  # which nobody can change: it need not be copied


def peak_of(call):
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "float16", ml_dtypes.bfloat16])
def test_given_values_take_one_copy(dtype):
    """Of the caller's array, which may be changed while the scheme is kept, or be the output."""
    value, out = np.ones((1 << 17, 8), dtype), np.empty((1 << 17, 8), np.float32)
    fi.constant(out=out[:1], value=value[:1])
    for call in (lambda: fi.constant(out=out, value=value), lambda: fi.get("constant", value=value)):
        assert value.nbytes <= peak_of(call) < 1.2 * value.nbytes + (1 << 20)


def test_values_that_repeat_themselves_take_no_memory():
    wide = np.broadcast_to(np.int64(7), (1 << 20, 1 << 20))
    part = fi.constant(wide.shape, value=wide, index=np.s_[:2, :3])
    assert (part == 7).all()
    assert peak_of(lambda: fi.get("log_odds", p=np.broadcast_to(0.5, (1 << 20, 1 << 20)))) < 1 << 20


@pytest.mark.parametrize("content", [b"", b"\x7fELF and no more"])
def test_kernels_that_do_not_load_say_why(tmp_path, content):
    """It is not said that they are not built."""
    shutil.copytree(
        Path(fi.__file__).parent, tmp_path / "fastinit", ignore=shutil.ignore_patterns("*.so", "__pycache__")
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    # An installation that can be edited finds what is missing here where it was made.
    alone = "import sys; sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in repr(f).lower()]; "
    command = [sys.executable, "-c", alone + "import fastinit"]
    missing = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert "expected a built package" in missing.stderr.splitlines()[-1]
    name = Path(fi._kernels.__file__).name
    (tmp_path / "fastinit" / name).write_bytes(content)
    broken = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    with pytest.raises(OSError, match=r"too short|invalid ELF") as reason:
        ctypes.CDLL(str(tmp_path / "fastinit" / name))
    last = broken.stderr.splitlines()[-1]
    assert (
        last == f"ImportError: fastinit: kernels: expected {tmp_path / 'fastinit' / name} to load, got: {reason.value}"
    )

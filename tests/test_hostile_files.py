"""Damaged and hostile files: refused in one line by everything that reads them, at once and in little memory."""

import os

import numpy as np
import pytest
from command_line import in_this_process
from hostile import ENTRY, ESCAPE, HEADERS, INDICES, MODELS, file_of, index_of, is_one_line, one, raw
from safetensors import safe_open
from safetensors.numpy import save_file

import fastinit as fi
import fastinit.safetensors as fs


def check_refusal(path, words):
    """By the functions and by the commands: 2 of check; 1 of verify, where damage is what is not as planned."""
    for read in fi.check, fs.open_plan:
        with pytest.raises(ValueError, match=r"^(check|open_plan): [^\n]*: expected [^\n]*, got ") as caught:
            read(path)
        assert is_one_line(str(caught.value))
        assert words in str(caught.value)
    [problem] = fs.verify(path).problems
    assert is_one_line(problem)
    assert words in problem
    done = in_this_process("check", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert words in done.stderr
    done = in_this_process("verify", path)
    assert done.returncode == 1
    assert words in done.stdout
    done = in_this_process("init", path, "-o", path.parent / "out.safetensors")
    assert done.returncode == 1
    assert words in done.stderr


@pytest.mark.parametrize(("content", "words"), HEADERS.values(), ids=HEADERS)
def test_headers(tmp_path, content, words):
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    check_refusal(path, words)


def test_what_is_valid_passes(tmp_path):
    """The control: the rows that the table changes, unchanged, and what is odd and right."""
    path = tmp_path / "w.safetensors"
    scalar = {"s": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}}
    empty = {"z": {"dtype": "F32", "shape": [0, 3], "data_offsets": [0, 0]}}
    for content, n_tensors in (
        (one(), 1),
        (raw("{OK}"), 1),
        (raw(" \n\t{ OK } "), 1),
        (one(shape=[1] * 62 + [2, 2]), 1),
        (file_of({"n" * 10**6: ENTRY}), 1),
        (file_of({'ü\\"\n': ENTRY, "__metadata__": {"a": "\ud83d\ude00"}}), 1),
        (file_of(scalar, 4), 1),
        (file_of({**empty, "w": ENTRY}), 2),
    ):
        path.write_bytes(content)
        with safe_open(path, "np") as official:
            assert len(list(official.keys())) == n_tensors
        report = fi.check(path)
        assert len(report.tensors) == n_tensors
        assert all(map(is_one_line, str(report).splitlines()))


@pytest.mark.parametrize(("text", "words"), INDICES.values(), ids=INDICES)
def test_indices(tmp_path, text, words):
    save_file({"a": np.ones(3, np.float32), "b": np.ones(3, np.float32)}, tmp_path / "one.safetensors")
    save_file({"b": np.ones(3, np.float32)}, tmp_path / "two.safetensors")
    path = tmp_path / "x.safetensors.index.json"
    path.write_text(text)
    check_refusal(path, words)


def test_an_index_as_others_write_it(tmp_path):
    """Sums that are wrong are nobody's business; files may be links, as in the cache of Hugging Face's hub."""
    os.makedirs(tmp_path / "blobs")
    save_file({"a": np.ones(3, np.float32)}, tmp_path / "blobs" / "x")
    save_file({"b": np.ones(3, np.float32)}, tmp_path / "two.safetensors")
    os.symlink("blobs/x", tmp_path / "one.safetensors")
    path = tmp_path / "x.safetensors.index.json"
    path.write_text(index_of({"b": "two.safetensors", "a": "one.safetensors"}, notes=[{}], more=None))
    assert [tensor.name for tensor in fi.check(path).tensors] == ["a", "b"]
    os.remove(tmp_path / "two.safetensors")
    for read in fi.check, fs.open_plan, fs.verify:
        with pytest.raises(FileNotFoundError):
            read(path)
    for command in "check", "verify":
        done = in_this_process(command, path)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize(("text", "words"), MODELS.values(), ids=MODELS)
def test_models(tmp_path, text, words):
    save_file({"a": np.ones(3, np.float32)}, tmp_path / "one.safetensors")
    path = tmp_path / "m.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises((ValueError, TypeError), match=r": expected [^\n]*, got ") as caught:
        fi.check(path)
    assert is_one_line(str(caught.value))
    assert words in str(caught.value)
    done = in_this_process("check", path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_a_model_may_name_any_file(tmp_path):
    """It is the user's own, other than an index, which comes with what was downloaded."""
    os.makedirs(tmp_path / "models")
    save_file({"a": np.ones((3, 4), np.float32)}, tmp_path / "one.safetensors")
    (tmp_path / "models" / "m.toml").write_text('file = "../one.safetensors"\n[[layers]]\ntensor = "a"')
    assert fi.check(tmp_path / "models" / "m.toml").layers[0].shape == (3, 4)


@pytest.mark.parametrize("suffix", ["safetensors", "toml", "index.json"])
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders")
def test_what_is_no_file(tmp_path, suffix):
    os.mkfifo(tmp_path / f"pipe.{suffix}")
    os.makedirs(tmp_path / f"folder.{suffix}")
    os.symlink("/dev/zero", tmp_path / f"device.{suffix}")
    for name in "pipe", "folder", "device":
        path = tmp_path / f"{name}.{suffix}"
        with pytest.raises(OSError, match="is not a regular file"):
            fi.check(path)
        for command in "check", "verify":
            done = in_this_process(command, path)
            assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("path", ["a\0.safetensors", "\ud800.safetensors"])
def test_paths_that_no_file_has(path):
    for read in fi.check, fs.open_plan, fs.verify:
        with pytest.raises(ValueError, match=r"expected a path, got '"):
            read(path)
    for read in fs.open_plan, fs.verify:
        with pytest.raises(TypeError, match="path: expected a path, got 3"):
            read(3)


def test_odd_dtypes_are_left_out(tmp_path):
    codes = ["BOOL", "I64", "U8", "C64", "F4", "F6_E2M3", "F8_E8M0", "F8_E4M3FNUZ", "Q9"]
    rows = {f"t{i}": {"dtype": code, "shape": [8], "data_offsets": [0, 0]} for i, code in enumerate(codes)}
    n_bytes = dict(zip(codes, [8, 64, 8, 64, 4, 6, 8, 8, 5], strict=True))  # of an unknown one, any number
    end = 16
    for row in rows.values():
        row["data_offsets"] = [end, end + n_bytes[row["dtype"]]]
        end = row["data_offsets"][1]
    path = tmp_path / "w.safetensors"
    path.write_bytes(file_of({**rows, "w": ENTRY}, end))
    report = fi.check(path)
    assert [tensor.name for tensor in report.tensors] == ["w"]
    assert report.left_out == tuple(f"t{i} ({code})" for i, code in enumerate(codes))
    assert in_this_process("check", path).stdout.splitlines()[-1] == f"left out: {', '.join(report.left_out)}"
    assert "one of the dtypes C64, F64" in fs.verify(path).problems[0]
    rows["t4"]["data_offsets"][1] += 1
    path.write_bytes(file_of({**rows, "w": ENTRY}, end))
    with pytest.raises(ValueError, match=r"check: w.safetensors: 't4': expected a span of 4 bytes"):
        fi.check(path)


def test_names_do_not_command_the_terminal(tmp_path):
    """In tables of both kinds, in reasons, in what is left out, and in what verify finds."""
    path, long = tmp_path / "w.safetensors", "n" * 10**6
    values = fi.normal((30, 40), std=1e-6, rng=0)
    save_file({ESCAPE: values, f"{ESCAPE}2": np.ones(3, int), long: values, f"{long}2": np.ones(3, int)}, path)
    done = in_this_process("check", path)
    assert any(line.split()[:2] == [r"\x1b[31mred\u202e", "30x40"] for line in done.stdout.splitlines())
    assert r"left out: \x1b[31mred\u202e2 (I64), nnn" in done.stdout
    assert len(done.stdout) < 5000
    assert all(map(str.isprintable, done.stdout.splitlines()))
    (tmp_path / "m.toml").write_text(
        f'file = "w.safetensors"\nactivation = "tanh"\n[[layers]]\ntensor = "{ESCAPE}"\n'.replace("\x1b", "\\u001b")
    )
    done = in_this_process("check", tmp_path / "m.toml")
    assert (done.returncode, done.stderr) == (1, "")
    assert len(done.stdout.split(r"\x1b[31mred\u202e")) > 2  # in the table and in the reason
    assert all(map(str.isprintable, done.stdout.splitlines()))
    path = tmp_path / "planned.safetensors"
    fs.create(path, {ESCAPE: (30,), long: (30,)}, {"*": "normal"})
    content = bytearray(path.read_bytes())
    for at in (-1, -121):
        content[at] ^= 1
    path.write_bytes(content)
    done = in_this_process("verify", path)
    assert done.returncode == 1
    assert r"\x1b[31mred\u202e: changed" in done.stdout
    assert len(done.stdout) < 1000
    assert all(map(str.isprintable, done.stdout.splitlines()))

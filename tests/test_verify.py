"""fastinit.safetensors.verify: every kind of damage is found, and said for what it is."""

import json
import os

import numpy as np
import pytest
from command_line import in_this_process
from safetensors.numpy import load_file, save_file
from tiny_plans import STORED, TINY

import fastinit as fi
import fastinit.safetensors as fs
from fastinit.checkpoints import disk
from fastinit.files import headers
from fastinit.plans.plan import Entry, Plan

PLAIN = Plan(
    {
        "a": Entry((300, 70), "float32", fi.get("normal", std=0.02)),
        "b": Entry((300, 70), "float32", fi.get("normal", std=0.02)),
        "norm": Entry((90,), "float32", fi.get("ones")),
        "half": Entry((40, 30), "float16", fi.get("he_normal")),
    }
)


@pytest.fixture
def made(tmp_path):
    path = tmp_path / "x.safetensors"
    fs.create(path, PLAIN, rng=7)
    return path


def changed(path, change):
    """Write a file anew with some of its tensors changed, as a training would, its metadata kept."""
    metadata = headers.read("test", path).metadata
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, metadata)
    return fs.verify(path, PLAIN, 7)


@pytest.mark.parametrize("name", STORED)
def test_one_bit_of_any_tensor(tmp_path, name):
    path = tmp_path / "x.safetensors"
    fs.create(path, TINY, rng=5)
    assert fs.verify(path).is_as_planned
    header = headers.read("test", path)
    tensor = next(tensor for tensor in header.tensors if tensor.name == name)
    if tensor.start == tensor.end:
        return
    at = header.n_bytes + (tensor.start + tensor.end) // 2
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)
    found = fs.verify(path)
    assert [row.name for row in found.differences] == [name]
    assert not found.is_as_planned
    [row] = found.differences
    if name != "sines":  # of which the file tells a digest alone
        itemsize = (tensor.end - tensor.start) // row.n_elements
        assert row.n_different == 1
        assert row.first == tuple(np.unravel_index((at - header.n_bytes - tensor.start) // itemsize, tensor.shape))


@pytest.mark.parametrize("kind", ["direct", "cached"])
def test_a_byte_of_a_large_file(tmp_path, kind, monkeypatch):
    if kind == "cached":
        monkeypatch.delattr(os, "O_DIRECT", raising=False)
    n = disk.PIECE_BYTES // 4 * 2 + 12345
    path = tmp_path / "x.safetensors"
    fs.create(path, {"w": (n,), "v": (1000, 3)}, {"w": "normal", "v": "uniform"}, rng=1)
    assert fs.verify(path).is_as_planned
    with open(path, "r+b") as file:
        file.seek(-20_000, 2)
        file.write(b"\xff" * 8)
    [row] = fs.verify(path, threads=1).differences
    assert (row.name, row.n_different, row.kind) == ("w", 2, "changed")
    assert row.first[0] > n - 10_000


def test_truncated(made):
    raw = made.read_bytes()
    for n in (0, 5, 100, len(raw) - 1):
        made.write_bytes(raw[:n])
        found = fs.verify(made)
        assert found.problems
        assert not found.is_as_planned
    made.write_bytes(raw + b"x")
    assert "as its header says" in fs.verify(made).problems[0]


@pytest.mark.parametrize(
    "edit",
    [
        lambda table: table["a"].update(shape=[70, 300]),
        lambda table: table["half"].update(dtype="BF16"),
        lambda table: table.update(c=table.pop("b")),
        lambda table: table["a"].update(table["b"]) or table["b"].update(data_offsets=[0, 84000]),
    ],
)
def test_an_edited_header(made, edit):
    raw = made.read_bytes()
    n = int.from_bytes(raw[:8], "little")
    table = json.loads(raw[8 : 8 + n])
    edit(table)
    text = json.dumps(table).encode().ljust(n)
    made.write_bytes(len(text).to_bytes(8, "little") + text + raw[8 + n :])
    found = fs.verify(made)
    assert not found.is_as_planned
    assert found.problems or {row.kind for row in found.differences} == {"the values of a", "the values of b"}


def test_swapped_tensors(made):
    found = changed(made, lambda t: t.update(a=t["b"], b=t["a"]))
    assert {(row.name, row.kind) for row in found.differences} == {("a", "the values of b"), ("b", "the values of a")}


def test_trained_tensors(made):
    rng = np.random.default_rng(0)

    def train(tensors):
        for name in tensors:
            tensors[name] += rng.normal(0, 0.01, tensors[name].shape).astype(tensors[name].dtype)

    found = changed(made, train)
    assert {row.name: row.kind for row in found.differences} == dict.fromkeys(PLAIN, "trained")
    assert all(row.correlation > 0.5 for row in found.differences if row.name != "norm")


def test_another_seed(made):
    found = fs.verify(made, PLAIN, 8)
    assert {row.name: row.kind for row in found.differences} == dict.fromkeys(["a", "b", "half"], "other values")
    assert all(row.n_different > 0.99 * row.n_elements for row in found.differences if row.name != "half")


def test_a_plan_that_does_not_fit(made):
    other = Plan({**{n: e for n, e in PLAIN.items() if n != "b"}, "more": PLAIN["b"], "norm": PLAIN["half"]})
    found = fs.verify(made, other, 7)
    words = " ".join(found.problems)
    assert "'b': expected no such tensor" in words
    assert "'more': expected in the file" in words
    assert "'norm': expected float16 of shape (40, 30), got float32 of shape (90,)" in words
    assert not found.differences


def test_nothing_to_go_by(tmp_path):
    path = tmp_path / "x.safetensors"
    save_file({"w": np.ones(3, np.float32)}, path)
    with pytest.raises(ValueError, match="give a plan"):
        fs.verify(path)
    with pytest.raises(FileNotFoundError):
        fs.verify(tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    "table",
    [
        "{",
        "[]",
        '{"format": "fastinit-checkpoint-2"}',
        '{"format": "fastinit-checkpoint-1"}',
        '{"format": "fastinit-checkpoint-1", "laws": ["normal"], "law_of": [0, 0, 0, 9]}',
        '{"format": "fastinit-checkpoint-1", "laws": ["nrmal"], "law_of": [0, 0, 0, 0]}',
        "[" * 100_000,
    ],
)
def test_damaged_metadata(made, table):
    save_file(load_file(made), made, {"fastinit": table})
    found = fs.verify(made)
    assert len(found.problems) == 1
    assert len(found.problems[0]) < 500


def test_a_lost_shard_and_an_edited_index(tmp_path):
    fs.create(tmp_path, PLAIN, rng=7, shard_size="100KB")
    assert fs.verify(tmp_path).is_as_planned
    index = tmp_path / "model.safetensors.index.json"
    table = json.loads(index.read_text())
    table["weight_map"]["a"], table["weight_map"]["b"] = table["weight_map"]["b"], table["weight_map"]["a"]
    index.write_text(json.dumps(table))
    assert "a place as in the index" in fs.verify(tmp_path).problems[0]
    for name in ("../x", "/etc/passwd", "a/b", "..", ""):
        index.write_text(json.dumps({"weight_map": {"a": name}}))
        assert "the name of a file in the same folder" in fs.verify(tmp_path).problems[0]
    index.write_text(json.dumps({"weight_map": {"a": "gone.safetensors"}}))
    with pytest.raises(FileNotFoundError):
        fs.verify(tmp_path)


def test_command(made, tmp_path):
    done = in_this_process("verify", made, "--quiet")
    assert (done.returncode, done.stdout) == (0, "")
    done = in_this_process("verify", made)  # other bytes than the file's, which init tells
    assert done.stdout.endswith(" bytes of values: all as planned\n")
    done = in_this_process("verify", made, "--json")
    assert json.loads(done.stdout)["as_planned"] is True
    plan = tmp_path / "plan.json"
    plan.write_text(PLAIN.to_json())
    assert in_this_process("verify", made, "--plan", plan, "--seed", "7").returncode == 0
    done = in_this_process("verify", made, "--plan", plan, "--seed", "8")
    assert done.returncode == 1
    assert "a: other values: 21,000 of 21,000 elements differ, the first at [0, 0]" in done.stdout
    done = in_this_process("verify", made, "--seed", "7")
    assert done.returncode == 2
    assert "--plan beside them" in done.stderr
    assert in_this_process("verify", tmp_path / "none").returncode == 2


def test_saved_again_by_others(made):
    """Another order of the bytes, and of the metadata's tensors, is the same checkpoint; training shows itself."""
    metadata = headers.read("test", made).metadata
    tensors = load_file(made)
    save_file(dict(reversed(tensors.items())), made, metadata)
    assert fs.verify(made).is_as_planned
    noise = np.random.default_rng(0)
    for tensor in tensors.values():
        tensor += noise.normal(0, 0.01, tensor.shape).astype(tensor.dtype)
    save_file(tensors, made, metadata)
    assert {row.kind for row in fs.verify(made).differences} == {"trained"}

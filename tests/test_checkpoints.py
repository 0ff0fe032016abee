"""fastinit.safetensors.create: files that official readers open, with the values of direct fills."""

import json
import os

import numpy as np
import pytest
from fills import same_bits
from safetensors import safe_open
from safetensors.numpy import load_file
from tiny_plans import SINES, STORED, TINY, values_of

import fastinit as fi
import fastinit.safetensors as fs
from fastinit.checkpoints import contents, disk
from fastinit.plans.plan import Entry, Plan


def stored_in(path):
    """A file's tensors by a reading of our own: the official reader for NumPy knows not all dtypes."""
    raw = path.read_bytes()
    n = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + n])
    metadata = header.pop("__metadata__")
    spans = {name: (row["dtype"], row["shape"], row["data_offsets"]) for name, row in header.items()}
    return {
        name: (dtype, shape, raw[8 + n + a : 8 + n + b]) for name, (dtype, shape, (a, b)) in spans.items()
    }, metadata


@pytest.fixture(params=["direct", "cached", "small pieces"])
def way(request, monkeypatch):
    """Past the cache, through it, and in pieces that cut every tensor."""
    if request.param == "cached":
        monkeypatch.delattr(os, "O_DIRECT", raising=False)
    if request.param == "small pieces":
        monkeypatch.setattr(disk, "PIECE_BYTES", 4096)


@pytest.mark.usefixtures("way")
def test_every_tensor_equals_a_direct_fill(tmp_path):
    path = tmp_path / "tiny.safetensors"
    written = []
    done = fs.create(path, TINY, rng=5, progress=written.append)
    assert done.files == (path,)
    assert done.n_tensors == len(STORED)
    assert done.n_bytes == path.stat().st_size == sum(written)
    assert os.listdir(tmp_path) == ["tiny.safetensors"]
    tensors, _ = stored_in(path)
    assert tensors.keys() == set(STORED)
    for name, (_, shape, raw) in tensors.items():
        assert tuple(shape) == TINY[name].shape
        assert raw == values_of(name, 5).tobytes(), name
    assert fs.verify(path).is_as_planned


def test_the_official_reader_opens_it(tmp_path):
    path = tmp_path / "x.safetensors"
    fs.create(path, {"w": (30, 20), "b": (30,)}, {"w": "he_normal", "*": "zeros"}, rng=3)
    with safe_open(path, "np") as file:
        assert set(file.keys()) == {"w", "b"}
        assert file.metadata()["format"] == "pt"
        assert np.array_equal(file.get_tensor("w"), fi.he_normal((30, 20), rng=3, name="w"))
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from safetensors.torch import load_file as load_torch

    fs.create(path, TINY, rng=5, force=True)
    loaded = load_torch(path)
    assert loaded["eight"].dtype is torch.float8_e4m3fn
    assert loaded["half"].view(torch.uint8).numpy().tobytes() == values_of("half", 5).tobytes()


def test_every_tensor_is_aligned(tmp_path):
    path = tmp_path / "x.safetensors"
    fs.create(path, TINY)
    raw = path.read_bytes()
    n = int.from_bytes(raw[:8], "little")
    assert (8 + n) % 4096 == 0
    for name, row in json.loads(raw[8 : 8 + n]).items():
        if name != "__metadata__":
            assert row["data_offsets"][0] % values_of(name, 0).itemsize == 0


def test_shards_and_their_index(tmp_path):
    path = tmp_path / "model.safetensors"
    done = fs.create(path, TINY, rng=5, shard_size="100KB")
    names = sorted(os.listdir(tmp_path))
    n_files = len(names) - 1
    assert n_files > 2
    assert names[:-1] == [f"model-{i:05}-of-{n_files:05}.safetensors" for i in range(1, n_files + 1)]
    index = json.loads((tmp_path / "model.safetensors.index.json").read_text())
    assert index["weight_map"].keys() == set(STORED)
    assert index["metadata"]["total_size"] == sum(values_of(name, 5).nbytes for name in STORED)
    assert done.files[-1].name == names[-1]
    for name, file in index["weight_map"].items():
        assert stored_in(tmp_path / file)[0][name][2] == values_of(name, 5).tobytes()
    for asked in path, tmp_path, done.files[-1]:
        assert fs.verify(asked).is_as_planned


def test_dtype_and_rules(tmp_path):
    path = tmp_path / "x.safetensors"
    rules = {"w": {"name": "normal", "std": 3.0, "dtype": "float16"}, "half": "dummy", "padded": fi.keep, "b": "zeros"}
    fs.create(path, TINY, rules, rng=5, dtype="bfloat16")
    tensors, _ = stored_in(path)
    assert tensors["w"][2] == fi.normal((1000, 70), dtype="float16", std=3.0, rng=5, name="w").tobytes()
    dummy = fi.uniform((300, 200), dtype="bfloat16", low=-1e-3, high=1e-3, rng=5, name="half")
    assert tensors["half"][2] == dummy.tobytes()
    assert tensors["few"][0] == "BF16"
    assert tensors["steps"][0] == "I64"
    assert tensors["sines"][2] == SINES.tobytes()  # a buffer
    padded = TINY["padded"].scheme((50, 6, 4), dtype="bfloat16", rng=5, name="padded")
    assert tensors["padded"][2] == padded.tobytes()


def test_what_it_says_of_itself(tmp_path):
    path = tmp_path / "x.safetensors"
    fs.create(path, TINY, {"b": "ones"}, rng=[3, 4], source="a test")
    saved = fs.open_plan(path)
    assert (saved.rng, saved.source, saved.rules, saved.stream) == ([3, 4], "a test", {"b": "ones"}, "v1")
    assert saved.version == fi.__version__
    assert saved.plan["w"].scheme == TINY["w"].scheme
    assert same_bits(saved.plan["sines"].values(0), SINES)
    again = tmp_path / "again.safetensors"
    fs.create(again, saved.plan, rng=saved.rng)
    assert {name: row[2] for name, row in stored_in(again)[0].items()} == {
        name: row[2] for name, row in stored_in(path)[0].items()
    }


def test_a_generator_gives_a_seed(tmp_path):
    path = tmp_path / "x.safetensors"
    generator = np.random.default_rng(3)
    fs.create(path, {"w": (40,)}, {"w": "normal"}, rng=generator)
    seed = fs.open_plan(path).rng
    assert np.array_equal(load_file(path)["w"], fi.normal(40, rng=seed, name="w"))
    fs.create(path, {"w": (40,)}, {"w": "normal"}, rng=generator, force=True)
    assert fs.open_plan(path).rng != seed


def test_targets(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to(target)
    with pytest.raises(FileExistsError):
        fs.create(link, TINY)
    assert target.read_text() == "old"
    fs.create(link, TINY, force=True)
    assert link.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o600
    assert fs.verify(target).is_as_planned
    assert sorted(os.listdir(tmp_path)) == ["link", "target"]


def test_a_file_that_appears_meanwhile_is_kept(tmp_path):
    path = tmp_path / "x"
    with pytest.raises(FileExistsError):
        fs.create(path, TINY, progress=lambda n_bytes: path.write_text("precious"))
    assert path.read_text() == "precious"
    assert os.listdir(tmp_path) == ["x"]


def test_the_other_form_is_replaced(tmp_path):
    """Readers look for one file first: an old one beside a new index would be loaded instead."""
    fs.create(tmp_path, TINY)
    fs.create(tmp_path, TINY, shard_size="250KB", force=True, rng=8)
    assert fs.open_plan(tmp_path).rng == 8
    assert not (tmp_path / "model.safetensors").exists()
    fs.create(tmp_path, TINY, force=True, rng=9)
    assert fs.open_plan(tmp_path).rng == 9
    assert not (tmp_path / "model.safetensors.index.json").exists()


def test_no_room(tmp_path, monkeypatch):
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1000, "total": 9000})())
    with pytest.raises(OSError, match="has 1,000 free"):
        fs.create(tmp_path / "x", TINY)
    assert os.listdir(tmp_path) == []


def test_errors_of_callbacks_leave_nothing(tmp_path):
    def fail(n_bytes):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        fs.create(tmp_path / "x", TINY, progress=fail)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (dict(plan_or_tensors=3), "a plan, or a mapping of names to shapes"),
        (dict(plan_or_tensors={"w": (2, -1)}), "each >= 0"),
        (dict(plan_or_tensors={"w": (2**62, 4)}), "below 2\\*\\*63"),
        (dict(plan_or_tensors={1: (2,)}), "strings as keys"),
        (dict(plan_or_tensors={"w": (2,)}, rules=None), "none for 'w'"),
        (dict(plan_or_tensors={"__metadata__": (2,)}, rules={"*": "ones"}), "free in the format"),
        (dict(rules={"nope": "ones"}), "'nope', which is used for no name"),
        (dict(rules={"w": "nrmal"}), "'normal'"),
        (dict(rules={"w": {"name": "normal", "dtype": "int8"}}), "one of float32"),
        (dict(dtype="int8"), "one of float32"),
        (dict(dtype="float31"), "one of float32"),
        (dict(shard_size="5 potatoes"), "such as '5GB'"),
        (dict(shard_size=0), "an int >= 1"),
        (dict(rng=-1), "a non-negative int"),
        (dict(rng="x"), "a non-negative int"),
        (dict(progress=3), "a callable"),
        (dict(path=3), "create: path: expected a path, got 3"),
        (dict(path="a\0b"), "create: path: expected a path"),
        (dict(path="a\udcff"), "create: path: expected a path"),
        (dict(source=3), "create: source: expected a string, got 3"),
        (dict(force="x"), "create: force: expected True or False"),
        (dict(resume=1), "create: resume: expected True or False"),
        (dict(threads=0), "an int >= 1"),
    ],
)
def test_refusals(tmp_path, arguments, words):
    with pytest.raises((ValueError, TypeError), match=words):
        fs.create(**{"path": tmp_path / "x", "plan_or_tensors": TINY, **arguments})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("shape", [(), (5,), (3, 4), (2, 3, 4), (1, 5, 1), (4, 1, 2, 3)])
def test_boxes_are_every_stretch(shape):
    flat = np.arange(int(np.prod(shape)))
    whole = flat.reshape(shape)
    for first in range(flat.size + 1):
        for last in range(first, flat.size + 1):
            found = [whole[box].reshape(-1) for box in contents.boxes(shape, first, last)]
            assert np.array_equal(np.concatenate([np.empty(0, int), *found]), flat[first:last])
            assert len(found) <= max(1, 2 * len(shape) - 1)


def test_a_large_tensor_is_in_pieces(tmp_path):
    """Across the boundaries of pieces, more than one of each file."""
    n = (2 * disk.PIECE_BYTES) // 4 + 1001
    plan = Plan({"big": Entry((n,), "float32", fi.get("normal")), "rest": Entry((9,), "float16", fi.get("normal"))})
    fs.create(tmp_path / "x", plan, rng=1)
    assert same_bits(load_file(tmp_path / "x")["big"], fi.normal(n, rng=1, name="big"))

"""Names of checkpoints under attack: races, ends in the middle, others' files. A name has all, or nothing."""

import os
import threading

import numpy as np
import pytest
from safetensors.numpy import load_file

import fastinit as fi
import fastinit.safetensors as fs
from fastinit.checkpoints import disk, landing
from fastinit.files import locks, safetensors_format

TENSORS = {"w": (5000, 16), "v": (300, 100), "b": (70,)}
RULES = {"*": "normal"}
SHARDS = "150KB"


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(disk, "PIECE_BYTES", 1 << 14)


def part(path, rank, n_ranks=2, rng=7, **more):
    return fs.write_part(path, TENSORS, RULES, rng=rng, rank=rank, n_ranks=n_ranks, **more)


def create(path, rng=7, **more):
    return fs.create(path, TENSORS, RULES, rng=rng, **more)


def check(path, rng=7):
    """All values, and that nothing but files of the checkpoint is left."""
    assert fs.verify(path).is_as_planned
    assert fs.open_plan(path).rng == rng
    assert not [name for name in os.listdir(path.parent) if name.startswith(".")]


class Killed(BaseException):
    """In the middle of something, and nothing is done afterwards."""


def test_a_failed_create_takes_the_notes_of_a_group_with_it(tmp_path):
    path = tmp_path / "m.safetensors"
    assert part(path, 0) is None

    def fail(n_bytes):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        create(path, progress=fail)
    assert part(path, 1) is None
    assert not path.exists()
    assert part(path, 0) is not None
    check(path)


@pytest.mark.parametrize("note", [0, 2, 255])
def test_notes_that_no_writer_makes(tmp_path, note):
    path = tmp_path / "m.safetensors"
    part(path, 0)
    [begun] = tmp_path.glob(".*.part")
    raw = bytearray(begun.read_bytes())
    raw[-1] = note  # of the last piece, which is not written yet
    begun.write_bytes(raw)
    assert part(path, 0) is None
    assert not path.exists()
    assert part(path, 1) is not None
    check(path)


def test_lost_files_lose_their_notes(tmp_path):
    path = tmp_path / "m.safetensors"
    part(path, 0)
    for begun in tmp_path.glob(".*.part"):
        begun.unlink()
    assert part(path, 1) is None
    assert part(path, 0) is not None
    check(path)


def test_a_file_removed_under_a_writer_is_an_error(tmp_path):
    path = tmp_path / "m.safetensors"

    def remove(n_bytes):
        for begun in tmp_path.glob(".*.part"):
            begun.unlink()

    for write in (create, lambda path, **more: part(path, 0, **more)):
        with pytest.raises(OSError, match=r"removed meanwhile|No such file"):
            write(path, progress=remove, threads=1)
    assert not path.exists()


def test_a_lock_that_was_removed_is_taken_anew(tmp_path, monkeypatch):
    """Between the opening and the locking of its file another process may remove it."""
    path, removed = tmp_path / "lock", []
    locked = locks._locked

    def remove_first(fd, alone):
        if not removed:
            removed.append(path.unlink())
        return locked(fd, alone)

    monkeypatch.setattr(locks, "_locked", remove_first)
    lock = locks.take(path, alone=True)
    assert path.exists()
    assert locks.take(path, alone=False) is None
    lock.release()


def test_many_creates_at_once(tmp_path):
    """Each ends with its files under their names, or says why not."""
    path, said = tmp_path / "m.safetensors", []

    def many(k):
        for i in range(8):
            try:
                create(path, rng=100 * k + i, force=True, threads=1)
            except OSError as error:
                said.append(str(error))

    running = [threading.Thread(target=many, args=(k,)) for k in range(3)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert all("another process" in text or "removed meanwhile" in text for text in said), said
    check(path, fs.open_plan(path).rng)


def test_landing_at_once(tmp_path):
    for round_number in range(12):
        path, errors, done = tmp_path / str(round_number) / "m.safetensors", [], []
        path.parent.mkdir()

        def run(rank, path=path, errors=errors, done=done):
            try:
                done.append(part(path, rank, 3, shard_size=SHARDS, threads=1))
            except Exception as error:
                errors.append(error)

        running = [threading.Thread(target=run, args=(rank,)) for rank in range(3)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        assert not errors
        assert any(done)
        check(path)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("n_before", range(3))
def test_killed_while_names_are_given(tmp_path, monkeypatch, n_before, force):
    """The next process with the same arguments finishes it; an old index does not lead to a mixture before."""
    path, rename, n_renamed = tmp_path / "m.safetensors", landing.rename, []
    if force:
        create(path, rng=1, shard_size=SHARDS)
    part(path, 0, shard_size=SHARDS, force=force)

    def killed(*arguments):
        if len(n_renamed) == n_before:
            raise Killed
        n_renamed.append(rename(*arguments))

    monkeypatch.setattr(landing, "rename", killed)
    with pytest.raises(Killed):
        part(path, 1, shard_size=SHARDS, force=force)
    monkeypatch.setattr(landing, "rename", rename)
    assert not (tmp_path / "m.safetensors.index.json").exists()
    assert part(path, 0, shard_size=SHARDS, force=force) is not None
    check(path)


def test_a_rank_that_comes_too_late(tmp_path):
    path = tmp_path / "m.safetensors"
    part(path, 0, shard_size=SHARDS)
    landed = part(path, 1, shard_size=SHARDS)
    assert part(path, 0, shard_size=SHARDS) == landed
    check(path)


def test_a_name_taken_meanwhile_takes_the_others_back(tmp_path):
    path = tmp_path / "m.safetensors"

    def take(n_bytes):
        (tmp_path / "m-00002-of-00002.safetensors").write_text("precious")

    with pytest.raises(FileExistsError):
        create(path, shard_size=SHARDS, progress=take)
    assert os.listdir(tmp_path) == ["m-00002-of-00002.safetensors"]
    assert (tmp_path / "m-00002-of-00002.safetensors").read_text() == "precious"


def test_what_belongs_to_others_stays(tmp_path):
    part(tmp_path / "model.safetensors", 0)
    mine = [".model.safetensors.mine.done", ".model.mine.part", ".model.0123456789abcdef.0.part.old"]
    for name in mine:
        (tmp_path / name).write_text("mine")
    before = set(os.listdir(tmp_path))
    create(tmp_path / "model")
    assert before < set(os.listdir(tmp_path))
    assert part(tmp_path / "model.safetensors", 1) is not None


def test_the_other_form_is_refused(tmp_path):
    path = tmp_path / "m.safetensors"
    create(path, rng=1)
    with pytest.raises(FileExistsError):
        create(path, shard_size=SHARDS)
    create(path, shard_size=SHARDS, force=True)
    check(path)
    with pytest.raises(FileExistsError):
        create(path)
    create(path, shard_size="1MB", force=True)
    check(path)
    assert os.listdir(tmp_path) == ["m.safetensors"]


def test_files_of_different_seeds(tmp_path):
    create(tmp_path / "p.safetensors", shard_size=SHARDS)
    create(tmp_path / "q.safetensors", rng=8, shard_size=SHARDS)
    os.replace(tmp_path / "q-00002-of-00002.safetensors", tmp_path / "p-00002-of-00002.safetensors")
    found = fs.verify(tmp_path / "p.safetensors.index.json")
    assert "the seed, source and rules of the other files" in found.problems[0]


def test_long_names(tmp_path):
    path = tmp_path / ("x" * 240 + ".safetensors")
    create(path)
    check(path)


def test_headers_that_no_reader_takes(tmp_path, monkeypatch):
    monkeypatch.setattr(safetensors_format, "MAX_HEADER_BYTES", 4096)
    with pytest.raises(ValueError, match="header of 100 MB"):
        fs.create(tmp_path / "x", {f"{i:0100}": (1,) for i in range(100)}, RULES)
    assert os.listdir(tmp_path) == []
    monkeypatch.undo()
    fs.create(tmp_path / "x", {"w": (3,)}, RULES)
    raw = (tmp_path / "x").read_bytes()
    n = int.from_bytes(raw[:8], "little")
    for text in (raw[8 : 8 + n].decode().encode("utf-16"), b"\xef\xbb\xbf" + raw[8 : 8 + n]):
        (tmp_path / "x").write_bytes(len(text).to_bytes(8, "little") + text + raw[8 + n :])
        assert "JSON" in fs.verify(tmp_path / "x").problems[0]


def test_whole_matrices_are_given_back(tmp_path):
    """What is made whole is made once, and kept only until all of it is written."""
    made = []
    plan = {f"{i}": (300, 300) for i in range(6)}
    scheme = fi.get("orthogonal")
    fs.create(tmp_path / "x", plan, {"*": scheme}, progress=made.append, threads=2)
    from fastinit.checkpoints import planning

    contents = planning.plan_layout("test", tmp_path / "y", plan, {"*": scheme}, 0, None, None).contents
    for content in contents:
        values = np.empty(content.n_elements, content.dtype)
        for first in range(0, values.size, 10_000):
            content.put(first, values[first : first + 10_000])
        assert content._whole is None
        assert np.array_equal(values.reshape(300, 300), load_file(tmp_path / "x")[content.name])


def test_shares_of_other_arguments_stay(tmp_path):
    path = tmp_path / "m.safetensors"
    part(path, 0)
    for other in (lambda: part(path, 1, rng=8), lambda: create(path, rng=8)):
        with pytest.raises(FileExistsError, match="shares of another checkpoint"):
            other()
    assert part(path, 1) is not None
    check(path)
    path.unlink()
    part(path, 0)
    create(path, rng=8, force=True)
    check(path, 8)

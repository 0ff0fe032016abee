"""Several processes on one checkpoint, killed and started again; what is left behind, and gone on with."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from tiny_plans import TINY

import fastinit.safetensors as fs
from fastinit.checkpoints import disk, writer
from fastinit.checkpoints.landing import DONE

#: A process that writes its part, slowly enough to be killed in the middle of it.
PART = """
import sys, time
import fastinit as fi, fastinit.safetensors as fs
from fastinit.checkpoints import disk, writer
from fastinit.checkpoints.landing import DONE
disk.PIECE_BYTES = 1 << 20
writer.NOTED_PIECES = 1
path, rank, n_ranks, pause = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
tensors = {f"layers.{i}.w": (300, 1000) for i in range(20)} | {"head": (9,), "table": (1000, 999)}
rules = {"layers.*": fi.get("he_normal", fans="oi"), "head": "zeros", "table": fi.get("normal", std=0.02)}
done = fs.write_part(path, tensors, rules, rng=4, rank=rank, n_ranks=n_ranks,
                     shard_size="3MB", threads=1, progress=lambda n: time.sleep(pause))
print(done is not None)
"""


def part(path, rank, n_ranks, pause=0.0):
    command = [sys.executable, "-c", PART, str(path), str(rank), str(n_ranks), str(pause)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process):
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    return stdout.strip() == "True"


def wait_for_files(process, folder, is_ready):
    """Until the running process has a part of a checkpoint there that is ready."""
    while not any(name.endswith(".part") and is_ready(name) for name in os.listdir(folder)):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def noted(path):
    """Bytes behind those of the file, one for each piece, as long as there are any."""
    raw = path.read_bytes()
    n_header = 8 + int.from_bytes(raw[:8], "little")
    spans = [row["data_offsets"][1] for name, row in json.loads(raw[8:n_header] or b"{}").items() if name[0] != "_"]
    return raw[-(-(n_header + max(spans)) // 4096) * 4096 :] if spans else b""


def bytes_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def whole(tmp_path):
    """What one process writes."""
    folder = tmp_path / "whole"
    folder.mkdir()
    assert ended(part(folder / "m.safetensors", 0, 1))
    return bytes_in(folder)


@pytest.mark.heavy
def test_two_processes_one_killed(tmp_path, whole):
    """Equal to one process's, byte for byte; nothing stands under its name before all is there."""
    folder = tmp_path / "parts"
    folder.mkdir()
    path = folder / "m.safetensors"
    slow = part(path, 1, 2, 0.2)
    wait_for_files(slow, folder, lambda name: DONE in noted(folder / name))
    slow.kill()
    slow.communicate()
    assert slow.returncode == -signal.SIGKILL
    assert not ended(part(path, 0, 2))
    assert all(name.startswith(".") for name in os.listdir(folder))
    assert ended(part(path, 1, 2))
    assert bytes_in(folder) == whole


@pytest.mark.heavy
def test_four_processes_at_once(tmp_path, whole):
    folder = tmp_path / "parts"
    folder.mkdir()
    running = [part(folder / "m.safetensors", rank, 4) for rank in range(4)]
    assert sum(map(ended, running)) == 1
    assert bytes_in(folder) == whole


def test_more_processes_than_pieces(tmp_path):
    path = tmp_path / "x.safetensors"
    done = [fs.write_part(path, TINY, rng=3, rank=rank, n_ranks=5) for rank in range(5)]
    assert done[:-1] == [None] * 4
    assert fs.write_part(path, TINY, rng=3, rank=2, n_ranks=5) == done[-1]  # started again, too late
    assert done[-1].files == (path,)
    alone = tmp_path / "alone.safetensors"
    fs.create(alone, TINY, rng=3)
    assert path.read_bytes() == alone.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (dict(rank=2), "in \\[0, 2\\)"),
        (dict(rank=-1), "in \\[0, 2\\)"),
        (dict(n_ranks=0), ">= 1"),
        (dict(rng=None), "the same for all ranks"),
    ],
)
def test_refusals(tmp_path, arguments, words):
    with pytest.raises((ValueError, TypeError), match=words):
        fs.write_part(tmp_path / "x", TINY, **{"rank": 0, "n_ranks": 2, **arguments})
    assert os.listdir(tmp_path) == []


def test_resume_writes_only_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "PIECE_BYTES", 1 << 14)
    monkeypatch.setattr(writer, "NOTED_PIECES", 2)
    path, alone = tmp_path / "x.safetensors", tmp_path / "alone.safetensors"
    fs.create(alone, TINY, rng=3)
    written = []

    def stop(n_bytes):
        written.append(n_bytes)
        if len(written) == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fs.create(path, TINY, rng=3, progress=stop, resume=True, threads=1)
    assert not path.exists()
    kept = []
    monkeypatch.setattr(disk.PieceFile, "write", _counting(disk.PieceFile.write, kept))
    fs.create(path, TINY, rng=3, resume=True)
    assert path.read_bytes() == alone.read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["alone.safetensors", "x.safetensors"]
    n_pieces = -(-path.stat().st_size // (1 << 14))
    assert n_pieces - 14 <= len(kept) <= n_pieces - 6  # other threads may have written meanwhile


def _counting(write, kept):
    def counted(self, buffer, at):
        kept.append(at)
        write(self, buffer, at)

    return counted


def test_remains_of_a_killed_process_are_removed(tmp_path):
    path = tmp_path / "m.safetensors"
    slow = part(path, 0, 2, 0.2)
    wait_for_files(slow, tmp_path, lambda name: True)
    time.sleep(0.1)
    with pytest.raises(OSError, match="another process"):
        _same_as_part(path)
    fs.create(tmp_path / "other.safetensors", TINY)
    before = set(os.listdir(tmp_path))
    with pytest.raises(FileExistsError, match="shares of another checkpoint"):
        fs.create(path, TINY)
    fs.create(path, TINY, force=True)  # of something else: the running process's files stay
    assert before - set(os.listdir(tmp_path)) == set()
    slow.kill()
    slow.communicate()
    fs.create(path, TINY, force=True)
    assert sorted(os.listdir(tmp_path)) == ["m.safetensors", "other.safetensors"]


def _same_as_part(path):
    """What PART's processes write, by one alone."""
    import fastinit as fi

    tensors = {f"layers.{i}.w": (300, 1000) for i in range(20)} | {"head": (9,), "table": (1000, 999)}
    rules = {"layers.*": fi.get("he_normal", fans="oi"), "head": "zeros", "table": fi.get("normal", std=0.02)}
    fs.create(path, tensors, rules, rng=4, shard_size="3MB")

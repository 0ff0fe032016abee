"""Files that are written: complete or absent, told by their own names, and what killed writers have left."""

import json
import os
import resource
import signal
import subprocess
import sys
import textwrap

import pytest
from command_line import in_this_process

import fastinit as fi
from fastinit.files import locks, names

#: So many bytes may a file have in a process that is told so: a full disk for each file.
MAX_FILE_BYTES = 100

#: Arguments of a command that writes a file, by its option, and a word of what it prints first.
WRITERS = {
    "--plot": (["check", "--layers", "8,8", "--plot"], "x.png", "verdict"),
    "--html": (["check", "--layers", "8,8", "--html"], "x.html", "verdict"),
    "--json": (["bench", "--json"], "x.json", "measured"),
    "bench --plot": (["bench", "--plot"], "x.png", "measured"),
}

#: What has been measured is stood in for: only what becomes of it is looked at.
WITHOUT_MEASURING = textwrap.dedent(
    """
    import sys
    from fastinit import cli
    from fastinit.bench import command, plot, report
    command.measure = lambda options: {"seconds": [1.0] * 100}
    report.lines = lambda saved: ["measured"]
    plot.write = lambda saved, path, kind: path.write_bytes(bytes(1000))
    sys.exit(cli.main(sys.argv[1:]))
    """
)


def with_little_room(arguments, folder):
    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE_BYTES, MAX_FILE_BYTES))

    environment = {**os.environ, "MPLCONFIGDIR": str(folder.parent)}
    # -B: Python would keep what it could not write of a module compiled.
    command = [sys.executable, "-B", "-c", WITHOUT_MEASURING, *map(str, arguments)]
    return subprocess.run(command, preexec_fn=limited, capture_output=True, text=True, cwd=folder, env=environment)


@pytest.mark.heavy
@pytest.mark.parametrize("writer", WRITERS)
def test_a_full_disk_takes_nothing_with_it(tmp_path, writer):
    """What was computed is printed, the file that had no room is named, and no part of it is left."""
    folder = tmp_path / "here"
    folder.mkdir()
    arguments, name, printed = WRITERS[writer]
    done = with_little_room([*arguments, folder / name], folder)
    assert printed in done.stdout
    assert done.returncode not in (0, -signal.SIGXFSZ)
    assert done.stderr.splitlines()[-1] == f"fastinit: error: {folder / name}: File too large"
    assert list(folder.iterdir()) == []


def test_what_was_there_stays_if_there_is_no_room(tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "x.json").write_text("precious")
    assert with_little_room(["bench", "--json", folder / "x.json"], folder).returncode != 0
    assert [path.name for path in folder.iterdir()] == ["x.json"]
    assert (folder / "x.json").read_text() == "precious"


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("kind", ["pipe", "device", "loop"])
def test_what_is_no_regular_file_is_refused_first(tmp_path, monkeypatch, writer, kind):
    arguments, name, _ = WRITERS[writer]
    if kind == "pipe":
        os.mkfifo(tmp_path / name)
    elif kind == "device":
        (tmp_path / name).symlink_to("/dev/full")
    else:
        (tmp_path / name).symlink_to(name)
    monkeypatch.setattr("fastinit.bench.command.measure", lambda options: pytest.fail("measured before it was refused"))
    done = in_this_process(*arguments, tmp_path / name)
    assert done.returncode != 0
    assert f"{writer.split()[-1]}: expected a file that can be written, got " in done.stderr
    assert done.stderr.count("\n") == 1
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("more", [(), ("--force",)])
def test_init_onto_a_loop_of_links(tmp_path, more):
    (tmp_path / "a.safetensors").symlink_to("b.safetensors")
    (tmp_path / "b.safetensors").symlink_to("a.safetensors")
    done = in_this_process("init", "gpt2", "--quiet", "-o", tmp_path / "a.safetensors", *more)
    assert done.stderr == f"fastinit: error: {tmp_path / 'a.safetensors'}: is a loop of symbolic links\n"
    assert sorted(os.listdir(tmp_path)) == ["a.safetensors", "b.safetensors"]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_name_too_long_is_refused_first_and_the_message_says_so(tmp_path, monkeypatch, writer):
    arguments, name, _ = WRITERS[writer]
    monkeypatch.setattr("fastinit.bench.command.measure", lambda options: pytest.fail("measured before it was refused"))
    done = in_this_process(*arguments, tmp_path / (300 * "x" + name))
    assert done.returncode != 0
    assert f"{writer.split()[-1]}: expected a file that can be written, got File name too long: " in done.stderr
    assert os.listdir(tmp_path) == []


#: Writes half of a file, says so, and waits to be killed.
HALF = """
import sys, time
from pathlib import Path
from fastinit.files import names
with names.complete(Path(sys.argv[1])) as begun:
    begun.write_text("half")
    print(begun.name, flush=True)
    time.sleep(1000)
"""


def test_what_a_killed_writer_left_is_swept_at_the_next_start(tmp_path):
    target, others = tmp_path / "x.json", [".x.json.tmp", ".x.json.0123.tmp", ".y.json.0123456789abcdef.tmp"]
    for other in others:
        (tmp_path / other).write_text("another's")
    with subprocess.Popen([sys.executable, "-c", HALF, target], stdout=subprocess.PIPE, text=True) as writer:
        left = writer.stdout.readline().strip()
        names.check_folder(target)
        assert (tmp_path / left).read_text() == "half"  # a living process's stays
        writer.send_signal(signal.SIGKILL)
    assert (tmp_path / left).exists()
    with names.complete(target) as begun:
        begun.write_text("whole")
    assert sorted(os.listdir(tmp_path)) == sorted([*others, "x.json"])
    assert target.read_text() == "whole"


def test_a_link_of_that_name_is_nobodys_to_remove(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("x")
    (tmp_path / ".x.json.0123456789abcdef.tmp").symlink_to(precious)
    names.check_folder(tmp_path / "x.json")
    assert len(os.listdir(tmp_path)) == 2
    assert locks.take_abandoned(tmp_path / ".x.json.0123456789abcdef.tmp") is None


def test_a_file_that_came_meanwhile_is_not_replaced(tmp_path):
    target = tmp_path / "x.json"

    def write():
        with names.complete(target, force=False) as begun:
            begun.write_text("mine")
            target.write_text("another's")

    with pytest.raises(FileExistsError) as caught:
        write()
    assert caught.value.filename == str(target)
    assert os.listdir(tmp_path) == ["x.json"]
    assert target.read_text() == "another's"


def test_names_go_to_the_disk_after_the_bytes(tmp_path, monkeypatch):
    """The file, its name, the folder: in any other order a crash could leave a name without its bytes."""
    done, fsync, rename = [], os.fsync, names.rename
    monkeypatch.setattr(names.os, "fsync", lambda fd: done.append(os.readlink(f"/proc/self/fd/{fd}")) or fsync(fd))
    monkeypatch.setattr(names, "rename", lambda *paths: done.append("rename") or rename(*paths))
    fi.check([8, 8]).html(tmp_path / "x.html")
    assert [os.path.basename(path)[:8] for path in done] == [".x.html.", "rename", tmp_path.name[:8]]


def test_the_mode_of_what_is_replaced_stays(tmp_path):
    target = tmp_path / "x.json"
    target.write_text(json.dumps(1))
    target.chmod(0o640)
    with names.complete(target) as begun:
        begun.write_text("2")
    assert target.stat().st_mode & 0o777 == 0o640

"""Disks that fill: by a bound on the size of files, and, where one can be mounted, in a small file system.

Every command that writes files is run with room for ten bytes, for some, and for nearly all. It fails with one line on
standard error that names the file as its user called it, or its folder; the file is as it was before, and nothing else
is left. With room enough each succeeds, which is the control.

``python tests/attack/full_disk.py [N]``, N sizes of the room.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import row  # first: it finds the tests' own modules

import fastinit as fi
import fastinit.safetensors as fs

PLAN = "".join(f'[tensors."w{i}"]\nshape = [300, {50 + i}]\nscheme = "normal"\n' for i in range(4))


class Command(NamedTuple):
    """A command; ``{out}`` is what it writes, and `files` are what is there afterwards."""

    arguments: str
    out: str
    files: tuple[str, ...]
    n_bytes: int  #: of the largest


COMMANDS = {
    "init": Command("init {plan} -o {out} --quiet", "m.safetensors", ("m.safetensors",), 250_000),
    "init --force": Command("init {plan} -o {out} --quiet --force", "m.safetensors", ("m.safetensors",), 250_000),
    "init, shards": Command("init {plan} -o {out} --quiet --shard-size 100KB", "m.safetensors", (), 100_000),
    "init npz": Command("init {plan} -o {out} --quiet --format npz", "m.npz", ("m.npz",), 250_000),
    "init npy": Command("init {plan} -o {out} --quiet --format npy", "folder", ("folder",), 60_000),
    "check --html": Command("check --layers 30,30,30 --quiet --html {out}", "p.html", ("p.html",), 12_000),
    "check --plot": Command("check --layers 30,30,30 --quiet --plot {out}", "p.png", ("p.png",), 20_000),
    "calibrate -o": Command(
        "calibrate {weights} --activation relu --layout io --quiet -o {out}",
        "c.safetensors",
        ("c.safetensors",),
        10_000,
    ),
    "bench --json": Command("bench --mib 1 --rounds 1 --threads 1 --json {out}", "j.json", ("j.json",), 1000),
}


def _inputs(folder: Path) -> dict[str, Path]:
    """What the commands read, in another place than what they write."""
    plan, weights = folder / "plan.toml", folder / "weights.safetensors"
    plan.write_text(PLAN)
    fs.create(weights, {"a": (50, 20), "b": (20, 50)}, {"*": fi.get("he_normal")})
    return {"plan": plan, "weights": weights}


def _run(command: Command, inputs: dict[str, Path], out: Path, room: int | None) -> subprocess.CompletedProcess:
    words = [sys.executable, "-m", "fastinit", *command.arguments.format(**inputs, out=out).split()]

    def limit() -> None:
        if room is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "agg"}
    return subprocess.run(words, capture_output=True, text=True, timeout=300, preexec_fn=limit, env=environment)


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def tried(
    name: str, command: Command, inputs: dict[str, Path], folder: Path, room: int | None, old: bytes | None
) -> bool:
    """Whether it had room; raises Found unless all is as promised."""
    out = folder / command.out
    if old is not None:
        out.write_bytes(old)
    before = _content(folder)
    done = _run(command, inputs, out, room)
    after, where = _content(folder), f"{name} with room for {room} bytes:"
    if done.returncode == 0:
        row.demand(after != before, where, "status 0, and nothing written")
    else:
        row.demand(done.returncode in (1, 2), where, "status", done.returncode, done.stderr[-1500:])
        lines = [line for line in done.stderr.splitlines() if line and not line.startswith("bench ")]  # without bars
        row.demand(len(lines) == 1, where, "other than one line:", lines)
        [said] = lines
        row.demand(command.out in said or f"{folder}: " in said, where, "another file is named:", said)
        row.demand(after == before, where, "is left:", sorted(after))
    return done.returncode == 0


def by_size(name: str, command: Command, inputs: dict[str, Path], rooms: list[int | None]) -> int:
    """How many tries failed for want of room."""
    n_failed, old = 0, b"old" * 100 if "--force" in name else None
    for room in rooms:
        with tempfile.TemporaryDirectory() as folder:
            n_failed += not tried(name, command, inputs, Path(folder), room, old)
    return n_failed


def by_file_system(inputs: dict[str, Path]) -> str:
    """All in a file system that has 4 KiB left; the words for the table."""
    folder = Path(tempfile.mkdtemp())
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        os.rmdir(folder)
        return "no file system could be mounted"
    try:
        for name in "init", "init, shards", "init npz", "calibrate -o":
            (folder / "filler").write_bytes(bytes(61_000))
            row.demand(not tried(name, COMMANDS[name], inputs, folder, None, None), name, "had room in 64 KiB")
    finally:
        subprocess.run(["umount", str(folder)], check=True)
        os.rmdir(folder)
    return "also in a full file system"


def collected(attacks: list[tuple[str, Callable[[], object]]]) -> list[object]:
    """What each returns; raises Found with all that was found, one a line."""
    results, found = [], []
    for _, attack in attacks:
        try:
            results.append(attack())
        except row.Found as error:
            found.append(str(error))
    row.demand(not found, "\n".join(found))
    return results


def attack(n_rooms: int) -> str:
    folder = Path(tempfile.mkdtemp())
    try:
        inputs, attacks = _inputs(folder), []
        for name, command in COMMANDS.items():
            rooms = [10 + command.n_bytes * i // n_rooms for i in range(n_rooms)]  # tempfile needs four
            attacks.append((name, lambda n=name, c=command, r=rooms: by_size(n, c, inputs, [*r, None])))
        *failed, words = collected([*attacks, ("a file system", lambda: by_file_system(inputs))])
    finally:
        shutil.rmtree(folder)
    for name, n_failed in zip(COMMANDS, failed, strict=True):
        row.demand(0 < n_failed <= n_rooms, name, "failed", n_failed, "times, of", n_rooms)
    return f"{len(COMMANDS)} commands, {sum(failed)} times without room, {words}; each succeeds with room"


if __name__ == "__main__":
    row.run(attack, 1, "sizes of the room")

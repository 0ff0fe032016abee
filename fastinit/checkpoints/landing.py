"""Names: a checkpoint has its own only when it is complete.

Until then its files lie beside their places as ``.NAME.MARK.NUMBER.part``: MARK is a fingerprint of what is written
and where. Behind a file's bytes, from the next page on, stand notes: a byte for each piece that is on the disk. So
notes are lost with what they tell of. Writers hold a lock on ``.NAME.MARK.lock``; what lies there unlocked was left by
one that was killed. Once all is there, ``.NAME.MARK.complete`` says so, and whoever comes next finishes what was begun.
"""

from __future__ import annotations

import errno
import os
import re
import threading
from contextlib import suppress
from pathlib import Path

from fastinit.checkpoints import disk
from fastinit.checkpoints.disk import ALIGNMENT
from fastinit.checkpoints.layout import File, Layout
from fastinit.files import locks
from fastinit.files.names import check_target, is_same, rename, short_name, sync_folder
from fastinit.files.shards import index_path

DONE = 1

#: How unfinished files' names end.
ENDINGS = r"(\d+\.part|lock|shared|complete|\d+\.index)"


class Landing:
    """The names of one layout's files, from the first byte to their own."""

    def __init__(self, layout: Layout):
        self.layout, self.folder = layout, layout.path.parent
        self._mark = layout.fingerprint()
        self._short = short_name(layout.path.name)
        self._held: locks.Lock | None = None

    def _beside(self, ending: str, mark: str = "") -> Path:
        return self.folder / f".{self._short}.{mark or self._mark}.{ending}"

    def begun(self, number: int) -> Path:
        """A file's name until all are complete."""
        return self._beside(f"{number}.part")

    def lock(self, alone: bool) -> locks.Lock:
        """Held while this writes; raises OSError if another process has it, or if this is to be alone and is not."""
        self._held = locks.take(self._beside("lock"), alone)
        if self._held is None:
            raise OSError(errno.EBUSY, "is being written by another process", str(self.layout.path))
        if not alone:
            self._beside("shared").touch()
        return self._held

    def check_targets(self, force: bool) -> None:
        """Raise OSError if a name is taken: also that of the other form, one file or many, which readers may prefer."""
        for target in [*self.layout.targets, self.layout.path, self.layout.index_path]:
            check_target(target, force)

    def is_landed(self) -> bool:
        """Whether all files have their names, with headers and sizes as they are to be."""
        if self.is_complete() or any(self.begun(i).exists() for i in range(len(self.layout.files))):
            return False
        index = self.layout.index
        if index is not None and (not self.layout.index_path.is_file() or self.layout.index_path.read_bytes() != index):
            return False
        return all(_is_as(self.folder / file.name, file) for file in self.layout.files)

    def notes(self, number: int) -> bytes:
        """A byte for each piece of a file, DONE or 0; what is not there counts as not done."""
        file = self.layout.files[number]
        try:
            with open(self.begun(number), "rb") as part:
                part.seek(notes_at(file))
                return part.read(n_pieces(file)).ljust(n_pieces(file), b"\0")
        except FileNotFoundError:
            return bytes(n_pieces(file))

    def all_done(self) -> bool:
        """Whether every piece of every file is noted."""
        files = self.layout.files
        return all(self.notes(i) == bytes([DONE]) * n_pieces(file) for i, file in enumerate(files))

    def is_complete(self) -> bool:
        """Whether all was there, and whoever was to give the names did not end."""
        return self._beside("complete").exists()

    def complete(self) -> bool:
        """Note that all is there; False if another process has done so, and gives the names."""
        try:
            os.close(os.open(self._beside("complete"), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except FileExistsError:
            return False
        sync_folder(self.folder)
        return True

    def land(self, force: bool) -> None:
        """Give all files their names, the index last. Of two processes at it each finds what the other has done."""
        layout = self.layout
        if not force:
            self._check_free()
        elif os.path.exists(layout.index_path):  # it would lead to some old and some new files
            layout.index_path.unlink(missing_ok=True)
        landed: list[tuple[Path, Path]] = []
        try:
            for number, file in enumerate(layout.files):
                begun, target = self.begun(number), self.folder / file.name
                if _cut(begun, file.n_bytes):
                    rename(begun, target, force)
                    landed.append((begun, target))
                elif not target.exists():
                    raise FileNotFoundError(errno.ENOENT, "has been removed meanwhile", str(begun))
            if layout.index is not None:
                self._land_index(force)
        except FileExistsError:  # another's, since it was looked for: no part of this is to be seen
            for begun, target in landed:
                os.replace(target, begun)
            raise
        if force:
            self._remove_other_form()
        for name in "complete", "shared", "lock":
            self._beside(name).unlink(missing_ok=True)
        sync_folder(self.folder)

    def _check_free(self) -> None:
        for number, target in enumerate(self.layout.targets):
            if target.exists() and self.begun(number).exists() and not is_same(self.begun(number), target):
                check_target(target, force=False)

    def _land_index(self, force: bool) -> None:
        begun, target = self._beside(f"{os.getpid()}{threading.get_ident()}.index"), self.layout.index_path
        try:
            begun.unlink(missing_ok=True)
            disk.write_synced(begun, self.layout.index)
            if not (target.exists() and target.read_bytes() == self.layout.index):
                rename(begun, target, force)
        except FileExistsError:
            if target.read_bytes() != self.layout.index:
                raise
        finally:
            begun.unlink(missing_ok=True)

    def _remove_other_form(self) -> None:
        """One file beside new shards, an index beside a new file, shards of another number: they would mislead."""
        path, mine = self.layout.path, set(self.layout.targets)
        shard = re.compile(re.escape(path.stem) + r"-\d{5}-of-\d{5}" + re.escape(path.suffix))
        others = [other for other in self.folder.iterdir() if shard.fullmatch(other.name)]
        for other in {path, index_path(path), *others} - mine:
            if os.path.exists(other):
                other.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove what has been begun; for whoever holds the lock alone."""
        self._remove(self._mark)

    def discard_abandoned_lock(self) -> None:
        """Remove the lock's file if nobody has it: an interrupt may come between its making and its being known."""
        if self._held is not None:
            self._held.release()
        with suppress(OSError):
            lock = locks.take_abandoned(self._beside("lock"))
            if lock is not None and not (self._beside("shared").exists() or self.is_complete()):
                self._beside("lock").unlink(missing_ok=True)

    def discard_files(self) -> None:
        """The same, but for the lock."""
        for number in range(len(self.layout.files)):
            self.begun(number).unlink(missing_ok=True)

    def remove_remains(self, force: bool) -> None:
        """Remove what killed writers have left of something else under this name.

        Shares of several processes wait for the others: without `force` they are a reason to raise OSError.
        """
        pattern = re.compile(rf"\.{re.escape(self._short)}\.([0-9a-f]{{16}})\.{ENDINGS}")
        found = [pattern.fullmatch(path.name) for path in self.folder.iterdir()]
        for mark in {one[1] for one in found if one} - {self._mark}:
            if not force and self._beside("shared", mark).exists():
                text = "has shares of another checkpoint that several processes write; --force removes them"
                raise FileExistsError(errno.EEXIST, text, str(self.layout.path))
            lock = locks.take(self._beside("lock", mark), alone=True)
            if lock is not None:
                self._remove(mark)
                lock.release()

    def _remove(self, mark: str) -> None:
        begun = re.compile(rf"\.{re.escape(self._short)}\.{mark}\.{ENDINGS}")
        for path in list(self.folder.iterdir()):
            if begun.fullmatch(path.name):
                path.unlink(missing_ok=True)


def notes_at(file: File) -> int:
    """Where the notes of an unfinished file start: behind what is written past the cache, in whole pages."""
    return -(-file.n_bytes // ALIGNMENT) * ALIGNMENT


def n_pieces(file: File) -> int:
    return -(-file.n_bytes // disk.PIECE_BYTES)


def _cut(begun: Path, n_bytes: int) -> bool:
    """Take the notes off a file, on the disk; False if it is not there any more."""
    try:
        with open(begun, "r+b") as file:
            file.truncate(n_bytes)
            os.fsync(file.fileno())
    except FileNotFoundError:
        return False
    return True


def _is_as(path: Path, file: File) -> bool:
    """Whether a file has the size and the header that it is to have."""
    try:
        with open(path, "rb") as found:
            return os.fstat(found.fileno()).st_size == file.n_bytes and found.read(len(file.header)) == file.header
    except FileNotFoundError:
        return False

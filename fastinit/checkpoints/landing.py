"""Names: a checkpoint has its own only when it is complete.

Until then each file lies beside its place as ``.NAME.FINGERPRINT.part``, and each writer notes the pieces that are on
the disk in ``.NAME.FINGERPRINT.RANK-of-N.done``, a byte each. A writer holds a lock on its notes; what lies there
unlocked was left by one that was killed.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from fastinit.checkpoints.disk import fcntl, sync_folder
from fastinit.checkpoints.layout import Layout, index_path

DONE = 1


def check_target(path: Path, force: bool) -> None:
    """Raise OSError if `path` may not be written: it exists without `force`, or is no regular file."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "exists and is not a regular file", str(path))
    if path.exists() and not force:
        raise FileExistsError(errno.EEXIST, "exists; --force overwrites it", str(path))


class Landing:
    """The names of one writer's work: rank `rank` of `n_ranks` on one layout, in a folder that all of them share."""

    def __init__(self, layout: Layout, rank: int, n_ranks: int):
        self.layout, self.rank, self.n_ranks = layout, rank, n_ranks
        self.folder = layout.path.parent
        self._mark = layout.fingerprint()
        self._notes: BinaryIO | None = None

    def begun(self, name: str) -> Path:
        """A file's name until all are complete."""
        return self.folder / f".{name}.{self._mark}.part"

    def _notes_path(self, rank: int) -> Path:
        return self.folder / f".{self.layout.path.name}.{self._mark}.{rank}-of-{self.n_ranks}.done"

    def open_notes(self, n_pieces: int) -> bytearray:
        """Take this rank's notes and return them: a byte for each piece. Raises OSError if another writer has them."""
        path = self._notes_path(self.rank)
        self._notes = open(path, "r+b" if path.exists() else "w+b", buffering=0)  # noqa: SIM115  `close` closes it
        if not _lock(self._notes):
            self._notes.close()
            self._notes = None
            raise OSError(errno.EBUSY, "is being written by another process", str(self.layout.path))
        noted = self._notes.read(n_pieces)
        return bytearray(noted.ljust(n_pieces, b"\0"))

    def note(self, done: bytes) -> None:
        """Keep the notes; what they say is on the disk by then."""
        self._notes.seek(0)
        self._notes.write(done)
        os.fsync(self._notes.fileno())

    def close(self) -> None:
        if self._notes is not None:
            self._notes.close()
            self._notes = None

    def all_done(self, n_pieces_of: list[int]) -> bool:
        """Whether every rank has noted all its pieces."""
        for rank, n in enumerate(n_pieces_of):
            try:
                noted = self._notes_path(rank).read_bytes()
            except FileNotFoundError:
                return False
            if noted.count(DONE) < n:
                return False
        return True

    def land(self, force: bool) -> None:
        """Give all files their names. Of two ranks that do so at once each finds what the other has done."""
        layout = self.layout
        for file in layout.files:
            rename(self.begun(file.name), self.folder / file.name, force)
        if layout.index is not None:
            begun = self.begun(layout.index_path.name + f".{self.rank}")
            with open(begun, "wb") as index:
                index.write(layout.index)
                index.flush()
                os.fsync(index.fileno())
            rename(begun, layout.index_path, force)
        if force:  # a checkpoint of the other form would be found first
            (layout.path if layout.index is not None else index_path(layout.path)).unlink(missing_ok=True)
        for notes in self.folder.glob(f"{_escaped(f'.{layout.path.name}.{self._mark}.')}*.done"):
            notes.unlink(missing_ok=True)
        sync_folder(self.folder)

    def discard(self) -> None:
        """Remove what has been begun."""
        for name in [file.name for file in self.layout.files]:
            self.begun(name).unlink(missing_ok=True)
        self._notes_path(self.rank).unlink(missing_ok=True)

    def remove_remains(self) -> None:
        """Remove what killed writers have left of other files under this name."""
        prefix = f".{self.layout.path.name}."
        for notes in self.folder.glob(f"{_escaped(prefix)}*.done"):
            mark = notes.name[len(prefix) :].partition(".")[0]
            if mark == self._mark:
                continue
            try:
                with open(notes, "r+b") as file:
                    if not _lock(file):
                        continue
                    stem = _escaped(self.layout.path.stem)
                    for begun in self.folder.glob(f".{stem}*.{_escaped(mark)}.part"):
                        begun.unlink(missing_ok=True)
                    notes.unlink(missing_ok=True)
            except OSError:  # somebody else's, or gone meanwhile
                continue


def _escaped(text: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


def _lock(file: BinaryIO) -> bool:
    """Take a file for this process; False if another has it. Where there are no locks, as on Windows, nobody has."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
    return True


def rename(begun: Path, target: Path, force: bool) -> None:
    """Give a file its name, unless another took it meanwhile without `force`; one that is gone was renamed before."""
    try:
        if force:
            if target.exists():
                begun.chmod(stat.S_IMODE(target.stat().st_mode))
            os.replace(begun, target)
        else:
            _link(begun, target)
    except FileNotFoundError:
        if not target.exists():
            raise


def _link(begun: Path, target: Path) -> None:
    try:
        os.link(begun, target)
    except FileExistsError:
        if not _is_same(begun, target):
            raise
    except OSError as error:
        if error.errno == errno.ENOENT:
            raise
        os.replace(begun, target)  # the file system has no links
        return
    begun.unlink(missing_ok=True)


def _is_same(begun: Path, target: Path) -> bool:
    """Whether another rank is just giving the file its name, or has done so."""
    try:
        return os.path.samefile(begun, target)
    except FileNotFoundError:
        return True

"""Checkpoint files written: in pieces, by several threads, by one process or by many together."""

from __future__ import annotations

import errno
import os
import threading
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fastinit.checkpoints import disk, landing, workers
from fastinit.checkpoints.disk import ALIGNMENT, CACHED_BYTES, PieceFile
from fastinit.checkpoints.landing import DONE, Landing
from fastinit.checkpoints.layout import File, Layout

#: Pieces after which what is on the disk is noted, for whoever goes on after an end: a gibibyte.
NOTED_PIECES = 64


class Piece(NamedTuple):
    """A stretch of a file that one thread fills and writes."""

    number: int  #: the file's
    place: int  #: among the file's pieces
    first: int  #: byte
    last: int


def share_of(layout: Layout, rank: int, n_ranks: int) -> list[Piece]:
    """The pieces that one of several processes writes: neighbours."""
    counts = [landing.n_pieces(file) for file in layout.files]
    n_all, pieces, before = sum(counts), [], 0
    first, last = n_all * rank // n_ranks, n_all * (rank + 1) // n_ranks
    for number, (file, count) in enumerate(zip(layout.files, counts, strict=True)):
        for place in range(max(0, first - before), min(count, last - before)):
            start = place * disk.PIECE_BYTES
            pieces.append(Piece(number, place, start, min(start + disk.PIECE_BYTES, file.n_bytes)))
        before += count
    return pieces


def write(
    layout: Layout,
    rank: int = 0,
    n_ranks: int = 1,
    *,
    force: bool = False,
    resume: bool = False,
    threads: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> bool:
    """Write a layout, or one process's share of it; whether the files have their names now.

    They get them when every share is complete. One process alone leaves nothing behind if it fails, unless it is to
    `resume`: then, and where there are several, what is done stays, and the same call goes on from there. Raises
    OSError as the file system does, and if a file exists without `force`.
    """
    names, keeps, n_threads = Landing(layout), resume or n_ranks > 1, workers.n_workers("checkpoint", threads)
    if n_ranks > 1 and not force and names.is_landed():
        return True
    lock = None
    try:
        if not names.is_complete():
            names.check_targets(force)
            disk.check_room(names.folder, layout.n_bytes // n_ranks - _allocated(names))
        lock = names.lock(alone=n_ranks == 1)
        if names.is_complete():
            names.land(force)
            return True
        if not keeps:
            names.discard_files()
        names.remove_remains(force)
        _Work(names, share_of(layout, rank, n_ranks), keeps, progress).do(n_threads)
        if keeps and not names.all_done():
            return False
        if not names.complete():
            return False
        names.land(force)
    except BaseException:
        if lock is not None and not keeps:
            names.discard()
        elif lock is None:
            names.discard_abandoned_lock()
        raise
    finally:
        if lock is not None:
            lock.release()
    return True


def _allocated(names: Landing) -> int:
    """Bytes of the disk that the unfinished files have already."""
    n_blocks = 0
    for number in range(len(names.layout.files)):
        try:
            n_blocks += getattr(names.begun(number).stat(), "st_blocks", 0)
        except FileNotFoundError:
            continue
    return 512 * n_blocks


class _Work:
    """One process's pieces, and the files that they go to: open from the first piece to the last."""

    def __init__(self, names: Landing, share: list[Piece], keeps: bool, progress: Callable | None):
        self.names, self.keeps, self.progress = names, keeps, progress
        notes = {number: names.notes(number) for number in {piece.number for piece in share}} if keeps else {}
        self.todo = [piece for piece in share if not (keeps and notes[piece.number][piece.place] == DONE)]
        self.n_done_before = sum(piece.last - piece.first for piece in share) - sum(p.last - p.first for p in self.todo)
        self.n_left = Counter(piece.number for piece in self.todo)
        self.not_noted: list[Piece] = []
        self.files: dict[int, PieceFile] = {}
        self.lock = threading.Lock()

    def do(self, n_threads: int) -> None:
        if self.progress is not None and self.n_done_before:
            self.progress(self.n_done_before)
        for number in self.n_left:  # room for all, before the first piece
            opened, file = self._open(number), self.names.layout.files[number]
            try:
                opened.reserve(file.n_bytes, landing.notes_at(file) + landing.n_pieces(file))
            finally:
                opened.close()
        try:
            workers.each(self.todo, self._piece, n_threads, disk.PIECE_BYTES)
        finally:
            if self.keeps:
                self._note()
            for file in self.files.values():
                file.close()

    def _open(self, number: int) -> PieceFile:
        return PieceFile(self.names.begun(number), os.O_RDWR | os.O_CREAT)

    def _piece(self, piece: Piece, buffer: np.ndarray) -> None:
        with self.lock:
            opened = self.files.get(piece.number)
            if opened is None:
                opened = self.files[piece.number] = self._open(piece.number)
        file: File = self.names.layout.files[piece.number]
        step = disk.PIECE_BYTES if opened.is_direct else CACHED_BYTES
        for first in range(piece.first, piece.last, step):
            n_bytes = min(step, piece.last - first)
            file.put(first, buffer[:n_bytes])
            opened.write(buffer[: -(-n_bytes // ALIGNMENT) * ALIGNMENT], first)
        with self.lock:
            self._count(piece)

    def _count(self, piece: Piece) -> None:
        """Under the lock, so that the others wait while the disk does."""
        self.not_noted.append(piece)
        self.n_left[piece.number] -= 1
        is_last = not self.n_left[piece.number]
        if is_last or (self.keeps and len(self.not_noted) >= NOTED_PIECES):
            self._note()
        if is_last:
            self.files.pop(piece.number).close()
        if self.progress is not None:
            self.progress(piece.last - piece.first)

    def _note(self) -> None:
        """Wait until the disk has what is written, then note it: a piece in a byte that no other process writes to."""
        numbers = {piece.number for piece in self.not_noted}
        for number in numbers:
            self.files[number].sync()
            if not self.files[number].is_at(self.names.begun(number)):
                raise OSError(errno.ENOENT, "has been removed meanwhile", str(self.names.begun(number)))
        for number in numbers if self.keeps else ():
            start = landing.notes_at(self.names.layout.files[number])
            with open(self.names.begun(number), "r+b", buffering=0) as part:
                for piece in self.not_noted:
                    if piece.number == number:
                        part.seek(start + piece.place)
                        part.write(bytes([DONE]))
                os.fsync(part.fileno())
        self.not_noted.clear()

"""Checkpoint files written: in pieces, by several threads, by one process or by many together."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fastinit.checkpoints import disk, landing, workers
from fastinit.checkpoints.disk import ALIGNMENT, CACHED_BYTES, PIECE_BYTES, PieceFile
from fastinit.checkpoints.landing import DONE, Landing
from fastinit.checkpoints.layout import File, Layout

#: Pieces after which what is on the disk is noted, for whoever goes on after an end: a gibibyte.
NOTED_PIECES = 64


class Piece(NamedTuple):
    """A stretch of a file that one thread fills and writes."""

    file: File
    first: int
    last: int


def pieces_of(layout: Layout) -> list[Piece]:
    """All of a layout, in order."""
    return [
        Piece(file, first, min(first + PIECE_BYTES, file.n_bytes))
        for file in layout.files
        for first in range(0, file.n_bytes, PIECE_BYTES)
    ]


def share_of(pieces: Sequence[Piece], rank: int, n_ranks: int) -> Sequence[Piece]:
    """The pieces that one of several processes writes: neighbours."""
    return pieces[len(pieces) * rank // n_ranks : len(pieces) * (rank + 1) // n_ranks]


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
    for target in layout.targets:
        landing.check_target(target, force)
    names, pieces = Landing(layout, rank, n_ranks), pieces_of(layout)
    shares = [share_of(pieces, i, n_ranks) for i in range(n_ranks)]
    keeps = resume or n_ranks > 1
    noted = names.open_notes(len(shares[rank]))
    try:
        names.remove_remains()
        work = _Work(names, shares[rank], noted if keeps else bytearray(len(noted)), keeps, progress)
        work.do(threads)
        if not names.all_done([len(share) for share in shares]):
            return False
        names.land(force)
    except BaseException:
        if not keeps:
            names.discard()
        raise
    finally:
        names.close()
    return True


class _Work:
    """One process's pieces, and the files that they go to: open from the first piece to the last."""

    def __init__(self, names: Landing, share: Sequence[Piece], done: bytearray, keeps: bool, progress: Callable | None):
        self.names, self.share, self.done, self.keeps, self.progress = names, share, done, keeps, progress
        self.todo = [i for i, noted in enumerate(done) if noted != DONE]
        self.n_left = Counter(share[i].file.name for i in self.todo)
        self.n_since = 0
        self.files: dict[str, PieceFile] = {}
        self.lock = threading.Lock()

    def do(self, threads: object) -> None:
        for i in set(range(len(self.done))).difference(self.todo) if self.progress else ():
            self.progress(self.share[i].last - self.share[i].first)
        self._reserve()
        try:
            workers.each(self.todo, self._piece, workers.n_workers("checkpoint", threads), PIECE_BYTES)
            self.names.note(bytes(self.done))
        finally:
            for file in self.files.values():
                file.close()

    def _reserve(self) -> None:
        """Room for all files of this share, before the first piece."""
        files = {self.share[i].file.name: self.share[i].file for i in self.todo}.values()
        needed = sum(file.n_bytes - _allocated(self.names.begun(file.name)) for file in files)
        disk.check_room(self.names.folder, needed)
        for file in files:
            opened = self._open(file)
            try:
                opened.reserve(file.n_bytes)
            finally:
                opened.close()

    def _open(self, file: File) -> PieceFile:
        return PieceFile(self.names.begun(file.name), os.O_RDWR | os.O_CREAT)

    def _piece(self, i: int, buffer: np.ndarray) -> None:
        piece = self.share[i]
        with self.lock:
            file = self.files.get(piece.file.name)
            if file is None:
                file = self.files[piece.file.name] = self._open(piece.file)
        step = PIECE_BYTES if file.is_direct else CACHED_BYTES
        for first in range(piece.first, piece.last, step):
            n_bytes = min(step, piece.last - first)
            piece.file.put(first, buffer[:n_bytes])
            file.write(buffer[: -(-n_bytes // ALIGNMENT) * ALIGNMENT], first)
        with self.lock:
            self._count(i, file)

    def _count(self, i: int, file: PieceFile) -> None:
        """Under the lock, so that the others wait while the disk does."""
        piece = self.share[i]
        self.done[i] = DONE
        self.n_left[piece.file.name] -= 1
        if not self.n_left[piece.file.name]:
            file.cut(piece.file.n_bytes)
            file.sync()
            file.close()
            del self.files[piece.file.name]
        self.n_since += 1
        if self.keeps and self.n_since >= NOTED_PIECES:
            for open_file in self.files.values():
                open_file.sync()
            self.names.note(bytes(self.done))
            self.n_since = 0
        if self.progress is not None:
            self.progress(piece.last - piece.first)


def _allocated(path: Path) -> int:
    """Bytes of the disk that a file has already."""
    try:
        return getattr(path.stat(), "st_blocks", 0) * 512
    except FileNotFoundError:
        return 0

"""Locks between processes, on files that may be removed."""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has others
    fcntl = None


class Lock:
    """A lock that a process has until it lets it go, or ends."""

    def __init__(self, fd: int):
        # A file, which closes itself where an interrupt kept the lock from whoever asked for it. A `__del__` would
        # be interrupted in its turn, and Python tells that on standard error.
        self._file = io.FileIO(fd, "r+")

    @property
    def fd(self) -> int:
        return self._file.fileno()

    def release(self) -> None:
        self._file.close()


def take(path: Path, alone: bool) -> Lock | None:
    """Take a lock, made if need be, together with others or alone; None if another process's does not allow it.

    Where the system has none, everybody gets it.
    """
    while True:
        lock = Lock(os.open(path, os.O_RDWR | os.O_CREAT, 0o666))
        try:
            if not _locked(lock.fd, alone):
                lock.release()
                return None
            if is_at(lock.fd, path):
                return lock
        except BaseException:
            lock.release()
            raise
        lock.release()  # it was removed between: the next one is another file


def take_abandoned(path: Path) -> Lock | None:
    """Take the lock of a regular file that is there, if it is sure that nobody has it."""
    if fcntl is None or not stat.S_ISREG(os.lstat(path).st_mode):
        return None
    lock = Lock(os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)))
    try:
        fcntl.flock(lock.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # somebody's, or a file system without locks
        lock.release()
        return None
    return lock


def _locked(fd: int, alone: bool) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(fd, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
    return True


def is_at(fd: int, path: Path) -> bool:
    """Whether an open file is still the one under a name."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return False
    own = os.fstat(fd)
    return (own.st_dev, own.st_ino) == (found.st_dev, found.st_ino)

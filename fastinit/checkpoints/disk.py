"""Files on disk, written and read in pieces from several threads: past the system's cache where that can be."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from fastinit.files import locks
from fastinit.files.locks import fcntl

#: Bytes of a piece that one thread fills and writes at once: of 1 to 64 MiB the fastest past the cache.
PIECE_BYTES = 16 << 20

#: Bytes written at once through the cache: they are still there, in the processor's, when the system copies them.
CACHED_BYTES = 1 << 20

#: What offsets, lengths and addresses are multiples of, past the cache.
ALIGNMENT = 4096

#: What file systems say that cannot go past the cache.
NOT_DIRECT = (errno.EINVAL, errno.EOPNOTSUPP)


def _open_direct(path: Path, flags: int) -> int:
    """A file open past the cache, or -1 where that cannot be."""
    if not hasattr(os, "O_DIRECT"):
        return -1
    try:
        return os.open(path, flags | os.O_DIRECT, 0o666)
    except OSError as error:
        if error.errno not in NOT_DIRECT:
            raise
        return -1


@contextmanager
def _said_of(path: Path) -> Iterator[None]:
    """What the system says of an open file is said of its name."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


class PieceFile:
    """A file open for pieces; any thread may read and write at any place."""

    def __init__(self, path: Path, flags: int):
        self._path, self._lock = path, threading.Lock()
        self._fd = _open_direct(path, flags) if fcntl is not None else -1
        self.is_direct = self._fd >= 0
        if not self.is_direct:
            self._fd = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666)

    def reserve(self, n_bytes: int, n_length: int) -> None:
        """Take room on the disk now, so that a full one shows itself before the work, and make the file that long."""
        with _said_of(self._path):
            if os.fstat(self._fd).st_size < n_length:
                os.ftruncate(self._fd, n_length)
            if n_bytes and hasattr(os, "posix_fallocate"):
                try:
                    os.posix_fallocate(self._fd, 0, n_bytes)
                except OSError as error:
                    if error.errno not in NOT_DIRECT:
                        raise

    def write(self, buffer: np.ndarray, at: int) -> None:
        """All bytes of a buffer; past the cache up to the next multiple of ALIGNMENT, as its base has them."""
        rest = memoryview(buffer)
        while rest:
            try:
                with _said_of(self._path):
                    n_done = self._write_some(rest, at)
            except OSError as error:
                if not self.is_direct or error.errno not in NOT_DIRECT:
                    raise
                self._leave_direct()
                continue
            rest, at = rest[n_done:], at + n_done

    def _write_some(self, data: memoryview, at: int) -> int:
        if hasattr(os, "pwrite"):
            return os.pwrite(self._fd, data, at)
        with self._lock:
            os.lseek(self._fd, at, os.SEEK_SET)
            return os.write(self._fd, data)

    def _leave_direct(self) -> None:
        """For file systems that tell only at the first write."""
        self.is_direct = False
        fcntl.fcntl(self._fd, fcntl.F_SETFL, fcntl.fcntl(self._fd, fcntl.F_GETFL) & ~os.O_DIRECT)

    def is_at(self, path: Path) -> bool:
        """Whether this is still the file under that name."""
        return locks.is_at(self._fd, path)

    def sync(self) -> None:
        """Wait until the disk has it."""
        with _said_of(self._path):
            os.fsync(self._fd)

    def close(self) -> None:
        os.close(self._fd)


def write_synced(path: Path, raw: bytes) -> None:
    """A new file, and wait until the disk has it."""
    with _said_of(path), open(path, "xb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


def check_room(folder: Path, n_bytes: int) -> None:
    """Raise OSError unless the folder's disk has that many bytes free."""
    usage = shutil.disk_usage(folder)
    if usage.total and usage.free < n_bytes:  # a total of 0 tells nothing
        raise OSError(errno.ENOSPC, f"needs {n_bytes:,} bytes, and the disk has {usage.free:,} free", str(folder))


class PieceReader:
    """A file open to be read in pieces: from the system's cache what is there, else past it."""

    def __init__(self, path: Path):
        self._fd = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self._direct = _open_direct(path, os.O_RDONLY) if hasattr(os, "RWF_NOWAIT") else -1
        self._lock = threading.Lock()

    def ready(self, first: int, last: int, buffer: np.ndarray) -> int | None:
        """Read bytes [first, last) past the cache unless they are there; which of them the buffer starts with."""
        if self._direct < 0 or (self._is_cached(first) and self._is_cached(last - 1)):
            return None
        start = first // ALIGNMENT * ALIGNMENT
        view, at = memoryview(buffer)[: -(-(last - start) // ALIGNMENT) * ALIGNMENT], start
        while at < last:
            n = os.preadv(self._direct, [view[at - start :]], at)
            if n == 0:
                raise OSError(errno.EIO, "has become shorter")
            at += n
        return start

    def _is_cached(self, at: int) -> bool:
        try:
            return os.preadv(self._fd, [bytearray(1)], at, os.RWF_NOWAIT) == 1
        except OSError:  # not there, or the file system cannot tell
            return False

    def bytes_at(self, at: int, n: int, buffer: np.ndarray, ready: int | None) -> np.ndarray:
        """Bytes [at, at + n), out of what `ready` has read, or else now."""
        if ready is not None:
            return buffer[at - ready : at - ready + n]
        view, n_done = memoryview(buffer)[:n], 0
        while n_done < n:
            n_more = self._read_some(view[n_done:], at + n_done)
            if n_more == 0:
                raise OSError(errno.EIO, "has become shorter")
            n_done += n_more
        return buffer[:n]

    def _read_some(self, view: memoryview, at: int) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(self._fd, [view], at)
        with self._lock:
            os.lseek(self._fd, at, os.SEEK_SET)
            data = os.read(self._fd, len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        for file in self._fd, self._direct:
            if file >= 0:
                os.close(file)

"""Names: a file has its own only when it is complete and on the disk.

Until then it lies beside its place. `complete` is for files that one call writes: as ``.NAME.MARK.tmp``, MARK random,
under a lock. What lies there unlocked was left by a process that was killed, and the next one removes it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fastinit.files import locks

#: Bytes of a target's name that stand in those of unfinished files, which may not be longer than 255.
MAX_NAME_BYTES = 150

#: Bytes of a random mark.
MARK_BYTES = 8


def short_name(name: str) -> str:
    """A name, or its beginning and a digest."""
    raw = name.encode(errors="surrogateescape")
    if len(raw) <= MAX_NAME_BYTES:
        return name
    return raw[: MAX_NAME_BYTES - 20].decode(errors="ignore") + "-" + hashlib.sha256(raw).hexdigest()[:16]


def check_target(path: Path, force: bool) -> None:
    """Raise OSError if `path` may not be written: it exists without `force`, or is no regular file."""
    try:
        is_regular = stat.S_ISREG(os.stat(path).st_mode)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "is a loop of symbolic links", str(path)) from None
        is_regular = True  # if it is anything: a link to nothing; also of names that are too long
    if not is_regular:
        raise OSError(errno.EINVAL, "exists and is not a regular file", str(path))
    if os.path.lexists(path) and not force:
        raise FileExistsError(errno.EEXIST, "exists; --force overwrites it", str(path))


@contextmanager
def complete(path: Path, force: bool = True) -> Iterator[Path]:
    """A name to write a file under; the file has its own when all went well, and else nothing is left.

    What the system says of it is said of the file's own name, and what links lead to is written, not the links. Raises
    FileExistsError if there is a file by then, without `force`.
    """
    begun, lock = None, None
    try:
        target = path.resolve()
        begun, lock = _begin(target)
        yield begun
        with open(begun, "r+b") as file:
            os.fsync(file.fileno())
        rename(begun, target, force)
        sync_folder(target.parent)
    except OSError as error:
        if error.filename is not None and begun is not None and str(error.filename) != str(begun):
            raise  # of another file
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        if lock is not None:
            with suppress(OSError):
                begun.unlink()  # renamed, if all went well
            lock.release()


def check_folder(target: Path) -> None:
    """Raise OSError unless `complete` can write there: by trying it, since permissions alone do not tell."""
    begun, lock = _begin(target)
    begun.unlink()
    lock.release()


def _begin(target: Path) -> tuple[Path, locks.Lock]:
    _sweep(target)
    while True:
        begun = target.with_name(f".{short_name(target.name)}.{secrets.token_hex(MARK_BYTES)}.tmp")
        lock = locks.take(begun, alone=True)
        if lock is not None:
            return begun, lock


def _sweep(target: Path) -> None:
    """Remove what killed writers of this file have left; nobody else's, and nothing that is being written."""
    left = re.compile(rf"\.{re.escape(short_name(target.name))}\.[0-9a-f]{{{2 * MARK_BYTES}}}\.tmp")
    with suppress(OSError):
        for path in [path for path in target.parent.iterdir() if left.fullmatch(path.name)]:
            lock = locks.take_abandoned(path)
            if lock is not None:
                path.unlink(missing_ok=True)
                lock.release()


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
        if not is_same(begun, target):
            raise
    except OSError as error:
        if error.errno == errno.ENOENT:
            raise
        os.replace(begun, target)  # the file system has no links
        return
    begun.unlink(missing_ok=True)


def is_same(begun: Path, target: Path) -> bool:
    """Whether another process is just giving the file its name, or has done so."""
    try:
        return os.path.samefile(begun, target)
    except FileNotFoundError:
        return True


def sync_folder(path: Path) -> None:
    """Wait until the disk has a folder's names; where folders cannot be opened, as on Windows, nothing happens."""
    try:
        folder = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(folder)
    except OSError:  # some network file systems cannot
        pass
    finally:
        os.close(folder)

"""New checkpoint files in the safetensors format, written piece by piece.

The file appears under its name only when complete: until then it lies beside the target under a temporary name.
"""

from __future__ import annotations

import errno
import json
import math
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from fastinit.filling import memory
from fastinit.filling.run import fill_flat
from fastinit.laws.dtypes import FLOAT32
from fastinit.plans.models import Parameter

#: Values are made and written in pieces of this size: large enough that a write's fixed cost vanishes, small enough
#: that the piece is still in the cache when the kernel copies it.
PIECE_BYTES = 8 << 20

#: The data starts on a page, so that a reader may map it.
HEADER_ALIGNMENT = 4096

#: The format's names of dtypes.
DTYPE_NAMES = {FLOAT32: "F32"}


def write(
    path: Path,
    parameters: Sequence[Parameter],
    rng: object = None,
    *,
    force: bool = False,
    threads: int | None = None,
    progress: Callable[[int], object] = lambda n_bytes: None,
) -> int:
    """Write a checkpoint of freshly initialized parameters and return its size in bytes.

    Each parameter is filled from the stream that its name names. A symbolic link is followed. `progress` is called with
    the number of bytes just written. Raises OSError as check_target and the file system do; then, and on any
    interruption, no file is left behind.
    """
    check_target(path, force)
    with _complete_or_absent(Path(os.path.realpath(path)), force) as file:
        file.write(header(parameters))
        for piece in pieces(parameters, rng, threads):
            _write_all(file, piece)
            progress(piece.nbytes)
        return file.tell()


def check_target(path: Path, force: bool) -> None:
    """Raise OSError if `path` may not be written: it exists without `force`, or is no regular file."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "exists and is not a regular file", str(path))
    if path.exists() and not force:
        raise FileExistsError(errno.EEXIST, "exists; --force overwrites it", str(path))


def header(parameters: Sequence[Parameter]) -> bytes:
    """The safetensors header: 8 bytes of length, then JSON padded with spaces to a page."""
    entries: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for parameter in parameters:
        start, end = end, end + n_elements(parameter) * FLOAT32.itemsize
        entries[parameter.name] = {
            "dtype": DTYPE_NAMES[FLOAT32],
            "shape": list(parameter.shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % HEADER_ALIGNMENT)
    return len(text).to_bytes(8, "little") + text


def pieces(parameters: Sequence[Parameter], rng: object, threads: int | None) -> Iterator[np.ndarray]:
    """The parameters' values one after the other, in pieces that share one buffer."""
    buffer = memory.aligned("checkpoint", (PIECE_BYTES // FLOAT32.itemsize,), FLOAT32)
    n_ready = 0
    for parameter in parameters:
        spec = parameter.scheme.spec
        first, n_total = 0, n_elements(parameter)
        while first < n_total:
            n = min(n_total - first, buffer.size - n_ready)
            fill_flat(spec, parameter.shape, first, buffer[n_ready : n_ready + n], rng, parameter.name, threads)
            first, n_ready = first + n, n_ready + n
            if n_ready == buffer.size:
                yield buffer
                n_ready = 0
    if n_ready:
        yield buffer[:n_ready]


def n_elements(parameter: Parameter) -> int:
    return math.prod(parameter.shape)


@contextmanager
def _complete_or_absent(path: Path, force: bool) -> Iterator[BinaryIO]:
    """A file that gets the name `path` if the block ends well, and is removed if it does not."""
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb", buffering=0) as file:
            yield file
        if force and path.exists():
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
        if force or not _link(temporary, path):
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _link(temporary: Path, path: Path) -> bool:
    """Give the file its name unless another has taken it meanwhile; false where the file system has no links."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        return False
    return True


def _write_all(file: BinaryIO, data: np.ndarray) -> None:
    """Unbuffered files may take fewer bytes than offered; the error, if any, comes at the next try."""
    rest = memoryview(data).cast("B")
    while rest:
        rest = rest[file.write(rest) :]

"""A safetensors file again, with other values in some of its tensors."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fastinit.files import headers


def write(where: str, source: Path, target: Path, values: Mapping[str, np.ndarray]) -> None:
    """The file under a new name, complete or not at all; header, metadata and other tensors stay as they are."""
    header = headers.read(where, source)
    target = target.resolve()  # not the symbolic link that may lead there
    name = ""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        os.close(descriptor)
        shutil.copyfile(source, name)
        with open(name, "r+b") as file:
            for tensor in header.tensors:
                if tensor.name in values:
                    file.seek(header.n_bytes + tensor.start)
                    file.write(_little_endian(values[tensor.name]))
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(target if target.exists() else source, name)
        os.replace(name, target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error
    finally:
        with contextlib.suppress(OSError):  # renamed, if all went well
            os.unlink(name)


def _little_endian(array: np.ndarray) -> bytes:
    array = np.ascontiguousarray(array)
    words = array.view(f"u{array.itemsize}")  # ml_dtypes has no other byte order than the machine's
    return words.astype(words.dtype.newbyteorder("<"), copy=False).tobytes()

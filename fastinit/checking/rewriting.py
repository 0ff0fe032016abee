"""A safetensors file again, with other values in some of its tensors."""

from __future__ import annotations

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
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    os.close(descriptor)
    try:
        shutil.copyfile(source, name)
        with open(name, "r+b") as file:
            for tensor in header.tensors:
                if tensor.name in values:
                    file.seek(header.n_bytes + tensor.start)
                    file.write(_little_endian(values[tensor.name]))
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _little_endian(array: np.ndarray) -> bytes:
    array = np.ascontiguousarray(array)
    words = array.view(f"u{array.itemsize}")  # ml_dtypes has no other byte order than the machine's
    return words.astype(words.dtype.newbyteorder("<"), copy=False).tobytes()

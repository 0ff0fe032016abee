"""A safetensors file again, with other values in some of its tensors."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fastinit.files import headers, names

#: At once, so that calls cost nothing beside the copying.
COPY_BYTES = 1 << 20


def write(where: str, source: Path, target: Path, values: Mapping[str, np.ndarray], force: bool = True) -> None:
    """The file under a new name, complete or not at all; header, metadata and other tensors stay as they are."""
    header = headers.read(where, source)
    with names.complete(target, force) as begun:
        with open(source, "rb") as old, open(begun, "wb") as new:
            shutil.copyfileobj(old, new, COPY_BYTES)  # not copyfile, which says of a full disk that the source is it
        shutil.copymode(source, begun)
        with open(begun, "r+b") as file:
            for tensor in header.tensors:
                if tensor.name in values:
                    file.seek(header.n_bytes + tensor.start)
                    file.write(_little_endian(values[tensor.name]))


def _little_endian(array: np.ndarray) -> bytes:
    array = np.ascontiguousarray(array)
    words = array.view(f"u{array.itemsize}")  # ml_dtypes has no other byte order than the machine's
    return words.astype(words.dtype.newbyteorder("<"), copy=False).tobytes()

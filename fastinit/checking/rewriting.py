"""A safetensors file again, with other values in some of its tensors."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fastinit.files import headers, names


def write(where: str, source: Path, target: Path, values: Mapping[str, np.ndarray], force: bool = True) -> None:
    """The file under a new name, complete or not at all; header, metadata and other tensors stay as they are."""
    header = headers.read(where, source)
    with names.complete(target, force) as begun:
        shutil.copyfile(source, begun)
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

"""Tensors of safetensors files, mapped into memory: what is not looked at is not read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from fastinit.files import headers, shards
from fastinit.files.safetensors_format import NAMES, Header, Stored
from fastinit.laws import dtypes


class Tensors(dict):
    """Arrays by name, and in `left_out` the names and dtypes of others that the file has."""

    left_out: tuple[str, ...] = ()


class Named(Mapping):
    """The same of one file, for those who ask for few of many: an array is made when it is asked for."""

    def __init__(self, where: str, path: Path):
        self._where, header = where, headers.read(where, path)
        self._data = _data(path, header)
        self._stored = {tensor.name: tensor for tensor in header.tensors if tensor.dtype in dtypes.FORMATS}

    def __getitem__(self, name: str) -> np.ndarray:
        return _array(self._where, self._data, self._data.ctypes.data, self._stored[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


def read(where: str, path: Path) -> Tensors:
    """Every tensor of floating-point numbers, in the order of their names as people count."""
    return _mapped(where, [(path, headers.read(where, path))])


def read_shards(where: str, path: Path) -> Tensors:
    """The same of all the files that an index names, which lie beside it."""
    return _mapped(where, shards.files_of(where, path))


def as_counted(name: str) -> list[tuple[int, str]]:
    """A key that sorts names as people count: 2 before 10."""
    parts = re.split(r"(\d+)", name)
    return [(int(part) if i % 2 and len(part) < 20 else 0, part) for i, part in enumerate(parts)]


def _mapped(where: str, files: list[tuple[Path, Header]]) -> Tensors:
    arrays, left_out = {}, {}
    for path, header in files:
        left_out.update(header.others)
        data = _data(path, header)
        address = data.ctypes.data
        for tensor in header.tensors:
            if tensor.dtype in dtypes.FORMATS:
                arrays[tensor.name] = _array(where, data, address, tensor)
            else:
                left_out[tensor.name] = NAMES[tensor.dtype][0]
    found = Tensors({name: arrays[name] for name in sorted(arrays, key=as_counted)})
    found.left_out = tuple(f"{name} ({left_out[name]})" for name in sorted(left_out, key=as_counted))
    return found


def _data(path: Path, header: Header) -> np.ndarray:
    n_bytes = header.tensors[-1].end if header.tensors else 0
    # A plain view: parts of a memmap are memmaps, which take ten times as long to make.
    return np.asarray(np.memmap(path, np.uint8, "r", header.n_bytes, (n_bytes,)) if n_bytes else np.empty(0, np.uint8))


def _array(where: str, data: np.ndarray, address: int, tensor: Stored) -> np.ndarray:
    dtype = dtypes.resolve(where, tensor.dtype)
    part = data[tensor.start : tensor.end]
    if (address + tensor.start) % dtype.itemsize:  # the format's writers align numbers, but it does not ask them to
        part = part.copy()
    # ml_dtypes has its dtypes in this machine's byte order alone.
    own_order = dtype if tensor.dtype in dtypes.FROM_ML_DTYPES else dtype.newbyteorder("<")
    return part.view(own_order).reshape(tensor.shape)

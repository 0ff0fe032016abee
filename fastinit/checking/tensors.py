"""Tensors of a safetensors file, mapped into memory: what is not looked at is not read.

The format: 8 bytes of length, little-endian; as many bytes of JSON, from each name to dtype, shape and the span of its
data, counted from the end of the JSON; the data, little-endian, in C order.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np

from fastinit.common.errors import Shown, reject_value
from fastinit.laws import dtypes

#: The format's dtypes that weights have.
DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
}

#: The official reader's bound on the JSON's length.
MAX_HEADER_BYTES = 100_000_000


class Tensors(dict):
    """Arrays by name, and in `left_out` the names and dtypes of others that the file has."""

    left_out: tuple[str, ...] = ()


def read(where: str, path: Path) -> Tensors:
    """Every tensor of floating-point numbers, in the order of their names as people count."""
    with path.open("rb") as file:
        n_bytes = path.stat().st_size
        n_header = int.from_bytes(file.read(8), "little")
        if n_bytes < 8 or n_header > min(n_bytes - 8, MAX_HEADER_BYTES):
            _reject(where, path, "a header longer than the file")
        text = file.read(n_header)
    try:
        entries = {name: entry for name, entry in json.loads(text).items() if name != "__metadata__"}
        spans = {name: _span(entry) for name, entry in entries.items() if entry["dtype"] in DTYPES}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        _reject(where, path, "a header that is not its JSON")
    data = np.memmap(path, np.uint8, "r", offset=8 + n_header) if n_bytes > 8 + n_header else np.empty(0, np.uint8)
    order = sorted(spans, key=as_counted)
    found = Tensors({name: _tensor(where, path, name, data, spans[name]) for name in order})
    found.left_out = tuple(f"{name} ({entry['dtype']})" for name, entry in entries.items() if name not in spans)
    return found


def read_shards(where: str, path: Path) -> Tensors:
    """The same of all the files that an index names, which lie beside it."""
    try:
        files = sorted(set(json.loads(path.read_text("utf-8"))["weight_map"].values()), key=as_counted)
        if any(Path(file).name != file or file in ("", ".", "..") for file in files):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        reject_value(where, "file", "an index of safetensors files beside it", str(path))
    shards = [read(where, path.parent / file) for file in files]
    merged = {name: array for shard in shards for name, array in shard.items()}
    found = Tensors({name: merged[name] for name in sorted(merged, key=as_counted)})
    found.left_out = tuple(text for shard in shards for text in shard.left_out)
    return found


def as_counted(name: str) -> list[tuple[int, str]]:
    """A key that sorts names as people count: 2 before 10."""
    parts = re.split(r"(\d+)", name)
    return [(int(part) if i % 2 and len(part) < 20 else 0, part) for i, part in enumerate(parts)]


class Span(NamedTuple):
    """Where a tensor's bytes are, and what they are."""

    start: int
    end: int
    dtype: str
    shape: tuple[int, ...]


def _span(entry: dict) -> Span:
    start, end = entry["data_offsets"]
    shape = tuple(entry["shape"])
    if not all(type(number) is int and number >= 0 for number in (start, end, *shape)):
        raise ValueError
    return Span(start, end, DTYPES[entry["dtype"]], shape)


def _tensor(where: str, path: Path, name: str, data: np.ndarray, span: Span) -> np.ndarray:
    dtype = dtypes.resolve(where, span.dtype)
    if not span.start <= span.end <= data.size or span.end - span.start != math.prod(span.shape) * dtype.itemsize:
        _reject(where, path, f"a span of {name!r} that does not fit")
    part = data[span.start : span.end]
    if part.ctypes.data % dtype.itemsize:  # the format's writers align numbers, but it does not ask them to
        part = part.copy()
    # ml_dtypes has its dtypes in this machine's byte order alone.
    try:
        return part.view(dtype if span.dtype in dtypes.FROM_ML_DTYPES else dtype.newbyteorder("<")).reshape(span.shape)
    except ValueError:  # more dimensions than NumPy has, or beside a zero greater ones than it takes
        _reject(where, path, f"a shape of {name!r} that no array has")


def _reject(where: str, path: Path, got: str) -> NoReturn:
    reject_value(where, "file", "the safetensors format", Shown(f"{str(path)!r}, with {got}"))

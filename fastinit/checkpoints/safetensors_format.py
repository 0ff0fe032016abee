"""The safetensors format: its names of dtypes, and headers written and read.

A file is 8 bytes with the header's length, little-endian; the header, JSON with the place of each tensor and with
metadata; and the tensors' bytes in C order, without holes.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO, NamedTuple, NoReturn

from fastinit.common import checks
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, reject_value
from fastinit.plans.patterns import quoted

#: The format's names of dtypes, each with NumPy's name and the bytes of an element.
DTYPES = {
    "C64": ("complex64", 8),
    "F64": ("float64", 8),
    "I64": ("int64", 8),
    "U64": ("uint64", 8),
    "F32": ("float32", 4),
    "I32": ("int32", 4),
    "U32": ("uint32", 4),
    "F16": ("float16", 2),
    "BF16": ("bfloat16", 2),
    "I16": ("int16", 2),
    "U16": ("uint16", 2),
    "F8_E4M3": ("float8_e4m3fn", 1),
    "F8_E5M2": ("float8_e5m2", 1),
    "I8": ("int8", 1),
    "U8": ("uint8", 1),
    "BOOL": ("bool", 1),
}

#: The same from NumPy's names.
NAMES = {name: (code, itemsize) for code, (name, itemsize) in DTYPES.items()}

#: The data starts on a page, so that a reader may map it and a writer may go past the system's cache.
HEADER_ALIGNMENT = 4096

#: Bytes that the format's own readers allow a header.
MAX_HEADER_BYTES = 100_000_000

METADATA = "__metadata__"


class Stored(NamedTuple):
    """A tensor of a file, and where its bytes are, counted from the end of the header."""

    name: str
    shape: Shape
    dtype: str  #: NumPy's name
    start: int
    end: int


class Header(NamedTuple):
    """What a file says of itself."""

    tensors: tuple[Stored, ...]  #: in the order of their bytes
    metadata: dict[str, str]
    n_bytes: int  #: of the header with its length, which is where the data starts


def itemsize(where: str, name: str, dtype: str) -> int:
    """Bytes of an element; raises ValueError for a dtype that the format does not have."""
    if dtype not in NAMES:
        reject_value(where, f"{quoted(name)}: dtype", "one that safetensors files have", dtype)
    return NAMES[dtype][1]


def header_bytes(tensors: Iterable[Stored], metadata: Mapping[str, str]) -> bytes:
    """The header with its length, filled up with spaces to a page."""
    entries: dict[str, Any] = {METADATA: dict(metadata)}
    for name, shape, dtype, start, end in tensors:
        entries[name] = {"dtype": NAMES[dtype][0], "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % HEADER_ALIGNMENT)
    if len(text) > MAX_HEADER_BYTES:
        expected = "tensors and laws that a header of 100 MB tells (shard_size makes several files)"
        reject_value("safetensors", "header", expected, Shown(f"{len(text)} bytes"))
    return len(text).to_bytes(8, "little") + text


def open_regular(path: os.PathLike | str) -> BinaryIO:
    """A regular file to read; a pipe or a device is refused without waiting for it."""
    file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(0, "is not a regular file", str(path))
    return open(file, "rb", buffering=0)


def read_header(where: str, path: os.PathLike | str) -> Header:
    """The header of a file, checked as the format asks: every byte of the data belongs to one tensor.

    Raises ValueError if it is no such file, OSError as the file system does.
    """
    with open_regular(path) as file:
        n_file, head = os.fstat(file.fileno()).st_size, file.read(8)
        n_text = int.from_bytes(head, "little") if len(head) == 8 else -1
        if not 0 < n_text <= min(MAX_HEADER_BYTES, n_file - 8):
            _reject(where, path, "a header within the file and 100 MB", Shown(f"a length of {n_text} bytes"))
        text = file.read(n_text)
    try:
        table = json.loads(text.decode(), object_pairs_hook=_without_repeats)  # as UTF-8, and nothing else
    except (ValueError, RecursionError) as error:
        _reject(where, path, "a header in JSON", Shown(str(error)))
    if not isinstance(table, dict):
        _reject(where, path, "a table as header", table)
    metadata = table.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        _reject(where, path, "metadata of strings", metadata)
    tensors = sorted((_stored(where, name, row) for name, row in table.items()), key=lambda stored: stored[3:])
    end = 0
    for stored in tensors:
        if stored.start != end:
            _reject(where, path, f"{quoted(stored.name)} to start at byte {end} of the data", Shown(stored.start))
        end = stored.end
    if 8 + n_text + end != n_file:
        _reject(where, path, f"a file of {8 + n_text + end} bytes, as its header says", Shown(f"one of {n_file}"))
    return Header(tuple(tensors), metadata, 8 + n_text)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a name that stands there twice")
    return table


def _stored(where: str, name: str, row: object) -> Stored:
    place = f"{quoted(name)} in the header"
    if not isinstance(row, dict) or row.keys() != {"dtype", "shape", "data_offsets"}:
        reject_value(where, place, "dtype, shape and data_offsets", row)
    code, shape, span = row["dtype"], row["shape"], row["data_offsets"]
    if not isinstance(code, str) or code not in DTYPES:
        reject_value(where, place, "one of the dtypes " + ", ".join(DTYPES), code)
    dtype, n_bytes = DTYPES[code]
    if not isinstance(shape, list):
        reject_value(where, place, "a shape", shape)
    if not all(type(n) is int for n in shape):
        reject_value(where, place, "a shape of ints", shape)
    dims = checks.as_shape(where, tuple(shape), n_bytes)
    if not isinstance(span, list) or len(span) != 2 or not all(type(end) is int for end in span):
        reject_value(where, place, "two ints as data_offsets", span)
    start, end = span
    if not 0 <= start <= end <= checks.INT64_MAX or end - start != math.prod(dims) * n_bytes:
        reject_value(where, place, f"a span of {math.prod(dims) * n_bytes} bytes", span)
    return Stored(name, dims, dtype, start, end)


def _reject(where: str, path: os.PathLike | str, expected: str, got: object) -> NoReturn:
    reject_value(where, os.path.basename(path), expected, got)

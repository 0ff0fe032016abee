"""The safetensors format: its dtypes and limits, what a header says, and headers written.

A file is 8 bytes with the header's length, little-endian; the header, JSON with the place of each tensor and with
metadata; and the tensors' bytes in C order, without holes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

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

#: The format's other dtypes, with the bits of an element.
OTHER_BITS = {"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8}

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
    others: dict[str, str]  #: tensors of dtypes that are not in DTYPES: by name the format's dtype, or an unknown one


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

"""Tensors of a safetensors file, mapped into memory: what is not looked at is not read.

The format: 8 bytes of length, little-endian; as many bytes of JSON, from each name to dtype, shape and the span of its
data, counted from the end of the JSON; the data, little-endian, in C order.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import NoReturn

import numpy as np

from fastinit import dtypes
from fastinit.errors import Shown, reject_value

#: The format's dtypes that weights have.
DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}

#: The official reader's bound on the JSON's length.
MAX_HEADER_BYTES = 100_000_000


def read(where: str, path: Path) -> dict[str, np.ndarray]:
    """Every tensor of floating-point numbers by name, in the order of the data; integers are left out."""
    with path.open("rb") as file:
        n_bytes = path.stat().st_size
        n_header = int.from_bytes(file.read(8), "little")
        if n_bytes < 8 or n_header > min(n_bytes - 8, MAX_HEADER_BYTES):
            _reject(where, path, "a header longer than the file")
        text = file.read(n_header)
    try:
        entries = json.loads(text)
        entries.pop("__metadata__", None)
        spans = {
            name: (*entry["data_offsets"], entry["dtype"], tuple(entry["shape"])) for name, entry in entries.items()
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        _reject(where, path, "a header that is not its JSON")
    data = np.memmap(path, np.uint8, "r", offset=8 + n_header) if n_bytes > 8 + n_header else np.empty(0, np.uint8)
    chosen = sorted((span, name) for name, span in spans.items() if span[2] in DTYPES)
    return {name: _tensor(where, path, name, data, *span) for span, name in chosen}


def _tensor(where: str, path: Path, name: str, data: np.ndarray, start, end, code: str, shape: tuple) -> np.ndarray:
    dtype = dtypes.resolve(where, DTYPES[code])
    integers = all(type(number) is int and number >= 0 for number in (start, end, *shape))
    if not integers or start > end or end > data.size or end - start != math.prod(shape) * dtype.itemsize:
        _reject(where, path, f"a span of {name!r} that does not fit")
    # Numbers at an odd address are copied; the format's writers align them.
    part = data[start:end]
    aligned = part.ctypes.data % dtype.itemsize == 0
    return (
        (part if aligned else part.copy()).view(dtype.newbyteorder("<") if dtype.kind == "f" else dtype).reshape(shape)
    )


def _reject(where: str, path: Path, got: str) -> NoReturn:
    reject_value(where, "file", "the safetensors format", Shown(f"{str(path)!r}, with {got}"))

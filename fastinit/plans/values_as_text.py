"""Given values as plain data: few as numbers, many as compressed bytes in base64."""

from __future__ import annotations

import base64
import math
import zlib
from typing import Any

import numpy as np

from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.laws import dtypes

#: Up to so many are readable as numbers.
MAX_NUMBERS = 16


def to_plain(array: np.ndarray) -> list | dict[str, str]:
    """Numbers in C order, or ``{zlib: base64 of the little-endian bytes}``."""
    if array.size <= MAX_NUMBERS and array.dtype.kind in "fiub" and np.isfinite(array).all():
        return array.reshape(-1).tolist()
    raw = np.ascontiguousarray(array).view(np.uint8).reshape(-1)
    return {"zlib": base64.b64encode(zlib.compress(raw.tobytes(), 6)).decode("ascii")}


def of_plain(where: str, value: Any, shape: Shape, dtype_name: str) -> np.ndarray:
    """The array; no more memory is taken than the shape asks for, whatever the bytes say."""
    dtype, n = dtypes.resolve(where, dtype_name), math.prod(shape)
    if isinstance(value, list):
        if len(value) != n:
            reject_value(where, "values", f"{n} numbers", Shown(len(value)))
        try:
            return np.array(value, np.float64 if dtype.kind == "V" else dtype).astype(dtype).reshape(shape)
        except (TypeError, ValueError, OverflowError):
            reject_type(where, "values", f"numbers of {dtype_name}", value)
    if not isinstance(value, dict) or set(value) != {"zlib"} or not isinstance(value["zlib"], str):
        reject_type(where, "values", "a list of numbers or a table with zlib", value)
    n_bytes = n * dtype.itemsize
    try:
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(base64.b64decode(value["zlib"], validate=True), n_bytes + 1)
    except (ValueError, zlib.error) as error:
        reject_value(where, "values", "bytes that zlib packed, in base64", Shown(str(error)))
    if len(raw) != n_bytes:
        got = Shown("more" if len(raw) > n_bytes else f"{len(raw)}")
        reject_value(where, "values", f"{n_bytes} bytes", got)
    return np.frombuffer(bytearray(raw), dtype).reshape(shape)

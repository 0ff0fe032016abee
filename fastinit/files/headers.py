"""Headers of safetensors files, read and checked before any of the data is looked at.

The header is mapped, so that its length alone takes no memory. Whoever shortens a file while it is mapped ends the
process, as with every mapped file (SIGBUS): replace files, do not write into them.
"""

from __future__ import annotations

import json
import math
import mmap
import operator
import os
import re
from pathlib import Path
from typing import Any, NoReturn

from fastinit.common import checks
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, reject_value
from fastinit.files import safetensors_format, texts
from fastinit.files.json_pieces import Pieces
from fastinit.files.safetensors_format import DTYPES, METADATA, OTHER_BITS, Header, Stored
from fastinit.plans.patterns import quoted

#: Bytes of what is said of a tensor: 64 extents of 19 digits, and room for white space.
MAX_ROW_BYTES = 4096

#: What the name of a dtype looks like that a later version of the format may have.
A_DTYPE = re.compile(r"[A-Za-z0-9_]{1,32}", re.ASCII)

_NUMBER = b"(?:0|[1-9][0-9]{0,17})"

#: A tensor as nearly all writers tell it, up to the comma behind: name, dtype, shape, and the two data_offsets.
USUAL = re.compile(
    rb'"(?!__metadata__")([^"\\\x00-\x1f]{0,1000}+)": ?{"dtype": ?"(\w{1,32})", ?'
    rb'"shape": ?\[((?:N(?:, ?N){0,63})?)], ?"data_offsets": ?\[(N), ?(N)]}, ?'.replace(b"N", _NUMBER)
)


def read(where: str, path: Path) -> Header:
    """The header of a file, checked as the format asks: every byte of the data belongs to one tensor.

    That is what the format's own library asks too. Here names and fields that stand there twice are refused as well,
    and other fields than the format's, since another reader might take them otherwise. A tensor of a dtype that is
    unknown is taken, as long as its bytes may be its own.

    Raises ValueError if it is no such file, OSError as the file system does.
    """
    with texts.open_regular(path) as file:
        n_file, head = os.fstat(file.fileno()).st_size, file.read(9)
        n_text = int.from_bytes(head[:8], "little")
        if not 0 < n_text <= min(safetensors_format.MAX_HEADER_BYTES, n_file - 8):
            got = f"a length of {n_text} bytes" if n_file >= 8 else f"a file of {n_file}"
            _reject(where, path, "safetensors, with a header within the file and 100 MB", Shown(got))
        if head[8:] != b"{":
            _reject(where, path, "a table as header, in JSON that begins with {", head[8:])
        with mmap.mmap(file.fileno(), 8 + n_text, access=mmap.ACCESS_READ) as text:
            found = _Rows(f"{where}: {path.name}")
            metadata = _fill(where, path, Pieces(text, 8), found)
    found.tensors.sort(key=operator.itemgetter(3, 4, 0))
    end = 0
    for tensor in found.tensors:
        if tensor.start != end:
            _reject(where, path, f"{quoted(tensor.name)} to start at byte {end} of the data", Shown(tensor.start))
        end = tensor.end
    if 8 + n_text + end != n_file:
        _reject(where, path, f"a file of {8 + n_text + end} bytes, as its header says", Shown(f"one of {n_file}"))
    tensors = (tensor for tensor in found.tensors if tensor.name not in found.others)
    others = {tensor.name: found.others[tensor.name] for tensor in found.tensors if tensor.name in found.others}
    return Header(tuple(tensors), metadata, 8 + n_text, others)


def _fill(where: str, path: Path, pieces: Pieces, rows: _Rows) -> dict[str, str]:
    """Take all that the header says of tensors into `rows`; returns its metadata."""
    metadata: dict[str, str] = {}
    members = pieces.members(USUAL)
    while True:
        try:
            name, usual = next(members, (None, None))
            if name is None:
                pieces.end()
                return metadata
            if name == METADATA:
                metadata = pieces.strings("metadata of strings")
                continue
            value = pieces.value(MAX_ROW_BYTES) if usual is None else None
        except ValueError as error:
            _reject(where, path, "a header in JSON", Shown(str(error)))
        if usual is None:
            rows.add(name, value)
        else:
            rows.add_usual(name, usual)


class _Rows:
    """The tensors of a header, one after the other, each checked by itself."""

    def __init__(self, where: str):
        self._where = where
        self.tensors: list[Stored] = []
        self.others: dict[str, str] = {}  #: by name, dtypes that are not in DTYPES
        self._alike: dict[tuple[bytes, ...], Stored] = {}  #: by dtype and shape, one that was checked

    def add(self, name: str, value: Any) -> None:
        """What the header says of a tensor."""
        code, dims, start, end = _checked(self._where, name, value)
        if code not in DTYPES:
            self.others[name] = code
        self.tensors.append(Stored(name, dims, DTYPES[code][0] if code in DTYPES else code, start, end))

    def add_usual(self, name: str, found: re.Match[bytes]) -> None:
        """The same of a match of USUAL."""
        kind, start, end = found.group(2, 3), int(found[4]), int(found[5])
        like = self._alike.get(kind)
        if like is not None and end - start == like.end - like.start:
            self.tensors.append(Stored(name, like.shape, like.dtype, start, end))
            return
        code, shape = kind[0].decode(), json.loads(b"[%b]" % kind[1])
        self.add(name, {"dtype": code, "shape": shape, "data_offsets": [start, end]})
        if code in DTYPES:  # of others the shape alone does not tell whether a span is right
            self._alike[kind] = self.tensors[-1]


def _checked(where: str, name: str, value: Any) -> tuple[str, Shape, int, int]:
    place = quoted(name)
    if not isinstance(value, dict) or value.keys() != {"dtype", "shape", "data_offsets"}:
        reject_value(where, place, "dtype, shape and data_offsets", value)
    code, shape, span = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(code, str) or not A_DTYPE.fullmatch(code):
        reject_value(where, place, "a dtype's name", code)
    if not isinstance(shape, list) or not all(type(n) is int for n in shape):
        reject_value(where, place, "a shape of ints", shape)
    n_bits = 8 * DTYPES[code][1] if code in DTYPES else OTHER_BITS.get(code)
    dims = checks.as_shape(f"{where}: {place}", tuple(shape), -(-(n_bits or 1) // 8))
    if not isinstance(span, list) or len(span) != 2 or not all(type(end) is int for end in span):
        reject_value(where, place, "two ints as data_offsets", span)
    start, end = span
    if not 0 <= start <= end <= checks.INT64_MAX:
        reject_value(where, place, "data_offsets of at least 0, in order", span)
    if n_bits is not None and 8 * (end - start) != math.prod(dims) * n_bits:
        n_bytes, n_rest = divmod(math.prod(dims) * n_bits, 8)
        reject_value(where, place, "whole bytes" if n_rest else f"a span of {n_bytes} bytes", span)
    return code, dims, start, end


def _reject(where: str, path: Path, expected: str, got: object) -> NoReturn:
    reject_value(where, path.name, expected, got)

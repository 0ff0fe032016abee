"""Which bytes stand where: planned tensors as files."""

from __future__ import annotations

import bisect
import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fastinit.checkpoints.contents import Content
from fastinit.files import safetensors_format, shards
from fastinit.files.safetensors_format import Stored

#: Hexadecimal digits that tell what is written from what else may have been begun under the same name.
N_FINGERPRINT = 16


class Span(NamedTuple):
    """A tensor's bytes in a file."""

    content: Content
    start: int  #: counted from the file's beginning
    end: int


class File:
    """A file of a header and tensors, any stretch of which can be made."""

    def __init__(self, name: str, header: bytes, contents: Iterable[Content]):
        self.name, self.header, self.spans = name, header, []
        end = len(header)
        for content in contents:
            self.spans.append(Span(content, end, end + content.n_bytes))
            end += content.n_bytes
        self.n_bytes = end
        self._ends = [span.end for span in self.spans]

    def between(self, first: int, last: int) -> Iterable[tuple[Span, int, int]]:
        """Tensors with bytes in [first, last), each with those: they are whole elements where both ends are."""
        for i in range(bisect.bisect_right(self._ends, first), len(self.spans)):
            span = self.spans[i]
            if span.start >= last:
                return
            if span.start < span.end:
                yield span, max(span.start, first), min(span.end, last)

    def put(self, first: int, buffer: np.ndarray) -> None:
        """Fill a buffer of bytes with those of the file from `first` on; nothing beyond the file's end."""
        n_header = len(self.header) - first
        if n_header > 0:
            head = np.frombuffer(self.header, np.uint8)[first : first + len(buffer)]
            buffer[: len(head)] = head
        for span, start, end in self.between(first, first + len(buffer)):
            itemsize = span.content.dtype.itemsize
            part = buffer[start - first : end - first].view(span.content.dtype)
            span.content.put((start - span.start) // itemsize, part)


class Layout(NamedTuple):
    """Files that together are a checkpoint."""

    path: Path  #: of the one file, or what the names of several are made of
    files: tuple[File, ...]
    index: bytes | None  #: of the file that says which tensor is in which file, where there are several

    @property
    def n_bytes(self) -> int:
        return sum(file.n_bytes for file in self.files)

    @property
    def index_path(self) -> Path:
        return shards.index_path(self.path)

    @property
    def targets(self) -> list[Path]:
        """All names that are taken; the index, by which a checkpoint is found, last."""
        paths = [self.path.with_name(file.name) for file in self.files]
        return [*paths, self.index_path] if self.index is not None else paths

    @property
    def contents(self) -> list[Content]:
        return [span.content for file in self.files for span in file.spans]

    def fingerprint(self) -> str:
        """The same for the same files."""
        digest = hashlib.sha256(self.index or b"")
        for file in self.files:
            digest.update(file.name.encode() + file.header)
        return digest.hexdigest()[:N_FINGERPRINT]


def safetensors(
    path: Path, contents: list[Content], shard_bytes: int | None, metadata_of: Callable[[list[Content]], dict[str, str]]
) -> Layout:
    """Files in the safetensors format: one, or if that would hold more than `shard_bytes`, as many as are needed.

    In each file larger elements come first, so that all are aligned, else the order is that of the plan.
    """
    groups = list(_groups(contents, shard_bytes))
    files = []
    for i, group in enumerate(groups, 1):
        group.sort(key=lambda content: -content.dtype.itemsize)
        name = path.name if len(groups) == 1 else f"{path.stem}-{i:05}-of-{len(groups):05}{path.suffix}"
        files.append(File(name, _header(group, metadata_of(group)), group))
    if len(groups) == 1:
        return Layout(path, tuple(files), None)
    total = sum(content.n_bytes for content in contents)
    weight_map = {span.content.name: file.name for file in files for span in file.spans}
    index = json.dumps({"metadata": {"total_size": total}, "weight_map": weight_map}, indent=2)
    return Layout(path, tuple(files), index.encode() + b"\n")


def _groups(contents: list[Content], shard_bytes: int | None) -> Iterable[list[Content]]:
    group, n_bytes = [], 0
    for content in contents:
        if group and shard_bytes is not None and n_bytes + content.n_bytes > shard_bytes:
            yield group
            group, n_bytes = [], 0
        group.append(content)
        n_bytes += content.n_bytes
    yield group


def stored(contents: Iterable[Content]) -> list[Stored]:
    """Tensors one after the other, as a header lists them."""
    tensors, end = [], 0
    for content in contents:
        start, end = end, end + content.n_bytes
        tensors.append(Stored(content.name, content.entry.shape, content.entry.dtype, start, end))
    return tensors


def _header(contents: list[Content], metadata: dict[str, str]) -> bytes:
    return safetensors_format.header_bytes(stored(contents), metadata)

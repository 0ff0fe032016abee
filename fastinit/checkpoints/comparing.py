"""Tensors of files compared with what is planned, by several threads."""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fastinit import _kernels
from fastinit.checkpoints import workers
from fastinit.checkpoints.contents import Content
from fastinit.checkpoints.disk import PIECE_BYTES, PieceReader
from fastinit.common.errors import brief
from fastinit.files.safetensors_format import Stored

#: Bytes that are computed and compared at once, so that both stay in the processor's cache.
STEP_BYTES = 1 << 19

#: Correlation with the planned values from which changed ones are akin to them, as training leaves them.
AKIN = 0.1

#: Of a tensor of other values so many are compared with those of others of its shape.
N_COMPARED = 1024


class Planned(NamedTuple):
    """A tensor of a file, and what it is to hold."""

    file: Path
    start: int  #: of its bytes in the file
    stored: Stored
    content: Content | str  #: or the digest of its bytes

    @property
    def n_bytes(self) -> int:
        return self.stored.end - self.stored.start


class Difference(NamedTuple):
    """A tensor that is not as planned."""

    name: str
    n_elements: int
    n_different: int  #: elements; all, where only a digest is known
    first: tuple[int, ...]  #: index of the first of them
    correlation: float  #: of planned and found values where they differ; NaN if that has no meaning
    kind: str  #: "changed", "trained", "other values", or "the values of" another tensor

    def __str__(self) -> str:
        verb = "differs" if self.n_different == 1 else "differ"
        share = f"{self.n_different:,} of {self.n_elements:,} elements {verb}"
        return f"{brief(self.name)}: {brief(self.kind)}: {share}, the first at {list(self.first)}"


class Stretch(NamedTuple):
    """Whole elements of a tensor, as bytes counted from its first."""

    planned: Planned
    first: int
    last: int


def compare(planned: list[Planned], threads: object, progress: Callable[[int], object] | None) -> list[Difference]:
    """What differs, in the files' order. Reads each file once."""
    tallies: dict[str, _Tally] = {}
    readers: dict[Path, PieceReader] = {}
    lock = threading.Lock()

    def work(piece: list[Stretch], buffer: np.ndarray) -> None:
        file = piece[0].planned.file
        with lock:
            if file not in readers:
                readers[file] = PieceReader(file)
        _compare_piece(piece, readers[file], buffer, tallies, lock)
        with lock:
            if progress is not None:
                progress(sum(stretch.last - stretch.first for stretch in piece))

    try:
        n_buffer = PIECE_BYTES + 2 * STEP_BYTES
        workers.each(_pieces(planned), work, workers.n_workers("verify", threads), n_buffer)
        by_name = {one.stored.name: one for one in planned}
        return [tallies[name].difference(one, planned, readers) for name, one in by_name.items() if name in tallies]
    finally:
        for reader in readers.values():
            reader.close()


def _pieces(planned: list[Planned]) -> Iterator[list[Stretch]]:
    """Neighbours of one file, PIECE_BYTES together at the most; what only a digest tells, by itself."""
    piece, n_bytes = [], 0
    for one in planned:
        if isinstance(one.content, str):
            yield [Stretch(one, 0, one.n_bytes)]
            continue
        itemsize, first = one.content.dtype.itemsize, 0
        while first < one.n_bytes:
            room = (PIECE_BYTES - n_bytes) // itemsize * itemsize
            if piece and (room == 0 or not _are_neighbours(piece[-1], Stretch(one, first, first))):
                yield piece
                piece, n_bytes = [], 0
                continue
            last = min(first + room, one.n_bytes)
            piece.append(Stretch(one, first, last))
            first, n_bytes = last, n_bytes + last - first
    if piece:
        yield piece


def _are_neighbours(one: Stretch, other: Stretch) -> bool:
    end, start = one.planned.start + one.last, other.planned.start + other.first
    return one.planned.file == other.planned.file and end == start


def _compare_piece(
    piece: list[Stretch], reader: PieceReader, buffer: np.ndarray, tallies: dict[str, _Tally], lock: threading.Lock
) -> None:
    first = piece[0].planned.start + piece[0].first
    last = piece[-1].planned.start + piece[-1].last
    expected, found = buffer[:STEP_BYTES], buffer[STEP_BYTES:]
    content = piece[0].planned.content
    if isinstance(content, str):
        if _digest(reader, first, last, found) != content:
            with lock:
                tallies[piece[0].planned.stored.name] = _Tally()
        return
    ready = reader.ready(first, last, found)
    for planned, start, end in piece:
        for at in range(start, end, STEP_BYTES):
            n = min(STEP_BYTES, end - at)
            got = reader.bytes_at(planned.start + at, n, found, ready)
            wanted = expected[:n].view(planned.content.dtype)
            planned.content.put(at // wanted.itemsize, wanted)
            if not _kernels.are_same(expected[:n], got):
                with lock:
                    tally = tallies.setdefault(planned.stored.name, _Tally())
                tally.add(at // wanted.itemsize, wanted, np.array(got).view(wanted.dtype))


def _digest(reader: PieceReader, first: int, last: int, buffer: np.ndarray) -> str:
    digest = hashlib.sha256()
    for at in range(first, last, STEP_BYTES):
        digest.update(reader.bytes_at(at, min(STEP_BYTES, last - at), buffer, None))
    return digest.hexdigest()


class _Tally:
    """How one tensor differs: counts, and sums for the correlation."""

    def __init__(self):
        self.n, self.first, self.sums, self.lock = 0, None, np.zeros(6), threading.Lock()

    def add(self, at: int, wanted: np.ndarray, got: np.ndarray) -> None:
        bits = f"u{wanted.itemsize}"
        places = np.flatnonzero(wanted.view(bits) != got.view(bits))
        with np.errstate(all="ignore"):
            x, y = (_as_numbers(array[places]) for array in (wanted, got))
            is_finite = np.isfinite(x) & np.isfinite(y)
            x, y = x[is_finite], y[is_finite]
            sums = np.array([x.size, x.sum(), y.sum(), (x * x).sum(), (y * y).sum(), (x * y).sum()])
        with self.lock:
            self.n += places.size
            self.sums += sums
            self.first = at + int(places[0]) if self.first is None else min(self.first, at + int(places[0]))

    def difference(self, one: Planned, planned: list[Planned], readers: dict[Path, PieceReader]) -> Difference:
        name, shape, n_elements = one.stored.name, one.stored.shape, math.prod(one.stored.shape)
        if self.first is None:
            return Difference(name, n_elements, n_elements, (0,) * len(shape), math.nan, "other values")
        first = tuple(map(int, np.unravel_index(self.first, shape)))
        n, x, y, xx, yy, xy = self.sums
        planned_spread, found_spread = n * xx - x * x, n * yy - y * y
        has_spread = planned_spread > 1e-9 * n * xx and found_spread > 1e-9 * n * yy
        correlation = (n * xy - x * y) / math.sqrt(planned_spread * found_spread) if has_spread else math.nan
        if self.n < n_elements / 2:
            kind = "changed"
        elif correlation >= AKIN or (planned_spread <= 1e-9 * n * xx < found_spread):
            kind = "trained"
        else:
            kind = _whose(one, planned, readers[one.file])
        return Difference(name, n_elements, self.n, first, correlation, kind)


def _as_numbers(array: np.ndarray) -> np.ndarray:
    return (array.real if array.dtype.kind == "c" else array).astype(np.float64)


def _whose(one: Planned, planned: list[Planned], reader: PieceReader) -> str:
    """Whether another tensor's values stand here: as many as are compared."""
    content = one.content
    n = min(N_COMPARED, content.n_elements)
    got = reader.bytes_at(one.start, n * content.dtype.itemsize, np.empty(1 << 14, np.uint8), None)
    wanted = np.empty(n, content.dtype)
    for other in planned:
        is_alike = other is not one and (other.stored.shape, other.stored.dtype) == (one.stored.shape, one.stored.dtype)
        if is_alike and isinstance(other.content, Content):
            other.content.put(0, wanted)
            if _kernels.are_same(wanted.view(np.uint8), got):
                return f"the values of {other.stored.name}"
    return "other values"

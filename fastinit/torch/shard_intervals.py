"""Which positions on an axis a process has, from a DTensor's placements: intervals of plain integers.

Nothing is counted up, so that an axis of any size costs the same. PyTorch's own helper makes all positions of an axis.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Interval = tuple[int, int]  #: the first position, and the one after the last


class Cut(NamedTuple):
    """How one axis of a mesh deals out what is left of one axis of a tensor."""

    split_factor: int  #: into how many chunks that is cut first; each is dealt out by itself
    n_processes: int
    place: int  #: this process's


#: For each axis of a tensor that is cut, the axes of the mesh that cut it, in this order, and their split factors.
Cuts = Mapping[int, Sequence[tuple[int, int]]]


def cuts_of(spec: Any, placements: Sequence[Any], mesh_shape: Sequence[int]) -> Cuts:
    """What a DTensor's specification says, read as PyTorch does when it puts the whole together.

    An order of its own comes first. Otherwise split factors stand for one, as FSDP2 writes them: it cuts what tensor
    parallelism has cut before, by a later axis of the mesh. Only if there is no such order are the placements cuts one
    after the other. Where parts are uneven, the two differ.
    """
    cuts: dict[int, list[tuple[int, int]]] = {}
    for i, placement in enumerate(placements):
        if not placement.is_replicate():
            cuts.setdefault(placement.dim, []).append((i, int(getattr(placement, "split_factor", 1))))
    order = getattr(spec, "shard_order", None)
    if order is not None:
        return {axis: [(i, dict(cuts[axis])[i]) for i in mesh_axes] for axis, mesh_axes in order}
    if getattr(spec, "use_strided_shard_as_shard_order", True):
        return _by_order(cuts, mesh_shape) or cuts
    return cuts


def _by_order(cuts: Cuts, mesh_shape: Sequence[int]) -> Cuts | None:
    """Plain cuts in the order that split factors tell: each is the number of parts made before, by later axes."""
    ordered = {}
    for axis, placed in cuts.items():
        order: list[int] = []
        for i, split_factor in reversed(placed):
            n_parts = list(itertools.accumulate((mesh_shape[j] for j in order), operator.mul, initial=1))
            if split_factor not in n_parts:
                return None
            order.insert(n_parts.index(split_factor), i)
        ordered[axis] = [(i, 1) for i in order]
    return ordered


def intervals(size: int, cuts: Sequence[Cut]) -> list[Interval]:
    """The positions that a process has after all cuts, in the order in which its memory has them; none is empty."""
    left = [(0, size)] if size else []
    for cut in cuts:
        n = sum(end - first for first, end in left)
        left = _joined(itertools.chain.from_iterable(_counted(left, *dealt) for dealt in _dealt(n, cut)))
    return left


def _dealt(n: int, cut: Cut) -> Iterator[Interval]:
    """Which of n things a cut leaves to the process: of each chunk its chunk."""
    for first, end in _chunks(n, cut.split_factor):
        low, high = _chunk(end - first, cut.n_processes, cut.place)
        yield first + low, first + high


def _chunks(n: int, n_chunks: int) -> Iterator[Interval]:
    """All chunks that are not empty."""
    return itertools.takewhile(lambda chunk: chunk[0] < n, (_chunk(n, n_chunks, k) for k in range(n_chunks)))


def _chunk(n: int, n_chunks: int, k: int) -> Interval:
    """The k-th chunk as torch.chunk makes them: all of one size, rounded up, until nothing is left."""
    size = -(-n // n_chunks)
    return min(n, k * size), min(n, (k + 1) * size)


def _counted(left: Sequence[Interval], low: int, high: int) -> Iterator[Interval]:
    """The low-th position to the one before the high-th, counted through all intervals."""
    for first, end in left:
        if low >= high or high <= 0:
            return
        if low < end - first:
            yield first + max(low, 0), min(first + high, end)
        low, high = low - (end - first), high - (end - first)


def _joined(ordered: Iterator[Interval]) -> list[Interval]:
    """Intervals of which none touches the next."""
    joined: list[Interval] = []
    for first, end in ordered:
        if joined and joined[-1][1] == first:
            first = joined.pop()[0]
        joined.append((first, end))
    return joined

"""Laws whose numbers differ from element to element: parameters that are arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fastinit import _kernels
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, reject_value
from fastinit.filling import placing
from fastinit.filling.target import Target
from fastinit.laws.dtypes import Format
from fastinit.laws.given import check_broadcasts, real_array
from fastinit.laws.kernel_laws import Law, arithmetic
from fastinit.laws.spec import Placement, Spec


class Numbers(NamedTuple):
    """What an element is: location + scale z, kept from lowest to highest, with z from a standard law."""

    location: float
    scale: float
    lowest: float
    highest: float
    standard: Law  #: in the arithmetic of the dtype


class _Table(NamedTuple):
    """The numbers of all elements, as arrays that broadcast to the tensor's shape."""

    location: np.ndarray
    scale: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    law_at: np.ndarray  #: which of the laws
    laws: list[Law]  #: the different standard ones


def varied(where: str, params: dict[str, object], numbers_of: Callable[..., Numbers]) -> Spec:
    """A law with arrays among its parameters; ``numbers_of(fmt, **params)`` checks one combination of numbers."""
    given = {name: real_array(where, name, value).astype(np.float64) for name, value in params.items()}
    try:
        broadcast = np.broadcast_arrays(*given.values())
    except ValueError:
        got = Shown(" and ".join(f"shape {array.shape}" for array in given.values()))
        reject_value(where, ", ".join(given), "arrays that broadcast together", got)
    shape = broadcast[0].shape
    rows, inverse = np.unique(np.stack([array.reshape(-1) for array in broadcast], axis=1), axis=0, return_inverse=True)
    combinations = [dict(zip(given, row, strict=True)) for row in rows.tolist()]
    combination_at = inverse.reshape(shape)

    @functools.cache
    def table(fmt: Format) -> _Table:
        found = [numbers_of(fmt, **combination) for combination in combinations]
        laws = {one.standard: None for one in found}
        number_of = {law: number for number, law in enumerate(laws)}
        numbers = np.array([one[:4] for one in found], np.float64).reshape(-1, 4).T[:, combination_at]
        law_at = np.array([number_of[one.standard] for one in found], np.intp)[combination_at]
        return _Table(*numbers, law_at, list(laws))

    def rule(full_shape: Shape, fmt: Format) -> None:
        names = ", ".join(name for name, array in given.items() if array.ndim)
        check_broadcasts(where, names, shape, full_shape)
        table(fmt)

    def place(p: Placement) -> None:
        numbers = table(p.fmt)
        spread = numbers._replace(
            **{name: np.broadcast_to(getattr(numbers, name), p.shape) for name in _Table._fields[:5]}
        )
        for piece in p.target.pieces(placing.PIECE):
            _place_piece(p, piece, spread)

    return Spec(where, rule, by_shape=True, place=place, draws=True)


def _place_piece(p: Placement, piece: Target, table: _Table) -> None:
    z = _standard(p, piece, table.laws[0])
    if len(table.laws) > 1:
        law_at = piece.take(table.law_at)
        for number in set(np.unique(law_at).tolist()) - {0}:
            np.copyto(z, _standard(p, piece, table.laws[number]), where=law_at == number)
    values = piece.take(table.scale) * z  # in float64
    values += piece.take(table.location)
    np.clip(values, piece.take(table.lowest), piece.take(table.highest), out=values)
    placing.assign_rounded(piece, values, p.fmt)


def _standard(p: Placement, piece: Target, law: Law) -> np.ndarray:
    """The standard law's values at the piece's own places in the stream."""
    values = np.empty(piece.shape, arithmetic(p.fmt).name)
    part, box = piece.runs_to(values)
    _kernels.fill(part, law, p.seed, p.name, box, 1, False)
    return values

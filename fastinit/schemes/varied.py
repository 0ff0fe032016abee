"""Laws whose numbers differ from element to element: parameters that are arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from fastinit import _kernels
from fastinit.common import checks
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, reject_value
from fastinit.filling import placing
from fastinit.filling.target import Target
from fastinit.laws.dtypes import Format
from fastinit.laws.given import check_broadcasts, real_array
from fastinit.laws.kernel_laws import Law, arithmetic
from fastinit.laws.spec import Placement, Spec

#: What NumPy's loops over several arrays take.
MAX_DIMS = 32


class Numbers(NamedTuple):
    """What an element is: location + scale z, kept from lowest to highest, with z from a standard law."""

    location: float
    scale: float
    lowest: float
    highest: float
    standard: Law  #: in the arithmetic of the dtype


class Elements(NamedTuple):
    """The numbers of many elements, as arrays of one shape."""

    location: np.ndarray
    scale: np.ndarray
    lowest: np.ndarray | None  #: None for laws without bounds
    highest: np.ndarray | None
    laws: list[Law]  #: the different standard ones
    law_at: np.ndarray | None = None  #: which of them; None if there is but one


def varied(where: str, params: dict[str, object], elements_of: Callable[..., Elements]) -> Spec:
    """A law with arrays among its parameters; ``elements_of(fmt, **arrays)`` checks those of some elements.

    It is asked for PIECE elements at a time: when all are checked, and again as they are filled.
    """
    given = {name: _in_float64(real_array(where, name, value)) for name, value in params.items()}
    for name, array in given.items():
        if array.ndim > MAX_DIMS:
            reject_value(where, name, f"an array of at most {MAX_DIMS} dimensions", Shown(array.ndim))
    try:
        shape = np.broadcast_shapes(*(array.shape for array in given.values()))
    except ValueError:
        got = Shown(" and ".join(f"shape {array.shape}" for array in given.values()))
        reject_value(where, ", ".join(given), "arrays that broadcast together", got)

    @functools.cache
    def check(fmt: Format) -> None:
        with np.errstate(all="ignore"):
            for some in _pieces_of(given):
                elements_of(fmt, **some)

    def rule(full_shape: Shape, fmt: Format) -> None:
        names = ", ".join(name for name, array in given.items() if array.ndim)
        check_broadcasts(where, names, shape, full_shape)
        check(fmt)

    def place(p: Placement) -> None:
        spread = {name: np.broadcast_to(array, p.shape) for name, array in given.items()}
        for piece in p.target.pieces(placing.PIECE):
            elements = elements_of(p.fmt, **{name: piece.take(array) for name, array in spread.items()})
            _place_piece(p, piece, elements)

    return Spec(where, rule, by_shape=True, place=place, draws=True)


def _in_float64(array: np.ndarray) -> np.ndarray:
    return np.broadcast_to(checks.without_repeats(array).astype(np.float64), array.shape)


def _pieces_of(given: dict[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
    """All combinations of arrays that broadcast together, PIECE at a time."""
    flags, modes = ["external_loop", "buffered", "zerosize_ok"], [["readonly"]] * len(given)
    with np.nditer(list(given.values()), flags, modes, buffersize=placing.PIECE) as pieces:
        for some in pieces:
            yield dict(zip(given, some if isinstance(some, tuple) else (some,), strict=True))


def _place_piece(p: Placement, piece: Target, elements: Elements) -> None:
    z = _standard(p, piece, elements.laws[0])
    for number, law in enumerate(elements.laws[1:], 1):
        np.copyto(z, _standard(p, piece, law), where=elements.law_at == number)
    values = elements.scale * z  # in float64
    values += elements.location
    if elements.lowest is not None:
        np.clip(values, elements.lowest, elements.highest, out=values)
    placing.assign_rounded(piece, values, p.fmt)


def _standard(p: Placement, piece: Target, law: Law) -> np.ndarray:
    """The standard law's values at the piece's own places in the stream."""
    values = np.empty(piece.shape, arithmetic(p.fmt).name)
    part, box = piece.runs_to(values)
    _kernels.fill(part, law, p.seed, p.name, box, 1, False)
    return values


def by_combination(numbers_of: Callable[..., Numbers], fmt: Format, **arrays: np.ndarray) -> Elements:
    """Elements from ``numbers_of(fmt, **floats)``, asked once for each different combination."""
    first = next(iter(arrays.values()))
    rows, at = np.unique(np.stack([array.reshape(-1) for array in arrays.values()], 1), axis=0, return_inverse=True)
    at = at.reshape(first.shape)
    found = [numbers_of(fmt, **dict(zip(arrays, row, strict=True))) for row in rows.tolist()]
    laws = {one.standard: None for one in found}
    place_of = {law: place for place, law in enumerate(laws)}
    law_at = np.array([place_of[one.standard] for one in found], np.intp)[at]
    return Elements(*np.array([one[:4] for one in found]).T[:, at], list(laws), law_at)


def refuse_where(wrong: np.ndarray, check: Callable[..., object], *arrays: np.ndarray) -> None:
    """Have ``check(*numbers)`` refuse an element that may be wrong, which is asked of each that is marked."""
    for at in zip(*np.nonzero(wrong), strict=True):
        check(*(float(array[at]) for array in arrays))

"""A part of a tensor as a value for `fastinit.initialize`."""

from __future__ import annotations

from fastinit.common import checks, selection
from fastinit.common.calls import one_form


class Part:
    """An array that holds a part of a tensor; made by `fastinit.part`."""

    __slots__ = ("array", "chosen", "shape")

    def __init__(self, array: object, shape: object, index: object):
        self.array = array
        self.shape = checks.as_shape("part", shape)
        self.chosen = selection.select("part", self.shape, index)

    def __repr__(self) -> str:
        return f"<fastinit.part of a tensor of shape {self.shape}, {self.chosen.shape} in all>"


@one_form
def part(array, shape, index):
    """Return an array as a value for `initialize`: it holds ``full[index]`` of a tensor of the given shape.

    The rule sees the whole tensor: fans come from the full shape, and the values are those that the whole tensor would
    have there, bit for bit. So one rule table of a whole model fills the pieces that one process has. Several parts of
    one tensor go under its one name, in a tuple; a list of parts is layers, with names of their own.

    Parameters
    ----------
    array : array
        What to fill in place, as `out` of a single scheme.
    shape : int or tuple of int
        The full shape.
    index : int, slice, Ellipsis, array of int or tuple of them
        Which part the array holds, as NumPy indexes the whole with it.

    Returns
    -------
    Part
        For one value of the mapping that `initialize` takes.

    Raises
    ------
    ValueError, TypeError
        If `shape` or `index` is not as stated; of `array`, `initialize` says it.

    See Also
    --------
    initialize : Takes parts among its arrays.

    Examples
    --------
    >>> import numpy as np, fastinit as fi
    >>> rows = np.empty((25, 8), np.float32)
    >>> _ = fi.initialize({"wte": fi.part(rows, (50, 8), np.s_[25:])}, {"wte": "he_normal"}, rng=0)
    >>> bool((rows == fi.he_normal((50, 8), rng=0, name="wte")[25:]).all())
    True
    """
    return Part(array, shape, index)

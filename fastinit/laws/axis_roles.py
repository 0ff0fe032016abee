"""What each axis of a weight array counts: inputs, outputs, independent weights, or the receptive field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from fastinit.common import checks
from fastinit.common.calls import one_form
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, reject_value

#: Named layouts: (in_axis, out_axis) of arrays of two or more dimensions.
LAYOUTS = {"io": (-2, -1), "oi": (1, 0), "oki": (-1, 0)}


def distinct_layouts(n_dims: int) -> tuple[str, ...]:
    """Of the named layouts, those that differ for arrays of so many dimensions, two or more."""
    by_axes: dict[tuple, str] = {}
    for name, axes in LAYOUTS.items():
        by_axes.setdefault(tuple(axis % n_dims for axis in axes), name)
    return tuple(by_axes.values())


class Roles(NamedTuple):
    """The axes of an array of known shape by their roles, each role's in ascending order."""

    inputs: Shape
    outputs: Shape
    batch: Shape
    field: Shape  #: all that are left: the receptive field

    def without(self, gone: Shape) -> Roles:
        """The same once some axes are fixed at one position each, and gone."""
        return Roles(*(tuple(a - sum(b < a for b in gone) for a in role if a not in gone) for role in self))

    def matrix(self) -> tuple[Shape, Shape]:
        """Axes of rows and of columns, batch left out: the outputs, and all others; the rows are what comes first.

        The outputs are the rows if all of them precede the others, so that the matrix lies in memory as the array does.
        """
        others = tuple(sorted(self.inputs + self.field))
        outputs_first = bool(self.outputs and others) and self.outputs[-1] < others[0]
        return (self.outputs, others) if outputs_first else (others, self.outputs)


@dataclass(frozen=True, slots=True, repr=False)
class Axes:
    """Roles of axes before the shape is known; made by `fastinit.axes`."""

    in_axis: tuple[int, ...] = (-2,)
    out_axis: tuple[int, ...] = (-1,)
    batch_axis: tuple[int, ...] = ()
    in_groups: int = 1
    out_groups: int = 1

    def __repr__(self) -> str:
        return f"fastinit.axes({', '.join(f'{name}={_short(value)!r}' for name, value in self.told().items())})"

    def told(self) -> dict[str, object]:
        """What is not as by default, by the names of `fastinit.axes`."""
        plain = Axes()
        return {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) != getattr(plain, name)}

    def roles(self, where: str, shape: Shape) -> Roles:
        """Which axes of that shape have which role; what could not be checked without the shape is checked."""
        n_dims = len(shape)
        if n_dims < 2 and self.in_axis == (-2,):
            reject_value(where, "shape", "two dimensions or more, or in_axis and out_axis for fewer", shape)
        by_role = []
        for name in ("in_axis", "out_axis", "batch_axis"):
            axes = getattr(self, name)
            if not all(-n_dims <= axis < n_dims for axis in axes):
                reject_value(where, name, f"an int or a tuple of ints in [-{n_dims}, {n_dims})", _short(axes))
            by_role.append(tuple(sorted(axis % n_dims for axis in axes)))
        _reject_repeats(where, self, *by_role)
        taken = {axis for axes in by_role for axis in axes}
        return Roles(*by_role, tuple(axis for axis in range(n_dims) if axis not in taken))


def make(where: str, in_axis, out_axis, batch_axis, in_groups, out_groups) -> Axes:
    """The arguments of `fastinit.fans` and `fastinit.axes`, checked as far as that goes without a shape."""
    expected = "an int or a tuple of ints"
    named = {"in_axis": in_axis, "out_axis": out_axis, "batch_axis": batch_axis}
    by_role = [checks.as_integers(where, name, axis, expected) for name, axis in named.items()]
    for name, role in zip(named, by_role, strict=True):
        if any(not -64 <= axis < 64 for axis in role):
            reject_value(where, name, f"{expected} in [-64, 64)", named[name])
    n_groups = (checks.positive_integer(where, "in_groups", in_groups),)
    axes = Axes(*by_role, *n_groups, checks.positive_integer(where, "out_groups", out_groups))
    _reject_repeats(where, axes, *by_role)
    return axes


@one_form
def axes(in_axis=-2, out_axis=-1, batch_axis=(), in_groups=1, out_groups=1) -> Axes:
    """Say which axes of a weight array are inputs and outputs, whatever its shape: a value for `fans`.

    Every axis that has no role belongs to the receptive field. One such value serves every tensor of the kind.

    Parameters
    ----------
    in_axis, out_axis : int or tuple of int, default -2 and -1
        Axes counted as inputs and as outputs; () for none, which counts as 1. An axis may be both, as in JAX.
    batch_axis : int or tuple of int, default ()
        Axes along which independent weights are stacked (experts, depthwise channels). They count for neither fan;
        `orthogonal`, `delta_orthogonal`, `identity`, `dirac` and `sparse` make one matrix for each place on them.
    in_groups, out_groups : int >= 1, default 1
        Number of equal parts along the inputs, or the outputs, that have no units in common. For schemes scaled by
        fans alone.

    Returns
    -------
    Axes
        A value that cannot be changed: it can be compared, hashed and pickled, and its ``repr`` evaluates to it.

    Raises
    ------
    ValueError
        If an axis is named twice for one role, or for batch and another role, or groups are below 1. The call that
        knows the shape raises it too: if an axis is out of range, or groups do not divide.
    TypeError
        If an argument is not of the kind stated.

    See Also
    --------
    fans : The pair of fans that these roles give for a shape.

    Notes
    -----
    `fans` has the same parameters, their formula, and a table of layers. The named layouts are three of these: "io" is
    ``axes()``, "oi" ``axes(1, 0)``, "oki" ``axes(-1, 0)``.

    Examples
    --------
    >>> import fastinit as fi
    >>> experts = fi.axes(in_axis=2, out_axis=1, batch_axis=0)
    >>> experts
    fastinit.axes(in_axis=2, out_axis=1, batch_axis=0)
    >>> w = fi.get("he_normal", fans=experts)((8, 100, 400), rng=0)  # 8 matrices of 400 inputs and 100 outputs
    >>> round(float(w.std()) * 200**0.5, 1)
    1.0
    """
    return make("axes", in_axis, out_axis, batch_axis, in_groups, out_groups)


def _short(axes: tuple | int) -> tuple | int:
    """One axis as one writes it."""
    return axes[0] if isinstance(axes, tuple) and len(axes) == 1 else axes


def _reject_repeats(where: str, axes: Axes, inputs: Shape, outputs: Shape, batch: Shape) -> None:
    distinct = all(len(set(role)) == len(role) for role in (inputs, outputs, batch))
    if distinct and not set(batch) & {*inputs, *outputs}:
        return
    expected = "each axis at most once, or as in and as out"
    got = Shown(f"{_short(axes.in_axis)}, {_short(axes.out_axis)}, {_short(axes.batch_axis)}")
    reject_value(where, "in_axis, out_axis, batch_axis", expected, got)

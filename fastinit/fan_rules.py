"""fan_in and fan_out: how many inputs feed an output unit, and how many outputs an input unit feeds."""

from __future__ import annotations

import math

from fastinit import checks
from fastinit.checks import Shape
from fastinit.errors import Shown, reject_type, reject_value

#: Named layouts: (in_axis, out_axis) of arrays of two or more dimensions.
LAYOUTS = {"io": (-2, -1), "oi": (1, 0)}

#: A scheme's `fans` once checked: a layout's name, or the pair itself.
Fans = str | tuple[float, float]

EXPECTED = "'io', 'oi' or a pair (fan_in, fan_out) of finite numbers >= 0"


def fans(shape, in_axis=-2, out_axis=-1, batch_axis=()) -> tuple[int, int]:
    """Compute ``(fan_in, fan_out)`` of a weight array from the roles of its axes.

    ``fan_in`` is the product of the `in_axis` dimensions and the receptive field, ``fan_out`` that of the `out_axis`
    dimensions and the receptive field; every axis that is neither in, out nor batch belongs to the receptive field.

    Parameters
    ----------
    shape : int or tuple of int
        Full shape of the weights, two dimensions or more.
    in_axis, out_axis : int or tuple of int, default -2 and -1
        Axes counted as inputs and as outputs, each in [-ndim, ndim). The defaults are the layout of Keras and JAX;
        PyTorch's is ``in_axis=1, out_axis=0``.
    batch_axis : int or tuple of int, default ()
        Axes along which independent weights are stacked (experts); they count for neither fan.

    Returns
    -------
    (int, int)
        ``fan_in`` and ``fan_out``, each >= 0; 0 only if an axis has no elements.

    Raises
    ------
    ValueError
        If an axis is out of range, named twice, or `shape` has fewer than two dimensions.
    TypeError
        If an argument is not of the kind stated.

    Notes
    -----
    Equal to ``jax.nn.initializers``' rule of the same parameters.

    Examples
    --------
    >>> import fastinit as fi
    >>> fi.fans((784, 256))
    (784, 256)
    >>> fi.fans((64, 3, 7, 7), in_axis=1, out_axis=0)  # a PyTorch convolution
    (147, 3136)
    >>> fi.fans((512, 8, 64), in_axis=0, out_axis=(1, 2))  # attention: model, heads, head size
    (512, 512)
    """
    dims = checks.as_shape("fans", shape)
    if len(dims) < 2:
        reject_value("fans", "shape", "two dimensions or more", shape)
    axes = [_axes(name, axis, len(dims)) for name, axis in _named(in_axis, out_axis, batch_axis)]
    used = [axis for group in axes for axis in group]
    if len(set(used)) < len(used):
        reject_value(
            "fans",
            "in_axis, out_axis, batch_axis",
            "each axis at most once",
            Shown(f"{in_axis}, {out_axis}, {batch_axis}"),
        )
    field = math.prod(dim for axis, dim in enumerate(dims) if axis not in used)
    fan_in, fan_out = (math.prod(dims[axis] for axis in group) * field for group in axes[:2])
    return fan_in, fan_out


def _named(in_axis, out_axis, batch_axis):
    return ("in_axis", in_axis), ("out_axis", out_axis), ("batch_axis", batch_axis)


def _axes(parameter: str, axis: object, n_dims: int) -> tuple[int, ...]:
    expected = f"an int or a tuple of ints in [-{n_dims}, {n_dims})"
    positions = checks.as_integers("fans", parameter, axis, expected)
    if not all(-n_dims <= position < n_dims for position in positions):
        reject_value("fans", parameter, expected, axis)
    return tuple(position % n_dims for position in positions)


def check(where: str, choice: object) -> Fans:
    """The ``fans`` argument of a scheme: a layout's name, or the pair itself as floats."""
    if isinstance(choice, str):
        if choice not in LAYOUTS:
            reject_value(where, "fans", EXPECTED, choice)
        return choice
    if not isinstance(choice, (tuple, list)):
        reject_type(where, "fans", EXPECTED, choice)
    if len(choice) != 2:
        reject_value(where, "fans", EXPECTED, choice)
    fan_in, fan_out = (checks.finite(where, "fans", fan, EXPECTED) for fan in choice)
    if fan_in < 0 or fan_out < 0:
        reject_value(where, "fans", EXPECTED, choice)
    return fan_in, fan_out


def check_layout(where: str, choice: object) -> str:
    """The ``fans`` argument of a scheme that needs a layout alone."""
    return checks.one_of(where, "fans", choice, tuple(LAYOUTS))


def of(where: str, choice: Fans, shape: Shape) -> tuple[float, float]:
    """The fans that a checked choice gives for a full shape."""
    if not isinstance(choice, str):
        return choice
    if len(shape) < 2:
        reject_value(where, "shape", f"two dimensions or more for fans={choice!r}, or a pair of fans", shape)
    return fans(shape, *LAYOUTS[choice])

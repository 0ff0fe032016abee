"""fan_in and fan_out: how many inputs feed an output unit, and how many outputs an input unit feeds."""

from __future__ import annotations

import math

from fastinit.common import checks
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, reject_type, reject_value

#: Named layouts: (in_axis, out_axis) of arrays of two or more dimensions.
LAYOUTS = {"io": (-2, -1), "oi": (1, 0)}

#: A scheme's `fans` once checked: a layout's name, or the pair itself.
Fans = str | tuple[float, float]

EXPECTED = "'io', 'oi' or a pair (fan_in, fan_out) of finite numbers >= 0"


def fans(shape, in_axis=-2, out_axis=-1, batch_axis=(), *, in_groups=1, out_groups=1) -> tuple[int, int]:
    """Compute ``(fan_in, fan_out)`` of a weight array from the roles of its axes.

    ``fan_in`` is the product of the `in_axis` dimensions over `in_groups`, times the receptive field; ``fan_out`` that
    of the `out_axis` dimensions over `out_groups`, times the receptive field. Every axis that is neither in, out nor
    batch belongs to the receptive field.

    Parameters
    ----------
    shape : int or tuple of int
        Full shape of the weights. Fewer than two dimensions leave no two roles to tell apart, so that `in_axis` and
        `out_axis` must be given: ``in_axis=0, out_axis=()`` makes a vector the weights of one output.
    in_axis, out_axis : int or tuple of int, default -2 and -1
        Axes counted as inputs and as outputs, each in [-ndim, ndim); () for none, which counts as 1. The defaults are
        the layout of Keras and JAX; PyTorch's is ``in_axis=1, out_axis=0``.
    batch_axis : int or tuple of int, default ()
        Axes along which independent weights are stacked (experts, depthwise channels); they count for neither fan.
    in_groups, out_groups : int >= 1, default 1
        Number of equal parts along the inputs, or the outputs, that have no units in common. A grouped convolution
        lists the outputs of all groups and the inputs of one.

    Returns
    -------
    (int, int)
        ``fan_in`` and ``fan_out``, each >= 0; 0 only if an axis has no elements.

    Raises
    ------
    ValueError
        If an axis is out of range or named twice, groups do not divide, or `shape` has fewer than two dimensions and
        `in_axis` is left at its default.
    TypeError
        If an argument is not of the kind stated.

    Notes
    -----
    ============================================== ============================== ================================
    layer                                          shape                          arguments
    ============================================== ============================== ================================
    PyTorch Linear, Conv1d to Conv3d               (out, in, k...)                in_axis=1, out_axis=0
    PyTorch Conv with g groups                     (out, in / g, k...)            in_axis=1, out_axis=0,
                                                                                  out_groups=g
    PyTorch ConvTranspose with g groups            (in, out / g, k...)            in_axis=0, out_axis=1,
                                                                                  in_groups=g
    PyTorch MultiheadAttention.in_proj_weight      (3 out, in)                    in_axis=1, out_axis=0,
                                                                                  out_groups=3
    Keras and JAX: dense, convolutions             (k..., in, out)
    Keras and JAX: convolutions with g groups      (k..., in / g, out)            out_groups=g
    Keras Conv2DTranspose; JAX's transpose_kernel  (k..., out, in)                in_axis=-1, out_axis=-2
    Keras DepthwiseConv2D                          (k..., in, multiplier)         in_axis=(), out_axis=-1,
                                                                                  batch_axis=-2
    Keras and JAX: attention's query, key, value   (in, n_heads, head_size)       in_axis=0, out_axis=(1, 2)
    the same, output                               (n_heads, head_size, out)      in_axis=(0, 1), out_axis=2
    Keras LSTM kernel (GRU: 3)                     (in, 4 units)                  out_groups=4
    PyTorch LSTM ``weight_ih`` (GRU: 3)            (4 units, in)                  in_axis=1, out_axis=0,
                                                                                  out_groups=4
    experts                                        (n_experts, in, out)           batch_axis=0
    ============================================== ============================== ================================

    Strides do not show in the shape: with stride s along an axis, each output of a transposed convolution, and each
    gradient of an ordinary one, meets about 1 / s of the receptive field.

    Equal to JAX's rule of the same axes, except where an axis counts twice, which JAX lets pass: for a vector with
    ``in_axis=0`` it finds (1, 1). Peers have nothing like groups (pytorch#23854, timm#84): they take all outputs of a
    grouped convolution for fan_out, and of packed queries, keys and values three times as many as there are (pytorch
    PR 171361). PyTorch counts fan_in along axis 1 of a transposed convolution, where its outputs are. Keras takes (n,)
    for n inputs and n outputs, attention's kernels for convolutions unless given axes (keras PR 22789), and with axes
    leaves the receptive field out.

    Examples
    --------
    >>> import fastinit as fi
    >>> fi.fans((784, 256))
    (784, 256)
    >>> fi.fans((64, 3, 7, 7), in_axis=1, out_axis=0)  # a PyTorch convolution
    (147, 3136)
    >>> fi.fans((64, 32, 3, 3), in_axis=0, out_axis=1, in_groups=4)  # a transposed one, 128 outputs in 4 groups
    (144, 288)
    >>> fi.fans((512, 8, 64), in_axis=0, out_axis=(1, 2))  # attention: model, heads, head size
    (512, 512)
    """
    dims = checks.as_shape("fans", shape)
    if len(dims) < 2 and checks.as_integer(in_axis) == -2:
        reject_value("fans", "shape", "two dimensions or more, or in_axis and out_axis for fewer", shape)
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
    n_in, n_out = (math.prod(dims[axis] for axis in group) for group in axes[:2])
    return _one_group("in_groups", in_groups, n_in) * field, _one_group("out_groups", out_groups, n_out) * field


def _one_group(parameter: str, n_groups: object, n_units: int) -> int:
    n_units_each, rest = divmod(n_units, checks.positive_integer("fans", parameter, n_groups))
    if rest:
        reject_value("fans", parameter, f"a divisor of {n_units}", n_groups)
    return n_units_each


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

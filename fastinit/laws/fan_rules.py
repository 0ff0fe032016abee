"""fan_in and fan_out: how many inputs feed an output unit, and how many outputs an input unit feeds."""

from __future__ import annotations

import math

from fastinit.common import checks
from fastinit.common.calls import one_form
from fastinit.common.checks import Shape
from fastinit.common.errors import reject_type, reject_value
from fastinit.laws import axis_roles
from fastinit.laws.axis_roles import LAYOUTS, Axes, Roles

#: A scheme's `fans` once checked: a layout's name, the roles of axes, or the pair itself.
Fans = str | Axes | tuple[float, float]

NAMES = ", ".join(map(repr, LAYOUTS))
EXPECTED = f"{NAMES}, fastinit.axes(...) or a pair (fan_in, fan_out) of finite numbers >= 0"
EXPECTED_AXES = f"{NAMES} or fastinit.axes(...)"


@one_form
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
        the layout of Keras and JAX; PyTorch's is ``in_axis=1, out_axis=0``. An axis may be both: see the notes.
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
        If an axis is out of range, or named twice other than as in and as out, groups do not divide, or `shape` has
        fewer than two dimensions and `in_axis` is left at its default.
    TypeError
        If an argument is not of the kind stated.

    See Also
    --------
    axes : The same roles without a shape, to give to many tensors.
    variance_scaling : A scheme scaled by fans.

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
    MLX: dense, convolutions                       (out, k..., in)                in_axis=-1, out_axis=0
    Flax's Embed, by its default rule              (n_rows, features)             out_axis=0
    ============================================== ============================== ================================

    Strides do not show in the shape: with stride s along an axis, each output of a transposed convolution, and each
    gradient of an ordinary one, meets about 1 / s of the receptive field.

    Equal to JAX's rule of the same axes, which divides the number of elements by the sizes of the outputs and of the
    batch for ``fan_in``, by those of the inputs and of the batch for ``fan_out``. So an axis that is both in and out
    counts for neither: Flax's embedding, ``out_axis=0`` of (vocabulary, features), has fan_in = features.

    Peers have nothing like groups (pytorch#23854, timm#84): they take all outputs of a grouped convolution for fan_out,
    and of packed queries, keys and values three times as many as there are (pytorch PR 171361). PyTorch counts fan_in
    along axis 1 of a transposed convolution, where its outputs are. Keras takes (n,) for n inputs and n outputs,
    attention's kernels for convolutions unless given axes (keras PR 22789), and with axes leaves the receptive field
    out.

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
    return _of_axes("fans", axis_roles.make("fans", in_axis, out_axis, batch_axis, in_groups, out_groups), dims)


def _of_axes(where: str, axes: Axes, shape: Shape) -> tuple[int, int]:
    """An axis that is in and out counts for neither fan: what remains of each are the factors of the formula."""
    roles = axes.roles(where, shape)
    field = math.prod(shape[axis] for axis in roles.field)
    n_in = math.prod(shape[axis] for axis in roles.inputs if axis not in roles.outputs)
    n_out = math.prod(shape[axis] for axis in roles.outputs if axis not in roles.inputs)
    fan_in = _one_group(where, "in_groups", axes.in_groups, n_in) * field
    return fan_in, _one_group(where, "out_groups", axes.out_groups, n_out) * field


def _one_group(where: str, parameter: str, n_groups: int, n_units: int) -> int:
    n_units_each, rest = divmod(n_units, n_groups)
    if rest:
        reject_value(where, parameter, f"a divisor of {n_units}", n_groups)
    return n_units_each


def check(where: str, choice: object) -> Fans:
    """The ``fans`` argument of a scheme: a layout's name, roles of axes, or the pair itself as floats."""
    if isinstance(choice, Axes):
        return choice
    if isinstance(choice, str):
        choice = str.__str__(choice)  # subclasses compare as they like
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
    """The name of a layout."""
    return checks.one_of(where, "layout", choice, tuple(LAYOUTS))


def check_axes(where: str, choice: object) -> str | Axes:
    """The ``fans`` argument of a scheme that places matrices: a layout's name, or axes each with one role."""
    if isinstance(choice, Axes):
        if choice.in_groups != 1 or choice.out_groups != 1:
            reject_value(where, "fans", "axes without groups", choice)
        return choice
    if not isinstance(choice, str):
        reject_type(where, "fans", EXPECTED_AXES, choice)
    choice = str.__str__(choice)
    if choice not in LAYOUTS:
        reject_value(where, "fans", EXPECTED_AXES, choice)
    return choice


def roles_of(where: str, choice: str | Axes, shape: Shape) -> Roles:
    """The roles that a choice checked by `check_axes` gives for a full shape."""
    if isinstance(choice, str):
        if len(shape) < 2:
            reject_value(where, "shape", "two dimensions or more", shape)
        return axis_roles.Axes(*((axis,) for axis in LAYOUTS[choice])).roles(where, shape)
    roles = choice.roles(f"{where}: fans", shape)
    if set(roles.inputs) & set(roles.outputs):
        reject_value(where, "fans", "axes that are either in or out", choice)
    return roles


def kernel_roles_of(where: str, choice: str | Axes, shape: Shape) -> Roles:
    """The same for the kernel of a convolution in one to three dimensions."""
    if isinstance(choice, str) and not 3 <= len(shape) <= 5:
        reject_value(where, "shape", "three to five dimensions", shape)
    roles = roles_of(where, choice, shape)
    if not 1 <= len(roles.field) <= 3:
        reject_value(where, "shape", f"one to three axes of receptive field by {choice!r}", shape)
    return roles


def of(where: str, choice: Fans, shape: Shape) -> tuple[float, float]:
    """The fans that a checked choice gives for a full shape."""
    if isinstance(choice, tuple):
        return choice
    if isinstance(choice, Axes):
        return _of_axes(f"{where}: fans", choice, shape)
    if len(shape) < 2:
        reject_value(where, "shape", f"two dimensions or more for fans={choice!r}, or a pair of fans", shape)
    return fans(shape, *LAYOUTS[choice])

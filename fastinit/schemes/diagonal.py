"""Schemes with ones on diagonals: the identity, for matrices and for convolutions."""

from __future__ import annotations

import itertools
import math

from fastinit.common import checks
from fastinit.common.checks import Shape
from fastinit.common.errors import reject_value
from fastinit.filling import placing
from fastinit.laws import fan_rules
from fastinit.laws.dtypes import Format
from fastinit.laws.kernel_laws import Law
from fastinit.laws.spec import Placement, Spec, with_parts
from fastinit.schemes.register import scheme


@scheme
def identity(*, gain: float = 1.0, fans="io") -> Spec:
    """Fill a matrix with `gain` on its main diagonal and 0 elsewhere.

    Parameters
    ----------
    [shape]
        Two dimensions, not necessarily equal; with roles of axes any number, each of them in, out or batch.
    gain : float, default 1
        Finite.
    [layout]
        Input number d and output number d, in C order of their axes, have `gain` between them.
    [common]

    See Also
    --------
    dirac : The same for convolutions.
    orthogonal : Random matrices that keep lengths, as the identity does.

    Notes
    -----
    Equals ``torch.nn.init.eye_`` and Keras's ``Identity(gain)``. For recurrent kernels with ReLU.

    References
    ----------
    Q. V. Le, N. Jaitly and G. E. Hinton, "A simple way to initialize recurrent networks of rectified linear units",
    arXiv:1504.00941, 2015.

    Examples
    --------
    >>> import fastinit as fi
    >>> fi.identity((2, 3))
    array([[1., 0., 0.],
           [0., 1., 0.]], dtype=float32)
    """
    where = "identity"
    gain = checks.finite(where, "gain", gain)
    choice = fan_rules.check_axes(where, fans)

    def rule(shape: Shape, fmt: Format) -> Law:
        if isinstance(choice, str) and len(shape) != 2:
            reject_value(where, "shape", "two dimensions", shape)
        if fan_rules.roles_of(where, choice, shape).field:
            reject_value(where, "shape", f"each axis in, out or batch by {choice!r}", shape)
        return placing.zeros_around(where, gain, fmt)

    def place(p: Placement) -> None:
        roles = fan_rules.roles_of(where, choice, p.shape)
        n_in, n_out = (math.prod(p.shape[axis] for axis in axes) for axes in (roles.inputs, roles.outputs))
        for box in p.target.boxes():
            placing.diagonal(box, p.shape, roles[:2], 0, min(n_in, n_out), p.fmt.nearest(gain))

    return with_parts(Spec(where, rule, by_shape=True, place=place))


@scheme
def dirac(*, groups: int = 1, gain: float = 1.0, fans="io") -> Spec:
    """Fill a convolution's kernel so that it hands its inputs on: `gain` at the centre from each input to its output.

    Within each of `groups` equal parts of the outputs, output d takes input d; other elements are 0. The centre is
    at size // 2 on each axis of the receptive field.

    Parameters
    ----------
    [shape]
        Three to five dimensions; with roles of axes, one to three of receptive field.
    groups : int, default 1
        At least 1, a divisor of the outputs.
    gain : float, default 1
        What is handed on of each input; finite.
    [layout]
    [common]

    See Also
    --------
    identity : The same for matrices.
    delta_orthogonal : An orthogonal matrix at the centre.

    Notes
    -----
    With ``fans="oi"`` and a gain of 1 equal to ``torch.nn.init.dirac_``.

    References
    ----------
    S. Zagoruyko and N. Komodakis, "DiracNets", arXiv:1706.00388, 2017.

    Examples
    --------
    >>> import fastinit as fi
    >>> fi.dirac((3, 2, 2))[1]
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    where = "dirac"
    n_groups = checks.positive_integer(where, "groups", groups)
    gain = checks.finite(where, "gain", gain)
    choice = fan_rules.check_axes(where, fans)

    def rule(shape: Shape, fmt: Format) -> Law:
        roles = fan_rules.kernel_roles_of(where, choice, shape)
        n_out = math.prod(shape[axis] for axis in roles.outputs)
        if n_out % n_groups != 0:
            reject_value(where, "groups", f"a divisor of {n_out}, the outputs", groups)
        return placing.zeros_around(where, gain, fmt)

    def place(p: Placement) -> None:
        roles = fan_rules.roles_of(where, choice, p.shape)
        matrices = placing.at(p, {axis: p.shape[axis] // 2 for axis in roles.field})
        if matrices is None:
            return
        inputs, outputs, _, _ = roles.without(roles.field)
        n_in, n_out = (math.prod(matrices.shape[axis] for axis in axes) for axes in (inputs, outputs))
        n_each = n_out // n_groups
        for box, group in itertools.product(matrices.target.boxes(), range(n_groups)):
            n = min(n_each, n_in)
            placing.diagonal(box, matrices.shape, (outputs, inputs), group * n_each, n, p.fmt.nearest(gain))

    return with_parts(Spec(where, rule, by_shape=True, place=place))

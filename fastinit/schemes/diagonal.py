"""Schemes with ones on diagonals: the identity, for matrices and for convolutions."""

from __future__ import annotations

from fastinit.common import checks
from fastinit.common.checks import Shape
from fastinit.common.errors import reject_value
from fastinit.filling import placing
from fastinit.filling.target import Box
from fastinit.laws import fan_rules
from fastinit.laws.dtypes import Format
from fastinit.laws.kernel_laws import Law
from fastinit.laws.spec import Placement, Spec, with_parts
from fastinit.schemes.register import scheme


@scheme
def identity(*, gain: float = 1.0) -> Spec:
    """Fill a matrix with `gain` on its main diagonal and 0 elsewhere.

    Parameters
    ----------
    [shape]
        Two dimensions, not necessarily equal.
    gain : float, default 1
        Finite.
    [common]

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

    def rule(shape: Shape, fmt: Format) -> Law:
        if len(shape) != 2:
            reject_value(where, "shape", "two dimensions", shape)
        return placing.zeros_around(where, gain, fmt)

    def place(p: Placement) -> None:
        for box in p.target.boxes():
            placing.diagonal(box, 0, min(p.shape), p.fmt.nearest(gain))

    return with_parts(Spec(where, rule, by_shape=True, place=place))


@scheme
def dirac(*, groups: int = 1, gain: float = 1.0, fans="io") -> Spec:
    """Fill a convolution's kernel so that it hands its inputs on: `gain` at the centre from each input to its output.

    Within each of `groups` equal parts of the outputs, output d takes input d; other elements are 0. The centre is
    at size // 2 on each axis of the receptive field.

    Parameters
    ----------
    [shape]
        Three to five dimensions.
    groups : int, default 1
        At least 1, a divisor of the outputs.
    gain : float, default 1
        What is handed on of each input; finite.
    fans : {"io", "oi"}, default "io"
        Layout: (..., in, out) as in Keras and JAX, or (out, in, ...) as in PyTorch.
    [common]

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
    layout = fan_rules.check_layout(where, fans)

    def rule(shape: Shape, fmt: Format) -> Law:
        if not 3 <= len(shape) <= 5:
            reject_value(where, "shape", "three to five dimensions", shape)
        n_out = shape[fan_rules.LAYOUTS[layout][1]]
        if n_out % n_groups != 0:
            reject_value(where, "groups", f"a divisor of {n_out}, the outputs", groups)
        return placing.zeros_around(where, gain, fmt)

    def place(p: Placement) -> None:
        in_axis, out_axis = (axis % len(p.shape) for axis in fan_rules.LAYOUTS[layout])
        field = {axis: n // 2 for axis, n in enumerate(p.shape) if axis not in (in_axis, out_axis)}
        matrix = placing.at_centre(p, field)
        if matrix is None:
            return
        n_in, n_each = p.shape[in_axis], p.shape[out_axis] // n_groups
        for box in matrix.target.boxes():
            by_output = box if out_axis < in_axis else Box(box.array.T, box.starts[::-1], box.steps[::-1])
            for group in range(n_groups):
                placing.diagonal(by_output, group * n_each, min(n_each, n_in), p.fmt.nearest(gain))

    return with_parts(Spec(where, rule, by_shape=True, place=place))

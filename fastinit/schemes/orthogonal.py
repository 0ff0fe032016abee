"""Orthogonal matrices, alone and at the centre of a convolution's kernel."""

from __future__ import annotations

import math

from fastinit.common import checks
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, reject_value
from fastinit.filling import haar, placing
from fastinit.laws import fan_rules
from fastinit.laws.dtypes import Format
from fastinit.laws.kernel_laws import Law
from fastinit.laws.spec import Placement, Spec
from fastinit.schemes.register import scheme


@scheme
def orthogonal(*, gain: float = 1.0, fans="io") -> Spec:
    """Draw `gain` times a matrix with orthonormal columns, or rows if there are fewer of them, by Haar measure.

    More than two dimensions are flattened to (everything else, out): "io" to (..., in) x out, "oi" to out x (in, ...),
    "oki" to out x (..., in).

    Parameters
    ----------
    [shape]
        Two dimensions or more.
    gain : float, default 1
        Its magnitude is the matrix's singular values: from 1e-37 to 1e37, and within the dtype's normal numbers; or
        0, which gives 0 everywhere. A negative one gives the negatives of the positive one's values.
    [layout]
    [common]

    Notes
    -----
    In law equal to ``torch.nn.init.orthogonal_`` (with ``fans="oi"``), Keras's ``Orthogonal`` and
    ``jax.nn.initializers.orthogonal``. The values repeat to the bit, as those of all schemes do.

    Columns of a tall matrix (rows of a wide one) are made apart from each other. So an `index` costs the columns that it
    touches; a later column costs more than an earlier one. It costs the drawing of the reflections besides, some twentieth
    of the whole matrix.

    Memory besides the output: with m the longer and n the shorter side, about m n - n**2 / 2 elements for the reflections
    and 24 m for each thread, but with at most 1 MiB of them up to 256 m. An `index` needs the reflections up to its last
    column. To this come the elements asked for, unless the output is float32 or float64 and its rows and columns are evenly
    spaced. An element is one of float32, of float64 for float64. Of matrices along batch axes, each is made by one thread if
    its reflections take less than half a MiB, else one after the other by all threads.

    References
    ----------
    A. M. Saxe, J. L. McClelland and S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks", ICLR 2014. G. W. Stewart, "The efficient generation of random orthogonal matrices", SIAM J. Numer.
    Anal. 17(3), 1980.

    Examples
    --------
    >>> import numpy as np, fastinit as fi
    >>> q = fi.orthogonal((300, 100), rng=0)
    >>> bool(abs(q.T @ q - np.eye(100)).max() < 1e-5)
    True
    """
    where = "orthogonal"
    gain = checks.finite(where, "gain", gain)
    choice = fan_rules.check_axes(where, fans)

    def rule(shape: Shape, fmt: Format) -> Law | None:
        fan_rules.roles_of(where, choice, shape)
        zeros = placing.zeros_around_matrix(where, gain, fmt)
        return None if gain else zeros

    def place(p: Placement) -> None:
        haar.orthogonal(where, p, fan_rules.roles_of(where, choice, p.shape), gain)

    return Spec(where, rule, by_shape=True, place=place, draws=True)


@scheme
def delta_orthogonal(*, gain: float = 1.0, fans="io") -> Spec:
    """Fill a convolution's kernel with 0 but for its centre: `gain` times a matrix with orthonormal rows.

    The centre is at (size - 1) // 2 on each axis of the receptive field; the convolution keeps lengths.

    Parameters
    ----------
    [shape]
        Three to five dimensions, or one to three of receptive field with roles of axes; no more inputs than outputs.
    gain : float, default 1
        As for `orthogonal`.
    [layout]
    [common]

    Notes
    -----
    In law equal to ``jax.nn.initializers.delta_orthogonal``. With workspace as `orthogonal`, for the matrix alone.

    References
    ----------
    L. Xiao, Y. Bahri, J. Sohl-Dickstein, S. S. Schoenholz and J. Pennington, "Dynamical isometry and a mean field
    theory of CNNs", ICML 2018.

    Examples
    --------
    >>> import numpy as np, fastinit as fi
    >>> w = fi.delta_orthogonal((3, 3, 4, 6), rng=0)
    >>> bool(np.allclose(w[1, 1] @ w[1, 1].T, np.eye(4), atol=1e-6)), int(np.count_nonzero(w))
    (True, 24)
    """
    where = "delta_orthogonal"
    gain = checks.finite(where, "gain", gain)
    choice = fan_rules.check_axes(where, fans)

    def rule(shape: Shape, fmt: Format) -> Law:
        roles = fan_rules.kernel_roles_of(where, choice, shape)
        n_in, n_out = (math.prod(shape[axis] for axis in axes) for axes in (roles.inputs, roles.outputs))
        if n_in > n_out:
            reject_value(where, "shape", "no more inputs than outputs", Shown(f"{n_in} and {n_out}"))
        return placing.zeros_around_matrix(where, gain, fmt)

    def place(p: Placement) -> None:
        roles = fan_rules.roles_of(where, choice, p.shape)
        matrices = placing.at(p, {axis: (p.shape[axis] - 1) // 2 for axis in roles.field})
        if matrices is not None:
            haar.orthogonal(where, matrices, roles.without(roles.field), gain)

    return Spec(where, rule, by_shape=True, place=place, draws=True)

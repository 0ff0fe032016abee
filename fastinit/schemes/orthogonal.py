"""Orthogonal matrices, alone and at the centre of a convolution's kernel."""

from __future__ import annotations

import math

from fastinit.common import checks
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, reject_value
from fastinit.filling import haar, placing
from fastinit.laws import fan_rules
from fastinit.laws.axis_roles import Roles
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

    See Also
    --------
    delta_orthogonal : The same at the centre of a convolution's kernel.
    gain : The factor for an activation.
    identity : Not random.

    Notes
    -----
    In law equal to ``torch.nn.init.orthogonal_`` (with ``fans="oi"``), Keras's ``Orthogonal`` and
    ``jax.nn.initializers.orthogonal``. The values repeat to the bit, as those of all schemes do.

    Columns of a tall matrix are made apart from each other, as are the rows of a wide one. An `index` costs those that
    it touches, later ones more than earlier ones, and the drawing of all reflections up to the last of them, about a
    tenth of the whole. A row of a tall matrix costs as much as the matrix.

    Memory besides the output is counted in elements of float32, or of float64 for float64. With m the longer side, and
    n the shorter one up to a multiple of 8, it is

    - ``(m + 74) n`` for the reflections, less ``n (n - 64) / 2`` if n is more than 64;
    - for each thread ``32 (m + 136)``, or 3.25 MiB if that is more;
    - the elements asked for, unless the output has that dtype and its rows and columns are evenly spaced;
    - some 16 bytes for each row and column asked for.

    Matrices along batch axes are made one after the other, each by all threads. If the reflections of one take at most
    0.5 MiB, each is made by one thread, with reflections of its own.

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

    def room(p: Placement) -> int:
        return haar.room(p, fan_rules.roles_of(where, choice, p.shape), gain)

    return Spec(where, rule, by_shape=True, place=place, draws=True, room=room)


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

    See Also
    --------
    orthogonal : The same for matrices.
    dirac : Not random.

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

    def centre(p: Placement) -> tuple[Placement | None, Roles]:
        roles = fan_rules.kernel_roles_of(where, choice, p.shape)
        matrices = placing.at(p, {axis: (p.shape[axis] - 1) // 2 for axis in roles.field})
        return matrices, roles.without(roles.field)

    def place(p: Placement) -> None:
        matrices, roles = centre(p)
        if matrices is not None:
            haar.orthogonal(where, matrices, roles, gain)

    def room(p: Placement) -> int:
        matrices, roles = centre(p)
        return 0 if matrices is None else haar.room(matrices, roles, gain)

    return Spec(where, rule, by_shape=True, place=place, draws=True, room=room)

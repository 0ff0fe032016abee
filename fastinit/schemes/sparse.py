"""Matrices most of whose elements are 0."""

from __future__ import annotations

import math

from fastinit.common import checks
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, reject_value
from fastinit.filling import placing
from fastinit.laws import fan_rules, kernel_laws
from fastinit.laws.dtypes import Format
from fastinit.laws.kernel_laws import Law
from fastinit.laws.spec import Placement, Spec
from fastinit.schemes.register import scheme

#: Inputs are drawn by 64-bit words, which then give each its probability to 2**-32.
MAX_INPUTS = 2**32 - 1


@scheme
def sparse(*, sparsity: float, mean: float = 0.0, std: float = 0.01, fans="io") -> Spec:
    """Draw from ``N(mean, std**2)``, but set ``ceil(sparsity fan_in)`` elements of each output unit to 0.

    All sets of so many inputs are equally likely, and independent from unit to unit.

    Parameters
    ----------
    [shape]
        Two dimensions or more. A unit is a column, ``w[..., j]``, for "io", a row, ``w[j]``, for "oi" and "oki"; by
        roles of axes one place on the batch and the output axes. fan_in is its number of elements, below 2**32.
    sparsity : float
        Share of zeros, ``0 <= sparsity <= 1``. Its product with fan_in is the float64 one.
    mean : float, default 0
        Mean of the other elements, finite.
    std : float, default 0.01
        Their standard deviation, finite and >= 0; 0 gives `mean`.
    [layout]
    [common]

    See Also
    --------
    normal : The same without zeros.

    Notes
    -----
    For matrices in law equal to ``torch.nn.init.sparse_``, which counts by columns: with "io" for the same array. In
    PyTorch's own layout, out x in, its columns are inputs, and "oi" is what the paper means. The other elements are
    those of `normal` with the same `mean`, `std`, `rng` and `name`.

    Memory besides the output: at most 1 MiB a thread, but a bit for each input of a unit that has more than 2**23. No
    more threads take it than there are units. An `index` costs the draws of all its units.

    References
    ----------
    J. Martens, "Deep learning via Hessian-free optimization", ICML 2010.

    Examples
    --------
    >>> import numpy as np, fastinit as fi
    >>> w = fi.sparse((300, 100), sparsity=0.9, rng=0)
    >>> np.unique(np.count_nonzero(w, axis=0)).tolist()
    [30]
    """
    where = "sparse"
    expected = "a number in [0, 1]"
    share = checks.finite(where, "sparsity", sparsity, expected)
    if not 0 <= share <= 1:
        reject_value(where, "sparsity", expected, sparsity)
    mean, std = checks.finite(where, "mean", mean), checks.non_negative(where, "std", std)
    choice = fan_rules.check_axes(where, fans)

    def unit_axes(shape: Shape) -> Shape:
        roles = fan_rules.roles_of(where, choice, shape)
        return roles.batch + roles.outputs

    def rule(shape: Shape, fmt: Format) -> Law:
        n_inputs = placing.n_inputs(shape, unit_axes(shape))
        if n_inputs > MAX_INPUTS:
            reject_value(where, "shape", f"at most {MAX_INPUTS} inputs", Shown(n_inputs))
        return kernel_laws.normal(where, mean, std, fmt)

    def place(p: Placement) -> None:
        n_zeros = math.ceil(share * placing.n_inputs(p.shape, unit_axes(p.shape)))
        if n_zeros > 0:
            placing.zeros_in_units(p, unit_axes(p.shape), n_zeros)

    def room(p: Placement) -> int:
        return placing.room_for_zeros(p, unit_axes(p.shape)) if share > 0 else 0

    return Spec(where, rule, by_shape=True, place=place, draws=True, room=room)

"""Schemes that are more than a law: matrices with structure."""

from __future__ import annotations

import math
from functools import partial

from fastinit import checks, fan_rules, laws, placing
from fastinit.checks import Shape
from fastinit.dtypes import Format
from fastinit.errors import Shown, reject_value
from fastinit.laws import Law
from fastinit.registry import scheme
from fastinit.spec import Placement, Spec


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
        return _zeros(where, gain, fmt)

    def place(p: Placement) -> None:
        placing.diagonal(p.array, p.starts, 0, min(p.shape), p.fmt.nearest(gain))

    return Spec(where, rule, by_shape=True, place=place)


@scheme
def dirac(*, groups: int = 1, fans="io") -> Spec:
    """Fill a convolution's kernel so that it hands its inputs on: 1 at the centre from each input to its output.

    Within each of `groups` equal parts of the outputs, output d takes input d; other elements are 0. The centre is
    at size // 2 on each axis of the receptive field.

    Parameters
    ----------
    [shape]
        Three to five dimensions.
    groups : int, default 1
        At least 1, a divisor of the outputs.
    fans : {"io", "oi"}, default "io"
        Layout: (..., in, out) as in Keras and JAX, or (out, in, ...) as in PyTorch.
    [common]

    Notes
    -----
    With ``fans="oi"`` equal to ``torch.nn.init.dirac_``.

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
    layout = fan_rules.check_layout(where, fans)

    def rule(shape: Shape, fmt: Format) -> Law:
        if not 3 <= len(shape) <= 5:
            reject_value(where, "shape", "three to five dimensions", shape)
        n_out = shape[fan_rules.LAYOUTS[layout][1]]
        if n_out % n_groups != 0:
            reject_value(where, "groups", f"a divisor of {n_out}, the outputs", groups)
        return _zeros(where, 0.0, fmt)

    def place(p: Placement) -> None:
        in_axis, out_axis = fan_rules.LAYOUTS[layout]
        in_axis, out_axis = in_axis % len(p.shape), out_axis % len(p.shape)
        field = p.shape[2:] if layout == "oi" else p.shape[:-2]
        box = placing.centre(p, len(field), tuple(n // 2 for n in field), 2 if layout == "oi" else 0)
        if box is None:
            return
        box = box if layout == "oi" else box.T
        starts = (p.starts[out_axis], p.starts[in_axis])
        n_each = p.shape[out_axis] // n_groups
        for group in range(n_groups):
            placing.diagonal(box, starts, group * n_each, min(n_each, p.shape[in_axis]), 1.0)

    return Spec(where, rule, by_shape=True, place=place)


@scheme
def orthogonal(*, gain: float = 1.0, fans="io") -> Spec:
    """Draw `gain` times a matrix with orthonormal columns, or rows if there are fewer of them, by Haar measure.

    More than two dimensions are flattened to (everything else, out): "io" to (..., in) x out, "oi" to out x (in, ...).

    Parameters
    ----------
    [shape]
        Two dimensions or more.
    gain : float, default 1
        Finite and > 0: the matrix's singular values.
    fans : {"io", "oi"}, default "io"
        Layout: (..., in, out) as in Keras and JAX, or (out, in, ...) as in PyTorch.
    [common]

    Notes
    -----
    In law equal to ``torch.nn.init.orthogonal_`` (with ``fans="oi"``), Keras's ``Orthogonal`` and
    ``jax.nn.initializers.orthogonal``. The values go through matrix products, whose order of summation depends on the
    machine and its threads: unlike those of the other schemes they repeat to rounding, not to the bit. The products
    run on the threads of NumPy's own library, not on `threads`.

    Memory besides the output: with m the longer and n the shorter side, 128 (2 m + 2 n) elements and 4 MiB; and, unless
    the output is a whole C-contiguous float32 or float64 array, the full matrix in float32 (float64 for float64). An
    `index` costs the full matrix.

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
    gain = checks.positive(where, "gain", gain)
    layout = fan_rules.check_layout(where, fans)

    def rule(shape: Shape, fmt: Format) -> Law:
        if len(shape) < 2:
            reject_value(where, "shape", "two dimensions or more", shape)
        return _zeros(where, gain, fmt)

    def place(p: Placement) -> None:
        rows = (p.shape[0], math.prod(p.shape[1:])) if layout == "oi" else (math.prod(p.shape[:-1]), p.shape[-1])
        placing.orthogonal(p, rows, gain)

    return Spec(where, rule, by_shape=True, place=place, draws=True)


@scheme
def delta_orthogonal(*, gain: float = 1.0, fans="io") -> Spec:
    """Fill a convolution's kernel with 0 but for its centre: `gain` times a matrix with orthonormal rows.

    The centre is at (size - 1) // 2 on each axis of the receptive field; the convolution keeps lengths.

    Parameters
    ----------
    [shape]
        Three to five dimensions, with no more inputs than outputs.
    gain : float, default 1
        Finite and > 0.
    fans : {"io", "oi"}, default "io"
        Layout: (..., in, out) as in Keras and JAX, or (out, in, ...) as in PyTorch.
    [common]

    Notes
    -----
    In law equal to ``jax.nn.initializers.delta_orthogonal``. To rounding, and with workspace, as `orthogonal`.

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
    gain = checks.positive(where, "gain", gain)
    layout = fan_rules.check_layout(where, fans)

    def rule(shape: Shape, fmt: Format) -> Law:
        if not 3 <= len(shape) <= 5:
            reject_value(where, "shape", "three to five dimensions", shape)
        n_in, n_out = (shape[axis] for axis in fan_rules.LAYOUTS[layout])
        if n_in > n_out:
            reject_value(where, "shape", "no more inputs than outputs", Shown(f"{n_in} and {n_out}"))
        return _zeros(where, gain, fmt)

    def place(p: Placement) -> None:
        field = p.shape[2:] if layout == "oi" else p.shape[:-2]
        first = 2 if layout == "oi" else 0
        box = placing.centre(p, len(field), tuple((n - 1) // 2 for n in field), first)
        if box is None:
            return
        kept = (0, 1) if layout == "oi" else (-2, -1)
        matrix = tuple(p.shape[axis] for axis in kept)
        part = p._replace(array=box, starts=tuple(p.starts[axis] for axis in kept), shape=matrix)
        placing.orthogonal(part, matrix, gain)

    return Spec(where, rule, by_shape=True, place=place, draws=True)


@scheme
def log_odds(*, p: float) -> Spec:
    """Fill the bias of a sigmoid output with ln(p / (1 - p)), so that the network begins by predicting the prior p.

    Parameters
    ----------
    [shape]
    p : float or array of float
        Probability of each class, 0 < p < 1; an array must broadcast to the shape.
    [common]

    Notes
    -----
    Without it, a rare class costs the first steps of training: every output begins at 1/2. No peer has it.

    References
    ----------
    T.-Y. Lin, P. Goyal, R. Girshick, K. He and P. Dollar, "Focal loss for dense object detection", ICCV 2017, 4.1.

    Examples
    --------
    >>> import fastinit as fi
    >>> fi.log_odds(2, p=0.01).round(3)
    array([-4.595, -4.595], dtype=float32)
    """
    where = "log_odds"
    if placing.is_many(p):
        given = checks.real_array(where, "p", p)
        if not ((given > 0) & (given < 1)).all():
            reject_value(where, "p", "numbers in (0, 1)", p)
        odds = given.copy()
        odds.flat = [placing.log_odds(value) for value in given.flat]
        return given_values(where, "p", odds)
    number = checks.finite(where, "p", p)
    if not 0 < number < 1:
        reject_value(where, "p", "a number in (0, 1)", p)
    return Spec(where, lambda shape, fmt: laws.constant(where, placing.log_odds(number), fmt), by_shape=False)


def given_values(where: str, parameter: str, given) -> Spec:
    """Values broadcast to the shape."""

    def rule(shape: Shape, fmt: Format) -> Law:
        lengths = zip(given.shape[::-1], shape[::-1], strict=False)
        if given.ndim > len(shape) or not all(n in (1, dim) for n, dim in lengths):
            reject_value(where, parameter, f"an array that broadcasts to {shape}", Shown(f"shape {given.shape}"))
        for bound in (given.min(initial=0), given.max(initial=0)) if given.size else ():
            laws.constant(where, float(bound), fmt)
        return laws.constant(where, 0.0, fmt)

    return Spec(where, rule, by_shape=True, place=partial(placing.values, given=given))


def _zeros(where: str, gain: float, fmt: Format) -> Law:
    """The law of all but the placed elements, once the dtype can hold those."""
    if abs(gain) > fmt.max:
        reject_value(where, "gain", f"a number within {fmt.name}", gain)
    return laws.constant(where, 0.0, fmt)

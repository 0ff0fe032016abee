"""Schemes that draw nothing: constants, given values, the log-odds of a prior."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from fastinit.common import checks
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.filling import placing
from fastinit.laws import kernel_laws
from fastinit.laws.dtypes import ComplexFormat, Format, IntegerFormat
from fastinit.laws.given import check_broadcasts, converted, numbers, real_array
from fastinit.laws.spec import Spec, fixed
from fastinit.schemes.register import scheme


@scheme
def zeros() -> Spec:
    """Fill with 0.

    Parameters
    ----------
    [shape]
    [common]

    See Also
    --------
    ones, constant : Other numbers.
    log_odds : The bias of an output, from the prior of its class.

    Notes
    -----
    The usual choice for biases; weights that are all zero leave the units of a layer identical for ever.
    Equals ``torch.nn.init.zeros_`` and ``jax.nn.initializers.zeros``.

    Examples
    --------
    >>> import fastinit as fi
    >>> fi.zeros(3)
    array([0., 0., 0.], dtype=float32)
    """
    return one_value("zeros", "value", 0.0)


@scheme
def ones() -> Spec:
    """Fill with 1.

    Parameters
    ----------
    [shape]
    [common]

    See Also
    --------
    zeros, constant : Other numbers.
    identity : Ones on the diagonal.

    Notes
    -----
    The usual choice for the scales of normalization layers.
    Equals ``torch.nn.init.ones_`` and ``jax.nn.initializers.ones``.

    Examples
    --------
    >>> import fastinit as fi
    >>> fi.ones(3)
    array([1., 1., 1.], dtype=float32)
    """
    return one_value("ones", "value", 1.0)


@scheme
def constant(*, value: float) -> Spec:
    """Fill with one value, or with given ones.

    Parameters
    ----------
    [shape]
    value : float or array of float
        Any number within the dtype's range, infinities and NaN included; an array, of which a copy is kept, must
        broadcast to the shape. Each is rounded to the dtype once, to nearest even; what float64 does not hold is
        rounded to that first. Complex numbers are for complex dtypes, which take real ones too. Integer dtypes take
        integers within their range alone, bool 0 and 1.
    [common]

    See Also
    --------
    zeros, ones : Two constants with names of their own.
    log_odds : A constant from a probability.

    Notes
    -----
    Equals ``torch.nn.init.constant_`` and ``jax.nn.initializers.constant``.

    Examples
    --------
    >>> import fastinit as fi
    >>> fi.constant(3, value=0.1)
    array([0.1, 0.1, 0.1], dtype=float32)
    >>> fi.constant((2, 3), value=[1, 2, 3])
    array([[1., 2., 3.],
           [1., 2., 3.]], dtype=float32)
    """
    if placing.is_many(value):
        return given_values("constant", "value", numbers("constant", "value", value))
    if isinstance(value, (complex, np.complexfloating, bool, np.bool_)):
        return given_values("constant", "value", np.asarray(value))
    exact = checks.as_integer(value)
    return one_value("constant", "value", checks.real("constant", "value", value), exact)


@scheme
def log_odds(*, p: float) -> Spec:
    """Fill a sigmoid output's bias with ``ln(p / (1 - p))``: the network then begins by predicting the prior p.

    Parameters
    ----------
    [shape]
    p : float or array of float
        Probability of each class, ``0 < p < 1``; an array must broadcast to the shape.
    [common]

    See Also
    --------
    zeros : The usual bias.
    constant : Any given number.

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
        given = real_array(where, "p", p)
        own = checks.without_repeats(given)
        if not ((own > 0) & (own < 1)).all():
            reject_value(where, "p", "numbers in (0, 1)", p)
        odds = [placing.log_odds(float(value)) for value in own.reshape(-1)]  # flat has 32 axes at the most
        odds = np.broadcast_to(np.array(odds).reshape(own.shape), given.shape)
        return without_integers(given_values(where, "p", odds))
    number = checks.finite(where, "p", p)
    if not 0 < number < 1:
        reject_value(where, "p", "a number in (0, 1)", p)
    return without_integers(one_value(where, "p", placing.log_odds(number)))


def one_value(where: str, parameter: str, value: float, exact: int | None = None) -> Spec:
    """The same number everywhere; `exact` is an integer that float64 may have rounded."""
    given = np.float64(value)
    if exact is not None and -(2**63) <= exact < 2**64:
        given = np.array(exact)
    elif exact is not None:  # rounded, it might lie in the range of some dtype
        given = np.nextafter(given, math.copysign(math.inf, value))
    others = given_values(where, parameter, given).others
    return fixed(where, partial(kernel_laws.constant, where, value), others=others)


def without_integers(spec: Spec) -> Spec:
    """The same, for floats and complex numbers alone."""
    del spec.others["integer"]
    return spec


def given_values(where: str, parameter: str, given: np.ndarray) -> Spec:
    """Values broadcast to the shape."""
    is_complex, is_bool = given.dtype.kind == "c", given.dtype.kind == "b"
    given = converted(given, np.uint8) if is_bool else given
    floats = real_array(where, parameter, given.tolist()) if given.dtype == object else given
    extremes = [_extremes(part) for part in ((given.real, given.imag) if is_complex else (floats,))]

    def rule(shape: Shape, fmt: Format) -> None:
        if is_complex or is_bool:
            got = "complex ones" if is_complex else "booleans"
            reject_type(where, parameter, f"real numbers for {fmt.name}", Shown(got))
        check_broadcasts(where, parameter, given.shape, shape)
        _check_range(where, extremes[0], fmt)

    def complex_rule(shape: Shape, fmt: ComplexFormat) -> None:
        check_broadcasts(where, parameter, given.shape, shape)
        for part in extremes:
            _check_range(where, part, fmt.parts)

    def integer_rule(shape: Shape, fmt: IntegerFormat) -> None:
        check_broadcasts(where, parameter, given.shape, shape)
        expected = f"integers from {fmt.least} to {fmt.greatest} for {fmt.name}"
        if is_complex:
            reject_value(where, parameter, expected, Shown("complex ones"))
        for some in _pieces(given):
            with np.errstate(invalid="ignore"):  # infinities leave no rest
                inside = (some >= fmt.least) & (some < fmt.greatest + 1) & (some % 1 == 0)
            wrong = ~np.asarray(inside, bool)
            if wrong.any():
                reject_value(where, parameter, expected, some[wrong].tolist()[0])

    place, exactly = partial(placing.values, given=floats), partial(placing.values, given=given)
    others = {
        "complex": Spec(where, complex_rule, by_shape=True, place=place),
        "integer": Spec(where, integer_rule, by_shape=True, place=exactly),
    }
    return Spec(where, rule, by_shape=True, place=place, others=others)


def _pieces(values: np.ndarray) -> Iterator[np.ndarray]:
    """An array's own elements, some at a time: what is computed of them takes little memory."""
    flat = checks.without_repeats(values).reshape(-1)  # flat has 32 axes at the most
    for first in range(0, flat.size, placing.PIECE):
        yield flat[first : first + placing.PIECE]


def _extremes(values: np.ndarray) -> tuple[float, float, bool]:
    """The least and the greatest of the finite ones and 0, and whether there are infinite ones."""
    least, greatest, has_infinite = 0.0, 0.0, False
    for some in _pieces(values):
        some = some.astype(np.float64)
        finite = np.isfinite(some)
        least = min(least, float(some.min(initial=0, where=finite)))
        greatest = max(greatest, float(some.max(initial=0, where=finite)))
        has_infinite |= bool(np.isinf(some).any())
    return least, greatest, has_infinite


def _check_range(where: str, extremes: tuple[float, float, bool], fmt: Format) -> None:
    least, greatest, has_infinite = extremes
    for bound in (least, greatest):
        kernel_laws.constant(where, bound, fmt)
    if has_infinite:
        kernel_laws.constant(where, np.inf, fmt)

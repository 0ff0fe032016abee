"""The functions of jax.nn.initializers, by their own names, arguments and laws, drawn by this package.

Each returns ``init(key, shape, dtype=..., out_sharding=None)``. Values are a pure function of the key, the law, the
shape and the dtype: under jit, vmap or scan, and for any `out_sharding`, they are those of the eager call.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fastinit.common import checks
from fastinit.common.calls import one_form
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.jax.drawing import Rule, draw
from fastinit.laws.axis_roles import axes
from fastinit.schemes.register import Configured, get

#: What JAX takes as a number, traced ones included; as axes; as a dtype; and what it calls an initializer.
Number = float | jax.Array
Axis = int | Sequence[int]
DType = Any
Initializer = Callable[..., jax.Array]

AXES = "an int or a sequence of ints"


def _initializer(where: str, rule: Rule, dtype: DType, **numbers: Number) -> Initializer:
    """An initializer as JAX's are called; its numbers may be traced, all others are checked now."""
    traced = {name: value for name, value in numbers.items() if isinstance(value, jax.core.Tracer)}
    known = {name: checks.real(where, name, value) for name, value in numbers.items() if name not in traced}
    partly = functools.partial(rule, **known)

    for name, value in traced.items():
        if value.ndim or not jnp.issubdtype(value.dtype, np.number) or jnp.issubdtype(value.dtype, np.complexfloating):
            reject_type(where, name, "a real number", Shown(f"a traced array of {value.dtype} and shape {value.shape}"))

    def init(key, shape, dtype=dtype, out_sharding=None) -> jax.Array:
        return draw(where, partly, traced, key, shape, dtype, out_sharding)

    init.__name__ = where  # for messages
    init = one_form(init)
    init.__name__ = init.__qualname__ = "init"  # as JAX's are called, which Flax prints
    init.rule = None if traced else partly  # for trees, where it may stand among the rules
    return init


@one_form
def uniform(scale: Number = 1e-2, dtype: DType = None) -> Initializer:
    """Draw from U(0, scale), bounds excluded; as ``jax.nn.initializers.uniform``, which includes 0."""

    def rule(shape: Shape, scale: float) -> Configured:
        return get("uniform", low=min(scale, 0.0), high=max(scale, 0.0))

    return _initializer("uniform", rule, dtype, scale=scale)


@one_form
def normal(stddev: Number = 1e-2, dtype: DType = None) -> Initializer:
    """Draw from N(0, stddev**2), complex ones of variance stddev**2 too; as ``jax.nn.initializers.normal``."""

    def rule(shape: Shape, stddev: float) -> Configured:
        return get("normal", std=abs(stddev))

    return _initializer("normal", rule, dtype, stddev=stddev)


@one_form
def truncated_normal(
    stddev: Number = 1e-2, dtype: DType = None, lower: Number = -2.0, upper: Number = 2.0
) -> Initializer:
    """Draw from N(0, stddev**2) between stddev lower and stddev upper; as ``jax.nn.initializers.truncated_normal``.

    The standard deviation of the values is smaller than `stddev`: it is not corrected.
    """

    def rule(shape: Shape, stddev: float, lower: float, upper: float) -> Configured:
        low, high = (lower, upper) if stddev >= 0 else (-upper, -lower)
        return get("truncated_normal", std=abs(stddev), low=low, high=high)

    return _initializer("truncated_normal", rule, dtype, stddev=stddev, lower=lower, upper=upper)


@one_form
def variance_scaling(
    scale: Number,
    mode: str,
    distribution: str,
    in_axis: Axis = -2,
    out_axis: Axis = -1,
    batch_axis: Axis = (),
    dtype: DType = None,
) -> Initializer:
    """Draw with mean 0 and variance scale / n, n being the fan of `mode`; as ``jax.nn.initializers.variance_scaling``.

    Parameters
    ----------
    scale : float
        >= 0.
    mode : {"fan_in", "fan_out", "fan_avg", "fan_geo_avg"}
        Which fan.
    distribution : {"truncated_normal", "normal", "uniform"}
        Truncated at two standard deviations, the variance kept; of complex numbers the modulus, and a uniform disk.
    in_axis, out_axis, batch_axis : int or sequence of int
        Axes that count as inputs, as outputs, and as neither; all others are the receptive field. An axis named twice
        counts twice, as in JAX.
    dtype : dtype-like, optional
        Of the values, where the call names none.

    Returns
    -------
    callable
        ``init(key, shape, dtype=dtype, out_sharding=None)``.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as stated; by the call, if the shape lacks an axis.

    See Also
    --------
    fastinit.variance_scaling : The scheme that it draws by.

    Examples
    --------
    >>> import jax, fastinit.jax as fj
    >>> init = fj.variance_scaling(2.0, "fan_in", "truncated_normal")
    >>> w = init(jax.random.key(0), (400, 100))
    >>> bool(abs(w.std() * 200**0.5 - 1) < 0.02)
    True
    """
    known = {} if isinstance(scale, jax.core.Tracer) else {"scale": scale}
    get("variance_scaling", mode=mode, distribution=distribution, **known)  # that they are checked now
    fans_of = _fans_of("variance_scaling", in_axis, out_axis, batch_axis)

    def rule(shape: Shape, scale: float) -> Configured:
        return get("variance_scaling", scale=scale, mode=mode, distribution=distribution, fans=fans_of(shape))

    return _initializer("variance_scaling", rule, dtype, scale=scale)


def _fans_of(where: str, in_axis: Axis, out_axis: Axis, batch_axis: Axis) -> Callable[[Shape], tuple[float, float]]:
    """The fans by JAX's formula, which an axis named twice enters twice."""
    named = {"in_axis": in_axis, "out_axis": out_axis, "batch_axis": batch_axis}
    by_role = {name: checks.as_integers(where, name, axis, AXES) for name, axis in named.items()}

    def fans_of(shape: Shape) -> tuple[float, float]:
        if len(shape) < 2 and by_role["in_axis"] == (-2,):
            reject_value(where, "shape", "two dimensions or more, or in_axis and out_axis for fewer", shape)
        sizes = []
        for name, role in by_role.items():
            if not all(-len(shape) <= axis < len(shape) for axis in role):
                reject_value(where, name, f"{AXES} in [-{len(shape)}, {len(shape)})", named[name])
            sizes.append(math.prod(shape[axis] for axis in role))
        if 0 in shape:
            return 0.0, 0.0  # no element needs them
        n_in, n_out, n_batch = sizes
        field = math.prod(shape) / n_in / n_out / n_batch
        return n_in * field, n_out * field

    return fans_of


def _scaled(name: str, doc: str, **params: object) -> Callable[..., Initializer]:
    """An initializer scaled by its fans alone, which has a scheme of its own."""

    @one_form
    def factory(in_axis: Axis = -2, out_axis: Axis = -1, batch_axis: Axis = (), dtype: DType = None) -> Initializer:
        fans_of = _fans_of(name, in_axis, out_axis, batch_axis)
        return _initializer(name, lambda shape: get(name, fans=fans_of(shape), **params), dtype)

    factory.__name__ = factory.__qualname__ = name
    factory.__doc__ = f"{doc}; as ``jax.nn.initializers.{name}``."
    return factory


TRUNCATED = dict(truncated=True)
_NORMAL = "Draw from a normal distribution truncated at two standard deviations, of variance"

glorot_uniform = _scaled("glorot_uniform", "Draw from U(-a, a), a = sqrt(6 / (fan_in + fan_out))")
glorot_normal = _scaled("glorot_normal", f"{_NORMAL} 2 / (fan_in + fan_out)", **TRUNCATED)
lecun_uniform = _scaled("lecun_uniform", "Draw from U(-a, a), a = sqrt(3 / fan_in)")
lecun_normal = _scaled("lecun_normal", f"{_NORMAL} 1 / fan_in", **TRUNCATED)
he_uniform = _scaled("he_uniform", "Draw from U(-a, a), a = sqrt(6 / fan_in)")
he_normal = _scaled("he_normal", f"{_NORMAL} 2 / fan_in", **TRUNCATED)
xavier_uniform, xavier_normal = glorot_uniform, glorot_normal
kaiming_uniform, kaiming_normal = he_uniform, he_normal


@one_form
def orthogonal(scale: Number = 1.0, column_axis: int = -1, dtype: DType = None) -> Initializer:
    """Draw `scale` times a matrix with orthonormal columns, or rows if there are fewer; as JAX's `orthogonal`.

    All axes but `column_axis` are the rows.
    """
    column = _column("orthogonal", column_axis)

    def rule(shape: Shape, scale: float) -> Configured:
        if len(shape) < 2:
            reject_value("orthogonal", "shape", "two dimensions or more", shape)
        if not -len(shape) <= column < len(shape):
            reject_value("orthogonal", "column_axis", f"an int in [-{len(shape)}, {len(shape)})", column_axis)
        rows = tuple(axis for axis in range(len(shape)) if axis != column % len(shape))
        return get("orthogonal", gain=scale, fans=axes(rows, column))

    return _initializer("orthogonal", rule, dtype, scale=scale)


@one_form
def delta_orthogonal(scale: Number = 1.0, column_axis: int = -1, dtype: DType = None) -> Initializer:
    """Fill a kernel (k..., in, out) with 0 but for its centre: `scale` times an orthogonal matrix; as JAX's.

    `column_axis` changes no law here: the matrix's rows, of which there are no more than columns, are orthonormal.
    """
    _column("delta_orthogonal", column_axis)

    def rule(shape: Shape, scale: float) -> Configured:
        return get("delta_orthogonal", gain=scale)

    return _initializer("delta_orthogonal", rule, dtype, scale=scale)


def _column(where: str, axis: object) -> int:
    column = checks.as_integer(axis)
    if column is None:
        reject_type(where, "column_axis", "an int", axis)
    return column

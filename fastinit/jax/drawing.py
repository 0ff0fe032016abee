"""From a scheme, a key, a shape and a sharding to an array: at once, or by a callback where JAX traces."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.sharding import NamedSharding, PartitionSpec

from fastinit.common import checks
from fastinit.jax import meshes, shards
from fastinit.jax.keys import words_of
from fastinit.laws import dtypes
from fastinit.schemes.register import Configured

#: From a full shape, and what numbers are traced, to a scheme.
Rule = Callable[..., Configured]

#: What stands for numbers that are traced while everything else is checked; 1 for all others.
PLACEHOLDERS = {"lower": -1.0}


def draw(where: str, rule: Rule, traced: dict[str, Tracer], key, shape, dtype, out_sharding) -> jax.Array:
    """What an initializer returns. Some of its numbers may be traced, as its key may."""
    words = words_of(where, "key", key)
    np_dtype = canonical_dtype(where, dtype)
    dims = checks.as_shape(where, shape, np_dtype.itemsize)
    is_traced = bool(traced) or isinstance(words, Tracer) or meshes.are_hidden()
    sharding = meshes.in_full(meshes.sharding_of(where, "out_sharding", out_sharding, dims, is_traced), len(dims))
    if not is_traced:
        rng = np.asarray(words).tolist()
        if sharding is not None:
            return shards.filled(where, dims, np_dtype, sharding, rule(dims), rng, "")
        return shards.handed_over(rule(dims)(dims, dtype=np_dtype, rng=rng))
    # Now, as far as it is known: a callback's errors would come late, in words of XLA.
    shards.check(rule(dims, **{name: PLACEHOLDERS.get(name, 1.0) for name in traced}), dims, np_dtype)

    extents = dims if sharding is None else sharding.shard_shape(dims)

    def part(words, positions, *numbers):
        result = jax.ShapeDtypeStruct(extents, np_dtype)
        return jax.pure_callback(filled, result, words, positions, numbers, vmap_method="sequential")

    def filled(words, positions, numbers):
        scheme = rule(dims, **{name: float(value) for name, value in zip(traced, numbers, strict=True)})
        index = None
        if positions:
            starts = [int(position) * extent for position, extent in zip(positions, extents, strict=True)]
            index = tuple(slice(start, start + extent) for start, extent in zip(starts, extents, strict=True))
        return scheme(dims, dtype=np_dtype, rng=np.asarray(words).tolist(), index=index)

    if sharding is not None:
        return _by_device(part, sharding, words, *traced.values())
    values = part(words, (), *traced.values())
    # XLA stops where a callback's result leaves a program over several devices as it is.
    return values if jax.sharding.get_abstract_mesh().empty else jax.lax.optimization_barrier(values)


def _by_device(part: Callable, sharding: NamedSharding, *operands: jax.Array) -> jax.Array:
    """A call of `part` on each device, told the device's position along each axis when the program runs."""

    def own(words: jax.Array, *numbers: jax.Array) -> jax.Array:
        positions = tuple(0 if names in (None, ()) else jax.lax.axis_index(names) for names in sharding.spec)
        return part(words, positions, *numbers)

    specs = dict(in_specs=PartitionSpec(), out_specs=sharding.spec)
    values = jax.shard_map(own, mesh=sharding.mesh, check_vma=False, **specs)(*operands)
    return values if sharding.memory_kind in (None, "device") else jax.device_put(values, sharding)


def canonical_dtype(where: str, dtype: object) -> np.dtype:
    """As JAX reads it: None is its default, and without 64 bits float64 is float32."""
    if dtype is None:
        return jnp.result_type(float)
    try:
        canonical = jax.dtypes.canonicalize_dtype(dtype)
    except (TypeError, ValueError):  # no dtype, and keys
        canonical = dtype
    return dtypes.resolve(where, canonical)

"""From a scheme, a key, a shape and a sharding to an array: at once, or by a callback where JAX traces."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.sharding import NamedSharding, PartitionSpec

from fastinit.common import checks
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.jax import meshes, shards
from fastinit.laws import dtypes
from fastinit.schemes.register import Configured

#: From a full shape, and what numbers are traced, to a scheme.
Rule = Callable[..., Configured]


def draw(where: str, rule: Rule, traced: dict[str, Tracer], key, shape, dtype, out_sharding) -> jax.Array:
    """What an initializer returns. Some of its numbers may be traced, as its key may."""
    words = _words(where, key)
    np_dtype = canonical_dtype(where, dtype)
    dims = checks.as_shape(where, shape, np_dtype.itemsize)
    is_traced = bool(traced) or isinstance(words, Tracer) or meshes.are_hidden()
    sharding = meshes.sharding_of(where, "out_sharding", out_sharding, dims, is_traced)
    if not is_traced:
        rng = np.asarray(words).tolist()
        if sharding is not None:
            return shards.filled(where, dims, np_dtype, sharding, rule(dims), rng, "")
        return shards.handed_over(rule(dims)(dims, dtype=np_dtype, rng=rng))
    if not traced:
        shards.check(rule(dims), dims, np_dtype)  # a callback's errors would come late, in words of XLA

    def part(words, *numbers, starts=(), extents=dims):
        result = jax.ShapeDtypeStruct(extents, np_dtype)
        return jax.pure_callback(filled, result, words, starts, numbers, vmap_method="sequential")

    def filled(words, starts, numbers):
        scheme = rule(dims, **{name: float(value) for name, value in zip(traced, numbers, strict=True)})
        index = tuple(slice(int(s), int(s) + n) for s, n in zip(starts, extents, strict=True)) if starts else None
        return scheme(dims, dtype=np_dtype, rng=np.asarray(words).tolist(), index=index)

    if sharding is None:
        return part(words, *traced.values())
    extents = sharding.shard_shape(dims)
    by_device = functools.partial(_part_of_device, part, sharding, extents)
    run = jax.shard_map(
        by_device, mesh=sharding.mesh, in_specs=PartitionSpec(), out_specs=sharding.spec, check_vma=False
    )
    return run(words, *traced.values())


def _part_of_device(part: Callable, sharding: NamedSharding, extents: tuple[int, ...], words, *numbers) -> jax.Array:
    """Under shard_map: where this device's part begins is known when the program runs."""
    positions = [0 if names in (None, ()) else jax.lax.axis_index(names) for names in sharding.spec]
    starts = tuple(position * extent for position, extent in zip(positions, extents, strict=True))
    return part(words, *numbers, starts=starts, extents=extents)


def _words(where: str, key: Any) -> jax.Array:
    """A key's 32-bit words. Where JAX traces they are traced, whatever the key is, so that nothing is drawn then."""
    data = key
    if not (isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)):
        try:
            data = jax.random.wrap_key_data(key)
        except (TypeError, ValueError):
            reject_type(where, "key", "a key of jax.random, typed or of raw words", _shown(key))
    if data.shape != ():
        reject_value(where, "key", "a single key; for several, jax.vmap", Shown(f"keys of shape {data.shape}"))
    return jax.random.key_data(data).ravel()


def _shown(key: object) -> object:
    return Shown(f"an array of {key.dtype} and shape {key.shape}") if hasattr(key, "dtype") else key


def canonical_dtype(where: str, dtype: object) -> np.dtype:
    """As JAX reads it: None is its default, and without 64 bits float64 is float32."""
    if dtype is None:
        return jnp.result_type(float)
    try:
        canonical = jax.dtypes.canonicalize_dtype(dtype)
    except TypeError:
        canonical = dtype
    return dtypes.resolve(where, canonical)

"""JAX's keys as seeds."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fastinit.common.errors import Shown, reject_type, reject_value


def words_of(where: str, parameter: str, key: Any) -> jax.Array:
    """A key's 32-bit words. Where JAX traces they are traced, whatever the key is, so that nothing is drawn then."""
    try:
        typed = key if _is_typed(key) else jax.random.wrap_key_data(key)
        data = jax.random.key_data(typed)
    except (TypeError, ValueError, AttributeError):
        reject_type(where, parameter, "a key of jax.random, typed or of raw words", _shown(key))
    if typed.shape != ():
        reject_value(where, parameter, "a single key; for several, jax.vmap", Shown(f"keys of shape {typed.shape}"))
    return data.ravel()


def rng_of(where: str, rng: Any) -> Any:
    """What ``rng`` takes: of a key its words, as an initializer takes them; anything else as it is."""
    if not isinstance(rng, jax.Array):
        return rng
    words = words_of(where, "rng", rng)
    if isinstance(words, jax.core.Tracer):
        reject_type(where, "rng", "a key outside of traced functions", Shown("a traced one"))
    return np.asarray(words).tolist()


def _is_typed(key: Any) -> bool:
    return isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)


def _shown(key: object) -> object:
    return Shown(f"an array of {key.dtype} and shape {key.shape}") if hasattr(key, "dtype") else key

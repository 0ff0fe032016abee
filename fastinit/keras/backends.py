"""Between this package and the backend that Keras runs on: seeds, dtypes, names of variables, and tensors."""

from __future__ import annotations

import sys
from typing import Any

import keras
import numpy as np

from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.laws import dtypes
from fastinit.schemes.register import Configured


def is_jax() -> bool:
    return keras.backend.backend() == "jax"


def dtype_of(where: str, dtype: Any) -> np.dtype:
    """A dtype as Keras reads it, and as JAX has it: without its 64 bits float64 is float32."""
    name = keras.backend.standardize_dtype(dtype)
    if not is_jax():
        return dtypes.resolve(where, name)
    from fastinit.jax.drawing import canonical_dtype

    return canonical_dtype(where, name)


def rng_of(where: str, seed: object) -> Any:
    """A seed as ``rng`` takes it; a SeedGenerator's next one."""
    if isinstance(seed, int):
        return int(seed) if seed >= 0 else seed % 2**64
    if not isinstance(seed, keras.random.SeedGenerator):
        reject_type(where, "seed", "an int or a SeedGenerator", seed)
    if is_jax():
        from fastinit.jax.meshes import refuse_tracing

        refuse_tracing(where)  # before the generator's state is a traced one
    return np.asarray(keras.ops.convert_to_numpy(seed.next())).astype(np.uint32).tolist()


def path_of_variable(where: str) -> str:
    """The path of the variable whose initial value is asked for: Keras tells it to nobody, but the variable calls."""
    frame = sys._getframe(2)
    while frame is not None:
        variable = frame.f_locals.get("self")
        if isinstance(variable, keras.Variable):
            return variable.path
        frame = frame.f_back
    reject_value(where, "name_from_path", "a call by a variable that is made", Shown("another"))


def tensor_of(
    where: str, scheme: Configured, shape: tuple[int, ...], dtype: np.dtype, rng: Any, name: str, layout: Any
):
    """A tensor of the backend's, filled in its own memory where that can be; under a layout, each part by itself."""
    if layout is None:
        return _as_tensor(scheme(shape, dtype=dtype, rng=rng, name=name))
    if not is_jax():
        reject_value(where, "layout", "None: Keras distributes under JAX alone", layout)
    from fastinit.jax import meshes, shards

    meshes.refuse_tracing(where)
    sharding = meshes.sharding_of(where, "layout", getattr(layout, "backend_layout", layout), shape)
    return shards.filled(where, shape, dtype, sharding, scheme, rng, name)


def _as_tensor(array: np.ndarray) -> Any:
    """A tensor over the same memory, where the backend can have that."""
    backend = keras.backend.backend()
    if backend == "numpy":
        return array
    if backend == "jax":
        from fastinit.jax.shards import handed_over

        return handed_over(array)
    if backend == "torch":
        from fastinit.torch.execution import as_tensor

        return keras.ops.convert_to_tensor(as_tensor(array))
    return keras.ops.convert_to_tensor(array, dtype=array.dtype.name)

"""Keras's random initializers, drawn by this package: under their own names, with their own arguments and laws.

Each is a subclass of Keras's own class, so that layers treat it as theirs, and is saved and loaded with a model; to
load one, import this module first. Besides Keras's arguments each takes two:

name : str, default ""
    Names an independent stream of the seed, as everywhere in this package.
name_from_path : bool, default False
    Whether the path of the variable that is made, ``"net/fc1/kernel"``, is that name. One initializer then serves all
    layers, and a model that is built again has the same weights, whatever was built before, if its layers are named.

``fastinit.he_normal(shape, truncated=True, rng=seed, name=name)`` has the values of ``HeNormal(seed, name=name)``.
Without a seed Keras draws one, once for each initializer. Seeds below 0 count from 2**64 down.

The constants and ``STFT`` are Keras's: nothing is drawn there.

>>> import keras, fastinit.keras as fk
>>> layer = keras.layers.Dense(3, kernel_initializer=fk.HeNormal(seed=0, name_from_path=True), name="fc")
>>> layer.build((None, 4))
>>> import fastinit as fi
>>> kernel = keras.ops.convert_to_numpy(layer.kernel)
>>> bool((kernel == fi.he_normal((4, 3), truncated=True, rng=0, name="fc/kernel")).all())
True
"""

from __future__ import annotations

import inspect
import math
import sys
from typing import Any

try:
    import keras
except ImportError as error:
    text = "fastinit.keras: import: expected Keras, as pip install 'fastinit-nn[keras]' brings it, got none"
    raise ImportError(text) from error

import numpy as np
from keras import initializers as theirs
from keras.initializers import STFT, Constant, Identity, Ones, Zeros

from fastinit.common import checks
from fastinit.common.calls import hint
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.filling import seed as seeds
from fastinit.laws import dtypes, fan_rules
from fastinit.schemes.register import Configured, get

__all__ = [
    "STFT",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
]


class _Filled:
    """What all have: how they are made, saved and called. `_scheme` is their own."""

    def __init__(self, *args: Any, name: str = "", name_from_path: bool = False, **kwargs: Any):
        where, known = type(self).__name__, inspect.signature(type(self)).parameters
        for unknown in kwargs.keys() - known:
            reject_type(where, unknown, f"one of its parameters ({', '.join(known)})", hint(unknown, known))
        seeds.check_name(where, name)
        self.name, self.name_from_path = name, checks.boolean(where, "name_from_path", name_from_path)
        if name and self.name_from_path:
            reject_type(where, "name, name_from_path", "one of them", Shown("both"))
        super().__init__(*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "name": self.name, "name_from_path": self.name_from_path}

    def _scheme(self, shape: tuple[int, ...]) -> Configured:
        raise NotImplementedError

    def __call__(self, shape: Any, dtype: Any = None, layout: Any = None) -> Any:
        """Return a tensor of the backend's: of `shape` and `dtype`, Keras's ``floatx()`` by default."""
        where = type(self).__name__
        dims = checks.as_shape(where, tuple(shape) if not isinstance(shape, int) else shape)
        resolved = dtypes.resolve(where, keras.backend.standardize_dtype(dtype))
        scheme = self._scheme(dims)
        name = _path_of_variable(where) if self.name_from_path else self.name
        rng = _number(where, self.seed)
        if layout is not None:
            return _distributed(where, dims, resolved, layout, scheme, rng, name)
        return _as_tensor(scheme(dims, dtype=resolved, rng=rng, name=name))


def _number(where: str, seed: object) -> object:
    """A seed as ``rng`` takes it; a SeedGenerator's next one."""
    if not isinstance(seed, keras.random.SeedGenerator):
        return seed % 2**64
    try:
        return np.asarray(keras.ops.convert_to_numpy(seed.next())).astype(np.uint32).tolist()
    except Exception:
        reject_value(where, "seed", "a number, or a SeedGenerator outside of traced functions", Shown("a traced one"))


def _path_of_variable(where: str) -> str:
    """The path of the variable whose initial value is asked for: Keras tells it to nobody, but the variable calls."""
    frame = sys._getframe(2)
    while frame is not None:
        variable = frame.f_locals.get("self")
        if isinstance(variable, keras.Variable):
            return variable.path
        frame = frame.f_back
    reject_value(where, "name_from_path", "a call by a variable that is made", Shown("another"))


def _as_tensor(array: np.ndarray):
    """A tensor of the backend's over the same memory where it can have that."""
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


def _distributed(where: str, shape, dtype, layout, scheme: Configured, rng: object, name: str):
    """On the devices of a layout, each filled with its part under JAX."""
    if keras.backend.backend() != "jax":
        return keras.distribution.distribute_tensor(_as_tensor(scheme(shape, dtype=dtype, rng=rng, name=name)), layout)
    from fastinit.jax import meshes, shards

    sharding = meshes.sharding_of(where, "layout", getattr(layout, "backend_layout", layout), shape)
    return shards.filled(where, shape, dtype, sharding, scheme, rng, name)


def _registered(cls: type) -> type:
    """The class, known to Keras when it loads a model, and with the arguments of Keras's in its signature."""

    def __init__(self, *args: Any, **kwargs: Any):
        _Filled.__init__(self, *args, **kwargs)

    of_keras = inspect.signature(cls.__bases__[-1].__init__).parameters.values()
    ours = [p for p in inspect.signature(_Filled.__init__).parameters.values() if p.kind is p.KEYWORD_ONLY]
    __init__.__signature__ = inspect.Signature([*of_keras, *ours])
    cls.__init__ = __init__
    return keras.saving.register_keras_serializable("fastinit")(cls)


@_registered
class RandomNormal(_Filled, theirs.RandomNormal):
    """Draw from N(mean, stddev**2); as ``keras.initializers.RandomNormal``."""

    def _scheme(self, shape: tuple[int, ...]) -> Configured:
        return get("normal", mean=float(self.mean), std=float(self.stddev))


@_registered
class TruncatedNormal(_Filled, theirs.TruncatedNormal):
    """Draw from N(mean, stddev**2) within 2 stddev; the values' own deviation is 0.88 of it, as in Keras."""

    def _scheme(self, shape: tuple[int, ...]) -> Configured:
        return get("truncated_normal", mean=float(self.mean), std=float(self.stddev))


@_registered
class RandomUniform(_Filled, theirs.RandomUniform):
    """Draw from U(minval, maxval), bounds excluded; as ``keras.initializers.RandomUniform``, which includes minval."""

    def _scheme(self, shape: tuple[int, ...]) -> Configured:
        return get("uniform", low=float(self.minval), high=float(self.maxval))


@_registered
class Orthogonal(_Filled, theirs.Orthogonal):
    """Draw `gain` times a matrix with orthonormal columns, or rows; as ``keras.initializers.Orthogonal``."""

    def _scheme(self, shape: tuple[int, ...]) -> Configured:
        return get("orthogonal", gain=float(self.gain))


class _Scaled(_Filled):
    """Those scaled by fans, as Keras counts them."""

    def _scheme(self, shape: tuple[int, ...]) -> Configured:
        distribution = {"untruncated_normal": "normal"}.get(self.distribution, self.distribution)
        fans = _fans(type(self).__name__, shape, self.input_axes, self.output_axes)
        return get("variance_scaling", scale=float(self.scale), mode=self.mode, distribution=distribution, fans=fans)


def _fans(where: str, shape: tuple[int, ...], input_axes, output_axes) -> tuple[float, float]:
    """Keras's rule: with axes no receptive field counts, and of fewer than two dimensions the size is both fans."""
    if input_axes is not None and output_axes is not None:
        for parameter, axes in ("input_axes", input_axes), ("output_axes", output_axes):
            if not all(-len(shape) <= axis < len(shape) for axis in axes):
                reject_value(where, parameter, f"ints in [-{len(shape)}, {len(shape)})", axes)
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    return fan_rules.of(where, "io", shape) if len(shape) > 1 else (math.prod(shape),) * 2


@_registered
class VarianceScaling(_Scaled, theirs.VarianceScaling):
    """Draw with mean 0 and variance scale / n, n being a fan; as ``keras.initializers.VarianceScaling``."""


@_registered
class GlorotUniform(_Scaled, theirs.GlorotUniform):
    """Draw from U(-a, a), a = sqrt(6 / (fan_in + fan_out)); as ``keras.initializers.GlorotUniform``."""


@_registered
class GlorotNormal(_Scaled, theirs.GlorotNormal):
    """Draw from a truncated normal of variance 2 / (fan_in + fan_out); as ``keras.initializers.GlorotNormal``."""


@_registered
class LecunUniform(_Scaled, theirs.LecunUniform):
    """Draw from U(-a, a), a = sqrt(3 / fan_in); as ``keras.initializers.LecunUniform``."""


@_registered
class LecunNormal(_Scaled, theirs.LecunNormal):
    """Draw from a truncated normal of variance 1 / fan_in; as ``keras.initializers.LecunNormal``."""


@_registered
class HeUniform(_Scaled, theirs.HeUniform):
    """Draw from U(-a, a), a = sqrt(6 / fan_in); as ``keras.initializers.HeUniform``."""


@_registered
class HeNormal(_Scaled, theirs.HeNormal):
    """Draw from a truncated normal of variance 2 / fan_in; as ``keras.initializers.HeNormal``."""

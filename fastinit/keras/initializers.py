"""Subclasses of Keras's own random initializers: its layers ask for those before they tell which axes count."""

from __future__ import annotations

import inspect
import math
from typing import Any

import keras
from keras import initializers as theirs

from fastinit.common import checks
from fastinit.common.calls import hint
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.filling import seed as seeds
from fastinit.keras import backends
from fastinit.laws import fan_rules
from fastinit.schemes.register import Configured, get


class _Filled:
    """What all have: how they are made, saved and called. `_scheme` is their own."""

    def __init__(self, *args: Any, name: str = "", name_from_path: bool = False, **kwargs: Any):
        where = type(self).__name__
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
        dims = checks.as_shape(where, list(shape.as_list()) if hasattr(shape, "as_list") else shape)
        resolved = backends.dtype_of(where, dtype)
        scheme = self._scheme(dims)
        name = backends.path_of_variable(where) if self.name_from_path else self.name
        return backends.tensor_of(where, scheme, dims, resolved, backends.rng_of(where, self.seed), name, layout)

    def _real(self, parameter: str) -> float:
        """A number that Keras was given; also a tensor without axes."""
        value = getattr(self, parameter)
        if keras.ops.is_tensor(value) and not value.shape:
            value = float(value)
        return checks.finite(type(self).__name__, parameter, value)


def _registered(cls: type) -> type:
    """The class, known to Keras when it loads a model, and with the arguments of Keras's in its signature."""

    def __init__(self, *args: Any, **kwargs: Any):
        for unknown in kwargs.keys() - known:
            reject_type(cls.__name__, unknown, f"one of its parameters ({', '.join(known)})", hint(unknown, known))
        _Filled.__init__(self, *args, **kwargs)

    of_keras = inspect.signature(cls.__bases__[-1].__init__).parameters.values()
    ours = [p for p in inspect.signature(_Filled.__init__).parameters.values() if p.kind is p.KEYWORD_ONLY]
    __init__.__signature__ = inspect.Signature([*of_keras, *ours])
    known = list(__init__.__signature__.parameters)[1:]
    cls.__init__ = __init__
    return keras.saving.register_keras_serializable("fastinit")(cls)


@_registered
class RandomNormal(_Filled, theirs.RandomNormal):
    """Draw from N(mean, stddev**2); as ``keras.initializers.RandomNormal``."""

    def _scheme(self, shape: tuple[int, ...]) -> Configured:
        return get("normal", mean=self._real("mean"), std=self._real("stddev"))


@_registered
class TruncatedNormal(_Filled, theirs.TruncatedNormal):
    """Draw from N(mean, stddev**2) within 2 stddev; the values' own deviation is 0.88 of it, as in Keras."""

    def _scheme(self, shape: tuple[int, ...]) -> Configured:
        return get("truncated_normal", mean=self._real("mean"), std=self._real("stddev"))


@_registered
class RandomUniform(_Filled, theirs.RandomUniform):
    """Draw from U(minval, maxval), bounds excluded; as ``keras.initializers.RandomUniform``, which includes minval."""

    def _scheme(self, shape: tuple[int, ...]) -> Configured:
        return get("uniform", low=self._real("minval"), high=self._real("maxval"))


@_registered
class Orthogonal(_Filled, theirs.Orthogonal):
    """Draw `gain` times a matrix with orthonormal columns, or rows; as ``keras.initializers.Orthogonal``."""

    def _scheme(self, shape: tuple[int, ...]) -> Configured:
        return get("orthogonal", gain=self._real("gain"))


class _Scaled(_Filled):
    """Those scaled by fans, as Keras counts them."""

    def _scheme(self, shape: tuple[int, ...]) -> Configured:
        distribution = {"untruncated_normal": "normal"}.get(self.distribution, self.distribution)
        fans = _fans(type(self).__name__, shape, self.input_axes, self.output_axes)
        return get("variance_scaling", scale=self._real("scale"), mode=self.mode, distribution=distribution, fans=fans)


def _fans(where: str, shape: tuple[int, ...], input_axes, output_axes) -> tuple[float, float]:
    """Keras's rule: with axes no receptive field counts, and of fewer than two dimensions the size is both fans."""
    if input_axes is not None and output_axes is not None:
        return _size(where, "input_axes", input_axes, shape), _size(where, "output_axes", output_axes, shape)
    return fan_rules.of(where, "io", shape) if len(shape) > 1 else (math.prod(shape),) * 2


def _size(where: str, parameter: str, axes: Any, shape: tuple[int, ...]) -> int:
    expected = f"ints in [-{len(shape)}, {len(shape)})"
    positions = checks.as_integers(where, parameter, axes, expected)
    if not all(-len(shape) <= axis < len(shape) for axis in positions):
        reject_value(where, parameter, expected, axes)
    return math.prod(shape[axis] for axis in positions)


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

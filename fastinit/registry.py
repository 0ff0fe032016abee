"""The public form of a scheme: from a rule that checks parameters to a function, and the register of all of them."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np

from fastinit import checks
from fastinit._kernels import exact_key, in_default_float_mode
from fastinit.errors import Shown, reject_type
from fastinit.run import fill
from fastinit.spec import Spec

#: Every scheme's public function, by name, aliases included.
REGISTER: dict[str, Callable] = {}

#: Sets of parameters that each scheme remembers. Models use a few.
N_SPECS = 256

#: Parameters of every call besides the scheme's own.
COMMON = ("shape", "dtype", "out", "rng", "name", "index", "threads")

#: Parts of the docstring that every scheme shares, put where the rule's docstring has the marker.
SHARED_TEXT = {
    "[shape]": """\
shape : int or tuple of int, optional
    The full logical shape, entries >= 0. May be left out with `out`, whose shape it then is.""",
    "[fans]": """\
fans : {"io", "oi"} or (float, float), default "io"
    Layout: "io" is (..., in, out) as in Keras and JAX, "oi" (out, in, ...) as in PyTorch, the other axes being the
    receptive field; or the pair (fan_in, fan_out) itself, each >= 0, for instance from `fastinit.fans`.""",
    "[gain]": """\
gain : float, default 1
    Factor on the standard deviation, finite and > 0.""",
    "[negative_slope]": """\
negative_slope : float, default 0
    Slope of the activation for negative inputs: 0 for ReLU, 0.01 for PyTorch's leaky ReLU. Finite.""",
    "[he mode]": """\
mode : {"fan_in", "fan_out", "fan_avg", "fan_geo_avg"}, default "fan_in"
    n: "fan_in" keeps the variance of the activations, "fan_out" that of the gradients.""",
    "[truncated]": """\
truncated : bool, default False
    If true, a normal distribution cut at two of its standard deviations, bounds excluded, and widened by
    1 / 0.87962566103423978, so that the variance stays as stated.""",
    "[common]": """\
dtype : dtype-like, optional
    float32, the default, float64, float16, or one of ml_dtypes: bfloat16, float8_e4m3fn, float8_e5m2. As NumPy or
    ml_dtypes has it, by name, or as another library spells it (``torch.float32``). With `out`, taken from it. Values in
    fewer than 32 bits are the float32 ones rounded to nearest even, kept inside open bounds.
out : array, optional
    Filled in place and returned itself: an ndarray of any memory order and strides, aligned and in this machine's
    byte order, or an object with the writable buffer protocol, ``__array_interface__`` or ``__dlpack__`` on CPU.
rng : None, int, sequence of int, SeedSequence, BitGenerator or Generator
    None draws fresh entropy. An int, a sequence or a SeedSequence is a pure function: same call, same values;
    ``rng=0`` equals ``rng=np.random.default_rng(0)``. A BitGenerator or Generator is advanced, except by constants,
    which draw nothing.
name : str, default ""
    Names an independent stream of the same `rng`, such as the parameter's name. Without names, all fills of one
    seed and one kind of law scale the same numbers: give each layer its own.
index : int, slice, Ellipsis or tuple of them, optional
    Basic index with unit steps into the full `shape`. The result equals ``full[index]`` bit for bit.
threads : int >= 1, optional
    Threads for this call; more than 64 are cut to 64 or to the number of processors, whichever is more. By default as
    many as are free, and one for small work. Values do not depend on it.

Returns
-------
numpy.ndarray
    `out` itself, or a new C-order array aligned to 64 bytes.

Raises
------
ValueError, TypeError
    If an argument is not as stated; nothing has then been written to `out`.""",
}


class Configured:
    """A scheme with some parameters set, called like the function itself.

    Made by `fastinit.get`; equal to another with the same name and parameters.
    """

    __slots__ = ("name", "params", "spec")

    def __init__(self, name: str, params: dict[str, Any]):
        self.name = name
        self.params = MappingProxyType({key: _kept(value) for key, value in params.items()})
        # Now, so that a bad parameter is reported here and not at the first call.
        self.spec: Spec = REGISTER[name].configured(params)

    def __call__(
        self, shape=None, *, dtype=None, out=None, rng=None, name="", index=None, threads=None, **params: Any
    ) -> np.ndarray:
        spec = REGISTER[self.name].configured({**self.params, **params}) if params else self.spec
        return fill(spec, shape, dtype, out, rng, name, index, threads)

    def __repr__(self) -> str:
        return f"fastinit.get({', '.join([repr(self.name), *(f'{k}={v!r}' for k, v in self.params.items())])})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Configured) or self.name != other.name or self.params.keys() != other.params.keys():
            return False
        return all(_is_same(value, other.params[name]) for name, value in self.params.items())

    def __hash__(self) -> int:
        return hash((self.name, frozenset(self.params)))

    def __reduce__(self):
        return Configured, (self.name, dict(self.params))


def _kept(value: object) -> object:
    """A parameter that nobody can change any more: arrays and lists are copied."""
    if isinstance(value, (int, float, str, tuple)) or value is None:
        return value
    return np.array(value) if isinstance(value, (list, np.ndarray)) else copy.deepcopy(value)


def _is_same(a: object, b: object) -> bool:
    """Equality that takes arrays as a whole, and NaN as itself."""
    if a is b:
        return True
    try:
        x, y = np.asarray(a), np.asarray(b)
        return x.shape == y.shape and bool(((x == y) | ((x != x) & (y != y))).all())
    except Exception:  # what NumPy or another library cannot compare
        return False


def scheme(rule: Callable[..., Spec]) -> Callable:
    """Turn ``rule(*, parameters) -> Spec`` into the public ``scheme(shape=None, *, parameters, dtype=None, ...)``."""
    own = inspect.signature(rule).parameters
    required = [name for name, parameter in own.items() if parameter.default is parameter.empty]
    specs: dict[tuple, Spec] = {}

    def public(shape=None, *, dtype=None, out=None, rng=None, name="", index=None, threads=None, **params):
        return fill(configured(params), shape, dtype, out, rng, name, index, threads)

    def configured(params: dict[str, Any]) -> Spec:
        """The rule's answer, looked up where the same was asked before."""
        key = exact_key(params)
        spec = specs.get(key)
        if spec is not None:
            return spec
        # The laws' parameters are computed in Python, and must be as independent of the caller's mode as the values.
        spec = in_default_float_mode(checked, params)
        if key is not None:
            if len(specs) >= N_SPECS:
                specs.clear()
            specs[key] = spec
        return spec

    def checked(params: dict[str, Any]) -> Spec:
        for unknown in params.keys() - own.keys():
            expected = f"one of the scheme's own parameters ({', '.join(own) or 'none'})"
            if unknown in COMMON:
                reject_type(rule.__name__, unknown, expected, Shown("one of the call's"))
            expected += f" or the call's ({', '.join(COMMON)})"
            reject_type(rule.__name__, unknown, expected, Shown("another name"))
        for missing in required:
            if missing not in params:
                reject_type(rule.__name__, missing, "a value", Shown("nothing"))
        return rule(**params)

    common = list(inspect.signature(public).parameters.values())
    functools.update_wrapper(public, rule, assigned=("__module__", "__name__", "__qualname__"))
    public.__signature__ = inspect.Signature([common[0], *own.values(), *common[1:-1]], return_annotation="np.ndarray")
    public.__doc__ = inspect.cleandoc(rule.__doc__ or "")  # none under python -OO
    for marker, text in SHARED_TEXT.items():
        public.__doc__ = public.__doc__.replace(marker, text)
    del public.__wrapped__
    public.configured = configured
    public.specs = specs
    REGISTER[rule.__name__] = public
    return public


def alias(name: str, target: Callable) -> Callable:
    """Register `target` under a second name."""
    REGISTER[name] = target
    return target


def get(name: str, /, **params) -> Configured:
    """Return the named scheme, configured: call it like the scheme's own function.

    Parameters
    ----------
    name : str
        One of `schemes()`.
    **params
        Parameters of that scheme, checked now.

    Returns
    -------
    Configured
        A callable ``f(shape=None, *, dtype=None, out=None, rng=None, name="", index=None, threads=None)``.

    Raises
    ------
    ValueError
        If there is no such scheme (the message names the nearest), or a parameter's value is bad.
    TypeError
        If `name` is not a string, or a parameter is unknown or of the wrong type.

    Examples
    --------
    >>> import fastinit as fi
    >>> init = fi.get("he_normal", negative_slope=0.2)
    >>> init
    fastinit.get('he_normal', negative_slope=0.2)
    >>> init((64, 32), rng=0).shape
    (64, 32)
    """
    checks.name_among("get", "name", name, REGISTER, "one of fastinit.schemes()")
    return Configured(name, params)


def schemes() -> list[str]:
    """Return the names of all schemes, aliases included, in alphabetical order.

    Returns
    -------
    list of str
        Names that `get` accepts.

    Examples
    --------
    >>> import fastinit as fi
    >>> "he_normal" in fi.schemes(), "kaiming_normal" in fi.schemes()
    (True, True)
    """
    return sorted(REGISTER)

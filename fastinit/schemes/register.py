"""The public form of a scheme: from a rule that checks parameters to a function, and the register of all of them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np

from fastinit._kernels import exact_key, in_default_float_mode
from fastinit.common import checks, selection
from fastinit.common.calls import hint, one_form, reject_positional
from fastinit.common.errors import Shown, reject_type
from fastinit.filling.run import fill
from fastinit.laws.given import frozen
from fastinit.laws.spec import Spec
from fastinit.schemes.parameters import is_same, kept
from fastinit.schemes.wording import SHARED_TEXT

#: Every scheme's public function, by name, aliases included.
REGISTER: dict[str, Callable] = {}

#: Sets of parameters that each scheme remembers. Models use a few.
N_SPECS = 256

#: Parameters of every call besides the scheme's own.
COMMON = ("shape", "dtype", "out", "rng", "name", "index", "threads")


class Configured:
    """A scheme with some parameters set, called like the function itself.

    Made by `fastinit.get`; equal to another with the same name, parameters and blocks.
    """

    __slots__ = ("blocks", "name", "params", "spec")

    def __init__(self, name: str, params: dict[str, Any], blocks: tuple[tuple[tuple, Configured], ...] = ()):
        self.name, self.blocks = name, blocks
        # Arrays first, so that the specification has no copies of its own.
        params = {key: frozen(value) if isinstance(value, np.ndarray) else value for key, value in params.items()}
        # Now, so that a bad parameter is reported here and not at the first call; and before what cannot be copied is.
        self.spec: Spec = self._spec(params)
        self.params = MappingProxyType({key: kept(name, key, value) for key, value in params.items()})

    def _spec(self, params: dict[str, Any]) -> Spec:
        spec = REGISTER[self.name].configured(params)
        for index, other in self.blocks:
            spec = spec.but(index, other.spec)
        return spec

    def __call__(
        self, shape=None, *extra, dtype=None, out=None, rng=None, name="", index=None, threads=None, **params: Any
    ) -> np.ndarray:
        if extra:
            reject_positional(self.name, 1, 1 + len(extra))
        spec = self._spec({**self.params, **params}) if params else self.spec
        return fill(spec, shape, dtype, out, rng, name, index, threads)

    @one_form
    def but(self, index, scheme) -> Configured:
        """Return the same scheme, with the block at a basic index given to another.

        The block's elements get the other scheme's law: its fans, its matrices and its parameters that are arrays are
        those of the block. Each value still comes from its own place in the stream of the whole tensor, so that blocks
        are independent of each other and of the rest. Everything else keeps its values.

        Parameters
        ----------
        index : int, slice, Ellipsis or tuple of them
            The block, as NumPy indexes a tensor with it; it must fit the shape that is filled.
        scheme : str, scheme or Configured
            A scheme's name, its function, or what `fastinit.get` returned.

        Returns
        -------
        Configured
            A new one. Several blocks may follow each other; where they overlap, the last wins.

        Raises
        ------
        ValueError, TypeError
            If an argument is not as stated; and by the call that fills, if the block does not fit the shape.

        Examples
        --------
        >>> import fastinit as fi
        >>> table = fi.get("normal", std=0.02).but(0, "zeros")  # a padding row
        >>> table((3, 2), rng=0)[0]
        array([0., 0.], dtype=float32)
        """
        block = selection.basic_index(f"{self.name}.but", "index", index), configured_of(f"{self.name}.but", scheme)
        other = object.__new__(Configured)
        other.name, other.params, other.blocks = self.name, self.params, (*self.blocks, block)
        other.spec = self.spec.but(block[0], block[1].spec)
        return other

    def __repr__(self) -> str:
        text = f"fastinit.get({', '.join([repr(self.name), *(f'{k}={v!r}' for k, v in self.params.items())])})"
        return text + "".join(f".but({index!r}, {other!r})" for index, other in self.blocks)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Configured) or self.name != other.name or self.params.keys() != other.params.keys():
            return False
        same = all(is_same(value, other.params[name]) for name, value in self.params.items())
        return same and self.blocks == other.blocks

    def __hash__(self) -> int:
        return hash((self.name, frozenset(self.params), len(self.blocks)))

    def __reduce__(self):
        return Configured, (self.name, dict(self.params), self.blocks)


def scheme(rule: Callable[..., Spec]) -> Callable:
    """Turn ``rule(*, parameters) -> Spec`` into the public ``scheme(shape=None, *, parameters, dtype=None, ...)``."""
    own = inspect.signature(rule).parameters
    required = [name for name, parameter in own.items() if parameter.default is parameter.empty]
    specs: dict[tuple, Spec] = {}

    def public(shape=None, *extra, dtype=None, out=None, rng=None, name="", index=None, threads=None, **params):
        if extra:
            reject_positional(rule.__name__, 1, 1 + len(extra))
        return fill(configured(params), shape, dtype, out, rng, name, index, threads)

    def configured(params: dict[str, Any]) -> Spec:
        """The rule's answer, looked up where the same was asked before."""
        key = exact_key(params) if params else ()
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
            reject_type(rule.__name__, unknown, expected, hint(unknown, [*own, *COMMON]))
        for missing in required:
            if missing not in params:
                reject_type(rule.__name__, missing, "a value", Shown("nothing"))
        return rule(**params)

    common = list(inspect.signature(public).parameters.values())
    functools.update_wrapper(public, rule, assigned=("__module__", "__name__", "__qualname__"))
    public.__signature__ = inspect.Signature([common[0], *own.values(), *common[2:-1]], return_annotation="np.ndarray")
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


def configured_of(where: str, scheme: object, parameter: str = "scheme") -> Configured:
    """A scheme's name, its function or a configured one, as the latter."""
    if isinstance(scheme, Configured):
        return scheme
    for name, public in REGISTER.items():
        if scheme is public:
            return Configured(name, {})
    return get(checks.name_among(where, parameter, scheme, REGISTER, "a scheme, its name or fastinit.get(...)"))


@one_form
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

    See Also
    --------
    schemes : All names.
    recommend : Which scheme suits an activation.

    Examples
    --------
    >>> import fastinit as fi
    >>> init = fi.get("he_normal", negative_slope=0.2)
    >>> init
    fastinit.get('he_normal', negative_slope=0.2)
    >>> init((64, 32), rng=0).shape
    (64, 32)
    """
    name = checks.name_among("get", "name", name, REGISTER, "one of fastinit.schemes()")
    return Configured(name, params)


@one_form
def schemes() -> list[str]:
    """Return the names of all schemes, aliases included, in alphabetical order.

    Returns
    -------
    list of str
        Names that `get` accepts.

    See Also
    --------
    get : The scheme of a name.

    Examples
    --------
    >>> import fastinit as fi
    >>> "he_normal" in fi.schemes(), "kaiming_normal" in fi.schemes()
    (True, True)
    """
    return sorted(REGISTER)

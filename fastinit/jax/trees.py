"""Trees of arrays, filled by rules on the names of their leaves."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.sharding import Sharding, SingleDeviceSharding

from fastinit.common import checks
from fastinit.common.calls import one_form
from fastinit.common.errors import Shown, located, reject_type, reject_value
from fastinit.filling import memory
from fastinit.jax import keys, meshes, shards
from fastinit.jax.drawing import canonical_dtype
from fastinit.plans.batch import fill_chosen
from fastinit.plans.distinct_schemes import KEEP
from fastinit.plans.patterns import quoted
from fastinit.plans.rules import UNUSED, Rules, without_skipped

#: The attribute by which Flax's variables and their partitioned values hold their arrays.
BOXED = jax.tree_util.GetAttrKey("value")


@one_form
def initialize(
    tree: Any,
    rules: Mapping[str, Any],
    rng: Any = 0,
    *,
    sep: str = ".",
    unused: str = "error",
    skip: str | Sequence[str] = (),
    threads: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Any:
    """Return a tree of new arrays, each by the first rule that matches its name; all are filled in one parallel loop.

    As `fastinit.initialize`, whose rules these are, but that JAX's arrays are made anew. A name is the way through the
    tree, its keys joined by `sep`; a last attribute ``value``, as Flax's variables have, is no part of it. Values are
    those of ``scheme(shape, rng=rng, name=name)``, whatever the shardings.

    Parameters
    ----------
    tree : pytree of jax.Array, numpy.ndarray or jax.ShapeDtypeStruct
        Shapes, dtypes and shardings: of a model's parameters, or of what ``jax.eval_shape`` makes of its init. Dtypes
        are canonicalized as JAX does it: without its 64 bits, float64 is float32. A leaf
        with a sharding over several devices gets an array with the same, of which each process fills its own part.
    rules : mapping of str to scheme
        From patterns to schemes, as for `fastinit.initialize`; also to initializers of this module.
        `fastinit.keep` leaves an array as it is, of whatever dtype.
    rng : None, int, sequence of int, SeedSequence, BitGenerator, Generator or key of jax.random, default 0
        The seed; of a key, its words. Where several processes share the arrays, each must give the same number.
    sep : str, default "."
        What joins keys.
    unused : {"error", "ignore"}, default "error"
        Whether a rule that is no name's is refused.
    skip : str or sequence of str, default ()
        Patterns of names whose leaves, of any kind, are returned as they are.
    threads : int >= 1, optional
        Threads for this call.
    progress : callable, optional
        Called now and then as ``progress(n_bytes)`` with the number of bytes just written.

    Returns
    -------
    pytree
        As `tree`, with new arrays.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as stated, two leaves have one name, or a sharding does not divide its shape evenly.

    See Also
    --------
    make_array : One array.
    fastinit.initialize : The same for NumPy arrays.

    Examples
    --------
    >>> import fastinit as fi, fastinit.jax as fj
    >>> from jax import ShapeDtypeStruct
    >>> shapes = {"fc": {"kernel": ShapeDtypeStruct((64, 10), "float32"), "bias": ShapeDtypeStruct((10,), "float32")}}
    >>> tree = fj.initialize(shapes, {"*.bias": "zeros", "*": "he_normal"}, rng=0)
    >>> bool((tree["fc"]["kernel"] == fi.he_normal((64, 10), rng=0, name="fc.kernel")).all())
    True
    """
    if not isinstance(sep, str):
        reject_type("initialize", "sep", "a string", sep)
    checks.callback("initialize", "progress", progress)
    checks.one_of("initialize", "unused", unused, UNUSED)
    meshes.refuse_tracing("initialize")
    leaves, structure = _flat(tree)
    named = _named(leaves, sep)
    table = Rules(_plain_rules(rules))
    choices = table.choose(chosen := without_skipped(named, skip, unused), unused)
    if choices is not None:
        _check_kept(named, [name for name, choice in zip(chosen, choices, strict=True) if choice == KEEP])
        chosen = {name: leaf for (name, leaf), choice in zip(chosen.items(), choices, strict=True) if choice != KEEP}
        choices = [choice for choice in choices if choice != KEEP]
    asked = {name: _asked(name, leaf) for name, leaf in chosen.items()}
    made = _filled(asked, choices, table, keys.rng_of("initialize", rng), threads, progress)
    return structure.unflatten(made.get(name, leaf) for name, leaf in named.items())


def _filled(asked: dict[str, _Asked], choices: list[int] | None, table: Rules, rng, threads, progress) -> dict:
    """New arrays by name, filled in one loop: whole ones, and this process's parts of sharded ones."""
    whole = {n: memory.aligned("initialize", a.shape, a.dtype) for n, a in asked.items() if a.sharding is None}
    pieces = {
        name: shards.pieces_of("initialize", a.shape, a.dtype, a.sharding)
        for name, a in asked.items()
        if a.sharding is not None
    }
    places = {name: whole[name] if name in whole else pieces[name].parts for name in asked}
    fill_chosen(places, choices, table.specs, rng, threads, progress)
    return {
        **{name: shards.handed_over(array) for name, array in whole.items()},
        **{name: found.joined() for name, found in pieces.items()},
    }


def _plain_rules(rules: Any) -> Any:
    """Rules as `fastinit.initialize` takes them: an initializer of this package's as the scheme that it is."""
    if not isinstance(rules, Mapping):
        return rules
    return {pattern: _plain_rule(value) for pattern, value in rules.items()}


def _plain_rule(value: Any) -> Any:
    rule = getattr(value, "rule", None) if inspect.isfunction(value) else None
    return value if rule is None else lambda name, shape: rule(shape)


class _Asked(NamedTuple):
    """What a leaf tells of the array that takes its place."""

    shape: tuple[int, ...]
    dtype: np.dtype
    sharding: Sharding | None


def _flat(tree: Any) -> tuple[list, Any]:
    try:
        return jax.tree_util.tree_flatten_with_path(tree)
    except (ValueError, TypeError, SystemError, RecursionError):  # keys without order, and what holds itself
        reject_value("initialize", "tree", "what JAX takes as a tree", Shown(f"a {type(tree).__name__}"))


def _named(leaves: list, sep: str) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for path, leaf in leaves:
        name = jax.tree_util.keystr(path[:-1] if path[1:] and path[-1] == BOXED else path, simple=True, separator=sep)
        if name in named:
            reject_value("initialize", "tree", "a name for each leaf", Shown(f"{quoted(name)} for two"))
        named[name] = leaf
    return named


def _asked(name: str, leaf: Any) -> _Asked:
    place = f"tree[{quoted(name)}]"
    if not isinstance(leaf, (jax.Array, jax.ShapeDtypeStruct, np.ndarray)):
        reject_type("initialize", place, "an array or a jax.ShapeDtypeStruct", leaf)
    with located(f"initialize: {place}"):
        dtype = canonical_dtype("array", leaf.dtype)
        shape = checks.as_shape("array", leaf.shape, dtype.itemsize)
        sharding = getattr(leaf, "sharding", None)
        if isinstance(sharding, SingleDeviceSharding) and not getattr(leaf, "committed", True):
            sharding = None  # where JAX put it by itself, so that the new one may follow what it is used with
        sharding = meshes.sharding_of("array", "sharding", sharding, shape)
    return _Asked(shape, dtype, sharding)


def _check_kept(named: dict[str, Any], kept: list[str]) -> None:
    for name in kept:
        if isinstance(named[name], jax.ShapeDtypeStruct):
            reject_type("initialize", f"tree[{quoted(name)}]", "an array, to be kept", named[name])

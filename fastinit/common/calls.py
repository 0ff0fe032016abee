"""Calls of public functions that do not fit their signatures, told in the one form."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection
from typing import NoReturn, TypeVar

from fastinit.common.errors import Shown, reject_type

F = TypeVar("F", bound=Callable)

#: What other libraries call a parameter, and what it is called here; of several, the first that a function has.
MEANT = {
    "a": ("negative_slope", "lower", "low"),
    "b": ("upper", "high"),
    "minval": ("low", "lower"),
    "maxval": ("high", "upper"),
    "loc": ("mean",),
    "mean_": ("mean",),
    "stddev": ("std",),
    "sigma": ("std",),
    "std_": ("std",),
    "val": ("value",),
    "fill_value": ("value",),
    "seed": ("rng",),
    "key": ("rng",),
    "generator": ("rng",),
    "random_state": ("rng",),
    "size": ("shape",),
    "tensor": ("out",),
    "array": ("out",),
    "fan": ("mode", "fans"),
    "layout": ("fans",),
    "in_axis": ("fans",),
    "out_axis": ("fans",),
    "batch_axis": ("fans",),
    "column_axis": ("fans",),
    "scale": ("std", "gain"),
    "n_threads": ("threads",),
    "num_threads": ("threads",),
}

#: And what is no parameter at all here.
ELSEWHERE = {
    "gain": "variance_scaling has one, as scale=gain**2",
    "nonlinearity": "fastinit.gain has the factor of a nonlinearity",
    "device": "memory of the CPU alone is filled",
    "requires_grad": "gradients are the caller's",
    "out_sharding": "index fills parts",
}


def hint(unknown: str, known: Collection[str]) -> Shown:
    """Words for an argument's name that a function does not have: what is likely to be meant."""
    if unknown in ELSEWHERE:
        return Shown(f"another name; {ELSEWHERE[unknown]}")
    meant = [name for name in MEANT.get(unknown, ()) if name in known]
    if not meant:
        import difflib  # only for the message

        meant = difflib.get_close_matches(unknown.lower()[:60], known, n=1, cutoff=0.7)
    return Shown(f"another name; perhaps {meant[0]} is meant" if meant else "another name")


def one_form(function: F) -> F:
    """The function itself, but that arguments which do not fit its signature are told in the one form.

    What the function raises passes through: only an error that no frame below this one raised is of the call itself.
    """
    where = function.__name__

    @functools.wraps(function)
    def called(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            if error.__traceback__.tb_next is not None:
                raise
        _reject(where, function, args, kwargs)

    return called


def _reject(where: str, function: Callable, args: tuple, kwargs: dict) -> NoReturn:
    parameters = inspect.signature(function).parameters
    named = [name for name, parameter in parameters.items() if parameter.kind is not parameter.VAR_KEYWORD]
    takes_any = len(named) < len(parameters)
    by_position = [name for name in named if parameters[name].kind is not inspect.Parameter.KEYWORD_ONLY]
    n_own = sum(name == "self" for name in by_position)
    if len(args) > len(by_position):
        reject_positional(where, len(by_position) - n_own, len(args) - n_own)
    for name in kwargs:
        if name not in named and not takes_any:
            known = [name for name in named if name != "self"]
            reject_type(where, name, f"one of its parameters ({', '.join(known) or 'none'})", hint(name, known))
        if name in by_position[: len(args)]:
            reject_type(where, name, "it once", Shown("it by position and by name"))
    missing = next(
        name
        for name in named[len(args) :]
        if parameters[name].default is inspect._empty
        and (name not in kwargs or parameters[name].kind is inspect.Parameter.POSITIONAL_ONLY)
    )
    reject_type(where, missing, "a value", Shown("nothing"))


def reject_positional(where: str, n_most: int, n_given: int) -> NoReturn:
    """Refuse more arguments without names than a function takes."""
    reject_type(where, "arguments", f"at most {n_most} by position", Shown(n_given))

"""The one form of every message: ``where: parameter: expected ..., got ...``."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from fastinit.common.terminal import printable

_SHORT = reprlib.Repr()
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxarray = _SHORT.maxdict = _SHORT.maxset = _SHORT.maxfrozenset = 20
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxlong, _SHORT.maxother = 4, 110, 200, 400

#: Containers, of subclasses of which the elements are shown: their own repr may take as long as it likes.
_CONTAINERS = (list, tuple, dict, set, frozenset, str, bytes, bytearray)


def reject_value(where: str, parameter: str, expected: str, got: object) -> NoReturn:
    """Raise ValueError: the type is right, the value is not."""
    raise ValueError(message(where, parameter, expected, got)) from None


def reject_type(where: str, parameter: str, expected: str, got: object) -> NoReturn:
    """Raise TypeError: the type itself is wrong."""
    raise TypeError(message(where, parameter, expected, got)) from None


def reject_size(where: str, parameter: str, got: object) -> NoReturn:
    """Raise MemoryError: there is no room for it."""
    raise MemoryError(message(where, parameter, "one that fits in memory", got)) from None


#: Characters of a message's parts: of a parameter's name, which may be the caller's, what was expected, what came.
MAX_PARAMETER, MAX_EXPECTED, MAX_GOT = 60, 170, 120


def message(where: str, parameter: str, expected: str, got: object) -> str:
    """The one form, short whatever came: of long things the beginning, and the type."""
    text = str(got) if isinstance(got, Shown) else _text(got)
    if len(text) > MAX_GOT:
        text = f"{text[: MAX_GOT - 20]}..." + ("" if isinstance(got, Shown) else f" ({type(got).__name__})")
    if len(expected) > MAX_EXPECTED:
        expected = f"{expected[: MAX_EXPECTED - 3]}..."
    if len(parameter) > MAX_PARAMETER:
        parameter = f"{parameter[: MAX_PARAMETER - 3]}..."
    return printable(f"{where}: {parameter}: expected {expected}, got {text}")


#: Characters of a name in a table or a sentence.
MAX_NAME = 120


def brief(name: str) -> str:
    """A name for a table or a sentence: printable, and its ends if it is long."""
    if len(name) > MAX_NAME:
        name = f"{name[: MAX_NAME // 2]}...{name[-MAX_NAME // 3 :]}"
    return printable(name)


def _text(value: object) -> str:
    """A value as its ``repr`` begins, without making that of a large one."""
    kind = type(value)
    if kind not in _CONTAINERS and isinstance(value, _CONTAINERS):
        base = next(base for base in _CONTAINERS if isinstance(value, base))
        return f"a {kind.__name__} of {base.__len__(value)} entries"
    if kind in (dict, set, frozenset) and len(value) > 20:
        return f"a {kind.__name__} of {len(value)} entries"
    if kind is int and value.bit_length() > 600:
        return f"an int of {value.bit_length()} bits"
    if kind in (bytes, bytearray):  # of which the whole would be shown first
        value = value[:MAX_GOT]
    try:
        return _SHORT.repr(value)
    except Exception:  # an object that cannot show itself
        return f"something of type {kind.__name__}"


@contextmanager
def located(place: str) -> Iterator[None]:
    """Put ``where: place`` before a message from below, whose own where and parameter go into brackets."""
    try:
        yield
    except (ValueError, TypeError) as error:
        source, expected, rest = str(error).partition(": expected ")
        if not expected:
            raise
        raise type(error)(f"{place} ({source}){expected}{rest}") from None


class Shown(str):
    """Words for ``got`` that are to stand as they are, without quotation marks."""

"""The one form of every message: ``where: parameter: expected ..., got ...``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


def reject_value(where: str, parameter: str, expected: str, got: object) -> NoReturn:
    """Raise ValueError: the type is right, the value is not."""
    raise ValueError(message(where, parameter, expected, got)) from None


def reject_type(where: str, parameter: str, expected: str, got: object) -> NoReturn:
    """Raise TypeError: the type itself is wrong."""
    raise TypeError(message(where, parameter, expected, got)) from None


def message(where: str, parameter: str, expected: str, got: object) -> str:
    try:
        shown = got if isinstance(got, Shown) else repr(got)
    except Exception:  # an int of too many digits, an object that cannot show itself
        shown = f"something of type {type(got).__name__}"
    if len(shown) > 200:
        shown = f"{shown[:160]}..." + ("" if isinstance(got, Shown) else f" ({type(got).__name__})")
    return f"{where}: {parameter}: expected {expected}, got {shown}"


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

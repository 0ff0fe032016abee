"""The one form of every message: ``where: parameter: expected ..., got ...``."""

from __future__ import annotations

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


class Shown(str):
    """Words for ``got`` that are to stand as they are, without quotation marks."""

"""Schemes and rules as they are written on a command line: ``normal:std=0.02,fans=oi``, ``h.*.weight=normal``."""

from __future__ import annotations

from fastinit.common.errors import Shown, reject_value

SCHEME = "SCHEME, with parameters as SCHEME:name=value,name=value"
RULE = f"PATTERN={SCHEME}"

#: Words of TOML and of Python that are no strings.
WORDS = {"true": True, "false": False, "True": True, "False": False}


def rule_of(where: str, text: str) -> tuple[str, object]:
    """The pattern and what its tensors get, as plain data: a scheme's name, or a table with its parameters."""
    pattern, _, scheme = text.partition("=")
    found = _scheme(scheme)
    if not pattern or found is None:
        reject_value(where, "rule", RULE, Shown(repr(text)[:100]))
    return pattern, found


def scheme_of(where: str, parameter: str, text: str) -> object:
    """A scheme as plain data: its name, or a table with its parameters."""
    found = _scheme(text)
    if found is None:
        reject_value(where, parameter, SCHEME, Shown(repr(text)[:100]))
    return found


def _scheme(text: str) -> str | dict[str, object] | None:
    """None of what is no scheme."""
    name, colon, parameters = text.partition(":")
    if not name.strip():
        return None
    if not colon:
        return name.strip()
    table: dict[str, object] = {"name": name.strip()}
    for part in parameters.split(","):
        key, equals, value = part.partition("=")
        if not equals or not key.strip() or key.strip() in table:
            return None
        table[key.strip()] = _value(value.strip())
    return table


def _value(text: str) -> object:
    if text in WORDS:
        return WORDS[text]
    for kind in int, float:
        try:
            return kind(text)
        except ValueError:
            continue
    return text

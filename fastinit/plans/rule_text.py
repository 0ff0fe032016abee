"""Rules as they are written on a command line: ``h.*.weight=normal:std=0.02,fans=oi``."""

from __future__ import annotations

from fastinit.common.errors import Shown, reject_value

RULE = "PATTERN=SCHEME, with parameters as SCHEME:name=value,name=value"

#: Words of TOML and of Python that are no strings.
WORDS = {"true": True, "false": False, "True": True, "False": False}


def rule_of(where: str, text: str) -> tuple[str, object]:
    """The pattern and what its tensors get, as plain data: a scheme's name, or a table with its parameters."""
    pattern, equals, scheme = text.partition("=")
    name, colon, parameters = scheme.partition(":")
    if not pattern or not name.strip() or not equals:
        reject_value(where, "rule", RULE, Shown(repr(text)[:100]))
    if not colon:
        return pattern, name.strip()
    table: dict[str, object] = {"name": name.strip()}
    for part in parameters.split(","):
        key, equals, value = part.partition("=")
        if not equals or not key.strip() or key.strip() in table:
            reject_value(where, "rule", RULE, Shown(repr(text)[:100]))
        table[key.strip()] = _value(value.strip())
    return pattern, table


def _value(text: str) -> object:
    if text in WORDS:
        return WORDS[text]
    for kind in int, float:
        try:
            return kind(text)
        except ValueError:
            continue
    return text

"""Rules: patterns on names, the first match of which says what a tensor gets."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping

from fastinit import _kernels
from fastinit.common.errors import Shown, located, reject_type, reject_value
from fastinit.laws.spec import Spec
from fastinit.schemes.register import REGISTER, Configured, get

#: What makes a pattern more than a name.
WILDCARDS = frozenset("*?[")


def mapping(parameter: str, value: object) -> dict:
    """A mapping from names as a dict of its own."""
    if not isinstance(value, Mapping):
        got = value if value is None else Shown(type(value).__name__)
        reject_type("initialize", parameter, "a mapping with names as keys", got)
    entries = dict(value)
    for key in () if {str}.issuperset(map(type, entries)) else entries:
        if not isinstance(key, str):
            reject_type("initialize", parameter, "strings as keys", key)
    return entries


def specs_of(rules: object) -> dict[str, Spec]:
    return {str.__str__(pattern): _spec(pattern, scheme) for pattern, scheme in mapping("rules", rules).items()}


def _spec(pattern: str, scheme: object) -> Spec:
    with located(f"initialize: rules[{pattern!r}]"):
        if isinstance(scheme, Configured):
            return scheme.spec
        if isinstance(scheme, str):
            return get(scheme).spec
        if any(scheme is public for public in REGISTER.values()):
            return scheme.configured({})
    reject_type("initialize", "rules", f"a scheme, its name or fastinit.get(...) for {pattern!r}", scheme)


def choices_of(entries: dict, patterns: list[str]) -> list[int] | None:
    """The position of each name's rule; None if that is 0 for all."""
    if patterns == ["*"] and entries:
        return None
    names = list(entries)
    choices = _kernels.first_matches(names, list(map(_test, patterns)))
    _reject_unmatched(names, patterns, choices)
    return choices


def _test(pattern: str) -> str | tuple[str, str] | Callable[[str], object]:
    """What decides whether a name matches: a whole name, what it begins and ends with, or a function to ask."""
    if not WILDCARDS.intersection(pattern):
        return pattern
    begin, star, end = pattern.partition("*")
    if star and not WILDCARDS.intersection(begin + end):
        return begin, end
    return re.compile(fnmatch.translate(pattern)).match


def _reject_unmatched(names: list[str], patterns: list[str], choices: list[int]) -> None:
    n_rules, chosen = len(patterns), set(choices)
    if n_rules in chosen:
        name = names[choices.index(n_rules)]
        others = choices.count(n_rules) - 1
        got = Shown(f"none for {name!r}" + (f" and {others} more" if others else ""))
        reject_value("initialize", "rules", "a pattern that matches, for every name", got)
    for i, pattern in enumerate(patterns):
        if i not in chosen:
            taken = any(fnmatch.fnmatchcase(name, pattern) for name in names)
            got = Shown(f"{pattern!r}, which matches " + ("only names that earlier rules take" if taken else "no name"))
            reject_value("initialize", "rules", "each to be the first match of some name", got)

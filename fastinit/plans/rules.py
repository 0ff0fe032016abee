"""Rules: the first whose pattern matches a name says what the tensor gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn

from fastinit._kernels import types_of
from fastinit.common import checks
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, located, reject_type, reject_value
from fastinit.filling import output
from fastinit.laws.spec import Spec
from fastinit.plans.distinct_schemes import KEEP, Schemes
from fastinit.plans.patterns import Patterns, nearest, quoted
from fastinit.schemes.register import Configured

SCHEME = "a scheme, its name, fastinit.get(...), fastinit.keep"

UNUSED = ("error", "ignore")


class Rules:
    """A rule table."""

    def __init__(self, rules: object):
        if not isinstance(rules, Mapping):
            got = rules if rules is None else Shown(type(rules).__name__)
            reject_type("initialize", "rules", "a mapping with patterns as keys", got)
        checks.reject_endless("initialize", "rules", rules)
        entries = dict(rules)
        for key in () if types_of(entries) <= {str} else entries:
            if not isinstance(key, str):
                reject_type("initialize", "rules", "strings as keys", key)
        self._patterns = Patterns(list(map(str.__str__, entries)))
        self._schemes = Schemes()
        answers: dict[int, int | Callable] = {}  # many rules name few schemes
        keys = [id(rule.spec if type(rule) is Configured else rule) for rule in entries.values()]
        for key, pattern, rule in zip(keys, self._patterns.texts, entries.values(), strict=True):
            if key not in answers:
                answers[key] = self._answer(pattern, rule)
        #: Of each rule, its scheme's position or the function to ask.
        self._answers = [answers[key] for key in keys]

    @property
    def specs(self) -> list[Spec]:
        """The schemes that `choose` speaks of."""
        return self._schemes.specs

    def _answer(self, pattern: str, rule: object) -> int | Callable:
        position = self._schemes.known(rule)
        if position is not None:
            return position
        with located(f"initialize: rules[{quoted(pattern)}]"):
            position = self._schemes.add(rule)
        if position is not None:
            return position
        if not callable(rule):
            expected = f"{SCHEME} or a function of (name, shape) for {quoted(pattern)}"
            reject_type("initialize", "rules", expected, rule)
        return rule

    def choose(self, entries: dict, unused: str) -> list[int] | None:
        """For each name the position of its scheme or KEEP; None if the first scheme is for all."""
        if self._patterns.texts == ["*"] and type(self._answers[0]) is int and self._answers[0] != KEEP and entries:
            return None
        names, n_rules = list(entries), len(self._answers)
        rules = self._patterns.first(names)
        functions = {i for i, answer in enumerate(self._answers) if callable(answer)}
        if functions:
            choices = self._ask_functions(entries, functions, rules)
        elif n_rules not in rules:
            choices = [self._answers[i] for i in rules]
        if n_rules in rules:
            self._reject_name(names, rules)
        if unused == "error" and len(needed := set(rules)) < n_rules:
            self._reject_rule(names, [i for i in range(n_rules) if i not in needed])
        return choices

    def _ask_functions(self, entries: dict, functions: set[int], rules: list[int]) -> list[int | None]:
        """What each name gets; `rules` is changed to the rules that had an answer."""
        choices = []
        for i, (name, value) in enumerate(entries.items()):
            rule = rules[i]
            while rule in functions:
                choice = self._ask(rule, name, _full_shape(name, value))
                if choice is not None:
                    break
                [rule] = self._patterns.first([name], rule)
            else:
                choice = self._answers[rule] if rule < len(self._answers) else None
            rules[i] = rule
            choices.append(choice)
        return choices

    def _ask(self, rule: int, name: str, shape: Shape) -> int | None:
        place = f"rules[{quoted(self._patterns.texts[rule])}]"
        try:
            scheme = self._answers[rule](name, shape)
        except Exception as error:
            error.add_note(f"initialize: {place} raised this for {quoted(name)}")
            raise
        if scheme is None:
            return None
        position = self._schemes.known(scheme)
        if position is None:
            with located(f"initialize: {place} for {quoted(name)}"):
                position = self._schemes.add(scheme)
        if position is None:
            reject_type("initialize", place, f"{SCHEME} or None for {quoted(name)}", scheme)
        return position

    def _reject_name(self, names: list[str], rules: list[int]) -> NoReturn:
        n_rules = len(self._answers)
        name = names[rules.index(n_rules)]
        more = _more(rules.count(n_rules) - 1)
        idle = [self._patterns.texts[i] for i in set(range(n_rules)).difference(rules)]  # one of which may be meant
        passed = name in self._patterns.texts  # by a function that answered None
        near = (
            f"; the function of {quoted(name)} left it to the next"
            if passed
            else _near(name, idle or self._patterns.texts)
        )
        got = Shown(f"none for {quoted(name)}{more}{near}")
        reject_value("initialize", "rules", "a rule for every name", got)

    def _reject_rule(self, names: list[str], unneeded: list[int]) -> NoReturn:
        rule, more = unneeded[0], _more(len(unneeded) - 1)
        pattern = self._patterns.texts[rule]
        if 1 not in set(_matched(pattern, names)):
            why = f"which matches no name{more}{_near(pattern, names)}"
        elif callable(self._answers[rule]):
            why = f"which answered None for every name that it was asked for{more}"
        else:
            why = f"which matches only names that earlier rules take{more}"
        got = Shown(f"{quoted(pattern)}, {why}")
        reject_value("initialize", "rules", "each to be used for at least one name", got)


def without_skipped(entries: dict, skip: object, unused: str) -> dict:
    """The entries that no pattern of `skip` matches."""
    patterns = [skip] if isinstance(skip, str) else skip
    if not isinstance(patterns, (list, tuple)) or not all(isinstance(pattern, str) for pattern in patterns):
        reject_type("initialize", "skip", "a pattern, or a list or tuple of them", skip)
    if not patterns:
        return entries
    patterns, names = list(map(str.__str__, patterns)), list(entries)
    found = Patterns(patterns).first(names)
    for i in set(range(len(patterns))).difference(found) if unused == "error" else ():
        if 1 not in set(_matched(patterns[i], names)):
            got = Shown(f"{quoted(patterns[i])}, which matches no name{_near(patterns[i], names)}")
            reject_value("initialize", "skip", "each pattern to match some name", got)
    return {name: entries[name] for name, i in zip(names, found, strict=True) if i == len(patterns)}


def _full_shape(name: str, value: object) -> Shape:
    """For a rule's function; the array may be of any kind, since it may be kept."""
    if isinstance(value, tuple):  # pieces of one tensor
        value = value[0]
    shape = getattr(value, "shape", None)
    if type(shape) is tuple:
        return shape
    if isinstance(shape, tuple):  # as PyTorch's
        return checks.as_shape("initialize", tuple(shape))
    with located(f"initialize: arrays[{quoted(name)}]"):
        return output.as_array("rule", value).shape


def _matched(pattern: str, names: list[str]) -> list[int]:
    """1 for each name that the pattern matches, else 0."""
    return [1 - i for i in Patterns([pattern]).first(names)]


def _more(n: int) -> str:
    return f" and {n} more" if n else ""


def _near(text: str, candidates: list[str]) -> str:
    near = ", ".join(map(quoted, nearest(text, candidates)))
    return f"; near it are {near}" if near else ""

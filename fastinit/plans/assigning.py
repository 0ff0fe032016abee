"""Plans changed by rules on names, and made of bare shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from fastinit.common import checks
from fastinit.common.errors import Shown, located, reject_type, reject_value
from fastinit.laws import dtypes
from fastinit.plans import plain
from fastinit.plans.distinct_schemes import keep
from fastinit.plans.patterns import Patterns, nearest, quoted
from fastinit.plans.plan import Entry, Plan
from fastinit.schemes.register import Configured, get

#: Weights for those who want any: small, and as cheap as values can be.
DUMMY = "dummy"
DUMMY_WIDTH = 1e-3

#: Floating-point dtypes that parameters may be given in place of their own.
FLOATS = tuple(dtypes.FORMATS)


class Rule(NamedTuple):
    """What a pattern's tensors get; None is what they have."""

    scheme: Configured | None
    dtype: str | None = None


def rule_of(where: str, pattern: str, value: object) -> Rule:
    """A rule as `initialize` takes them, or as plain data, which may name a dtype too."""
    place = f"rules[{quoted(pattern)}]"
    if isinstance(value, Mapping) and "dtype" in value:
        table = dict(value)
        dtype = float_dtype(where, f"{place}.dtype", table.pop("dtype"))
        if table.keys() == {"name"} and table["name"] in ("keep", DUMMY):
            table = table["name"]
        return rule_of(where, pattern, table)._replace(dtype=dtype) if table else Rule(None, dtype)
    if value is keep or (isinstance(value, str) and value == "keep"):
        return Rule(None)
    if isinstance(value, str) and value == DUMMY:
        return Rule(get("uniform", low=-DUMMY_WIDTH, high=DUMMY_WIDTH))
    with located(f"{where}: {place}"):
        return Rule(plain.scheme_of("rule", "scheme", value))


def float_dtype(where: str, parameter: str, value: object) -> str:
    """The name of a floating-point dtype."""
    name = value if isinstance(value, str) else dtypes.resolve(where, value).name
    if name not in FLOATS:
        reject_value(where, parameter, "one of " + ", ".join(FLOATS), value)
    return name


def bare(where: str, tensors: Mapping) -> Plan:
    """A plan without laws of shapes, or of what has a shape and a dtype; float32 where none is told.

    PyTorch's tensors that are the same memory, as tied ones in a state dict, are one tensor.
    """
    entries, first_names = {}, {}
    for name, value in tensors.items():
        if not isinstance(name, str):
            reject_type(where, "tensors", "strings as keys", name)
        with located(f"{where}: tensors[{quoted(name)}]"):
            shape, dtype = getattr(value, "shape", value), getattr(value, "dtype", None)
            shape = checks.as_shape("tensor", tuple(shape) if isinstance(shape, tuple) else shape)
            entry = Entry(shape, "float32" if dtype is None else dtypes.resolve("tensor", dtype).name)
        first = first_names.setdefault((_address(value), entry), name) if _address(value) else name
        entries[name] = entry if first == name else entry._replace(same_as=first)
    return Plan(entries)


def _address(value: object) -> int:
    """Where a tensor of PyTorch's lies, so that tied ones are known; 0 if it lies nowhere."""
    data_ptr = getattr(value, "data_ptr", None)
    return data_ptr() if callable(data_ptr) and getattr(value, "is_cpu", False) else 0


def with_rules(where: str, plan: Plan, rules: object) -> Plan:
    """The plan with the laws of the first rule that matches each name; what none matches keeps its own."""
    if not isinstance(rules, Mapping):
        reject_type(where, "rules", "a mapping with patterns as keys", rules)
    for pattern in rules:
        if not isinstance(pattern, str):
            reject_type(where, "rules", "strings as keys", pattern)
    names = [name for name, entry in plan.items() if entry.same_as is None]
    patterns = Patterns(list(rules))
    known: dict[int, Rule] = {}
    entries, found = dict(plan), patterns.first(names)
    for name, position in zip(names, found, strict=True):
        if position == len(patterns.texts):
            continue
        value, entry = rules[patterns.texts[position]], entries[name]
        if is_function(value):
            value = _asked(where, patterns.texts[position], value, name, entry)
            rule = rule_of(where, patterns.texts[position], value)
        elif position not in known:
            rule = known[position] = rule_of(where, patterns.texts[position], value)
        else:
            rule = known[position]
        entries[name] = _changed(entry, rule)
    for position in sorted(set(range(len(patterns.texts))).difference(found)):
        pattern = patterns.texts[position]
        got = Shown(f"{quoted(pattern)}, which is used for no name{_hint(pattern, plan, names)}")
        reject_value(where, "rules", "each to be used for at least one name", got)
    return Plan(entries)


def _hint(pattern: str, plan: Plan, names: list[str]) -> str:
    tied = plan[pattern].same_as if pattern in plan else None
    if tied is not None:
        return f": it is {quoted(tied)}"
    near = ", ".join(map(quoted, nearest(pattern, names)))
    return f"; near it are {near}" if near else ""


def is_function(value: object) -> bool:
    """Whether a rule is to be asked for each name; schemes, which can be called too, are none."""
    return callable(value) and not isinstance(value, Configured) and not hasattr(value, "configured")


def _asked(where: str, pattern: str, function: Any, name: str, entry: Entry) -> object:
    try:
        value = function(name, entry.shape)
    except Exception as error:
        error.add_note(f"{where}: rules[{quoted(pattern)}] raised this for {quoted(name)}")
        raise
    return keep if value is None else value


def _changed(entry: Entry, rule: Rule) -> Entry:
    if rule.scheme is not None:
        entry = entry._replace(scheme=rule.scheme, values=None, note="")
    return entry if rule.dtype is None else with_dtype(entry, rule.dtype)


def with_dtype(entry: Entry, dtype: str) -> Entry:
    """A floating-point parameter in another dtype; anything else as it is."""
    is_float = entry.role == "parameter" and entry.dtype in FLOATS
    return entry._replace(dtype=dtype) if is_float else entry


def complete(where: str, plan: Plan) -> Plan:
    """The plan, if every tensor has a law or values. Raises ValueError that names the first that has none."""
    missing = [name for name, entry in plan.items() if not entry.has_law]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        reject_value(where, "rules", "a rule for every name", Shown(f"none for {quoted(missing[0])}{more}"))
    return plan

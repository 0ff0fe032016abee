"""Plans written by hand, in TOML or JSON: with ranges in names, and without what goes without saying.

::

    dtype = "bfloat16"                       # of all that say none; float32 if there is no such line

    [tensors]
    "wte.weight" = {shape = [50257, 768], scheme = {name = "normal", std = 0.02}}
    "h.{0..11}.ln_1.weight" = {shape = [768], scheme = "ones", dtype = "float32"}
    "lm_head.weight" = {shape = [50257, 768], same_as = "wte.weight"}
"""

from __future__ import annotations

from collections.abc import Mapping

from fastinit.common.errors import Shown, located, reject_type, reject_value
from fastinit.plans import ranges
from fastinit.plans.patterns import quoted
from fastinit.plans.plan import ENTRY_KEYS, Entry, Plan, check_ties, entry_of

KEYS = {"dtype", "tensors", "format"}


def plan_of(where: str, table: Mapping) -> Plan:
    """The plan of a table; tensors without a scheme are to get one by rules."""
    tensors, dtype = table.get("tensors"), table.get("dtype", "float32")
    for key in table:
        if key not in KEYS:
            reject_value(where, "key", "dtype and tensors", key)
    if "format" in table:
        reject_value(where, "format", "none, or that of a saved plan", table["format"])
    if not isinstance(tensors, Mapping):
        reject_type(where, "tensors", "a table of names", tensors)
    entries: dict[str, Entry] = {}
    n_all = 0
    for name, row in tensors.items():
        n_all += ranges.n_names(where, name)
        _check_name(where, name, row)
        if n_all > ranges.MAX_NAMES:
            reject_value(where, "tensors", f"at most {ranges.MAX_NAMES:,} names", Shown("more"))
        with located(f"{where}: {quoted(name)}"):
            entry = entry_of({"dtype": dtype, **row} if isinstance(row, Mapping) else row, is_complete=False)
        for one in ranges.expanded(name):
            if one in entries:
                reject_value(where, quoted(name), "names that are there once", Shown(quoted(one)))
            entries[one] = entry
    check_ties(where, entries)
    return Plan(entries)


def _check_name(where: str, name: str, row: object) -> None:
    """Refuse what stands for several names, but is no range, and names that TOML has split at their dots."""
    others = set(ranges.RANGE.sub("", name)) & set("{}*?")
    if others:
        got = "a pattern" if others & set("*?") else "other braces"
        reject_value(where, quoted(name), "a name, or several by ranges as {0..47}", Shown(got))
    for key, value in row.items() if isinstance(row, Mapping) else ():
        if isinstance(value, Mapping) and key not in ENTRY_KEYS:
            expected = f"names with dots in quotes, as {quoted(f'{name}.{key}')}"
            reject_value(where, quoted(name), expected, Shown("none around it"))

"""Plans: what each tensor of a model is to be, as data that can be read, changed, saved and executed."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from fastinit.common import checks, selection
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, located, reject_type, reject_value
from fastinit.laws import dtypes
from fastinit.plans import plain, values_as_text
from fastinit.plans.patterns import quoted
from fastinit.schemes.register import Configured

#: Names that dtypes may have in a plan.
DTYPES = dtypes.FORMATS | dtypes.COMPLEX_FORMATS | dtypes.INTEGER_FORMATS

ROLES = ("parameter", "buffer", "transient buffer")

#: What stands first in a saved plan, so that a later version can tell.
FORMAT = "fastinit-plan-1"


class Entry(NamedTuple):
    """What one tensor is to be: of a scheme, of values, or the same tensor as another."""

    shape: Shape
    dtype: str
    scheme: Configured | None = None
    values: Callable[[object], np.ndarray] | None = None  #: from rng to an array of the shape, where no scheme is told
    same_as: str | None = None
    role: str = "parameter"  #: or a buffer, which is saved with a model, or a transient one, which is not
    note: str = ""

    @property
    def has_law(self) -> bool:
        """Whether it is said what the tensor is to be; if not, rules must say it."""
        return self.same_as is not None or self.scheme is not None or self.values is not None

    def law(self) -> str:
        """It in words."""
        if not self.has_law:
            return "none yet"
        if self.same_as is not None:
            return f"is {self.same_as}"
        if self.scheme is None:
            return f"values{f' ({self.note})' if self.note else ''}"
        return scheme_text(self.scheme) + (f"; {self.note}" if self.note else "")


class Plan(Mapping[str, Entry]):
    """What each tensor of a model is to be, by name, in the model's order.

    ``print(plan)`` shows it as a table, with layers that are alike on one line. `fastinit.torch.record` makes plans.
    """

    def __init__(self, entries: Mapping[str, Entry]):
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> Entry:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<fastinit plan of {len(self)} tensors>"

    def __str__(self) -> str:
        return _table(self._entries)

    def with_rules(self, rules: Mapping[str, object]) -> Plan:
        """The same with other schemes for names that match patterns, as `fastinit.initialize` takes them.

        What no pattern matches keeps its law. A new scheme is for the whole tensor: a row of zeros for padding has to
        be said again, as ``.but(0, "zeros")``. Tied tensors go by their first name.
        """
        from fastinit.plans.assigning import with_rules  # which makes plans in its turn

        return with_rules("plan", self, rules)

    def to_json(self, rng: object = 0) -> str:
        """The plan as JSON. Values that are drawn are those that `rng` gives."""
        return json.dumps(self._plain(rng), indent=1)

    def to_toml(self, rng: object = 0) -> str:
        """The plan as TOML; needs the package tomli_w."""
        import tomli_w

        return tomli_w.dumps(self._plain(rng))

    def _plain(self, rng: object) -> dict[str, Any]:
        for name, entry in self.items():
            if not entry.has_law:
                reject_value("plan", quoted(name), "a law, which rules may give", Shown("none"))
        return {"format": FORMAT, "tensors": {name: _to_plain(entry, rng) for name, entry in self.items()}}

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """The plan that `to_json` wrote. Raises ValueError or TypeError if it is none."""
        return cls.from_plain(_loaded(json.loads, text, "JSON"))

    @classmethod
    def from_toml(cls, text: str) -> Plan:
        """The plan that `to_toml` wrote. Raises ValueError or TypeError if it is none."""
        return cls.from_plain(_loaded(tomllib.loads, text, "TOML"))

    @classmethod
    def from_plain(cls, table: object) -> Plan:
        """The plan of what `to_json` and `to_toml` write, as plain data."""
        if not isinstance(table, dict) or table.get("format") != FORMAT or not isinstance(table.get("tensors"), dict):
            reject_value("plan", "text", f"a table with format {FORMAT!r} and tensors", Shown("another"))
        entries = {}
        for name, row in table["tensors"].items():
            with located(f"plan: {quoted(name)}"):
                entries[name] = entry_of(row)
        check_ties("plan", entries)
        return cls(entries)


def _loaded(loads: Callable[[str], object], text: str, kind: str) -> object:
    try:
        return loads(text)
    except (ValueError, RecursionError) as error:
        reject_value("plan", "text", kind, Shown(str(error)))


def check_ties(where: str, entries: Mapping[str, Entry]) -> None:
    """Raise ValueError unless what is the same tensor as another is that of one which stands for itself."""
    for name, entry in entries.items():
        if entry.same_as is not None and (entry.same_as not in entries or entries[entry.same_as].same_as):
            reject_value(where, f"{quoted(name)}: same_as", "a tensor of its own", entry.same_as)
        if entry.same_as is not None and entry[:2] != entries[entry.same_as][:2]:
            got = Shown(f"{entries[entry.same_as].dtype} of shape {entries[entry.same_as].shape}")
            reject_value(where, f"{quoted(name)}: same_as", f"{entry.dtype} of shape {entry.shape}", got)


def scheme_text(scheme: Configured) -> str:
    """``normal(std=0.02)``, and its blocks."""
    text = f"{scheme.name}({', '.join(f'{key}={_short(value)}' for key, value in scheme.params.items())})"
    for index, other in scheme.blocks:
        text += f"; [{selection.text(index)}] {scheme_text(other)}"
    return text


def _short(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def _to_plain(entry: Entry, rng: object) -> dict[str, Any]:
    row: dict[str, Any] = {"shape": list(entry.shape), "dtype": entry.dtype}
    if entry.role != "parameter":
        row["role"] = entry.role
    if entry.same_as is not None:
        row["same_as"] = entry.same_as
    elif entry.scheme is not None:
        row["scheme"] = plain.of_scheme(entry.scheme)
    else:
        row["values"] = values_as_text.to_plain(entry.values(rng))
    if entry.note:
        row["note"] = entry.note
    return row


#: What an entry as plain data may have.
ENTRY_KEYS = frozenset({"shape", "dtype", "role", "same_as", "scheme", "values", "note"})


def entry_of(row: object, is_complete: bool = True) -> Entry:
    """An entry as plain data; if it need not be complete, its law may be missing."""
    where = "entry"
    if not isinstance(row, dict):
        reject_type(where, "table", "one with shape and dtype", row)
    for key in row:
        checks.name_among(where, "key", key, ENTRY_KEYS, "one of " + ", ".join(sorted(ENTRY_KEYS)))
    kinds = [key for key in ("same_as", "scheme", "values") if key in row]
    if len(kinds) != 1 and (kinds or is_complete):
        reject_value(where, "table", "one of same_as, scheme and values", Shown(" and ".join(kinds) or "none"))
    for key, default in ("dtype", None), ("role", "parameter"), ("note", ""), ("same_as", ""):
        if not isinstance(row.get(key, default), str):
            reject_type(where, key, "a string", row.get(key))
    role = checks.one_of(where, "role", row.get("role", "parameter"), ROLES)
    if row["dtype"] not in DTYPES:
        reject_value(where, "dtype", "a dtype's name, such as float32, bfloat16 or int64", row["dtype"])
    if not isinstance(row.get("shape"), list):
        reject_type(where, "shape", "a list of ints", row.get("shape"))
    shape = checks.as_shape(where, tuple(row["shape"]))
    entry = Entry(shape, row["dtype"], role=role, note=row.get("note", ""))
    if kinds == ["same_as"]:
        return entry._replace(same_as=row["same_as"])
    if kinds == ["scheme"]:
        return entry._replace(scheme=plain.scheme_of(where, "scheme", row["scheme"]))
    if not kinds:
        return entry
    array = values_as_text.of_plain(where, row["values"], shape, row["dtype"])
    return entry._replace(values=lambda rng: array)


NUMBER = re.compile(r"(?<![^.])\d+(?![^.])")


def _table(entries: dict[str, Entry]) -> str:
    """One line for all names that differ in their numbers alone and get the same."""
    groups: dict[tuple, list[str]] = {}
    for name, entry in entries.items():
        law = NUMBER.sub("#", entry.law()) if entry.same_as else entry.law()
        groups.setdefault((NUMBER.sub("#", name), entry.shape, entry.dtype, law), []).append(name)
    rows = [("tensor", "shape", "dtype", "law")]
    for (_, shape, dtype, law), names in groups.items():
        count = f" ({len(names)})" if len(names) > 1 else ""
        rows.append((_name_of_many(names) + count, " x ".join(map(str, shape)) or "()", dtype, law))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    widths.append(0)
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _name_of_many(names: list[str]) -> str:
    shown = []
    for column in zip(*(map(int, NUMBER.findall(name)) for name in names), strict=True):
        least, most = min(column), max(column)
        shown.append(str(least) if least == most else f"{{{least}..{most}}}")
    texts = iter(shown)
    return NUMBER.sub(lambda match: next(texts), names[0])

"""Schemes as plain data, which TOML and JSON can hold.

A scheme is its name, or a table: ``name``, the scheme's parameters, ``fans`` as a name, a pair or a table of what
`fastinit.axes` takes, and ``but``, a list of tables with ``index``, as text, and ``scheme``::

    {name = "he_normal", negative_slope = 0.2, fans = {in_axis = 2, out_axis = 1, batch_axis = 0},
     but = [{index = "0, 1:3, ...", scheme = "zeros"}]}
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from fastinit.common import checks, selection
from fastinit.common.errors import Shown, located, reject_type, reject_value
from fastinit.laws.axis_roles import Axes, axes
from fastinit.schemes.register import Configured, configured_of, get

#: What a table of axes may have.
AXES_KEYS = tuple(inspect.signature(axes).parameters)

BLOCK_KEYS = ("index", "scheme")

#: The items of an index: an integer, a slice, an Ellipsis, a list of integers. No number of more digits is one.
INTEGER = r"[+-]?\d{1,18}"
ITEM = re.compile(
    rf"\s*(?:(?P<slice>(?:{INTEGER})?\s*:\s*(?:{INTEGER})?(?:\s*:\s*(?:{INTEGER})?)?)"
    rf"|(?P<integer>{INTEGER})"
    r"|(?P<ellipsis>\.\.\.)"
    rf"|\[(?P<list>\s*{INTEGER}(?:\s*,\s*{INTEGER})*)\s*\])\s*",
    re.ASCII,
)

#: Blocks within blocks of blocks; no scheme has use for as many.
MAX_NESTED = 8

INDEX = "an int, or text such as '0', '1:3, ...', '::4' or '[7, 1, 5]'"


#: More parameters than a scheme has.
MAX_PARAMETERS = 1000


def scheme_of(where: str, parameter: str, value: object, n_around: int = 0) -> Configured:
    """A scheme as plain data, or any other form of one, configured; one of a block has `n_around` blocks around it."""
    if not isinstance(value, Mapping):
        return configured_of(where, value, parameter)
    checks.reject_endless(where, parameter, value, MAX_PARAMETERS)
    params = dict(value)
    if "name" not in params:
        reject_value(where, parameter, "a table with a name", Shown("one without"))
    for key in params:
        if not isinstance(key, str):
            reject_type(where, parameter, "strings as keys", key)
    name, blocks = params.pop("name"), params.pop("but", [])
    if isinstance(params.get("fans"), Mapping):
        params["fans"] = axes_of(where, f"{parameter}.fans", params["fans"])
    scheme = get(name, **params)
    if blocks and n_around == MAX_NESTED:
        reject_value(where, f"{parameter}.but", f"at most {MAX_NESTED} blocks in each other", Shown("more"))
    if not isinstance(blocks, (list, tuple)):
        reject_type(where, f"{parameter}.but", "a list of tables with index and scheme", blocks)
    for i, block in enumerate(blocks):
        scheme = _with_block(where, f"{parameter}.but[{i}]", scheme, block, n_around)
    return scheme


def of_scheme(scheme: Configured) -> str | dict[str, Any]:
    """A configured scheme as the plain data that `scheme_of` takes."""
    table: dict[str, Any] = {"name": scheme.name}
    for key, value in scheme.params.items():
        if value is not None:
            table[key] = _of_parameter(value)
    if scheme.blocks:
        table["but"] = [{"index": selection.text(index), "scheme": of_scheme(other)} for index, other in scheme.blocks]
    return table if len(table) > 1 else scheme.name


def _of_parameter(value: object) -> object:
    if isinstance(value, Axes):
        return {name: list(axes) if isinstance(axes, tuple) else axes for name, axes in value.told().items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value


def axes_of(where: str, parameter: str, table: Mapping[str, Any]) -> Axes:
    """What `fastinit.axes` makes of a table of its arguments."""
    for key in table:
        checks.name_among(where, f"{parameter}: key", key, AXES_KEYS, "one of " + ", ".join(AXES_KEYS))
    with located(f"{where}: {parameter}"):
        return axes(**table)


def index_of(where: str, parameter: str, value: object) -> Any:
    """An index as plain data: an int, or text as between NumPy's brackets."""
    position = checks.as_integer(value)
    if position is not None:
        return position
    if not isinstance(value, str):
        reject_type(where, parameter, INDEX, value)
    items, at = [], 0
    while True:
        found = ITEM.match(value, at)
        if found is None or (found.end() < len(value) and value[found.end()] != ","):
            reject_value(where, parameter, INDEX, value)
        items.append(_item(found))
        at = found.end() + 1
        if at > len(value):
            return tuple(items)


def _item(found: re.Match) -> object:
    kind, text = found.lastgroup, found[found.lastgroup]
    if kind == "integer":
        return int(text)
    if kind == "ellipsis":
        return Ellipsis
    if kind == "list":
        return [int(number) for number in text.split(",")]
    return slice(*(int(end) if end.strip() else None for end in text.split(":")))


def _with_block(where: str, parameter: str, scheme: Configured, block: object, n_around: int) -> Configured:
    if not isinstance(block, Mapping):
        reject_type(where, parameter, "a table with index and scheme", block)
    for key in block:
        checks.name_among(where, f"{parameter}: key", key, BLOCK_KEYS, "one of " + ", ".join(BLOCK_KEYS))
    for key in BLOCK_KEYS:
        if key not in block:
            reject_value(where, f"{parameter}.{key}", "a value", Shown("nothing"))
    index = index_of(where, f"{parameter}.index", block["index"])
    other = scheme_of(where, f"{parameter}.scheme", block["scheme"], n_around + 1)
    with located(f"{where}: {parameter}"):
        return scheme.but(index, other)

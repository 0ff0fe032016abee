"""From the arguments of `create` to a layout: what is written, with nothing written yet."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from fastinit.checkpoints import layout, origin
from fastinit.checkpoints.contents import Content
from fastinit.checkpoints.layout import Layout
from fastinit.checkpoints.origin import Origin
from fastinit.common import checks
from fastinit.common.errors import Shown, located, reject_type, reject_value
from fastinit.files import safetensors_format, shards
from fastinit.filling import seed
from fastinit.plans import assigning, plain
from fastinit.plans.patterns import quoted
from fastinit.plans.plan import Plan

#: Units of sizes, decimal as on disks, or powers of 1024.
UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}

SIZE = "an int >= 1, or a size such as '5GB' or '500MiB'"


def plan_layout(where: str, path, tensors, rules, rng, dtype, shard_size, source: str = "") -> Layout:
    """What `create` writes, with nothing written yet."""
    target = target_of(where, path)
    if not isinstance(source, str):
        reject_type(where, "source", "a string", source)
    plan = planned(where, tensors, rules, dtype)
    number = seed_number(where, rng)
    contents = contents_of(where, plan, number)
    told = Origin(number, source, {} if rules is None else plain_rules(where, rules))
    shard_bytes = None if shard_size is None else size_in_bytes(where, "shard_size", shard_size)
    return layout.safetensors(target, contents, shard_bytes, lambda group: origin.metadata(told, group))


def planned(where: str, tensors: object, rules: object, dtype: object) -> Plan:
    """The plan that a call's arguments say, complete."""
    if isinstance(tensors, Plan):
        plan = tensors
    elif isinstance(tensors, Mapping):
        plan = assigning.bare(where, tensors)
    else:
        expected = "a plan, or a mapping of names to shapes (of what open_plan gives, its .plan)"
        reject_type(where, "plan_or_tensors", expected, tensors)
    if dtype is not None:
        name = assigning.float_dtype(where, "dtype", dtype)
        plan = Plan({key: assigning.with_dtype(entry, name) for key, entry in plan.items()})
    return assigning.complete(where, plan if rules is None else assigning.with_rules(where, plan, rules))


def contents_of(where: str, plan: Plan, rng: object) -> list[Content]:
    """What a file holds of a plan: each tensor once, without what a model does not save."""
    contents = []
    for name, entry in plan.items():
        seed.check_name(where, name)
        if name == safetensors_format.METADATA:
            reject_value(where, "tensors", "a name that is free in the format", name)
        if entry.same_as is None and entry.role != "transient buffer":
            safetensors_format.itemsize(where, name, entry.dtype)
            with located(f"{where}: {quoted(name)}"):
                contents.append(Content("scheme", name, entry, rng))
    return contents


def seed_number(where: str, rng: object) -> int | list[int]:
    """What can stand in a file for a source of random numbers."""
    found = plain_seed(rng)
    if found is None:
        return int.from_bytes(seed.seed_of(where, rng), "little")
    seed.check_rng(where, rng)
    return found


def plain_seed(rng: object) -> int | list[int] | None:
    number = checks.as_integer(rng)
    if number is not None:
        return number
    numbers = [checks.as_integer(item) for item in rng] if isinstance(rng, (list, tuple)) else [None]
    return None if None in numbers else numbers


def plain_rules(where: str, rules: Mapping) -> dict[str, object]:
    """Rules as they stand in a file; of a function only that it is one."""
    table = {}
    for pattern, value in rules.items():
        if assigning.is_function(value):
            table[pattern] = "a function"
            continue
        rule = assigning.rule_of(where, pattern, value)
        row = "keep" if rule.scheme is None else plain.of_scheme(rule.scheme)
        if rule.dtype is not None:
            row = {**(row if isinstance(row, dict) else {"name": row}), "dtype": rule.dtype}
        table[pattern] = row
    return table


def target_of(where: str, path: object) -> Path:
    """The file that a path means; a link is followed."""
    try:
        target = Path(os.path.realpath(os.fspath(path)))
        str(target).encode()
    except (TypeError, ValueError):  # also of characters that no name has
        reject_type(where, "path", "a path", path)
    return target / shards.IN_FOLDER if target.is_dir() else target


def size_in_bytes(where: str, parameter: str, value: object) -> int:
    """A number of bytes, or text such as ``5GB``."""
    number = checks.as_integer(value)
    if number is None and isinstance(value, str):
        found = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{1,6})?)\s*([a-zA-Z]*)\s*", value, re.ASCII)
        if found and found[2].upper() in UNITS:
            number = int(float(found[1]) * UNITS[found[2].upper()])
    if number is None:
        reject_value(where, parameter, SIZE, Shown(repr(value)[:60]))
    if number < 1:
        reject_value(where, parameter, SIZE, value)
    return number

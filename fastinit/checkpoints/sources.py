"""Where a model comes from: a name, a configuration, another checkpoint, a plan."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from fastinit.checkpoints import reading
from fastinit.checkpoints.origin import KEY
from fastinit.common.errors import Shown, reject_value
from fastinit.files import shards, texts
from fastinit.plans import hand_written
from fastinit.plans.models import MODELS
from fastinit.plans.plan import FORMAT, Entry, Plan

EXPECTED = (
    f"a name ({', '.join(MODELS)}), a config.json or its folder, a .safetensors file or its index, "
    "a plan in TOML or JSON"
)


#: What numbers in a configuration may be, and those that count layers, each of which takes time and memory.
MAX_NUMBER, MAX_LAYERS = 2**40, 5_000
LAYERS = re.compile("^(n|num)_.*(layer|block|expert|stage)s?$|layers$|^depths?$", re.IGNORECASE)


class Source(NamedTuple):
    """A model's tensors; those without a law are to get one by rules."""

    plan: Plan
    label: str  #: what it is, for the files that are made of it
    config: Mapping | None = None  #: the configuration that belongs beside the weights


def resolve(where: str, source: str, plan_of_config: Callable[[Mapping], Plan]) -> Source:
    """What a source means. Raises ValueError if it is none or damaged, OSError as the file system does."""
    path = texts.path_of(where, "SOURCE", source)
    if source in MODELS and not path.is_file():
        return Source(MODELS[source](), source)
    if path.is_dir():
        inside = [path / "config.json", shards.weights_at(path)]
        path = next((one for one in inside if one.exists()), inside[0])
    if path.suffix not in (".json", ".safetensors", ".toml"):
        reject_value(where, "SOURCE", EXPECTED, source)
    if path.suffix == ".safetensors" or path.name.endswith(".index.json"):
        return _of_checkpoint(where, path)
    table = texts.data_of(where, path)
    if isinstance(table, dict) and "weight_map" in table:
        return _of_checkpoint(where, path)
    if isinstance(table, dict) and ("format" in table or "tensors" in table):
        plan = Plan.from_plain(table) if table.get("format") == FORMAT else hand_written.plan_of(where, table)
        return Source(plan, path.name)
    if isinstance(table, dict) and isinstance(table.get("model_type"), str):
        _check_config(where, table)
        return Source(plan_of_config(_decoded(table)), f"{table['model_type']} {path.name}"[:80], table)
    expected = "a configuration with model_type, an index, or a plan, which has a table called tensors"
    reject_value(where, path.name, expected, Shown("something else"))


def _of_checkpoint(where: str, path: Path) -> Source:
    """Its own laws, if fastinit wrote it; else names, shapes and dtypes."""
    files = reading.files_of(where, path)
    if all(KEY in header.metadata for _, header in files):
        return Source(reading.saved_plan(where, files).plan, path.name)
    entries = {t.name: Entry(t.shape, t.dtype) for _, header in files for t in header.tensors}
    return Source(Plan(entries), path.name)


def _check_config(where: str, config: Mapping) -> None:
    """Refuse numbers that no model has before anything is built by them."""
    for key, value in config.items():
        if isinstance(value, Mapping):
            _check_config(where, value)
        most = MAX_LAYERS if LAYERS.search(str(key)) else MAX_NUMBER
        for number in value if isinstance(value, list) else [value]:
            if type(number) is int and not -MAX_NUMBER <= number <= most:
                reject_value(where, f"config: {key}"[:60], "a number that a model has", number)


def _decoded(value: object) -> object:
    """A configuration with its infinities, which JSON lacks, and for which transformers writes {"__float__": name}."""
    if isinstance(value, dict):
        if value.keys() == {"__float__"} and value["__float__"] in ("Infinity", "-Infinity", "NaN"):
            return float(value["__float__"])
        return {key: _decoded(item) for key, item in value.items()}
    return list(map(_decoded, value)) if isinstance(value, list) else value

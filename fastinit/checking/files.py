"""What a path leads to: a stack of layers in TOML, or the tensors of a safetensors file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastinit.checking import tensors
from fastinit.checking.layer_fields import KEYS
from fastinit.checking.model import MAX_LAYERS, RESIDUAL_KEYS
from fastinit.common import checks
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.files import shards, texts
from fastinit.plans.patterns import nearest, quoted

#: What a model file may have at its top, besides the layers: what layers have that do not say otherwise.
TOP_KEYS = ("file", "layers", "activation", "scheme", "output", "bias", "layout")

#: What of a block is layers again.
BRANCHES = RESIDUAL_KEYS[:2]

#: What a layer may have: ``tensor`` and names of tensors as ``bias`` and ``gain`` refer to the file.
LAYER_KEYS = ("tensor", *(key for key in KEYS if key != "weights"), *BRANCHES)

#: Bytes of a model in TOML: as many layers as there may be take less.
MAX_MODEL_BYTES = 1 << 20


def read(where: str, path: str | os.PathLike) -> dict[str, Any]:
    """The arguments of `fastinit.check` that a file stands for."""
    path = texts.path_of(where, "file", path)
    if path.suffix == ".safetensors":
        return {"layers": tensors.read(where, path)}
    if path.name.endswith(".index.json"):
        return {"layers": tensors.read_shards(where, path)}
    if path.suffix == ".toml":
        return _model(where, path)
    weights = shards.weights_at(path)
    if weights == path:
        reject_value(where, "file", "a folder, or a name that ends in .toml, .safetensors or .index.json", str(path))
    return read(where, weights)


def _model(where: str, path: Path) -> dict[str, Any]:
    """``layers``, and what the file has of TOP_KEYS."""
    found = texts.data_of(where, path, MAX_MODEL_BYTES)
    for key in found:
        checks.name_among(where, f"{path.name}: key", key, TOP_KEYS, "one of " + ", ".join(TOP_KEYS))
    file, entries = found.pop("file", None), found.pop("layers", [])
    known = {} if file is None else _tensors(where, path, file)
    if not isinstance(entries, list):
        reject_type(where, "layers", "an array of widths or of tables", entries)
    n_layers = _n_layers(entries)
    if n_layers > MAX_LAYERS:
        reject_value(where, "layers", f"at most {MAX_LAYERS:,} of them", Shown(f"{n_layers:,}"))
    return {**found, "layers": _layers(where, "layers", entries, known)}


def _n_layers(entries: object) -> int:
    """Those within residual blocks too."""
    tables = [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []
    within = sum(_n_layers(table.get(part)) for table in tables for part in BRANCHES)
    return within + (len(entries) if isinstance(entries, list) else 0)


def _layers(where: str, parameter: str, entries: object, known: Mapping[str, Any]) -> object:
    """Tables of layers with the tensors that they name; what is no table is for others to check."""
    if not isinstance(entries, list):
        return entries
    return [
        _layer(where, f"{parameter}[{i}]", entry, known) if isinstance(entry, Mapping) else entry
        for i, entry in enumerate(entries)
    ]


def _tensors(where: str, path: Path, file: object) -> Mapping[str, Any]:
    """The tensors of the file that a model names, as seen from the model's own folder."""
    if not isinstance(file, str):
        reject_type(where, f"{path.name}: file", "a path as a string", file)
    return tensors.Named(where, texts.path_of(where, f"{path.name}: file", path.parent / file))


def _layer(where: str, place: str, entry: Mapping, known: Mapping[str, Any]) -> dict[str, Any]:
    for key in entry:
        checks.name_among(where, f"{place}: key", key, LAYER_KEYS, "one of " + ", ".join(LAYER_KEYS))
    layer = dict(entry)
    if "tensor" in layer:
        name = layer.pop("tensor")
        layer["weights"] = _find(where, f"{place}.tensor", name, known)
        layer.setdefault("name", name)
    for key in ("bias", "gain"):
        if isinstance(layer.get(key), str):
            layer[key] = _find(where, f"{place}.{key}", layer[key], known)
    for part in BRANCHES:
        if part in layer:
            layer[part] = _layers(where, f"{place}.{part}", layer[part], known)
    return layer


def _find(where: str, parameter: str, name: object, known: Mapping[str, Any]) -> Any:
    expected = "a tensor of the file" if known else "a tensor, in a file that file = names"
    if not isinstance(name, str):
        reject_type(where, parameter, expected, name)
    if name not in known:
        reject_value(where, parameter, " or ".join(map(quoted, nearest(name, known))) or expected, name)
    return known[name]

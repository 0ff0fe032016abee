"""`open_plan`, and the files that a path means."""

from __future__ import annotations

import errno
import json
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fastinit.checkpoints import origin, safetensors_format
from fastinit.checkpoints.layout import index_path
from fastinit.checkpoints.planning import IN_FOLDER
from fastinit.checkpoints.safetensors_format import Header, Stored
from fastinit.common.calls import one_form
from fastinit.common.errors import Shown, located, reject_value
from fastinit.laws import dtypes
from fastinit.plans.patterns import quoted
from fastinit.plans.plan import Entry, Plan

#: Bytes that an index, a configuration or a plan may have.
MAX_TEXT_BYTES = 256 << 20


class SavedPlan(NamedTuple):
    """What a checkpoint says of how it was made."""

    plan: Plan
    rng: int | list[int]  #: the seed
    source: str
    rules: dict[str, object]  #: as plain data
    stream: str  #: the version of the stream
    version: str  #: of fastinit


@one_form
def open_plan(path) -> SavedPlan:
    """Read back from a checkpoint how it was made.

    Parameters
    ----------
    path : path
        A file that `create` wrote, the index of several, or their folder.

    Returns
    -------
    SavedPlan
        ``plan, rng, source, rules, stream, version``; ``create(other, plan, rng=rng)`` writes the same tensors. Values
        that no law tells are read from the file when they are asked for.

    Raises
    ------
    ValueError
        If a file is damaged, or does not say how it was made.
    OSError
        As the file system raises it.

    Examples
    --------
    >>> import os, tempfile, fastinit.safetensors as fs
    >>> path = os.path.join(tempfile.mkdtemp(), "model.safetensors")
    >>> _ = fs.create(path, {"w": (50, 64)}, {"w": "he_normal"}, rng=3)
    >>> saved = fs.open_plan(path)
    >>> print(saved.plan, saved.rng, saved.stream)
    tensor  shape    dtype    law
    w       50 x 64  float32  he_normal() 3 v1
    """
    return saved_plan("open_plan", files_of("open_plan", path))


def saved_plan(where: str, files: list[tuple[Path, Header]]) -> SavedPlan:
    """What files say together of how they were made."""
    entries, told = {}, None
    for file, header in files:
        with located(f"{where}: {file.name}"):
            one, found = origin.of_header("file", header)
        if told is not None and one != told:
            reject_value(where, file.name, "the origin of the other files", Shown("another"))
        told = one
        for tensor in header.tensors:
            entry = found[tensor.name]
            if isinstance(entry, str):
                values = _stored_values(file, header.n_bytes, tensor)
                entry = Entry(tensor.shape, tensor.dtype, values=values, note="given values")
            entries[tensor.name] = entry
    return SavedPlan(Plan(entries), told.seed, told.source, dict(told.rules), told.stream, told.version)


def _stored_values(file: Path, n_header: int, tensor: Stored) -> Callable[[object], np.ndarray]:
    def values(rng: object) -> np.ndarray:
        dtype = dtypes.resolve("open_plan", tensor.dtype)
        with safetensors_format.open_regular(file) as opened:
            opened.seek(n_header + tensor.start)
            raw = np.empty(tensor.end - tensor.start, np.uint8)
            rest = memoryview(raw)
            while rest:  # a system gives 2 GiB at once at the most
                n = opened.readinto(rest)
                if not n:
                    raise OSError(errno.EIO, "has become shorter", str(file))
                rest = rest[n:]
        return raw.view(dtype).reshape(tensor.shape)

    return values


def files_of(where: str, path: os.PathLike | str) -> list[tuple[Path, Header]]:
    """The files of a checkpoint, with their headers checked, and against the index if there is one."""
    path = Path(path)
    if path.is_dir():
        path = path / IN_FOLDER
    if not path.exists() and index_path(path).exists():
        path = index_path(path)
    if path.suffix != ".json":
        return [(path, safetensors_format.read_header(where, path))]
    weight_map = index_of(where, path)
    files = [path.with_name(name) for name in dict.fromkeys(weight_map.values())]
    headers = [(file, safetensors_format.read_header(where, file)) for file in files]
    stored = {tensor.name: file.name for file, header in headers for tensor in header.tensors}
    for name in weight_map.keys() | stored.keys():
        if stored.get(name) != weight_map.get(name):
            got = Shown(f"{stored.get(name) or 'nowhere'}, where the index has {weight_map.get(name) or 'nothing'}")
            reject_value(where, quoted(name), "a place as in the index", got)
    return headers


def index_of(where: str, path: Path) -> dict[str, str]:
    """An index: of each tensor the name of its file, which lies in the same folder."""
    table = data_of(where, path)
    weight_map = table.get("weight_map") if isinstance(table, dict) else None
    if not isinstance(weight_map, dict) or not weight_map:
        reject_value(where, path.name, "an index with a weight_map", Shown("none"))
    for name, file in weight_map.items():
        if not isinstance(file, str) or file in ("", ".", "..") or set(file) & set("/\\\0"):
            reject_value(where, f"weight_map[{quoted(name)}]", "the name of a file in the same folder", file)
    return weight_map


def text_of(where: str, path: Path) -> str:
    """A text file, of a size that a text has."""
    with safetensors_format.open_regular(path) as file:
        n_bytes = os.fstat(file.fileno()).st_size
        if n_bytes > MAX_TEXT_BYTES:
            reject_value(where, path.name, f"at most {MAX_TEXT_BYTES >> 20} MiB of text", Shown(f"{n_bytes} bytes"))
        raw = b"".join(iter(lambda: file.read(1 << 20), b""))
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        reject_value(where, path.name, "text in UTF-8", Shown(str(error)))


def data_of(where: str, path: Path) -> object:
    """What a file in JSON, or else in TOML, holds."""
    kind, loads = ("JSON", json.loads) if path.suffix == ".json" else ("TOML", tomllib.loads)
    text = text_of(where, path)
    try:
        return loads(text)
    except (ValueError, RecursionError) as error:  # also of integers with too many digits
        reject_value(where, path.name, kind, Shown(str(error)))

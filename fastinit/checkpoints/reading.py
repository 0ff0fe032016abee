"""`open_plan`, and the files that a path means."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fastinit.checkpoints import origin
from fastinit.common.calls import one_form
from fastinit.common.errors import Shown, located, reject_value
from fastinit.files import headers, shards, texts
from fastinit.files.safetensors_format import DTYPES, Header, Stored
from fastinit.laws import dtypes
from fastinit.plans.patterns import quoted
from fastinit.plans.plan import Entry, Plan


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

    See Also
    --------
    create : Writes such files.
    verify : Whether a file is as planned.

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
    return saved_plan("open_plan", files_of("open_plan", texts.path_of("open_plan", "path", path)))


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
        with texts.open_regular(file) as opened:
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


def files_of(where: str, path: Path) -> list[tuple[Path, Header]]:
    """The files of a checkpoint, with their headers checked, and against the index if there is one."""
    path = shards.weights_at(path)
    files = shards.files_of(where, path) if path.suffix == ".json" else [(path, headers.read(where, path))]
    for _, header in files:
        for name, dtype in header.others.items():
            reject_value(where, f"{quoted(name)} in the header", "one of the dtypes " + ", ".join(DTYPES), dtype)
    return files

"""An index of several safetensors files, and their headers."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

from fastinit.common.errors import Shown, reject_value
from fastinit.files import headers, texts
from fastinit.files.json_pieces import Pieces
from fastinit.files.safetensors_format import Header
from fastinit.plans.patterns import quoted

#: As the format allows a header, which says more of each tensor.
MAX_INDEX_BYTES = 100_000_000

#: Of what an index has beside the weight_map: sums and notes. It is read over.
MAX_NOTE_BYTES = 1 << 16

#: What the weights in a folder are called, where there is no index of several files.
IN_FOLDER = "model.safetensors"

#: What leads out of a folder, or is in no name of a file.
OUTSIDE = frozenset("/\\\0")


def index_path(path: Path) -> Path:
    """The file that lists the tensors of several files."""
    return path.with_name(f"{path.name}.index.json")


def weights_at(path: Path) -> Path:
    """The file that a path means, or the index: of a folder the one in it, of several files their index."""
    file = path / IN_FOLDER if os.path.isdir(path) else path
    return index_path(file) if not os.path.exists(file) and os.path.exists(index_path(file)) else file


def files_of(where: str, path: Path) -> list[tuple[Path, Header]]:
    """The files that an index names, with their headers; each tensor is where the index says, and nowhere else.

    The files are in the index's own folder. There they may be links, as in the cache of Hugging Face's hub.
    """
    weight_map = index_of(where, path)
    found = []
    for name in dict.fromkeys(weight_map.values()):
        file = path.with_name(name)
        found.append((file, headers.read(where, file)))
    place = f"{where}: {path.name}"
    missing = dict(weight_map)
    for file, header in found:
        for name in (*(tensor.name for tensor in header.tensors), *header.others):
            if weight_map.get(name) != file.name:
                _reject_place(place, name, file.name, weight_map.get(name))
            missing.pop(name)
    for name, file in missing.items():
        _reject_place(place, name, None, file)
    return found


def _reject_place(where: str, name: str, found: str | None, told: str | None) -> None:
    got = Shown(f"{found or 'nowhere'}, where the index has {told or 'nothing'}")
    reject_value(where, quoted(name), "a place as in the index", got)


def index_of(where: str, path: Path) -> dict[str, str]:
    """An index: of each tensor the name of its file, which lies in the same folder."""
    with texts.open_regular(path) as file:
        n_bytes = os.fstat(file.fileno()).st_size
        if not 0 < n_bytes <= MAX_INDEX_BYTES:
            reject_value(where, path.name, "an index of at most 100 MB", Shown(f"{n_bytes} bytes"))
        with mmap.mmap(file.fileno(), n_bytes, access=mmap.ACCESS_READ) as text:
            try:
                weight_map = _weight_map(Pieces(text, 0))
            except ValueError as error:
                reject_value(where, path.name, "an index in JSON with a weight_map", Shown(str(error)))
    if not weight_map:
        reject_value(where, path.name, "an index in JSON with a weight_map", Shown("none"))
    for name, file in weight_map.items():
        if file in ("", ".", "..") or not OUTSIDE.isdisjoint(file):
            reject_value(
                f"{where}: {path.name}", f"weight_map[{quoted(name)}]", "the name of a file in the same folder", file
            )
    return weight_map


def _weight_map(pieces: Pieces) -> dict[str, str]:
    weight_map = {}
    for name, _ in pieces.members():
        if name == "weight_map":
            weight_map = pieces.strings("the name of a file in the weight_map")
        else:
            pieces.value(MAX_NOTE_BYTES)
    pieces.end()
    return weight_map

"""How a checkpoint was made, as its files say it: source, rules, seed, laws and versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from fastinit._version import __version__
from fastinit.checkpoints.contents import Content
from fastinit.common.errors import Shown, located, reject_value
from fastinit.files.safetensors_format import Header, Stored
from fastinit.plans import plain
from fastinit.plans.patterns import quoted
from fastinit.plans.plan import Entry

#: The metadata's key, beside the one that readers of PyTorch's weights look for.
KEY = "fastinit"

#: The stream's version: that of the values of a seed and a name.
STREAM = "v1"

#: What stands first, so that a later version can tell.
FORMAT = "fastinit-checkpoint-1"


#: Lists and tables that the metadata may have, besides so many for each tensor. In 3 bytes of JSON may be a list of 64.
MAX_LISTS, MAX_LISTS_EACH = 1 << 20, 64


class Origin(NamedTuple):
    """What all files of a checkpoint say."""

    seed: int | list[int]
    source: str = ""
    rules: Mapping[str, Any] = {}  #: as plain data
    stream: str = STREAM
    version: str = __version__


def metadata(origin: Origin, contents: list[Content]) -> dict[str, str]:
    """A file's metadata: the origin, and of each tensor the law, or the digest of values that have none."""
    laws: dict[str, int] = {}
    contents = sorted(contents, key=lambda content: content.name)  # other writers have another order of bytes
    law_of = [laws.setdefault(json.dumps(_law(content), allow_nan=True), len(laws)) for content in contents]
    table = {
        "format": FORMAT,
        "version": origin.version,
        "stream": origin.stream,
        "seed": origin.seed,
        "source": origin.source,
        "rules": dict(origin.rules),
        "laws": [json.loads(law) for law in laws],
        "law_of": law_of,
    }
    table["digest"] = digest(table, ((c.name, c.entry.dtype, c.entry.shape) for c in contents))
    text = json.dumps(table, separators=(",", ":"))
    _check_lists("safetensors", text, len(contents))
    return {"format": "pt", KEY: text}


def _check_lists(where: str, text: str, n_tensors: int) -> None:
    """Before all of it is parsed at once; what is written keeps to it, so that it can be read."""
    n_lists, n_most = text.count("[") + text.count("{"), MAX_LISTS + MAX_LISTS_EACH * n_tensors
    if n_lists > n_most:
        reject_value(where, "metadata", f"at most {n_most:,} lists and tables", Shown(f"{n_lists:,}"))


def _law(content: Content) -> Any:
    if content.entry.scheme is not None:
        return plain.of_scheme(content.entry.scheme)
    digest = hashlib.sha256(content.whole().reshape(-1).view(np.uint8)).hexdigest()
    content.forget()
    return {"sha256": digest}


def digest(table: Mapping[str, Any], tensors: Iterable[tuple]) -> str:
    """Of all that a file says of itself, and names, dtypes and shapes by name: edited, it has another."""
    told = {key: value for key, value in table.items() if key != "digest"}
    return hashlib.sha256(json.dumps([told, [list(map(_plain, row)) for row in tensors]]).encode()).hexdigest()


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def of_header(where: str, header: Header) -> tuple[Origin, dict[str, Entry | str]]:
    """The origin, and of each tensor its entry, or the digest of its bytes. Raises ValueError where none is told."""
    if KEY not in header.metadata:
        reject_value(where, "metadata", f"what fastinit writes, under {KEY!r}", Shown("none: give a plan"))
    _check_lists(where, header.metadata[KEY], len(header.tensors))
    try:
        table = json.loads(header.metadata[KEY])
    except (ValueError, RecursionError) as error:
        reject_value(where, "metadata", "JSON", Shown(str(error)))
    if not isinstance(table, dict) or table.get("format") != FORMAT:
        reject_value(where, "metadata", f"format {FORMAT!r}", Shown("another"))
    laws, law_of = table.get("laws"), table.get("law_of")
    counts = [laws, law_of, header.tensors]
    if not all(isinstance(one, (list, tuple)) for one in counts) or len(law_of) != len(header.tensors):
        reject_value(where, "metadata", "a law for each tensor", Shown("other numbers of them"))
    tensors = sorted(header.tensors)
    if table.get("digest") != digest(table, ((t.name, t.dtype, t.shape) for t in tensors)):
        reject_value(where, "header", "the names, dtypes, shapes and metadata that were written", Shown("others"))
    known = [_known(where, law) for law in laws]
    entries = {}
    for tensor, position in zip(tensors, law_of, strict=True):
        if type(position) is not int or not 0 <= position < len(known):
            reject_value(where, f"metadata of {quoted(tensor.name)}", "a law that the file tells", position)
        entries[tensor.name] = _entry(tensor, known[position])
    origin = Origin(*(table.get(field) for field in Origin._fields))
    if not _is_seed(origin.seed) or not isinstance(origin.rules, dict):
        reject_value(where, "metadata", "a seed and rules", Shown("others"))
    for field in "source", "stream", "version":
        if not isinstance(getattr(origin, field), str):
            reject_value(where, f"metadata: {field}", "a string", getattr(origin, field))
    return origin, entries


def _known(where: str, law: object) -> Any:
    if isinstance(law, dict) and law.keys() == {"sha256"} and isinstance(law["sha256"], str):
        return law["sha256"]
    with located(f"{where}: metadata"):
        return plain.scheme_of(where, "law", law)


def _entry(tensor: Stored, law: Any) -> Entry | str:
    return law if isinstance(law, str) else Entry(tensor.shape, tensor.dtype, law)


def _is_seed(seed: object) -> bool:
    numbers = seed if isinstance(seed, list) else [seed]
    return all(type(number) is int and number >= 0 for number in numbers)

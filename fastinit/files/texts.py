"""Regular files, and texts of a bounded size in them: JSON and TOML."""

from __future__ import annotations

import json
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import BinaryIO

from fastinit.common.errors import Shown, reject_type, reject_value

#: Bytes that a configuration or a plan may have.
MAX_TEXT_BYTES = 256 << 20

#: A key of 17 parts or more, a.b.c...: the parser's time is as the square of their number.
LONG_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){16}""", re.ASCII)


def path_of(where: str, parameter: str, path: object) -> Path:
    """A path that a file may have; whether there is one is not looked at."""
    try:
        found = Path(path)
        is_possible = b"\0" not in os.fsencode(found)
    except TypeError:
        reject_type(where, parameter, "a path", path)
    except ValueError:  # characters that no name has
        is_possible = False
    if not is_possible:
        reject_value(where, parameter, "a path", str(path))
    return found


def open_regular(path: Path) -> BinaryIO:
    """A regular file to read, or a link to one; a pipe or a device is refused without waiting for it."""
    file = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(0, "is not a regular file", str(path))
    return open(file, "rb", buffering=0)


def text_of(where: str, path: Path, n_most: int = MAX_TEXT_BYTES) -> str:
    """A text file, of a size that a text has."""
    with open_regular(path) as file:
        n_bytes = os.fstat(file.fileno()).st_size
        if n_bytes > n_most:
            reject_value(where, path.name, f"at most {n_most >> 20} MiB of text", Shown(f"{n_bytes} bytes"))
        raw = b"".join(iter(lambda: file.read(1 << 20), b""))
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        reject_value(where, path.name, "text in UTF-8", Shown(str(error)))


def data_of(where: str, path: Path, n_most: int = MAX_TEXT_BYTES) -> object:
    """What a file in JSON, or else in TOML, holds."""
    kind, loads = ("JSON", json.loads) if path.suffix == ".json" else ("TOML", _toml)
    text = text_of(where, path, n_most)
    try:
        return loads(text)
    except RecursionError:
        reject_value(where, path.name, kind, Shown("lists or tables in each other, too deep"))
    except ValueError as error:  # also of integers with too many digits
        reject_value(where, path.name, kind, Shown(str(error)))


def _toml(text: str) -> dict:
    if LONG_KEY.search(text):
        raise ValueError("a key of more than 16 parts")
    return tomllib.loads(text)

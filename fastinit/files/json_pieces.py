"""JSON taken piece by piece from bytes.

A parser of whole texts makes objects of all that stands there before anybody can look: 100 MB of ``[[],[],...`` would
be 2 GB of lists. Here the caller says what is to come next, and the first byte that is something else ends the work.
"""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Collection, Iterator
from typing import Any, NoReturn

from fastinit.plans.patterns import quoted

_SPACE = rb"[ \t\n\r]*+"
_STRING = rb'("(?:[^"\\\x00-\x1f]++|\\.)*+")'

SPACE, STRING = re.compile(_SPACE), re.compile(_STRING, re.DOTALL)

#: A name with its colon; what follows a value; and both about a value that is a string.
NAME = re.compile(_SPACE + _STRING + _SPACE + b":" + _SPACE, re.DOTALL)
AFTER = re.compile(_SPACE + b"([,}])")
PAIR = re.compile(NAME.pattern + _STRING + AFTER.pattern, re.DOTALL)

#: Nothing looks so.
NONE = re.compile(b"(?!)")

#: Bytes of a name. One of a million characters is odd, and may be.
MAX_NAME_BYTES = 4 << 20

#: Most values end within so many bytes.
SHORT_BYTES = 256


class Pieces:
    """A JSON text, and the place up to which it has been taken. Raises ValueError where something else stands."""

    def __init__(self, text: bytes | mmap.mmap, at: int):
        self.text, self.at = text, at

    def members(self, usual: re.Pattern[bytes] = NONE) -> Iterator[tuple[str, re.Match[bytes] | None]]:
        """The names of an object, each of which stands there once. The caller takes the value before the next.

        Of members that look as usual the value is taken already: the pattern is of a name, its first group, of a value,
        and of the comma behind it.
        """
        names = set()
        if not self._begins():
            return
        while True:
            while found := usual.match(self.text, self.at):
                self.at = found.end()
                name = found[1].decode()
                _check_new(names, name)
                names.add(name)
                yield name, found
            name = _text(self._take(NAME, "a name with a colon", self.at + MAX_NAME_BYTES)[1])
            _check_new(names, name)
            names.add(name)
            yield name, None
            if self._take(AFTER, "a comma or }")[1] == b"}":
                return

    def strings(self, what: str) -> dict[str, str]:
        """An object with strings as values."""
        table: dict[str, str] = {}
        if not self._begins():
            return table
        while True:
            found = self._take(PAIR, what)
            name = _text(found[1])
            _check_new(table, name)
            table[name] = _text(found[2])
            if found[3] == b"}":
                return table

    def value(self, n_most: int) -> Any:
        """Any value that takes at most so many bytes."""
        for n_bytes in (SHORT_BYTES, n_most):
            raw = self.text[self.at : self.at + n_bytes]
            try:
                # The last character may be cut off; what is no UTF-8 within the value is refused by `encode`.
                text = raw.decode("utf-8", "surrogateescape")
                value, n_taken = _DECODER.raw_decode(text)
                self.at += len(text[:n_taken].encode())
                return value
            except RecursionError:
                raise ValueError("lists in lists, too deep") from None
            except ValueError:
                if len(raw) < n_bytes:
                    raise
        self._fail(f"a value of at most {n_most:,} bytes")

    def end(self) -> None:
        """Nothing but white space is left."""
        self._take(SPACE, "")
        if self.at < len(self.text):
            self._fail("the end")

    def _begins(self) -> bool:
        """Take the beginning of an object; whether it has members. One without any is taken as a whole."""
        self._take(SPACE, "")
        if self.text[self.at : self.at + 1] != b"{":
            self._fail("a table")
        self.at += 1
        self._take(SPACE, "")
        is_empty = self.text[self.at : self.at + 1] == b"}"
        self.at += is_empty
        return not is_empty

    def _take(self, pattern: re.Pattern[bytes], what: str, end: int | None = None) -> re.Match[bytes]:
        found = pattern.match(self.text, self.at, len(self.text) if end is None else end)
        if found is None:
            self._fail(what)
        self.at = found.end()
        return found

    def _fail(self, what: str) -> NoReturn:
        raise ValueError(f"something else than {what} at byte {self.at}")


def _text(raw: bytes) -> str:
    """A string without its quotation marks."""
    if b"\\" not in raw:
        return raw[1:-1].decode()
    text = json.loads(raw.decode())
    text.encode()  # refuses half a pair of surrogates, which no text has
    return text


def _check_new(names: Collection[str], name: str) -> None:
    if name in names:
        raise ValueError(f"a name that stands there twice, {quoted(name)}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for name, value in pairs:
        _check_new(table, name)
        table[name] = value
    return table


def _no_number(text: str) -> NoReturn:
    """JSON has no NaN and no infinities; Python's parser takes them."""
    raise ValueError(f"{text}, which is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)

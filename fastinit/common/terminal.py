"""Text for a terminal: what it can show, how many cells that takes, and what fits fewer."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

ELLIPSIS = "..."


def printable(text: str) -> str:
    r"""The text on one line, its control characters escaped, as ``\n`` and ``\x1b``."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def counted(n: int, noun: str) -> str:
    """So many of what an English noun with -s names: ``1 file``, ``2 files``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def n_cells(text: str) -> int:
    """Columns that a terminal gives to printable text: two to wide characters, none to marks over others."""
    return len(text) if text.isascii() else sum(map(_n_cells, text))


def _n_cells(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded(text: str, width: int, to_the_right: bool = False) -> str:
    """The text with spaces after it, or before, up to `width` cells."""
    space = " " * (width - n_cells(text))
    return space + text if to_the_right else text + space


def shortened(text: str, width: int) -> str:
    """At most `width` cells: both ends, if it is longer, since names differ in either."""
    if n_cells(text) <= width:
        return text
    room = width - len(ELLIPSIS)
    if room < 2:
        return _beginning(text, width)
    tail = _beginning(text[::-1], room // 2)[::-1]
    return _beginning(text, room - n_cells(tail)) + ELLIPSIS + tail


def _beginning(text: str, width: int) -> str:
    """As many characters as fit."""
    end = taken = 0
    while end < len(text) and taken + _n_cells(text[end]) <= width:
        taken += _n_cells(text[end])
        end += 1
    return text[:end]


def wrapped(text: str, width: int | None) -> list[str]:
    """Lines of at most `width` cells, broken at spaces, and within a word that alone is longer."""
    if width is None:
        return [text]
    lines = [""]
    for piece in _pieces(text, width):
        if lines[-1] and n_cells(lines[-1]) + 1 + n_cells(piece) > width:
            lines.append(piece)
        else:
            lines[-1] = f"{lines[-1]} {piece}" if lines[-1] else piece
    return [line.rstrip() for line in lines]


def _pieces(text: str, width: int) -> Iterator[str]:
    """Words, cut where one does not fit a line."""
    for word in text.split(" "):
        while n_cells(word) > width:
            head = _beginning(word, width) or word[0]  # a wide character where one cell is all there is
            yield head
            word = word[len(head) :]
        yield word

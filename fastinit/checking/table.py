"""A report's rows as a table that fits a width: names shortened first, then columns left out, verdicts never."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from fastinit.common.terminal import n_cells, padded, printable, shortened, wrapped

#: Cells of a line of ``str(report)``, whatever the terminal: the same report is the same text.
DEFAULT_WIDTH = 120

GAP = "  "

#: Cells that a name and a verdict keep, if they need them, as long as there are columns to leave out: 16 are
#: ``layers...q_proj``, 24 ``saturating, vanishing``.
LEAST_NAME, LEAST_VERDICT = 16, 24


class Column(NamedTuple):
    """What stands above a column between the first, the names, and the last, the verdicts."""

    heading: str
    is_number: bool
    rank: int  #: columns of a high rank are left out first


class Table(NamedTuple):
    """Rows of cells: a name, a cell for each column, a verdict."""

    name: str  #: what stands above the names
    columns: tuple[Column, ...]
    rows: list[tuple[str, ...]]
    is_sick: list[bool]  #: of each row, whether something is wrong
    verdict: str = "verdict"

    @property
    def headings(self) -> tuple[str, ...]:
        return self.name, *(column.heading for column in self.columns), self.verdict

    def lines(self, width: int | None = DEFAULT_WIDTH) -> list[str]:
        """The table in at most `width` cells a line; None sets no limit."""
        rows = [tuple(map(printable, row)) for row in (self.headings, *self.rows)]
        natural = [max(map(n_cells, cells)) for cells in zip(*rows, strict=True)]
        left_out: list[int] = []
        if width is not None:
            natural, left_out = self._fitted(natural, width)
        kept = [i for i in range(len(natural)) if i not in left_out]
        lines = list(itertools.chain.from_iterable(self._lines_of(row, natural, kept) for row in rows))
        if left_out:
            note = "left out, for want of width: " + ", ".join(self.headings[i] for i in left_out)
            lines += wrapped(note, width)
        return lines

    def _fitted(self, natural: list[int], width: int) -> tuple[list[int], list[int]]:
        """Widths of columns, and the columns that are left out."""
        name, *between, verdict = natural
        by_rank = sorted(range(len(between)), key=lambda i: -self.columns[i].rank)
        left_out: list[int] = []
        while True:
            taken = sum(between[i] + len(GAP) for i in range(len(between)) if i + 1 not in left_out) + len(GAP)
            room = width - taken
            if room >= min(name, LEAST_NAME) + min(verdict, LEAST_VERDICT) or not by_rank:
                break
            left_out.append(by_rank.pop(0) + 1)
        # Verdicts have what names leave, which keep two fifths where both are long.
        name = max(min(name, max(room - verdict, room * 2 // 5)), 1)
        return [name, *between, max(min(verdict, room - name), 1)], sorted(left_out)

    def text(self, sentences: list[str], width: int | None = DEFAULT_WIDTH) -> str:
        """The table, and below it what is said of it."""
        lines = [line for sentence in sentences for line in _prose(sentence, width)]
        return "\n".join([*self.lines(width), "", *lines])

    def _lines_of(self, row: tuple[str, ...], widths: list[int], kept: list[int]) -> list[str]:
        """A row, in as many lines as its verdict needs."""
        *_, verdict = kept
        numbers = {i for i, column in enumerate(self.columns, start=1) if column.is_number}
        beside = [padded(shortened(row[i], widths[i]), widths[i], i in numbers) for i in kept if i != verdict]
        first, *more = wrapped(row[verdict], widths[verdict])
        indent = [" " * n_cells(cell) for cell in beside]
        return [
            GAP.join([*cells, text]).rstrip() for cells, text in [(beside, first), *((indent, line) for line in more)]
        ]


def _prose(text: str, width: int | None) -> list[str]:
    """A sentence in lines of at most `width` cells, those after the first indented."""
    first, *more = wrapped(printable(text), None if width is None else max(width - len(GAP), 1))
    return [first, *(GAP + line for line in more)]

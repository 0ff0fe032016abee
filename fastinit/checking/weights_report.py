"""The result for weights alone: a table of tensors, and the gravest of their verdicts."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any, NamedTuple

from fastinit.checking import plain_data
from fastinit.checking.table import DEFAULT_WIDTH, Column, Table
from fastinit.common.errors import brief

#: What a tensor is: of a law that a scheme draws, of one number, or too small to tell.
KNOWN, CONSTANT, UNKNOWN, NOT_JUDGED = "known", "constant", "unknown", "not judged"

#: What may be wrong with a tensor, gravest first.
ORDER = ("not finite", "symmetric", UNKNOWN)


COLUMNS = (
    Column("shape", is_number=False, rank=1),
    Column("mean", is_number=True, rank=3),
    Column("std", is_number=True, rank=2),
)


class TensorReport(NamedTuple):
    """One row of the table."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    mean: float
    std: float
    fits: tuple[str, ...]  #: known schemes that would give it, the plainest first
    errors: float  #: how many standard errors the standard deviation is from the first of them, or the nearest
    verdict: str  #: "known", "constant", "not judged", or one of ORDER; "unknown" if no known scheme would give it
    reason: str
    law: str  #: the law that it has, with the parameters that suit it best; empty if it is of none


class WeightsReport(NamedTuple):
    """What `fastinit.check` finds out about weights alone; ``str()`` is the table."""

    verdict: str  #: "known", or the gravest of the tensors' verdicts
    tensors: tuple[TensorReport, ...]
    left_out: tuple[str, ...] = ()  #: tensors of a file whose dtype is no weight's, with it

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong: whose scale the weights have does not say that it suits the network."""
        return self.verdict == KNOWN

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int | None = DEFAULT_WIDTH) -> str:
        """The table, and how many tensors have which verdict, in lines of at most `width` characters.

        None sets no limit.
        """
        left_out = [f"left out: {', '.join(map(brief, self.left_out))}"] if self.left_out else []
        return self.table().text([f"{self.verdict}: {self.reason}", *left_out], width)

    @property
    def reason(self) -> str:
        """How many tensors have which verdict."""
        counts = Counter(tensor.verdict for tensor in self.tensors)
        return ", ".join(f"{n} {verdict}" for verdict, n in counts.most_common())

    def table(self) -> Table:
        """A row for each tensor, as it is printed."""
        is_sick = [tensor.verdict in ORDER for tensor in self.tensors]
        return Table("tensor", COLUMNS, list(map(_cells, self.tensors)), is_sick)

    def html(self, path: str | os.PathLike) -> None:
        """Write the table as one page, which needs nothing else.

        Parameters
        ----------
        path : path
            The file, which is overwritten if it exists. Its name ends in ``.html`` or ``.htm``.

        Raises
        ------
        ValueError
            If the name ends otherwise, or the file cannot be written.
        TypeError
            If `path` is no path.

        Examples
        --------
        >>> import os, tempfile, fastinit as fi
        >>> path = os.path.join(tempfile.mkdtemp(), "weights.html")
        >>> fi.check({"fc.weight": fi.he_normal((512, 256), rng=1)}).html(path)
        """
        from fastinit.checking import page

        page.write(page.of_weights(self), path)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, strings and numbers, for JSON: None in place of what is not finite."""
        return plain_data.of(self)


def _cells(tensor: TensorReport) -> tuple[str, ...]:
    shape = "x".join(map(str, tensor.shape)) or "scalar"
    return brief(tensor.name), shape, f"{tensor.mean:.2g}", f"{tensor.std:.3g}", f"{tensor.verdict}: {tensor.reason}"

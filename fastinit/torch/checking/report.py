"""The result of a check of a module: rows, a verdict, a reason, a remedy, and notes on what is as it should be."""

from __future__ import annotations

import math
import os
from typing import Any, NamedTuple

import numpy as np

from fastinit.checking import histograms, page, plain_data, plot
from fastinit.checking.table import DEFAULT_WIDTH, Column, Table
from fastinit.plans import plain
from fastinit.schemes.register import Configured
from fastinit.torch.checking.objective import Logits


class ModuleLayer(NamedTuple):
    """One row: a layer, or an activation called as a function; NaN for what is not known of it."""

    name: str  #: in the module; "" is the module itself
    activation: str  #: what it is: a class of modules, or a function's name
    shape: tuple[int, ...]  #: of the outputs
    mean: float  #: of the outputs
    std: float
    signal: float  #: share of their variance that varies across samples
    saturated: float  #: share of outputs where an activation is flat
    dead: float  #: share of units that pass nothing on for any sample
    gradient_std: float  #: with respect to the outputs
    activation_ratio: float  #: the outputs' second moment over the last normalization's, or the batch's
    gradient_ratio: (
        float  #: root of the gradient's squared length times the outputs' second moment, over the last weights' row
    )
    update_ratio: float  #: of its weights: norm of the gradient over theirs; infinite for zeros that move
    findings: tuple[str, ...]
    values: np.ndarray  #: a sample of the outputs
    gradients: np.ndarray  #: a sample of the gradients


class ModuleParameter(NamedTuple):
    """One parameter."""

    name: str
    shape: tuple[int, ...]
    rms: float  #: root mean square of the weights
    gradient_norm: float  #: NaN if no gradient reaches it
    update_ratio: float  #: norm of the gradient over that of the weights; infinite for zeros that move
    trainable: bool


class Attention(NamedTuple):
    """One softmax, over keys, experts or classes."""

    name: str
    n_keys: int
    entropy: float  #: mean over rows, of ln(keys that a row sees)
    saturated: float  #: share of rows of which one key has all


class ModuleReport(NamedTuple):
    """What `fastinit.check` finds out about a torch.nn.Module; ``str()`` is the table."""

    verdict: (
        str  #: "healthy", or the first of "not finite", "symmetric", "dead", "saturating", "exploding", "vanishing"
    )
    findings: tuple[str, ...]  #: all that are found, in that order
    reason: str
    remedy: str  #: what to do, which was tried: with it the module is healthy; empty if it is
    rules: dict[
        str, Configured
    ]  #: the remedy's schemes by names of parameters, as `fastinit.torch.initialize_` takes them
    notes: tuple[str, ...]  #: what was run, and what is unusual and no fault
    layers: tuple[ModuleLayer, ...]
    parameters: tuple[ModuleParameter, ...]
    attentions: tuple[Attention, ...]
    logits: Logits | None
    n_samples: int

    @property
    def healthy(self) -> bool:
        return not self.findings

    @property
    def histograms(self) -> tuple:
        """Of each layer, of outputs and of gradients, for `plot` and `html`."""
        return tuple((histograms.of(row.values), histograms.of(row.gradients)) for row in self.layers)

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int | None = DEFAULT_WIDTH) -> str:
        """The table, repeated blocks together, and what is said below, in lines of at most `width` characters."""
        return _table(_folded(self.layers)).text(self.sentences(), width)

    def table(self) -> Table:
        """A row for each layer."""
        return _table([_Group([row]) for row in self.layers])

    def sentences(self) -> list[str]:
        """What is said below the table."""
        more = [f"remedy: {self.remedy}"] if self.remedy else []
        return [f"{self.verdict}: {self.reason}", *more, *(f"note: {note}" for note in self.notes)]

    def plot(self, path: str | os.PathLike, *, dark: bool = False) -> None:
        """Draw each layer's distributions, and both ratios, into a file, as a stack's report does."""
        plot.write(self, path, dark)

    def html(self, path: str | os.PathLike) -> None:
        """Write all of it as one page, which needs nothing else, as a stack's report does."""
        page.write(page.of_network(self), path)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, strings and numbers, for JSON, without samples: None in place of what is not finite."""
        return {**plain_data.of(self), "rules": {name: plain.of_scheme(scheme) for name, scheme in self.rules.items()}}


#: What a narrow terminal leaves out first, and last.
COLUMNS = (
    Column("kind", is_number=False, rank=4),
    Column("shape", is_number=False, rank=7),
    Column("mean", is_number=True, rank=9),
    Column("std", is_number=True, rank=1),
    Column("signal", is_number=True, rank=6),
    Column("saturated", is_number=True, rank=3),
    Column("dead", is_number=True, rank=5),
    Column("grad std", is_number=True, rank=2),
    Column("update", is_number=True, rank=8),
)

#: From this number of rows on, rows of repeated blocks are shown as one.
N_ROWS_SHOWN = 40


class _Group(NamedTuple):
    """Rows alike but for numbers in their names."""

    rows: list[ModuleLayer]


def _folded(layers: tuple[ModuleLayer, ...]) -> list[_Group]:
    """Each row by itself, or, of long tables, those without findings together that differ by their block's number."""
    groups: dict[object, _Group] = {}
    for i, row in enumerate(layers):
        pattern = ".".join("*" if part.isdigit() else part for part in row.name.split("."))
        is_alone = len(layers) <= N_ROWS_SHOWN or row.findings
        groups.setdefault(i if is_alone else (pattern, row.activation), _Group([])).rows.append(row)
    return list(groups.values())


def _table(groups: list[_Group]) -> Table:
    return Table("layer", COLUMNS, list(map(_cells, groups)), [bool(group.rows[0].findings) for group in groups])


def _cells(group: _Group) -> tuple[str, ...]:
    first, last = group.rows[0], group.rows[-1]
    is_one = len(group.rows) == 1
    pairs = zip(first.name.split("."), last.name.split("."), strict=False)
    name = first.name if is_one else ".".join(a if a == b else f"{a}-{b}" for a, b in pairs)
    return (
        name or "(module)",
        first.activation if is_one else f"{len(group.rows)} {first.activation}",
        " .. ".join(dict.fromkeys("x".join(map(str, row.shape)) for row in (first, last))),
        _range([row.mean for row in group.rows], ".2g"),
        _range([row.std for row in group.rows], ".2g"),
        _range([row.signal for row in group.rows], ".0%"),
        _range([row.saturated for row in group.rows], ".0%"),
        _range([row.dead for row in group.rows], ".0%"),
        _range([row.gradient_std for row in group.rows], ".2g"),
        _range([row.update_ratio for row in group.rows], ".2g"),
        ", ".join(first.findings) or "healthy",
    )


def _range(values: list[float], form: str) -> str:
    known = [value for value in values if not math.isnan(value)]
    if not known or (form == ".0%" and max(known) == 0):
        return "-"
    low, high = format(min(known), form), format(max(known), form)
    return low if low == high else f"{low} .. {high}"

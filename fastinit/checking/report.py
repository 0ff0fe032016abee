"""The result of a check of a stack of layers: a table, a verdict, a reason and a remedy."""

from __future__ import annotations

import math
import os
from typing import Any, NamedTuple

from fastinit.checking import advice, plain_data, verdicts
from fastinit.checking.figures import Figures
from fastinit.checking.phase import Phase
from fastinit.checking.table import DEFAULT_WIDTH, Column, Table
from fastinit.common.errors import brief


class LayerReport(NamedTuple):
    """One row of the table; NaN where float64 has overflowed."""

    name: str
    shape: tuple[int, ...]
    activation: str
    scheme: str  #: "given" for weights that were
    mean: float  #: of the outputs
    std: float
    activation_ratio: float  #: the outputs' second moment over the inputs', which is 1
    signal: float  #: share of the outputs' second moment that varies from sample to sample
    correlation: float  #: of two samples' outputs on average: their inner product over the second moment
    saturated: float  #: share of outputs where the activation is flat
    dead: float  #: share of units that pass nothing on for any sample
    duplicates: float  #: share of units that have the same weights as another, before them and after them
    width: float  #: of the weights, over the recommended scheme's; NaN where there are none
    gradient_std: float  #: with respect to pre-activations
    gradient_ratio: float  #: the gradient's squared length over that of the last layer's
    findings: tuple[str, ...]  #: what is wrong with it; empty if nothing is


class NetworkReport(NamedTuple):
    """What `fastinit.check` finds out about a stack of layers; ``str()`` is the table."""

    verdict: (
        str  #: "healthy", or the first of "symmetric", "dead", "saturating", "exploding", "vanishing" that is found
    )
    findings: tuple[str, ...]  #: all that are found, in that order
    reason: str
    remedy: str  #: what to do, which was tried: with it the network is healthy; empty if it is
    notes: tuple[str, ...]  #: what looks odd and is meant
    phase: Phase | None  #: how deep a signal can go, by mean-field theory; None where it does not apply
    layers: tuple[LayerReport, ...]
    n_samples: int
    histograms: tuple  #: of each layer, of outputs and of gradients, for `plot` and `html`

    @property
    def healthy(self) -> bool:
        return not self.findings

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int | None = DEFAULT_WIDTH) -> str:
        """The table, the reason and the remedy, in lines of at most `width` characters; None sets no limit."""
        return self.table().text(self.sentences(), width)

    def sentences(self) -> list[str]:
        """What is said below the table."""
        more = [f"remedy: {self.remedy}"] if self.remedy else []
        more += [f"note: {note}" for note in self.notes]
        more += [f"depth: {self.phase}"] if self.phase is not None else []
        return [f"{self.verdict}: {self.reason}", *more]

    def table(self) -> Table:
        """A row for each layer, as it is printed."""
        rows = [_cells(layer) for layer in self.layers]
        return Table("layer", COLUMNS, rows, [bool(layer.findings) for layer in self.layers])

    def plot(self, path: str | os.PathLike, *, dark: bool = False) -> None:
        """Draw each layer's distributions, and the scale from layer to layer, into a file.

        Parameters
        ----------
        path : path
            The file, which is overwritten if it exists. Its name ends in ``.png``, ``.svg`` or ``.pdf``.
        dark : bool, default False
            Light on a dark background.

        Raises
        ------
        ValueError
            If the name ends otherwise, the file cannot be written, or matplotlib is not installed.
        TypeError
            If `path` is no path, or `dark` no bool.

        Notes
        -----
        Layers are rows from top to bottom. Each has two histograms, of its outputs and of the gradient with respect to
        its pre-activations: shapes, from four standard deviations below the mean to four above, with the standard
        deviation beside them. The last panel has ``activation_ratio`` and ``gradient_ratio`` on a log axis.

        Examples
        --------
        >>> import os, tempfile, fastinit as fi
        >>> path = os.path.join(tempfile.mkdtemp(), "model.svg")
        >>> fi.check([784, 256, 10]).plot(path)
        """
        from fastinit.checking import plot

        plot.write(self, path, dark)

    def html(self, path: str | os.PathLike) -> None:
        """Write the table, the distributions, the reason and the remedy as one page, which needs nothing else.

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
        >>> path = os.path.join(tempfile.mkdtemp(), "model.html")
        >>> fi.check([784, 256, 10]).html(path)
        """
        from fastinit.checking import page

        page.write(page.of_network(self), path)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, strings and numbers, for JSON: None in place of what is not finite."""
        return {name: plain_data.of(getattr(self, name)) for name in PLAIN}


def make(rows: list[Figures], n_samples: int, remedy: str, phase: Phase | None) -> NetworkReport:
    """From the figures of a whole stack."""
    found = verdicts.of_stack(rows)
    verdict = found[0] if found else verdicts.HEALTHY
    return NetworkReport(
        verdict,
        found,
        advice.reason(verdict, rows),
        remedy,
        advice.notes(rows),
        phase,
        tuple(_layer_report(row, n_samples) for row in rows),
        n_samples,
        tuple((row.histogram, row.gradient_histogram) for row in rows),
    )


def _layer_report(row: Figures, n_samples: int) -> LayerReport:
    step = row.step
    return LayerReport(
        step.name,
        step.shape,
        str(step.activation),
        step.label,
        row.mean,
        row.std,
        row.ratio,
        row.signal,
        _correlation(row.signal, n_samples),
        row.saturated,
        row.dead,
        row.duplicates,
        row.width,
        row.gradient_std,
        row.gradient_ratio,
        verdicts.findings(row),
    )


def _correlation(signal: float, n_samples: int) -> float:
    """Of n samples with mean m, all pairs' inner products are (n**2 m**2 - sum of squares) / (n (n - 1))."""
    return (n_samples * (1.0 - signal) - 1.0) / (n_samples - 1) if n_samples > 1 else math.nan


#: Fields of a report that JSON has.
PLAIN = ("verdict", "findings", "reason", "remedy", "notes", "n_samples", "phase", "layers")

#: What a narrow terminal leaves out first, and last, is what says least, and most, about scale.
COLUMNS = (
    Column("shape", is_number=False, rank=7),
    Column("activation", is_number=False, rank=4),
    Column("scheme", is_number=False, rank=8),
    Column("mean", is_number=True, rank=9),
    Column("std", is_number=True, rank=1),
    Column("alike", is_number=True, rank=4.5),
    Column("saturated", is_number=True, rank=3),
    Column("dead", is_number=True, rank=5),
    Column("equal", is_number=True, rank=6),
    Column("grad std", is_number=True, rank=2),
)


def _cells(row: LayerReport) -> tuple[str, ...]:
    shares = (f"{share:.0%}" if share > 0 else "-" for share in (row.saturated, row.dead, row.duplicates))
    return (
        brief(row.name),
        "x".join(map(str, row.shape)),
        row.activation,
        row.scheme,
        f"{row.mean:.2g}",
        f"{row.std:.2g}",
        f"{round(row.correlation, 2) + 0.0:.2f}",  # no -0.00
        *shares,
        f"{row.gradient_std:.2g}",
        ", ".join(row.findings) or verdicts.HEALTHY,
    )

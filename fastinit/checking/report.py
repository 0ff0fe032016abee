"""The result of a check of a stack of layers: a table, a verdict, a reason and a remedy."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from fastinit.checking import advice, verdicts
from fastinit.checking.figures import Figures
from fastinit.checking.phase import Phase


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
    histograms: tuple  #: of each layer, counts of outputs and of gradients, for `plot`

    @property
    def healthy(self) -> bool:
        return not self.findings

    def __str__(self) -> str:
        rows = [HEADINGS, *map(_cells, self.layers)]
        n_columns = len(HEADINGS)
        widths = [max(len(row[i]) for row in rows) for i in range(n_columns)]
        lines = ["  ".join(_align(row[i], widths[i], i) for i in range(n_columns)).rstrip() for row in rows]
        more = [f"remedy: {self.remedy}"] if self.remedy else []
        more += [f"note: {note}" for note in self.notes]
        more += [f"depth: {self.phase}"] if self.phase is not None else []
        return "\n".join([*lines, "", f"{self.verdict}: {self.reason}", *more])

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, strings and numbers, for JSON: None in place of what is not finite."""
        layers = [{name: _plain(value) for name, value in layer._asdict().items()} for layer in self.layers]
        about = {name: _plain(getattr(self, name)) for name in PLAIN}
        phase = None if self.phase is None else {name: _plain(value) for name, value in self.phase._asdict().items()}
        return {**about, "phase": phase, "layers": layers}


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


#: Fields of a report that JSON has as they are.
PLAIN = ("verdict", "findings", "reason", "remedy", "notes", "n_samples")

HEADINGS = (
    "layer",
    "shape",
    "activation",
    "scheme",
    "mean",
    "std",
    "alike",
    "saturated",
    "dead",
    "equal",
    "grad std",
    "verdict",
)
N_TEXT_COLUMNS = 4  #: on the left; the last is text as well


def _cells(row: LayerReport) -> tuple[str, ...]:
    shares = (f"{share:.0%}" if share > 0 else "-" for share in (row.saturated, row.dead, row.duplicates))
    return (
        row.name,
        "x".join(map(str, row.shape)),
        row.activation,
        row.scheme,
        f"{row.mean:.2g}",
        f"{row.std:.2g}",
        f"{row.correlation:.2f}",
        *shares,
        f"{row.gradient_std:.2g}",
        ", ".join(row.findings) or verdicts.HEALTHY,
    )


def _align(cell: str, width: int, column: int) -> str:
    is_text = column < N_TEXT_COLUMNS or column == len(HEADINGS) - 1
    return cell.ljust(width) if is_text else cell.rjust(width)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value

"""The result of a check of a stack of layers: a table, a verdict, a reason and a remedy."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from fastinit.checking import advice, verdicts
from fastinit.checking.propagate import Figures
from fastinit.common.errors import brief, printable


class LayerReport(NamedTuple):
    """One row of the table; NaN where float64 has overflowed."""

    name: str
    shape: tuple[int, ...]
    activation: str
    scheme: str  #: "given" for weights that were
    mean: float  #: of the outputs
    std: float
    activation_ratio: float  #: the outputs' second moment over the inputs', which is 1
    saturated: float  #: share of outputs where the activation is flat
    dead: float  #: share of units that pass nothing on for any sample
    duplicates: float  #: share of units that have the same weights as another
    width: float  #: of the weights, over the recommended scheme's
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
    remedy: str
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
        remedy = [f"remedy: {self.remedy}"] if self.remedy else []
        return "\n".join(map(printable, [*lines, "", f"{self.verdict}: {self.reason}", *remedy]))

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, strings and numbers, for JSON: None in place of what is not finite."""
        layers = [{name: _plain(value) for name, value in layer._asdict().items()} for layer in self.layers]
        about = {name: _plain(getattr(self, name)) for name in ("verdict", "findings", "reason", "remedy", "n_samples")}
        return {**about, "layers": layers}


def make(rows: list[Figures], n_samples: int) -> NetworkReport:
    """Judge the figures of a whole stack."""
    found = [verdicts.findings(row, is_last=row is rows[-1]) for row in rows]
    all_found = tuple(name for name in verdicts.ORDER if any(name in one for one in found))
    verdict = all_found[0] if all_found else verdicts.HEALTHY
    return NetworkReport(
        verdict,
        all_found,
        advice.reason(verdict, rows),
        advice.remedy(verdict, rows),
        tuple(map(_layer_report, rows, found)),
        n_samples,
        tuple((row.histogram, row.gradient_histogram) for row in rows),
    )


def _layer_report(row: Figures, found: tuple[str, ...]) -> LayerReport:
    layer = row.layer
    return LayerReport(
        layer.name,
        layer.shape,
        str(layer.activation),
        layer.scheme.name if layer.scheme else "given",
        row.mean,
        row.std,
        row.ratio,
        row.saturated,
        row.dead,
        row.duplicates,
        row.width,
        row.gradient_std,
        row.gradient_ratio,
        found,
    )


HEADINGS = (
    "layer",
    "shape",
    "activation",
    "scheme",
    "mean",
    "std",
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
        brief(row.name),
        "x".join(map(str, row.shape)),
        row.activation,
        row.scheme,
        f"{row.mean:.2g}",
        f"{row.std:.2g}",
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

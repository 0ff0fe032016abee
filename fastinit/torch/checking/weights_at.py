"""Which weights a fault is about, and which scheme `fastinit.recommend` has for them."""

from __future__ import annotations

import math
from typing import NamedTuple

from fastinit.checking import law_moments
from fastinit.checking.advice import SAME_WIDTH
from fastinit.laws.dtypes import FLOAT32_FORMAT
from fastinit.schemes.recommendation import Recommended, recommend
from fastinit.torch.checking.passes import Pass
from fastinit.torch.checking.recording import WEIGHTS, Record

#: What modules are called whose function `recommend` knows by another name.
FUNCTIONS = {"leakyrelu": "leaky_relu", "gelutanh": "gelu", "newgeluactivation": "gelu", "geluactivation": "gelu"}


#: Gates that are packed along the first axis.
N_GATES = {"LSTM": 4, "GRU": 3}


class Weights(NamedTuple):
    """A parameter of two axes or more, and what it is to be filled with."""

    name: str
    shape: tuple[int, ...]
    scheme: Recommended
    rms: float  #: of its values

    @property
    def is_odd(self) -> bool:
        """Of another width than recommended. Zeros are meant, or another fault; of blocks no one width is known."""
        if self.scheme.blocks:
            return False
        recommended = law_moments.of(self.scheme.spec.law(self.shape, FLOAT32_FORMAT)).std
        return self.rms > 0 and not 1 / SAME_WIDTH <= self.rms / recommended <= SAME_WIDTH


def at(places: tuple[str, ...], one: Pass) -> list[Weights]:
    """Of rows of layers, or of what owns a parameter; before an activation, of the layer that feeds it."""
    found: dict[str, Record] = {}
    before = None
    for row in one.records:
        if row.role == WEIGHTS:
            before = row
        if row.name in places or any(name in places for name in row.parameters):
            found.setdefault(before.name if before else row.name, before or row)
    return _of_rows(list(found.values()), one)


def odd(one: Pass) -> list[Weights]:
    """Of all layers but embeddings, whose rows are looked up and not summed."""
    rows = [row for row in one.records if "Embedding" not in row.kind]
    return [weights for weights in _of_rows(rows, one) if weights.is_odd]


def zero(one: Pass) -> list[Weights]:
    """Those that are 0 throughout."""
    return [weights for weights in _of_rows(one.records, one) if one.parameters[weights.name].rms == 0]


def _of_rows(rows: list[Record], one: Pass) -> list[Weights]:
    found = {}
    for row in rows:
        for name in row.parameters if row.role == WEIGHTS else ():
            figures = one.parameters[name]
            if len(figures.shape) > 1:
                rms = figures.rms if math.isfinite(figures.rms) else 0.0
                scheme = _recurrent_scheme(row.kind, name, figures.shape) or _scheme(row, one, len(figures.shape))
                found[name] = Weights(name, figures.shape, scheme, rms)
    return list(found.values())


def _recurrent_scheme(kind: str, name: str, shape: tuple[int, ...]) -> Recommended | None:
    """Of an LSTM's and a GRU's matrices, gate by gate; None of other layers."""
    if kind not in ("LSTM", "GRU"):
        return None
    if "weight_hh" in name:
        return recommend(None, f"{kind.lower()}_recurrent", fans="oi", units=shape[0] // N_GATES[kind])
    return recommend(None, f"{kind.lower()}_kernel", fans="oi")


def _scheme(row: Record, one: Pass, n_axes: int) -> Recommended:
    """For the activation that comes next."""
    if "Embedding" in row.kind:
        return recommend(None, "embedding")
    after = one.records[one.records.index(row) + 1 :][:3]
    activation = next((_function(found) for found in after if _function(found)), "linear")
    layout = "io" if row.kind == "Conv1D" else "oi"  # that of transformers has its axes the other way round
    return recommend(activation, "conv" if n_axes > 2 else "dense", fans=layout)


def _function(row: Record) -> str | None:
    if row.flatness is None:
        return None
    name = FUNCTIONS.get(row.kind.lower(), row.kind.lower())
    try:
        recommend(name)
    except ValueError:
        return None
    return name

"""Gates of recurrent layers: blocks of one tensor, as PyTorch and Keras pack them."""

from __future__ import annotations

from fastinit.common import checks
from fastinit.common.errors import reject_value
from fastinit.schemes.register import Configured


def _n_gates(kind: str) -> int:
    return 4 if kind.startswith("lstm") else 3


def _are_outputs_first(kind: str, fans: object) -> bool:
    return kind == "lstm_bias" or fans in ("oi", "oki")


def check(where: str, kind: str, n_units: int, fans: object, shape: checks.Shape) -> None:
    """Gates that fill the axis: of others blocks would be cut, as NumPy cuts slices, or leave zeros behind."""
    axis = 0 if _are_outputs_first(kind, fans) else -1
    n_gates = _n_gates(kind)
    if not shape or shape[axis] != n_gates * n_units:
        expected = f"{n_gates * n_units} on axis {axis}, {n_gates} gates of {n_units} units"
        reject_value(where, "shape", expected, shape)


def blocks(kind: str, n_units: int, fans: object) -> tuple:
    """Blocks of n_units along the outputs: every gate's, or the forget gate's alone."""
    if kind == "lstm_bias":
        return (((slice(n_units, 2 * n_units),), Configured("ones", {})),)
    gate = Configured("orthogonal", {} if fans == "io" else {"fans": fans})
    outputs_first = _are_outputs_first(kind, fans)
    slices = [slice(g * n_units, (g + 1) * n_units) for g in range(_n_gates(kind))]
    return tuple(((gate_slice,) if outputs_first else (..., gate_slice), gate) for gate_slice in slices)

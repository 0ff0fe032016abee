"""The reason for a verdict and the remedy, each in a line."""

from __future__ import annotations

import math
from collections.abc import Callable

from fastinit.checking.model import recommended
from fastinit.checking.propagate import Figures
from fastinit.schemes.recommendation import recommend

#: Weights count as of the recommended width up to this factor either way; schemes that are in use for the same
#: activation are up to 1.24 apart (ELU: He's, and its own gain).
SAME_WIDTH = 1.25

FLOAT32_MAX, FLOAT32_MIN = 3.4e38, 1.4e-45


def reason(verdict: str, rows: list[Figures]) -> str:
    """What is wrong, at the layer where it shows most."""
    return REASONS[verdict](rows)


def remedy(verdict: str, rows: list[Figures]) -> str:
    """What to do about it."""
    if verdict == "healthy":
        return ""
    if verdict == "dead":
        worst = max(rows, key=lambda row: row.dead)
        if (worst.layer.bias != 0).any():
            return f"biases: {recommend(worst.layer.activation.name, 'bias')}"
        return _weights(worst)
    if verdict == "symmetric":
        return _weights(max(rows[:-1], key=lambda row: row.duplicates))
    odd = _oddest(rows)
    if _is_odd(odd):
        return _weights(odd)
    worst = rows[0] if verdict != "saturating" else max(rows, key=lambda row: row.saturated)
    return (
        f"the weights are as recommended for {worst.layer.activation}, which keeps no scale over {len(rows)} layers: "
        "fewer layers, normalization between them, residual connections, or another activation (relu, tanh, selu)"
    )


def _weights(row: Figures) -> str:
    return f"weights: {recommended(row.layer)}"


def _healthy(rows: list[Figures]) -> str:
    return "second moments of activations and of gradients stay within a factor of 1000, and units differ"


def _symmetric(rows: list[Figures]) -> str:
    row = max(rows[:-1], key=lambda row: row.duplicates)
    return (
        f"{row.duplicates:.0%} of the units of {row.layer.title} have the same weights as another: they compute the "
        "same, and training moves them alike unless what follows tells them apart"
    )


def _dead(rows: list[Figures]) -> str:
    row = max(rows, key=lambda row: row.dead)
    return f"{row.dead:.0%} of the units of {row.layer.title} pass nothing on, whatever the sample: {_where_flat(row)}"


def _where_flat(row: Figures) -> str:
    bias = float(row.layer.bias.mean())
    return f"{row.layer.activation} is flat there" + (f", and the biases have mean {bias:.3g}" if bias else "")


def _saturating(rows: list[Figures]) -> str:
    row = max(rows, key=lambda row: row.saturated)
    return (
        f"{row.saturated:.0%} of the outputs of {row.layer.title} lie where {row.layer.activation} is flat, with under "
        f"1/20 of its largest slope{_width(row)}"
    )


def _scale(grows: bool) -> Callable[[list[Figures]], str]:
    def describe(rows: list[Figures]) -> str:
        extreme = max if grows else min
        ratios = {"activations": [row.ratio for row in rows], "gradients": [row.gradient_ratio for row in rows]}
        # NaN comes of an overflow.
        ratios = {
            what: [math.inf if math.isnan(value) else value for value in values] for what, values in ratios.items()
        }
        what = extreme(ratios, key=lambda what: extreme(ratios[what]))
        ratio = extreme(ratios[what])
        position = ratios[what].index(ratio)
        n_steps = position + 1 if what == "activations" else len(rows) - 1 - position
        rate = ratio ** (1 / max(n_steps, 1))
        start = "the inputs'" if what == "activations" else "the outputs'"
        return (
            f"the second moment of {what} {'grows' if grows else 'falls'} to {ratio:.2g} of {start} at "
            f"{rows[position].layer.title}, {rate:.2g} a layer{_in_float32(ratio)}{_width(_oddest(rows))}"
        )

    return describe


def _in_float32(ratio: float) -> str:
    root = math.sqrt(ratio)
    return ", beyond float32" if root > FLOAT32_MAX else ", 0 in float32" if root < FLOAT32_MIN else ""


def _width(row: Figures) -> str:
    if not _is_odd(row):
        return ""
    return f"; the weights of {row.layer.title} are {row.width:.3g} times as wide as recommended"


def _oddest(rows: list[Figures]) -> Figures:
    return max(rows, key=_oddity)


def _oddity(row: Figures) -> float:
    return abs(math.log(row.width)) if 0 < row.width < math.inf else math.inf


def _is_odd(row: Figures) -> bool:
    return _oddity(row) > math.log(SAME_WIDTH)


#: Every verdict, and what is said of it.
REASONS: dict[str, Callable[[list[Figures]], str]] = {
    "healthy": _healthy,
    "symmetric": _symmetric,
    "dead": _dead,
    "saturating": _saturating,
    "exploding": _scale(grows=True),
    "vanishing": _scale(grows=False),
}

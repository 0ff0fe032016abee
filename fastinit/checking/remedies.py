"""What to do about a verdict: each remedy is tried before it is offered."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np

from fastinit.checking import activations, advice, calibrating, propagate, verdicts
from fastinit.checking.figures import Figures
from fastinit.checking.naming import listed
from fastinit.checking.network import Residual, Step, layers, plain_norm, replaced
from fastinit.schemes.recommendation import BY_ACTIVATION, recommend

Change = Callable[[tuple[Step, ...]], tuple[Step, ...]]

#: Widths of pre-activations that are tried with `fastinit.calibrate`, the usual one first. Where an activation is
#: nearly linear, or nearly a rectifier, gradients keep their scale better than in between.
STDS = (1.0, 2.0, 0.5, 4.0)

#: By how much second moments may change so that another seed will do as well.
AMPLE = math.sqrt(verdicts.SCALE_CHANGE) * 3

#: Rows from which on, for the time it takes, only so many remedies are tried.
MANY_ROWS, N_OF_MANY = 300, 4

#: Samples on which remedies are tried, since several may be: second moments are within some percent.
MAX_SAMPLES = 32

NONE = (
    "nothing that was tried: recommended weights, biases of 0, fastinit.calibrate, norms, residual connections; there "
    "remain fewer layers, or another activation"
)


def remedy(steps: tuple[Step, ...], rows: list[Figures], rng: object, n_samples: int, batch=None) -> str:
    """The first remedy with which the network is healthy, and not by a hair; else the first with which it is at all.

    Norms and residual connections make another network: they come last, and if nothing else helps.
    """
    n_samples = min(n_samples, MAX_SAMPLES)
    batch = None if batch is None else batch[:n_samples]
    of_weights, of_structure = _of_weights(steps, rows, rng, n_samples, batch), _of_structure(steps, rows)
    n_most = None if len(rows) <= MANY_ROWS else N_OF_MANY
    for candidates in (itertools.islice(of_weights, n_most), () if n_most else of_structure):
        barely = ""
        for text, change in candidates:
            tried = propagate.run(change(steps), rng, n_samples, batch)
            if not verdicts.of_stack(tried):
                if verdicts.strain(tried) <= AMPLE:
                    return text
                barely = barely or text
        if barely:
            return barely
    return NONE


def _of_weights(
    steps: tuple[Step, ...], rows: list[Figures], rng: object, n_samples: int, batch
) -> Iterator[tuple[str, Change]]:
    """The least change first."""
    own = _own(steps, rows)
    yield from own
    if len(own) == 2:
        yield "; ".join(text for text, _ in own), _all(own)
    # Beside what scales do not mend, such as equal units.
    starts = [("", _nothing)] + ([(f"{'; '.join(text for text, _ in own)}; then ", _all(own))] if own else [])
    for before, first in starts:
        for std in STDS:
            yield f"{before}fastinit.calibrate(..., std={std:g})", _calibrated(first, rng, n_samples, batch, std, False)
        yield f"{before}fastinit.calibrate(..., center=True)", _calibrated(first, rng, n_samples, batch, 1.0, True)


def _of_structure(steps: tuple[Step, ...], rows: list[Figures]) -> Iterator[tuple[str, Change]]:
    own = _own(steps, rows)
    before, first = "".join(f"{text}; " for text, _ in own), _all(own)
    for norm in ("layer", "batch"):
        yield f"{before}norm={norm!r} before each hidden activation", _normed(first, norm)
    yield f"{before}a residual connection past each hidden layer, and norm='rms' before it", _bypassed(first)


def _own(steps: tuple[Step, ...], rows: list[Figures]) -> list[tuple[str, Change]]:
    """Of weights and biases that are not as recommended."""
    return [found for found in (_weights(rows), _biases(steps)) if found is not None]


def _nothing(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return steps


def _all(changes: list[tuple[str, Change]]) -> Change:
    def change(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        for _, one in changes:
            steps = one(steps)
        return steps

    return change


def _weights(rows: list[Figures]) -> tuple[str, Change] | None:
    """The recommended scheme where weights are of another width, or units equal."""
    alike = [row for row in rows if row.duplicates >= verdicts.DUPLICATE_SHARE]
    odd = {id(row): row for row in [*advice.odd(rows), *alike]}
    if not odd:
        return None
    names: dict[str, list[str]] = {}
    for row in rows:
        if id(row) in odd:
            names.setdefault(str(row.step.recommended), []).append(row.step.title)
    n_weighted = sum(row.step.has_weights for row in rows)
    text = "; ".join(f"weights of {listed(own, n_weighted)}: {scheme}" for scheme, own in names.items())
    changed = {row.step.name for row in odd.values()}

    def change(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return replaced(
            steps,
            lambda layer: layer._replace(weights=None, scheme=layer.recommended) if layer.name in changed else layer,
        )

    return text, change


def _biases(steps: tuple[Step, ...]) -> tuple[str, Change] | None:
    biased = [layer for layer in layers(steps) if np.any(layer.bias)]
    if not biased:
        return None
    name = biased[0].activation.name
    text = f"biases: {recommend(name if name in BY_ACTIVATION else None, 'bias')}"
    return text, lambda given: replaced(given, lambda layer: layer._replace(bias=np.float64(0.0)))


def _calibrated(first: Change, rng: object, n_samples: int, batch, std: float, is_centred: bool) -> Change:
    def change(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        steps = first(steps)
        # By default another batch than the one that is checked: the remedy is not to suit that one alone.
        h = propagate.inputs(steps, rng, n_samples, calibrating.INPUTS) if batch is None else batch
        return calibrating.run(steps, h, rng, std, is_centred)[0]

    return change


def _normed(first: Change, norm: str) -> Change:
    def change(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        *hidden, last = first(steps)
        return (*replaced(hidden, lambda layer: layer if layer.norm else layer._replace(norm=norm)), last)

    return change


def _bypassed(first: Change) -> Change:
    linear = activations.make("", "", "linear")

    def bypass(step: Step) -> Step:
        if isinstance(step, Residual) or not step.has_weights or step.n_in != step.n_out or step.stride > 1:
            return step
        norm = plain_norm(f"{step.name}: norm", linear)
        return Residual(f"{step.name}: block", (norm, step), (), linear)

    def change(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        *hidden, last = first(steps)
        return (*map(bypass, hidden), last)

    return change

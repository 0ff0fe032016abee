"""From what two passes showed to findings, and where each is: the thresholds that real modules need, with reasons."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from fastinit.checking import verdicts
from fastinit.checking.verdicts import SATURATED_SHARE, SCALE_CHANGE
from fastinit.torch.checking.passes import Pass, Passes
from fastinit.torch.checking.recording import NORM, WEIGHTS, Record

NOT_FINITE = "not finite"
#: What is not finite has no scale, so that it comes first.
ORDER = (NOT_FINITE, *verdicts.ORDER)

#: First layers and last layers: this part of all that have weights, at least one.
END_PART = 4

#: Softmax is flat on both sides, as tanh is.
SATURATED_ROWS = 2 * SATURATED_SHARE

#: Samples of a unit without which it is not said to be dead: one that is on half of the time is off for 8 with 0.4 %.
MIN_SEEN = 8


class Fault(NamedTuple):
    """One finding, where it shows, and why."""

    finding: str
    places: tuple[str, ...]  #: names of layers or parameters, worst first
    why: str  #: of the worst


def faults(passes: Passes, batch_second_moment: float, change: float = SCALE_CHANGE) -> list[Fault]:
    """All, in ORDER; `change` is the factor by which second moments may change."""
    first, last = passes.first, passes.last
    scales = [*_scale(first, batch_second_moment, change), *_gradients(last, change)]
    # Logits that are too large because activations before them are have no fault of their own.
    logits = [] if any(fault.finding == "exploding" for fault in scales) else _logits(first)
    found = [*_not_finite(first), *_symmetric(last), *_dead(first), *_saturating(first), *logits, *scales]
    return sorted([*found, *_unreached(last)], key=lambda fault: ORDER.index(fault.finding))


def at_once(first: Pass, batch_second_moment: float) -> list[Fault]:
    """Those that no passes after the first could take back."""
    scales = list(_scale(first, batch_second_moment, SCALE_CHANGE))
    return [*_not_finite(first), *_dead(first), *_saturating(first), *_logits(first), *scales]


def _not_finite(one: Pass) -> Iterator[Fault]:
    bad = [p for p in one.parameters.values() if p.n_not_finite]
    if bad:
        why = f"{bad[0].n_not_finite} values of {bad[0].name} are NaN or infinite"
        yield Fault(NOT_FINITE, tuple(p.name for p in bad), why)
    rows = [row for row in one.records if row.outputs.n_values and not row.outputs.finite]
    if rows and not bad:
        yield Fault(NOT_FINITE, _names(rows), f"outputs of {shown(rows[0])} are NaN or infinite, the first that are")
    elif not bad:
        rows = [row for row in one.records if row.gradients.n_values and not row.gradients.finite]
        if rows:
            why = f"gradients at {shown(rows[-1])} are NaN or infinite, the first that are, going back"
            yield Fault(NOT_FINITE, _names(rows[::-1]), why)


def _symmetric(one: Pass) -> Iterator[Fault]:
    # Units of the last layer are told apart by targets, which a small batch does not have for all of them.
    last = _last_with_weights(one)
    equal = {name: one.equal[name] for name in one.equal if last is None or name not in last.parameters}
    if equal:
        worst = max(equal, key=lambda name: equal[name][0] / equal[name][1])
        n_equal, n_units = equal[worst]
        why = f"{n_equal} of {n_units} units of {worst} have the weights and the gradient of another"
        yield Fault("symmetric", (worst, *(name for name in equal if name != worst)), why)


def _dead(one: Pass) -> Iterator[Fault]:
    def is_dead(row: Record) -> bool:
        flat = row.flatness
        if flat is None or flat.n_sides == 2 or flat.n_seen < MIN_SEEN:
            return False
        return flat.dead >= verdicts.most_dead(flat.n_units)

    rows = sorted(filter(is_dead, one.records), key=lambda row: -row.flatness.dead)
    if rows:
        why = f"{rows[0].flatness.dead:.0%} of the units of {shown(rows[0])} pass nothing on, whatever the sample"
        yield Fault("dead", _names(rows), why)


def _saturating(one: Pass) -> Iterator[Fault]:
    def is_flat(row: Record) -> bool:
        flat = row.flatness
        return flat is not None and flat.n_sides > 0 and flat.saturated > flat.n_sides * SATURATED_SHARE

    rows = sorted(filter(is_flat, one.records), key=lambda row: -row.flatness.saturated)
    if rows:
        why = f"{rows[0].flatness.saturated:.0%} of the outputs of {shown(rows[0])} lie where it is flat"
        yield Fault("saturating", _names(rows), why)
    found = sorted(one.softmaxes, key=lambda record: -record.evenness.saturated)
    sharp = [record for record in found if record.evenness.saturated > SATURATED_ROWS]
    if sharp:
        even = sharp[0].evenness
        why = (
            f"{even.saturated:.0%} of the rows of softmax in {sharp[0].name or 'the module'} give all to one of "
            f"{even.n_keys}; their entropy is {even.entropy:.2g} of the largest"
        )
        yield Fault("saturating", tuple(dict.fromkeys(record.name for record in sharp)), why)


def _logits(one: Pass) -> Iterator[Fault]:
    if one.scores_saturated > SATURATED_ROWS:
        logits = one.logits
        why = (
            f"the logits have standard deviation {logits.std:.3g}: {one.scores_saturated:.0%} of the samples give all "
            f"to one class, and the first loss is {logits.loss:.3g}, where ln(classes) is {logits.ln_classes:.3g}"
        )
        yield Fault("saturating", (_last_with_weights(one).name,), why)


def _scale(one: Pass, batch_second_moment: float, change: float) -> Iterator[Fault]:
    """Activations, from one normalization to the next: against what the last one gave, or the batch.

    Growth counts where gradients come: angles, masks and counts have a scale of their own.
    """
    start = largest = batch_second_moment or math.nan
    grown: dict[str, float] = {}
    head = _last_with_weights(one) if one.logits else None  # `_logits` judges its outputs
    for row, following in itertools.zip_longest(one.records, one.records[1:]):
        level = row.outputs.second_moment
        if not level > 0 or (following and following.role == NORM and following.input_second_moment == level):
            continue  # a norm takes that scale away
        if row.role == NORM or math.isnan(start):
            start, largest = level, level if math.isnan(largest) else max(level, largest)
        elif level > change * largest and row.gradients.n_values and row is not head:
            grown[row.name] = max(level / largest, grown.get(row.name, 0.0))
    if grown:
        worst = max(grown, key=grown.__getitem__)
        why = f"the second moment of activations grows to {grown[worst]:.2g} of what they begin with at {worst}"
        yield Fault("exploding", (worst, *(name for name in grown if name != worst)), why)
    # Within a branch scales may be small. What the last layer sees is no branch.
    row = next((row for row in reversed(one.records) if row.role in (WEIGHTS, NORM)), None)
    if row and row.role == WEIGHTS and 0 < row.input_second_moment < start / change:
        ratio = row.input_second_moment / start
        why = f"the second moment of activations falls to {ratio:.2g} of what they begin with before {shown(row)}"
        yield Fault("vanishing", (row.name,), why)


def scale_ratios(one: Pass, batch_second_moment: float) -> list[float]:
    """Of second moments, to the last normalization's outputs; before one, to the batch or the first row."""
    start, found = batch_second_moment or math.nan, []
    for row in one.records:
        level = row.outputs.second_moment
        if row.role == NORM or math.isnan(start):
            start = level
        found.append(level / start if start else math.nan)
    return found


def _gradients(one: Pass, change: float) -> Iterator[Fault]:
    """What moves the output at the first layers against the last ones."""
    rows = [row for row in one.records if row.role == WEIGHTS and row.elasticity > 0]
    n_ends = max(len(rows) // END_PART, 1)
    if len(rows) < 2:
        return
    first = max(rows[:n_ends], key=lambda row: row.elasticity)
    last = max(rows[-n_ends:], key=lambda row: row.elasticity)
    ratio = first.elasticity / last.elasticity
    if not 1 / change**2 <= ratio <= change**2:  # a product of two second moments, each of which may change so
        finding, verb = ("vanishing", "falls") if ratio < 1 else ("exploding", "grows")
        why = f"the gradient, relative to the activations, {verb} to {math.sqrt(ratio):.2g} of {shown(last)}'s"
        yield Fault(finding, _names(rows[:n_ends]), f"{why} at {shown(first)}")


def _unreached(one: Pass) -> Iterator[Fault]:
    """Layers that run and that no gradient reaches, when zero-initialized ends have moved."""
    owner = defaultdict(list)
    for row in one.records:
        for name in row.parameters:
            if len(one.parameters[name].shape) > 1 and one.parameters[name].trainable:
                owner[name].append(row)
    without = [name for name in owner if not one.parameters[name].is_reached]
    n_ends = max(len(owner) // END_PART, 1)
    are_first_cut = all(name in without for name in list(owner)[:n_ends])
    if without and (are_first_cut or 2 * len(without) > len(owner)):
        why = f"no gradient reaches {len(without)} of {len(owner)} weights, first {without[0]}"
        yield Fault("vanishing", tuple(without), why)


def _last_with_weights(one: Pass) -> Record | None:
    rows = [row for row in one.records if row.role == WEIGHTS]
    return (rows or one.records or [None])[-1]


def _names(rows: list[Record]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.name for row in rows))


def shown(row: Record) -> str:
    """A layer by its name; a function by the module that calls it too."""
    return row.name if row.role != "other" or not row.name else f"{row.name} ({row.kind})"

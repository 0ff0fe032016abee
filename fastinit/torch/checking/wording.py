"""Reason, remedy and notes in words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from fastinit.checking import beginnings
from fastinit.checking.verdicts import SIGNAL_SHARE
from fastinit.torch.checking.judging import Fault
from fastinit.torch.checking.passes import Pass, Passes
from fastinit.torch.checking.recording import NORM

#: Names that a sentence has.
N_NAMES = 4

HEALTHY = (
    "activations and gradients keep their scale from the first layers to the last, units differ, and samples are told "
    "apart"
)


def reason(faults: list[Fault]) -> str:
    """Of the verdict: what shows worst, and all layers that share it."""
    if not faults:
        return HEALTHY
    same = [fault for fault in faults if fault.finding == faults[0].finding]
    places = list(dict.fromkeys(place or "the module" for fault in same for place in fault.places))
    others = f" ({len(places)} places: {names(places)})" if len(places) > 1 else ""
    return f"{same[0].why}{others}"


def names(places: Iterable[str], n_most: int = N_NAMES) -> str:
    """A few names; of many, those that differ by numbers together."""
    places = list(places)
    grouped: dict[str, list[str]] = {}
    for place in places:
        grouped.setdefault(place if len(places) <= N_NAMES else re.sub(r"\d+", "*", place), []).append(place)
    texts = [group[0] if len(group) == 1 else f"{pattern} ({len(group)})" for pattern, group in grouped.items()]
    return ", ".join(texts[:n_most]) + (", ..." if len(texts) > n_most else "")


def notes(passes: Passes, batch: str, batch_varies: bool) -> tuple[str, ...]:
    """What was run, and what looks odd and is meant."""
    one = passes.first
    figures = list(one.parameters.values())
    signal = passes.last.output.signal
    frozen = [figure.name for figure in figures if not figure.trainable]
    unused = [figure.name for figure in figures if figure.trainable and math.isnan(figure.gradient_norm)]
    found = [f"{batch}; gradients are of {one.label}"]
    if one.logits:
        scale = f"logits have standard deviation {one.logits.std:.3g}"
        found.append(f"{scale}; the first loss is {one.logits.loss:.3g}, ln(classes) {one.logits.ln_classes:.3g}")
    if not one.records:
        found.append("no layer was seen: within scripted modules there are none")
    behind = [
        f.name for f in figures if f.trainable and f.gradient_norm == 0 and passes.last.parameters[f.name].is_reached
    ]
    zeros = [name for name in passes.opened if name in _matrices_and_gates(one)]
    if behind and zeros:
        found.append(
            f"{names(zeros)}: zero at the beginning, as ends of residual branches, gates and adapters are; they move "
            f"at the first steps, and {len(behind)} parameters behind them after that"
        )
    narrow = depth_scaled(one)
    if narrow:
        found.append(f"{names(narrow)}: narrower by 1 / sqrt(number of residual branches), as in GPT-2")
    if batch_varies and signal < SIGNAL_SHARE:
        found.append(f"only {signal:.1g} of the output's variance varies across samples, below bfloat16's rounding")
    named = [(figure.name, figure.beginning) for figure in figures]
    found += beginnings.notes(named, sum(len(figure.shape) > 1 for figure in figures), "weights")
    if frozen:
        found.append(f"{len(frozen)} parameters are frozen: {names(frozen)}")
    if unused:
        found.append(f"no gradient reaches {len(unused)} parameters: {names(unused)}")
    return tuple(found)


def _matrices_and_gates(one: Pass) -> set[str]:
    """Parameters that multiply, as far as names tell."""
    return {name for name in one.parameters if not name.endswith("bias")}


#: Which block it is, in a name.
BLOCK_NUMBER = re.compile(r"(?<=\.)\d+(?=\.)")

#: How near 1 / sqrt(n) a ratio of two root mean squares is: standard errors of 1 / sqrt(2 n_values) are far below it
#: from a thousand values on.
DEPTH_TOLERANCE = 0.06


def depth_scaled(one: Pass) -> list[str]:
    """Weights of blocks that are narrower than all others by the root of the number of their own kind, or of twice it.

    A block has one or two branches, and each ends in one of them. The others have one width, whatever their fans.
    """
    normed = {name for row in one.records if row.role == NORM for name in row.parameters}
    groups: dict[str, list[str]] = {}
    for name, figure in one.parameters.items():
        if len(figure.shape) == 2 and name not in normed and math.prod(figure.shape) >= 1000:
            groups.setdefault(BLOCK_NUMBER.sub("*", name), []).append(name)
    blocks = [group for group in groups.values() if len(group) > 1]
    width = max((_rms(one, group) for group in blocks), default=0.0) or 1.0
    rest = [group for group in blocks if abs(_rms(one, group) / width - 1) > DEPTH_TOLERANCE]
    by_fan_in = [_rms(one, group) * math.sqrt(one.parameters[group[0]].shape[1]) for group in blocks]
    if not rest or max(by_fan_in) < min(by_fan_in) * (1 + DEPTH_TOLERANCE):
        return []
    are_scaled = all(_is_scaled(_rms(one, group) / width, _n_blocks(group)) for group in rest)
    return [name for group in rest for name in group] if are_scaled else []


def _n_blocks(group: list[str]) -> int:
    return len({BLOCK_NUMBER.search(name).group() for name in group})


def _is_scaled(ratio: float, n_blocks: int) -> bool:
    return any(abs(ratio * math.sqrt(n) - 1) < DEPTH_TOLERANCE for n in (n_blocks, 2 * n_blocks))


def _rms(one: Pass, group: list[str]) -> float:
    return math.sqrt(sum(one.parameters[name].rms ** 2 for name in group) / len(group))

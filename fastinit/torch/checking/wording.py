"""Reason, remedy and notes in words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from fastinit.schemes.recommendation import recommend
from fastinit.torch.checking.judging import Fault
from fastinit.torch.checking.passes import Pass, Passes
from fastinit.torch.checking.recording import NORM, WEIGHTS, Record

#: Names that a sentence has.
N_NAMES = 4

HEALTHY = (
    "activations and gradients keep their scale from the first layers to the last, units differ, and samples are told "
    "apart"
)

#: What modules are called whose function `recommend` knows by another name.
FUNCTIONS = {"leakyrelu": "leaky_relu", "gelutanh": "gelu", "newgeluactivation": "gelu", "geluactivation": "gelu"}


def reason(faults: list[Fault]) -> str:
    """Of the verdict: what shows worst, and all layers that share it."""
    if not faults:
        return HEALTHY
    same = [fault for fault in faults if fault.finding == faults[0].finding]
    places = list(dict.fromkeys(place or "the module" for fault in same for place in fault.places))
    others = f" ({len(places)} places: {names(places)})" if len(places) > 1 else ""
    return f"{same[0].why}{others}"


def names(places: Iterable[str]) -> str:
    """A few names; of many, those that differ by numbers together."""
    places = list(places)
    grouped: dict[str, list[str]] = {}
    for place in places:
        grouped.setdefault(place if len(places) <= N_NAMES else re.sub(r"\d+", "*", place), []).append(place)
    texts = [group[0] if len(group) == 1 else f"{pattern} ({len(group)})" for pattern, group in grouped.items()]
    return ", ".join(texts[:N_NAMES]) + (", ..." if len(texts) > N_NAMES else "")


def remedy(faults: list[Fault], one: Pass) -> str:
    """What to do about the verdict."""
    if not faults:
        return ""
    finding, places, _ = faults[0]
    if finding == "not finite":
        return "find what divides by zero, overflows or was read wrongly; weights: any scheme gives finite ones"
    layers = [row for row in _layers_at(places, one) if row.role == WEIGHTS]
    if not layers:
        return "the layers before it: weights of the scale that fastinit.recommend has for their activation"
    weights = [_scheme(row, one) for row in layers]
    also = {"dead": "; biases: fastinit.get('zeros')"}.get(finding, "")
    text = "; ".join(f"{names(places)}: {scheme}" for scheme, places in _by_scheme(weights).items())
    return f"{text}{also}"


def _layers_at(places: tuple[str, ...], one: Pass) -> list[Record]:
    """Rows of layers, or of what owns a parameter; before an activation, the layer that feeds it."""
    found: dict[str, Record] = {}
    before = None
    for row in one.records:
        if row.role == WEIGHTS:
            before = row
        if row.name in places or any(name in places for name in row.parameters):
            found.setdefault(before.name if before else row.name, before or row)
    return list(found.values())


def _scheme(row: Record, one: Pass) -> tuple[str, str]:
    """The scheme for a layer's weights, of the activation that comes next, and their name."""
    name = next((name for name in row.parameters if len(one.parameters[name].shape) > 1), row.name)
    shape = one.parameters[name].shape if name in one.parameters else ()
    after = one.records[one.records.index(row) + 1 :][:3]
    activation = next((_function(found) for found in after if _function(found)), "linear")
    layout = "io" if row.kind == "Conv1D" else "oi"
    scheme = recommend(activation, "conv" if len(shape) > 2 else "dense", fans=layout)
    return str(scheme).partition("  #")[0], name


def _function(row: Record) -> str | None:
    if row.flatness is None:
        return None
    name = FUNCTIONS.get(row.kind.lower(), row.kind.lower())
    try:
        recommend(name)
    except ValueError:
        return None
    return name


def _by_scheme(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for scheme, name in pairs:
        found.setdefault(scheme, []).append(name)
    return found


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
    if frozen:
        found.append(f"{len(frozen)} parameters are frozen: {names(frozen)}")
    if unused:
        found.append(f"no gradient reaches {len(unused)} parameters: {names(unused)}")
    return tuple(found)


def _matrices_and_gates(one: Pass) -> set[str]:
    """Parameters that multiply, as far as names tell."""
    return {name for name in one.parameters if not name.endswith("bias")}


#: Share of the output's variance across samples that is said: a value of bfloat16 is known to 2**-9 of itself, and
#: rounding is larger than what is below the square of that. No fault by itself: training may widen it at once.
SIGNAL_SHARE = 2.0**-18

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

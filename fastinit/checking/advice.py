"""The reason for a verdict and what is to be known besides, each in a line."""

from __future__ import annotations

import math
from collections.abc import Callable

from fastinit.checking import beginnings
from fastinit.checking.figures import Figures
from fastinit.checking.naming import listed
from fastinit.checking.network import Residual
from fastinit.checking.verdicts import LOST_SHARE, SCALE_CHANGE, SIGNAL_SHARE

#: Weights count as of the recommended width up to this factor either way; schemes that are in use for the same
#: activation are up to 1.24 apart (ELU: He's, and its own gain).
SAME_WIDTH = 1.25

FLOAT32_MAX, FLOAT32_MIN = 3.4e38, 1.4e-45


def reason(verdict: str, rows: list[Figures]) -> str:
    """What is wrong, at the layer where it shows most."""
    return REASONS[verdict](rows)


def notes(rows: list[Figures]) -> tuple[str, ...]:
    """What looks odd and is meant, as branches that begin as nothing; and what is faint."""
    blocks = [row.step for row in rows if isinstance(row.step, Residual)]
    ends = {id(block.branch[-1]): block for block in blocks}
    ends = [(ends[id(row.step)], row) for row in rows if id(row.step) in ends]
    found = []
    zeros = [block.title for block, row in ends if row.ratio == 0]
    if zeros:
        found.append(
            f"{listed(zeros, len(blocks), 'blocks')}: the branch ends in zeros, so that the block passes its "
            "inputs on at first, and its last layer learns before the others (Goyal et al. 2017, Zhang et al. 2019)"
        )
    by_depth = [block.title for block, row in ends if _is_by_depth(row, len(blocks))]
    if by_depth:
        found.append(
            f"{listed(by_depth, len(blocks), 'blocks')}: the branch ends in weights narrowed by depth, "
            "about 1 / sqrt(blocks), so that the stream's scale stays (Radford et al. 2019)"
        )
    weighted = [row for row in rows if row.step.has_weights]
    found += beginnings.notes(((row.step.title, row.beginning) for row in weighted), len(weighted))
    faint = min((row for row in rows if not row.is_in_branch), key=lambda row: row.signal)
    if LOST_SHARE <= faint.signal < SIGNAL_SHARE:
        found.append(
            f"{faint.step.title}: {faint.signal:.1g} of the outputs' second moment varies from sample to sample, below "
            "the rounding of bfloat16; biases carry the rest"
        )
    return tuple(found)


def _is_by_depth(row: Figures, n_blocks: int) -> bool:
    """Of GPT-2's width, with one or two branches to a block, or of the square root without the 2."""
    return n_blocks > 1 and any(
        abs(math.log(row.width * math.sqrt(n))) < math.log(SAME_WIDTH)
        for n in (n_blocks, 2 * n_blocks)
        if row.width > 0
    )


def odd(rows: list[Figures]) -> list[Figures]:
    """Those whose weights have not the recommended width; ends of branches are narrower with a purpose."""
    ends = {id(row.step.branch[-1]) for row in rows if isinstance(row.step, Residual)}
    return [
        row
        for row in rows
        if not math.isnan(row.width)
        and not (id(row.step) in ends and row.width < 1)
        and oddity(row) > math.log(SAME_WIDTH)
    ]


def oddity(row: Figures) -> float:
    return abs(math.log(row.width)) if 0 < row.width < math.inf else math.inf


def _healthy(rows: list[Figures]) -> str:
    return "second moments of activations and of gradients stay within a factor of 1000, and units differ"


def _symmetric(rows: list[Figures]) -> str:
    row = max(rows, key=lambda row: row.duplicates)
    return (
        f"{row.duplicates:.0%} of the units of {row.step.title} have the same weights as another, before them and "
        "after them: they compute the same, and training moves them alike"
    )


def _dead(rows: list[Figures]) -> str:
    row = max(rows, key=lambda row: row.dead)
    share = f"{row.dead:.0%} of the units of {row.step.title}"
    return f"{share} pass nothing on, whatever the sample: {_where_flat(row)}"


def _where_flat(row: Figures) -> str:
    bias = 0.0 if isinstance(row.step, Residual) else float(row.step.bias.mean())
    return f"{row.step.activation} is flat there" + (f", and the biases have mean {bias:.3g}" if bias else "")


def _saturating(rows: list[Figures]) -> str:
    row = max(rows, key=lambda row: row.saturated)
    return (
        f"{row.saturated:.0%} of the outputs of {row.step.title} lie where {row.step.activation} is flat, with under "
        f"1/20 of its largest slope{_widths(rows)}"
    )


def _scale(grows: bool) -> Callable[[list[Figures]], str]:
    def describe(rows: list[Figures]) -> str:
        shown = rows if grows else [row for row in rows if not row.is_in_branch]
        extreme = max if grows else min
        ratios = {"activations": [row.ratio for row in shown], "gradients": [row.gradient_ratio for row in shown]}
        # NaN comes of an overflow.
        ratios = {
            what: [math.inf if math.isnan(value) else value for value in values] for what, values in ratios.items()
        }
        # Of gradients the square is allowed where there are norms.
        powers = {"activations": 1.0, "gradients": 0.5 if rows[0].has_norms else 1.0}
        what = extreme(ratios, key=lambda what: extreme(ratios[what]) ** powers[what])
        ratio = extreme(ratios[what])
        if not grows and ratio ** powers[what] >= 1 / SCALE_CHANGE:
            return _signal(shown) + _widths(rows)
        position = ratios[what].index(ratio)
        n_steps = position + 1 if what == "activations" else len(shown) - 1 - position
        rate = ratio ** (1 / max(n_steps, 1))
        start = "the inputs'" if what == "activations" else "the outputs'"
        return (
            f"the second moment of {what} {'grows' if grows else 'falls'} to {ratio:.2g} of {start} at "
            f"{shown[position].step.title}, {rate:.2g} a layer{_in_float32(ratio)}{_widths(rows)}"
        )

    return describe


def _signal(rows: list[Figures]) -> str:
    row = min(rows, key=lambda row: row.signal)
    return (
        f"what varies from sample to sample falls to {row.signal:.2g} of the activations' second moment at "
        f"{row.step.title}: below the rounding of float32, samples are told apart no more"
    )


def _in_float32(ratio: float) -> str:
    root = math.sqrt(ratio)
    return ", beyond float32" if root > FLOAT32_MAX else ", 0 in float32" if root < FLOAT32_MIN else ""


def _widths(rows: list[Figures]) -> str:
    """The layers that share the fault: those that are as odd as the oddest one."""
    found = odd(rows)
    if not found:
        return ""
    worst = max(found, key=oddity)
    alike = [row for row in found if _is_alike(row.width, worst.width)]
    widths = [row.width for row in alike]
    least, most = min(widths), max(widths)
    factor = f"{worst.width:.3g}" if most <= 1.05 * least else f"{least:.3g} to {most:.3g}"
    n_weighted = sum(not math.isnan(row.width) for row in rows)
    names = listed([row.step.title for row in alike], n_weighted)
    return f"; the weights of {names} are {factor} times as wide as recommended"


def _is_alike(width: float, other: float) -> bool:
    return width == other or (min(width, other) > 0 and max(width, other) / min(width, other) <= SAME_WIDTH)


#: Every verdict, and what is said of it.
REASONS: dict[str, Callable[[list[Figures]], str]] = {
    "healthy": _healthy,
    "symmetric": _symmetric,
    "dead": _dead,
    "saturating": _saturating,
    "exploding": _scale(grows=True),
    "vanishing": _scale(grows=False),
}

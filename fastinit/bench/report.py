"""The results as text, and the figures in it that the plot shares.

Saved results (``--json``, format 1) are one object:

================ ==================================================================================================
`format`         1
`machine`        processor, n_processors, threads_in_use, instruction_set, memory_bytes, huge_pages, platform
`versions`       of Python and of each installed distribution that was measured
`plan`           mode, n_mib and n_rounds
`contenders`     for each name its title, note, threads, in_place and ceiling
`results`        one for each case: law, dtype, n_bytes, n_threads, pages, calls_per_round; `seconds` for one call, by
                 contender, one for each round; `left_out`, by contender, the reason
================ ==================================================================================================
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from fastinit.bench.measure import binary_size
from fastinit.bench.peer_interface import LAWS
from fastinit.bench.peers import CEILINGS, PEERS

FORMAT = 1
CEILING = "memory ceiling"
ITEM_BYTES = {"float32": 4}


def table_results(saved: dict, law: str) -> list[dict]:
    """The table's cases of one law, by number of threads."""
    n_bytes = saved["plan"]["n_mib"] << 20
    chosen = [r for r in saved["results"] if r["law"] == law and r["n_bytes"] == n_bytes]
    return sorted(chosen, key=lambda r: r["n_threads"])


def size_results(saved: dict, law: str) -> list[dict]:
    """All sizes of one law on the fewest threads, by size."""
    fewest = min(r["n_threads"] for r in saved["results"])
    chosen = [r for r in saved["results"] if r["law"] == law and r["n_threads"] == fewest]
    return sorted(chosen, key=lambda r: r["n_bytes"])


def rounds(result: dict, name: str) -> list[float]:
    """Seconds in each round; for `CEILING`, the better of the ways to write memory."""
    if name != CEILING:
        return result["seconds"][name]
    return [min(pair) for pair in zip(*(result["seconds"][c] for c in CEILINGS), strict=True)]


def bytes_per_second(result: dict, name: str) -> list[float]:
    """The rate in each round."""
    return [result["n_bytes"] / seconds for seconds in rounds(result, name)]


def ratios(result: dict, name: str) -> list[float]:
    """How many times as fast as `name` fastinit was, in each round."""
    return [their / our for their, our in zip(rounds(result, name), rounds(result, "fastinit"), strict=True)]


def names(result: dict) -> list[str]:
    """The contenders that were measured, the ceiling last."""
    return [name for name in result["seconds"] if name not in CEILINGS] + [CEILING]


def title(name: str) -> str:
    """What tables call a contender."""
    return name if name == CEILING else PEERS[name].title


def lines(saved: dict) -> Iterator[str]:
    """All of it, as text."""
    yield from _heading(saved)
    yield ""
    yield f"{'law':8} {'threads':>7}  {'':20} {'10^9 values/s':>20} {'GB/s':>7}  fastinit is ... times as fast"
    for law in LAWS:
        for result in table_results(saved, law):
            yield from _rows(result)
    yield ""
    yield from _sizes(saved)
    yield from _left_out(saved)


def _heading(saved: dict) -> Iterator[str]:
    machine, plan = saved["machine"], saved["plan"]
    memory = f", {machine['memory_bytes'] / 2**30:.0f} GiB" if machine["memory_bytes"] else ""
    yield f"{machine['processor']}, {machine['instruction_set']}, {machine['n_processors']} processors{memory}"
    yield f"{machine['platform']}, huge pages: {machine['huge_pages']}"
    yield ", ".join(f"{name} {version}" for name, version in saved["versions"].items())
    size, n_rounds = binary_size(plan["n_mib"] << 20), plan["n_rounds"]
    yield f"float32, {size}, pages touched before; medians of {n_rounds} rounds (least-most)"


def _rows(result: dict) -> Iterator[str]:
    first = f"{result['law']:8} {result['n_threads']:7}"
    per_value = ITEM_BYTES[result["dtype"]] * 1e9
    for name in names(result):
        rates = bytes_per_second(result, name)
        text = f"{first:16}  {title(name):20} {_spread([r / per_value for r in rates], '.3f'):>20}"
        text += f" {statistics.median(rates) / 1e9:7.2f}"
        yield text if name == "fastinit" else f"{text}  {_spread(ratios(result, name), '.3g')}"
        first = ""


def _spread(figures: list[float], form: str) -> str:
    return f"{statistics.median(figures):{form}} ({min(figures):{form}}-{max(figures):{form}})"


def _sizes(saved: dict) -> Iterator[str]:
    yield "GB/s by size, on the fewest threads; the smallest are mostly the cost of a call"
    for law in LAWS:
        results = size_results(saved, law)
        columns = names(results[0])
        yield f"{law:8} " + "".join(f"{title(name):>16}" for name in columns)
        for result in results:
            yield f"{binary_size(result['n_bytes']):>8} " + "".join(f"{_median(result, n):>16}" for n in columns)


def _median(result: dict, name: str) -> str:
    if name != CEILING and name not in result["seconds"]:
        return "-"
    return f"{statistics.median(bytes_per_second(result, name)) / 1e9:.3g}"


def _left_out(saved: dict) -> Iterator[str]:
    reasons: dict[tuple[str, str], None] = {}
    for result in saved["results"]:
        reasons |= dict.fromkeys(result["left_out"].items())
    if reasons:
        yield ""
        yield "not measured"
        yield from (f"  {title(name)}: {reason}" for name, reason in reasons)

"""The results as text, and the figures in it that the plot shares.

Saved results (``--json``, format 2) are one object:

================ ==================================================================================================
`format`         2
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
from collections.abc import Iterator, Sequence

from fastinit.bench.buffers import ITEM_BYTES
from fastinit.bench.measure import binary_size
from fastinit.bench.peer_interface import COMMON_LAWS, N_DEVIATIONS
from fastinit.bench.peers import CEILINGS, PEERS
from fastinit.common.terminal import counted

FORMAT = 2
CEILING = "memory ceiling"
UNSTEADY = 1.5  # times the fastest round, for the slowest


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
    for results in zip(*(table_results(saved, law) for law in COMMON_LAWS), strict=True):
        yield ""
        yield from _table(results)
    yield from _unsteady(saved)
    yield ""
    yield from _sizes(saved)
    yield from _truncated(saved)
    yield from _notes(saved)
    yield from _left_out(saved)


def _heading(saved: dict) -> Iterator[str]:
    machine, plan = saved["machine"], saved["plan"]
    memory = f", {machine['memory_bytes'] / 2**30:.0f} GiB" if machine["memory_bytes"] else ""
    yield f"{machine['processor']}, {machine['instruction_set']}, {machine['n_processors']} processors{memory}"
    yield f"{machine['platform']}, huge pages: {machine['huge_pages']}"
    yield ", ".join(f"{name} {version}" for name, version in saved["versions"].items())
    size, n_rounds = binary_size(plan["n_mib"] << 20), plan["n_rounds"]
    dtype = saved["results"][0]["dtype"]
    yield f"{dtype}, {size}, pages touched before; medians of {n_rounds} rounds (least-most); values checked"


def _table(results: Sequence[dict]) -> Iterator[str]:
    """One number of threads: a row for each contender, two columns for each law."""
    threads = counted(results[0]["n_threads"], "thread")
    yield f"{threads:19}" + "".join(f"{result['law'] + ', 10^9/s':>24} {'fastinit / this':>20}" for result in results)
    for name in dict.fromkeys(name for result in results for name in names(result)[:-1]) | {CEILING: None}:
        yield (f"{title(name):19}" + "".join(_cells(result, name) for result in results)).rstrip()


def _cells(result: dict, name: str) -> str:
    """Rate, and how many times as fast fastinit is."""
    if name != CEILING and name not in result["seconds"]:
        return f"{'-':>24} {'-':>20}"
    per_value = ITEM_BYTES[result["dtype"]] * 1e9
    rate = _spread([r / per_value for r in bytes_per_second(result, name)])
    return f"{rate:>24} {'' if name == 'fastinit' else _spread(ratios(result, name)):>20}"


def _spread(figures: list[float]) -> str:
    return f"{statistics.median(figures):.3g} ({min(figures):.3g}-{max(figures):.3g})"


def _unsteady(saved: dict) -> Iterator[str]:
    """A warning, if a contender of the table was much slower in some rounds than in others."""
    results = [result for law in COMMON_LAWS for result in table_results(saved, law)]
    spreads = {(r["n_threads"], name): max(t) / min(t) for r in results for name, t in r["seconds"].items()}
    found = [
        f"{title(name)} ({counted(n, 'thread')})" for (n, name), spread in sorted(spreads.items()) if spread > UNSTEADY
    ]
    if found:
        yield ""
        yield f"rounds more than {UNSTEADY} apart, so something else was running: {', '.join(found)}"


def _sizes(saved: dict) -> Iterator[str]:
    """One row for each size, as many columns for each law as contenders."""
    pairs = list(zip(*(size_results(saved, law) for law in COMMON_LAWS), strict=True))
    columns = names(pairs[0][0])  # not the table's own, which has more at its size
    n_threads = pairs[0][0]["n_threads"]
    yield f"GB/s by size, {counted(n_threads, 'thread')}; the smallest are mostly the cost of a call"
    width = 10 * len(columns)
    yield " " * 8 + "".join(f"  {result['law']:-^{width - 2}}" for result in pairs[0])
    yield " " * 8 + "".join(f"{_short(name):>10}" for name in columns) * len(COMMON_LAWS)
    for pair in pairs:
        cells = "".join(f"{_median(result, name):>10}" for result in pair for name in columns)
        yield f"{binary_size(pair[0]['n_bytes']):>8}{cells}"


def _truncated(saved: dict) -> Iterator[str]:
    """Tables of the law that fewer contenders know."""
    results = sorted((r for r in saved["results"] if r["law"] == "truncated"), key=lambda r: r["n_threads"])
    yield ""
    size = binary_size(results[0]["n_bytes"])
    yield f"normal truncated at {N_DEVIATIONS} standard deviations, not rescaled; {size}"
    for result in results:
        yield ""
        yield from _table([result])


def _short(name: str) -> str:
    return "memory" if name == CEILING else title(name)


def _median(result: dict, name: str) -> str:
    if name != CEILING and name not in result["seconds"]:
        return "-"
    return f"{statistics.median(bytes_per_second(result, name)) / 1e9:.3g}"


def _notes(saved: dict) -> Iterator[str]:
    yield ""
    measured = {name for result in saved["results"] for name in result["seconds"]}
    for name, contender in saved["contenders"].items():
        if name in measured:
            yield f"{contender['title'] + ':':20} {contender['note']}"


def _left_out(saved: dict) -> Iterator[str]:
    reasons: dict[tuple[str, str], None] = {}
    for result in saved["results"]:
        reasons |= dict.fromkeys(result["left_out"].items())
    if reasons:
        yield ""
        yield "not measured"
        yield from (f"  {title(name)}: {reason}" for name, reason in reasons)

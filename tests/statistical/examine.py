"""A battery of our own: ``python tests/statistical/examine.py MIB [NAME ...]``, so many MiB of streams of stream.py.

In segments of 64 MiB (`short`: 1 MiB, each of a key of its own). Every measure gives p-values of the whole, and
of each segment, whose distribution is compared with the uniform one (Kolmogorov and Smirnov) from 20 segments on. A
line is printed for every p-value below 1e-3 or above 1 - 1e-3; below 1e-7 or above 1 - 1e-7 it FAILS, and so does the
command: some 70 p-values a stream, so that it fails for perfect bits once in 70,000 streams.
`related-keys` is the control, and must fail: the command then exits with 1 if it does not.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections import defaultdict
from pathlib import Path
from time import process_time

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from statistical.measures import MEASURES
from statistical.stream import N_SHORT, STREAMS, segments

UNUSUAL, FAILING = 1e-3, 1e-7

#: Words of a segment.
N_SEGMENT = 1 << 23

#: Segments from which on the distribution of their p-values is looked at.
MIN_SEGMENTS = 20

CONTROL = "related-keys"


def uniformity(p_values: list[float]) -> float:
    """Kolmogorov and Smirnov's p-value that these are uniform: the limit law, with Stephens's correction (1970)."""
    n, ordered = len(p_values), np.sort(p_values)
    steps = np.arange(n + 1) / n
    distance = max((steps[1:] - ordered).max(), (ordered - steps[:-1]).max())
    x = distance * (math.sqrt(n) + 0.12 + 0.11 / math.sqrt(n))
    if x < 0.3:
        return 1.0
    return min(1.0, 2 * sum((-1) ** (k - 1) * math.exp(-2 * k * k * x * x) for k in range(1, 101)))


def examine(name: str, n_words: int, n_segment: int | None = None) -> dict[str, float]:
    """p-values of a stream's first words, by what was measured."""
    n_segment = n_segment or (N_SHORT if name == "short" else min(N_SEGMENT, n_words))
    totals, by_segment = {}, defaultdict(list)
    for segment in itertools.islice(segments(name, n_segment), n_words // n_segment):
        for kind, measure in MEASURES.items():
            counts = measure.count(segment)
            totals[kind] = totals.get(kind, 0) + counts
            for what, p in measure.p_values(counts).items() if segment.size >= measure.least_words else ():
                by_segment[what].append(p)
    found = {what: p for kind, counts in totals.items() for what, p in MEASURES[kind].p_values(counts).items()}
    for what, p_values in by_segment.items():
        if len(p_values) >= MIN_SEGMENTS:
            found[f"{what}, of segments"] = uniformity(p_values)
    return found


def is_within(p: float, bound: float) -> bool:
    return bound <= p <= 1 - bound


def fails(what: str, p: float) -> bool:
    """Whether a p-value fails. That segments fit too well can be no more than rounding, and fails nothing."""
    return p < FAILING if what.endswith("of segments") else not is_within(p, FAILING)


def report(name: str, n_mib: int) -> bool:
    """Examine a stream and print what is unusual; whether it passed."""
    begun = process_time()
    found = examine(name, n_mib << 17)
    failed = [what for what, p in found.items() if fails(what, p)]
    for what, p in found.items():
        if what in failed or (not is_within(p, UNUSUAL) and not (what.endswith("of segments") and p > 0.5)):
            print(f"  {name}: {what}: p = {p:.3g}{'  FAILS' if what in failed else '  unusual'}")
    result = f"{len(failed)} of {len(found)} p-values fail"
    print(f"{name}: {n_mib:,} MiB: {result}, {process_time() - begun:.0f} s of processor time", flush=True)
    return not failed


def main(n_mib: int, *names: str) -> int:
    as_it_should = [report(name, n_mib) != (name == CONTROL) for name in names or STREAMS]
    return int(not all(as_it_should))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), *sys.argv[2:]))

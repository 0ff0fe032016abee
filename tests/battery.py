"""The heavy battery: ``python tests/battery.py [log2_n]``, 2**30 draws by default, some minutes on two cores.

Prints every score with its bound and exits with 1 if any is beyond it.
"""

from __future__ import annotations

import math
import sys

import numpy as np
from statistics_of import BOUND, correlation, normal_scores

import fastinit as fi


def uniform_scores(n_elements: int, piece: int = 1 << 17) -> dict[str, float]:
    """Scores of U(-a, a): mean, variance, sign; infinite if a draw touches a bound."""
    a = 0.05
    total, squares, positive, inside = 0.0, 0.0, 0, True
    for first in range(0, n_elements, piece):
        last = min(first + piece, n_elements)
        u = fi.uniform(n_elements, low=-a, high=a, rng=2026, index=slice(first, last)).astype(np.float64)
        inside &= bool(-a < u.min() and u.max() < a)
        total += u.sum()
        squares += (u * u).sum()
        positive += np.count_nonzero(u > 0)
    n = n_elements
    return {
        "uniform inside": 0.0 if inside else math.inf,
        "uniform mean": total / n / a * math.sqrt(3 * n),
        "uniform variance": (squares / n / a**2 - 1 / 3) * math.sqrt(n * 45 / 4),
        "uniform signs": (positive / n - 0.5) * 2 * math.sqrt(n),
    }


def independence_scores(n_elements: int) -> dict[str, float]:
    """Correlations, times sqrt(n), of what should be independent."""
    z = fi.normal(n_elements + 1024, rng=0)
    scores = {f"lag {lag}": correlation(z[:-1024], z[lag : lag + n_elements]) for lag in (1, 16, 32, 1024)}
    pairs = z.reshape(-1, 2, 16)
    scores["pairs"] = correlation(pairs[:, 0].ravel(), pairs[:, 1].ravel())
    scores["pairs, squared"] = correlation(pairs[:, 0].ravel() ** 2, pairs[:, 1].ravel() ** 2)
    blocks = z.reshape(-1, 1024)
    scores["adjacent blocks"] = correlation(blocks[:-1].ravel(), blocks[1:].ravel())
    for label, other in (("seed 0 and 1", dict(rng=1)), ("name '' and 'a'", dict(rng=0, name="a"))):
        scores[label] = correlation(z[:-1024], fi.normal(n_elements, **other))
    return scores


def main(log2_n: int = 30) -> int:
    n = 1 << log2_n
    scores = {**normal_scores(n), **uniform_scores(n), **independence_scores(1 << min(log2_n, 26))}
    for name, score in scores.items():
        print(f"{name:20} {score:8.3f}  {'ok' if abs(score) < BOUND else f'BEYOND {BOUND}'}")
    return int(any(abs(score) >= BOUND for score in scores.values()))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))

"""Samples counted in cells and powers, and scored against an exact law: in pieces, and in every dtype."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from exact_laws import Law, at_least, ends, location_and_scale, moments, probability_below, to_ordinals
from statistics_of import BOUND

#: Cells of equal probability, and steps of the grid that their borders lie on between the first and the last.
N_CELLS, N_STEPS = 4096, 1 << 17

#: Cells hold this share of the probability at least: where a dtype's numbers are sparse, and near zeros of a density.
LEAST_SHARE = 1 / (4 * N_CELLS)

#: Powers whose means are scored.
POWERS = {1: "mean", 2: "variance", 3: "third power", 4: "fourth power"}


def beyond(scores: dict[str, float]) -> dict[str, float]:
    """The scores that are not within the bound, NaN among them."""
    return {name: score for name, score in scores.items() if not abs(score) < BOUND}


class Tally:
    """What is kept of a sample of a law, rounded to a dtype: counts in cells, sums of powers, the extremes.

    Cells are made of whole rounding intervals, about equally probable, so that their probabilities are exact for the
    rounded values.
    """

    def __init__(self, law: Law, dtype: np.dtype, n_cells: int = N_CELLS):
        self.law, self.dtype = law, dtype
        self.centre, self.unit = location_and_scale(law)
        inner = law.quantile(np.arange(1, n_cells) / n_cells)
        self.step = 2.0 ** math.floor(math.log2((inner[-1] - inner[0]) / N_STEPS))
        steps = np.unique(np.rint(inner / self.step))
        self.first_step = int(steps[0])
        self.steps = self._apart(steps)
        self.n = 0
        self.counts = np.zeros(int(steps[-1] - steps[0]) + 2, np.int64)
        self.sums = np.zeros(max(POWERS) + 1)
        self.least, self.greatest = math.inf, -math.inf

    def _apart(self, steps: np.ndarray) -> np.ndarray:
        """Borders with LEAST_SHARE and more of the probability between them."""
        below = self._below(self.law, steps)
        kept, last = [], 0.0
        for step, p in zip(steps, below, strict=True):
            if min(p - last, 1 - p) >= LEAST_SHARE:
                kept.append(step)
                last = p
        return np.array(kept)

    def _below(self, law: Law, steps: np.ndarray) -> np.ndarray:
        return probability_below(law, at_least(steps * self.step, self.dtype), self.dtype)

    def add(self, sample: np.ndarray) -> Tally:
        """Count a piece of the sample."""
        assert sample.dtype == self.dtype
        x, n_times = counted(sample)
        # Exact: the step is a power of two, and the numbers of steps are far below 2**53.
        step = x * (1 / self.step)
        np.floor(step, out=step)
        step -= self.first_step - 1
        np.clip(step, 0, self.counts.size - 1, out=step)
        self.counts += np.bincount(step.astype(np.intp), n_times, self.counts.size).astype(np.int64)
        self.sums += power_sums((x - self.centre) / self.unit, n_times)
        self.n += sample.size
        self.least, self.greatest = min(self.least, x.min()), max(self.greatest, x.max())
        return self

    def probabilities(self, law: Law) -> np.ndarray:
        """Of the cells."""
        below = self._below(law, self.steps)
        return np.diff(np.concatenate([[0.0], below, [1.0]]))

    def in_cells(self) -> np.ndarray:
        """Counts of the cells."""
        borders = (self.steps - (self.first_step - 1)).astype(np.intp)
        return np.diff(np.concatenate([[0], np.cumsum(self.counts)[borders - 1], [self.n]]))

    def scores(self, law: Law | None = None) -> dict[str, float]:
        """Standard scores against the law, or against another one: each beyond the bound with probability 6.8e-6."""
        law = law or self.law
        expected = moments(law, self.dtype, self.centre, self.unit)
        scores = {}
        for k, name in POWERS.items():
            variance = expected[2 * k] - expected[k] ** 2
            scores[name] = (self.sums[k] / self.n - expected[k]) / math.sqrt(variance / self.n)
        probabilities, counts = self.probabilities(law), self.in_cells()
        scores["cells"] = chi_squared_score(counts, probabilities)
        distance = abs(np.cumsum(counts) / self.n - np.cumsum(probabilities)).max()
        scores["Kolmogorov-Smirnov"] = kolmogorov_score(math.sqrt(self.n) * float(distance))
        return scores

    def is_inside(self) -> bool:
        """Whether all values are finite and strictly between the law's bounds."""
        return self.law.low < self.least <= self.greatest < self.law.high


def counted(sample: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """The values in float64, and how often each occurs where a dtype has so few that each stands for all its equals."""
    if sample.itemsize > 2:
        return np.ravel(sample).astype(np.float64), None
    n_times = np.bincount(np.ravel(sample).view(f"u{sample.itemsize}"))
    found = np.flatnonzero(n_times)
    return found.astype(f"u{sample.itemsize}").view(sample.dtype).astype(np.float64), n_times[found]


def power_sums(u: np.ndarray, n_times: np.ndarray | None) -> np.ndarray:
    """Sums of u**k for k = 0 to 4, each value counted so often; as products, which need few passes over the values."""
    square = u * u
    counted_u, counted_square = (u, square) if n_times is None else (u * n_times, square * n_times)
    n = u.size if n_times is None else n_times.sum()
    pairs = (counted_u, u), (counted_u, square), (counted_square, square)
    return np.array([n, counted_u.sum(), *(np.einsum("i,i->", a, b) for a, b in pairs)])


def chi_squared_score(counts: np.ndarray, probabilities: np.ndarray) -> float:
    """The standard score of chi-squared by Wilson and Hilferty's cube root, good in its tails for few cells too."""
    if counts[probabilities <= 0].any():
        return math.inf
    held = probabilities > 0
    expected = counts.sum() * probabilities[held]
    chi2, n_free = float(((counts[held] - expected) ** 2 / expected).sum()), np.count_nonzero(held) - 1
    spread = 2 / (9 * n_free)
    return ((chi2 / n_free) ** (1 / 3) - (1 - spread)) / math.sqrt(spread)


def kolmogorov_score(t: float) -> float:
    """The standard score as improbable, on both sides, as sqrt(n) D > t: 2 exp(-2 t**2), or less for a law of steps."""
    return -NormalDist().inv_cdf(min(max(math.exp(-2 * t * t), 1e-300), 0.5))


def end_scores(sample: np.ndarray, law: Law, share: float = 2**-10) -> dict[str, float]:
    """Scores of how many values lie in the outermost `share` of the probability on either side.

    More where the dtype's last number stands for more. By the arcsine of the root, whose spread does not depend on
    the probability.
    """
    first, last = ends(law, sample.dtype)
    lower, upper = (int(o) for o in at_least(law.quantile(np.array([share, 1 - share])), sample.dtype))
    ordinals = np.array([max(lower, first + 1), min(upper, last)])
    below = probability_below(law, ordinals, sample.dtype)
    counts = [np.count_nonzero(to_ordinals(np.ravel(sample)) < ordinal) / sample.size for ordinal in ordinals]
    angles = [2 * math.sqrt(sample.size) * np.arcsin(np.sqrt(shares)) for shares in (counts, below)]
    lower_score, upper_score = angles[0] - angles[1]
    return {"lower end": float(lower_score), "upper end": -float(upper_score)}

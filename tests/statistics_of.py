"""Statistics of large streams, computed in pieces, and the bounds that tests hold them to."""

from __future__ import annotations

import math

import numpy as np

import fastinit as fi

#: A standard score beyond this has probability 6.8e-6 under the null hypothesis.
BOUND = 4.5
TAILS = (4.0, 5.0, 5.5)


def normal_scores(n_elements: int, draw=None, piece: int = 1 << 17) -> dict[str, float]:
    """Standard scores of mean, variance, skewness, kurtosis, and two-sided Poisson scores of the tail counts.

    `draw(first, last)` gives elements [first, last) of a stream that should be standard normal.
    """
    draw = draw or (lambda first, last: fi.normal(n_elements, rng=2026, index=slice(first, last), threads=1))
    sums, counts = np.zeros(5), np.zeros(len(TAILS), np.int64)
    for first in range(0, n_elements, piece):
        z = draw(first, min(first + piece, n_elements)).astype(np.float64)
        power = z.copy()
        for k in range(1, 5):
            sums[k] += power.sum()
            power *= z
        np.abs(z, out=z)
        counts += [np.count_nonzero(z > tail) for tail in TAILS]
    m1, m2, m3, m4 = sums[1:] / n_elements
    variance = m2 - m1 * m1
    third = m3 - 3 * m1 * m2 + 2 * m1**3
    fourth = m4 - 4 * m1 * m3 + 6 * m1 * m1 * m2 - 3 * m1**4
    n = n_elements
    scores = {
        "mean": m1 * math.sqrt(n),
        "variance": (variance - 1) * math.sqrt(n / 2),
        "skewness": third / variance**1.5 * math.sqrt(n / 6),
        "kurtosis": (fourth / variance**2 - 3) * math.sqrt(n / 24),
    }
    for tail, count in zip(TAILS, counts, strict=True):
        scores[f"count beyond {tail}"] = poisson_score(int(count), n * math.erfc(tail / math.sqrt(2)))
    return scores


def poisson_score(count: int, expected: float) -> float:
    """The standard score with the tail probability of a Poisson count as far from `expected`, on the same side."""
    below = sum(
        math.exp(k * math.log(expected) - expected - math.lgamma(k + 1))
        for k in range(poisson_from(count, expected), count)
    )
    here = math.exp(count * math.log(expected) - expected - math.lgamma(count + 1))
    middle = below + here / 2
    return _normal_quantile(min(max(middle, 1e-300), 1 - 1e-16))


def poisson_from(count: int, expected: float) -> int:
    """Where the sum of Poisson probabilities may start: 40 standard deviations below contribute nothing."""
    return max(0, min(count, int(expected - 40 * math.sqrt(expected) - 40)))


def _normal_quantile(p: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(p)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """The correlation of two samples, times the root of their size: a standard score.

    By sums of products without temporaries; for samples whose means are no larger than their standard deviations.
    """
    a, b, n = np.asarray(a, np.float64), np.asarray(b, np.float64), np.size(a)
    means = {id(x): x.mean() for x in (a, b)}
    aa, ab, bb = (np.einsum("i,i->", x, y) / n - means[id(x)] * means[id(y)] for x, y in ((a, a), (a, b), (b, b)))
    return float(ab / math.sqrt(aa * bb) * math.sqrt(n))


#: Distances between elements: neighbours, halves of a step in float64 and in float32, steps, blocks.
LAGS = (1, 8, 16, 32, 1024)


def independence_scores(values: np.ndarray, others: dict[str, np.ndarray], only: str | None = None) -> dict[str, float]:
    """Correlations of a stream with itself at several distances, and with others: of values and of their squares.

    Pairs are the elements i and i + half of a step, which come from the same words in a normal and partly in a
    truncated one: half is 16, and 8 in float64. All, or the one that is named.
    """
    half = 8 if values.dtype == np.float64 else 16
    scores = {}
    for power, what in ((1, ""), (2, ", squared")):
        z = standardized(centred(values) ** power)
        pairs = z[: z.size // (2 * half) * 2 * half].reshape(-1, 2, half)
        compared = {f"lag {lag}": (z[:-lag], z[lag:]) for lag in LAGS} | {"pairs": (pairs[:, 0], pairs[:, 1])}
        compared |= {name: (z[: x.size], standardized(centred(x) ** power)) for name, x in others.items()}
        for name, (a, b) in compared.items():
            if only in (None, name + what):
                axes = range(a.ndim)
                scores[name + what] = float(np.einsum(a, axes, b, axes, [])) / math.sqrt(a.size)
    return scores


def as_float64(values: np.ndarray) -> np.ndarray:
    """By a table of all numbers in float8, since that conversion is a slow one."""
    if values.itemsize > 1:
        return values.astype(np.float64)
    with np.errstate(invalid="ignore"):  # NaN is among them
        every = np.arange(256, dtype=np.uint8).view(values.dtype).astype(np.float64)
    return every[values.view(np.uint8)]


def standardized(z: np.ndarray) -> np.ndarray:
    """Of mean 0 and variance 1."""
    z -= z.mean()
    z /= math.sqrt(np.einsum("i,i->", z, z) / z.size)
    return z


def centred(values: np.ndarray) -> np.ndarray:
    z = as_float64(values)
    z -= z.mean()
    return z

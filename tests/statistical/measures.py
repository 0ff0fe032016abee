"""What is counted in a piece of a stream of 64-bit words, and how likely such counts are.

Each measure takes a piece and gives counts, which add up over pieces; and from counts p-values, uniform on (0, 1) for
independent uniform bits. Those near 0 are of counts that vary too much, those near 1 of such that vary too little.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

NORMAL = NormalDist()


class Measure(NamedTuple):
    count: Callable[[np.ndarray], np.ndarray]
    p_values: Callable[[np.ndarray], dict[str, float]]
    #: Pieces of so many words have p-values that are nearly uniform. Of fewer they have steps.
    least_words: int = 0


def of_score(score: float) -> float:
    """The probability beyond a standard score."""
    return math.erfc(score / math.sqrt(2)) / 2


def of_squares(counts: np.ndarray, shares: np.ndarray) -> float:
    """Pearson's test. By Wilson and Hilferty's cube root (1931), nearly normal; with two degrees of freedom exactly."""
    expected = shares * counts.sum()
    square, n_free = float(((counts - expected) ** 2 / expected).sum()), counts.size - 1
    if n_free == 2:
        return math.exp(-square / 2)
    spread = 2 / (9 * n_free)
    return of_score(((square / n_free) ** (1 / 3) - 1 + spread) / math.sqrt(spread))


def evenly(n: int) -> np.ndarray:
    return np.full(n, 1 / n)


# Frequencies of bytes and of 16-bit words, at each place in a word.


def count_bytes(words: np.ndarray) -> np.ndarray:
    return np.stack([np.bincount(place, minlength=256) for place in words.view(np.uint8).reshape(-1, 8).T])


def count_quarters(words: np.ndarray) -> np.ndarray:
    return np.stack([np.bincount(place, minlength=1 << 16) for place in words.view("<u2").reshape(-1, 4).T])


def of_places(what: str) -> Callable[[np.ndarray], dict[str, float]]:
    return lambda counts: {f"{what} {i}": of_squares(row, evenly(row.size)) for i, row in enumerate(counts)}


# Gaps between bytes of one value, at the lowest and the highest place of words: geometric. And runs upwards of words.

#: The least gaps of 64 cells that are about equally probable.
GAP_CELLS = np.unique([round(math.log(1 - i / 64) / math.log(255 / 256)) for i in range(64)])

#: Gaps from here on have no share to speak of: 1e-34.
N_GAPS = 20_000


def in_cells(gaps: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """How many gaps each cell has, or their weight."""
    return np.bincount(np.searchsorted(GAP_CELLS, gaps, side="right") - 1, weights, minlength=GAP_CELLS.size)


@functools.cache
def expected_gaps(n_places: int) -> np.ndarray:
    """How many gaps of each cell so many places have: long ones fit into fewer of them, 0.2 % fewer in 1 MiB."""
    gaps = np.arange(min(n_places - 1, N_GAPS))
    return in_cells(gaps, (n_places - 1 - gaps) * (255 / 256) ** gaps / 256**2)


def count_gaps(words: np.ndarray) -> np.ndarray:
    places = words.view(np.uint8).reshape(-1, 8)
    gaps = [np.diff(np.flatnonzero(places[:, i] == 0x5A)) - 1 for i in (0, 7)]
    return np.stack([*map(in_cells, gaps), expected_gaps(len(places))])


def of_gaps(counts: np.ndarray) -> dict[str, float]:
    *found, expected = counts
    shares = expected / expected.sum()
    return {f"gaps, {end} byte": of_squares(row, shares) for end, row in zip(("low", "high"), found, strict=True)}


#: The run upwards that begins each group of so many words: one of r has the share r / (r + 1)!, and of all 1 / 6!.
N_RUNS = 6
RUN_SHARES = np.array([r / math.factorial(r + 1) for r in range(1, N_RUNS)] + [1 / math.factorial(N_RUNS)])


def count_runs(words: np.ndarray) -> np.ndarray:
    groups = words[: words.size // N_RUNS * N_RUNS].reshape(-1, N_RUNS)
    goes_on, at_least = np.ones(len(groups), bool), [len(groups)]
    for i in range(1, N_RUNS):
        goes_on &= groups[:, i] > groups[:, i - 1]
        at_least.append(np.count_nonzero(goes_on))
    return -np.diff(at_least, append=0)


# Correlations of bits at distances: neighbours, lanes, draws, blocks of one and of two draws, keys' turns.

LAGS = (1, 2, 3, 4, 7, 8, 9, 16, 64, 128, 256, 512, 1024, 49152)


def count_agreements(words: np.ndarray) -> np.ndarray:
    n_bits = [64 * (words.size - lag) for lag in LAGS]
    differing = [int(np.bitwise_count(words[lag:] ^ words[:-lag]).sum(dtype=np.int64)) for lag in LAGS]
    return np.array([differing, n_bits])


def of_agreements(counts: np.ndarray) -> dict[str, float]:
    scores = (2 * counts[0] - counts[1]) / np.sqrt(counts[1])
    return {f"bits {lag} words apart": of_score(score) for lag, score in zip(LAGS, scores, strict=True)}


# How many bits are set in four words that follow each other, or lie eight apart: few, half or many.

FEW, MANY = 30, 34
CLASS_OF = np.array([0 if n < FEW else 2 if n > MANY else 1 for n in range(65)], np.uint8)
CLASS_SHARES = np.array(
    [sum(math.comb(64, n) for n in range(65) if CLASS_OF[n] == kind) / 2**64 for kind in range(3)], np.float64
)
FOUR_SHARES = np.einsum("i,j,k,l->ijkl", *[CLASS_SHARES] * 4).reshape(-1)


def count_weights(words: np.ndarray) -> np.ndarray:
    kinds = CLASS_OF[np.bitwise_count(words[: words.size & ~31])]
    fours = kinds.reshape(-1, 4), kinds.reshape(-1, 4, 8).swapaxes(1, 2).reshape(-1, 4)
    return np.stack([np.bincount(four @ np.array([27, 9, 3, 1], np.uint8), minlength=81) for four in fours])


def of_weights(counts: np.ndarray) -> dict[str, float]:
    return {f"weights of 4, {lag} apart": of_squares(row, FOUR_SHARES) for lag, row in zip((1, 8), counts, strict=True)}


# Birthday spacings (Marsaglia 1985): equal spacings of n = 4096 days of a year of N = 2^32 are Poisson, n^3 / 4N on
# average, nearly. The spacings, with the ends of the year, are Dirichlet's. Two are equal with probability n / 2N,
# three with n (n - 1) / 3N^2. What is counted are the pairs less the triples, to within 1e-5.

N_DAYS, YEAR = 4096, 2.0**32
PAIRS, TRIPLES = math.comb(N_DAYS - 1, 2), math.comb(N_DAYS - 1, 3)
MEAN_EQUAL = PAIRS * N_DAYS / (2 * YEAR) - TRIPLES * N_DAYS * (N_DAYS - 1) / (3 * YEAR**2)


def count_birthdays(words: np.ndarray) -> np.ndarray:
    """Of the first million of the words, by their low and by their high halves."""
    some = words[: min(words.size, 1 << 20) // N_DAYS * N_DAYS]
    counts = []
    for days in (some.astype(np.uint32), (some >> np.uint64(32)).astype(np.uint32)):
        spacings = np.sort(np.diff(np.sort(days.reshape(-1, N_DAYS))))
        counts.append([np.count_nonzero(spacings[:, 1:] == spacings[:, :-1]), spacings.shape[0]])
    return np.array(counts)


def of_birthdays(counts: np.ndarray) -> dict[str, float]:
    """By the square root, which makes a Poisson number nearly normal."""
    scores = [2 * (math.sqrt(equal + 3 / 8) - math.sqrt(MEAN_EQUAL * n)) for equal, n in counts]
    return {f"birthdays, {half} halves": of_score(score) for half, score in zip(("low", "high"), scores, strict=True)}


# Ranks of square matrices over GF(2): 64 x 64 from words, and 1024 x 1024 from one bit of each word.


def rank_shares(n: int) -> np.ndarray:
    """Of the ranks n, n - 1, and less."""
    full = math.prod(1 - 2.0**-i for i in range(1, n + 1))
    less = 2 * full * (1 - 2.0**-n)  # rank n - 1
    return np.array([full, less, 1 - full - less])


def ranks(matrices: np.ndarray) -> np.ndarray:
    """Of matrices of bits, shape (n_matrices, n_rows, n_rows / 64 words)."""
    rows = matrices.copy()
    n_matrices, n_rows, _ = rows.shape
    used = np.zeros((n_matrices, n_rows), bool)
    every = np.arange(n_matrices)
    for column in range(n_rows):
        has = rows[:, :, column // 64] >> np.uint64(column % 64) & np.uint64(1) != 0
        free = has & ~used
        found = free.any(axis=1)
        pivot = free.argmax(axis=1)
        used[every[found], pivot[found]] = True
        has[every, pivot] = False
        rows ^= np.where((has & found[:, None])[:, :, None], rows[every, pivot][:, None, :], np.uint64(0))
    return used.sum(axis=1)


N_LARGE = 1024

#: From which on their ranks are looked at: 4 and more of the rarest expected.
MIN_MATRICES = 30


def count_ranks(words: np.ndarray) -> np.ndarray:
    """Of 1024 small matrices, and of large ones from the lowest and from the highest bits."""
    n = min(1024, words.size // 64)
    found = [64 - ranks(words[: 64 * n].reshape(n, 64, 1))]
    if words.size >= N_LARGE * N_LARGE:
        bits = [(words[: N_LARGE * N_LARGE] >> np.uint64(place)).astype(np.uint8) & 1 for place in (0, 63)]
        packed = np.stack([np.packbits(b).view(np.uint64).reshape(N_LARGE, -1) for b in bits])
        found.append(N_LARGE - ranks(packed))
    rows = [np.bincount(np.minimum(lost, 2), minlength=3) for lost in found]
    return np.stack([rows[0], rows[1] if len(rows) > 1 else np.zeros(3, np.int64)])


def of_ranks(counts: np.ndarray) -> dict[str, float]:
    kinds = (("small", 64), ("large", N_LARGE))
    return {
        f"ranks, {kind}": of_squares(row, rank_shares(n))
        for row, (kind, n) in zip(counts, kinds, strict=True)
        if row.sum() >= MIN_MATRICES
    }


MEASURES = {
    "bytes": Measure(count_bytes, of_places("byte")),
    "quarters": Measure(count_quarters, of_places("16 bits, place")),
    "gaps": Measure(count_gaps, of_gaps),
    "runs": Measure(count_runs, lambda counts: {"runs upwards": of_squares(counts, RUN_SHARES)}),
    "agreements": Measure(count_agreements, of_agreements),
    "weights": Measure(count_weights, of_weights),
    "birthdays": Measure(count_birthdays, of_birthdays, 1 << 20),
    "ranks": Measure(count_ranks, of_ranks),
}

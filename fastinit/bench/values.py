"""That a fill wrote what it claims: checked in the same run as its time, before the first round that counts.

The array is filled with NaN beforehand, so that an element left out shows. Then, on up to 2**21 of the values, the
mean, the standard deviation and the share within one standard deviation of 0 must lie within 5 standard errors of what
the law says, which a right fill misses once in 600,000 checks (3 figures, each beyond 5 sigma with probability 5.7e-7).
A standard deviation off by 0.5 % is 10 standard errors there, so it is always found; in a buffer of 2**16 values the
tolerance is 1.4 %. Half the dtype's relative spacing is allowed on top, for peers that draw in it and for what rounding
does to the share: nothing to speak of in float32 and float64, 0.05 % in float16, 0.4 % in bfloat16, where a deviation
off by 1 % is the one that is always found, and 6 and 12 % in the two float8, where laws are hardly told apart. Bounds,
rounded to the dtype, must be kept. Values must not repeat, neither along the array (as when threads share a seed) nor
from lane to lane.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fastinit.bench.peer_interface import HALF_WIDTH, N_DEVIATIONS, STD
from fastinit.common.errors import Shown, reject_value
from fastinit.laws.dtypes import format_of

N_STANDARD_ERRORS = 5
N_FOR_MOMENTS = 1 << 21
N_FOR_REPEATS = 1 << 16
N_FOR_CHANGE = 1 << 12
N_LAGS = 64


class Expected(NamedTuple):
    """What a law says of its values, whose mean is 0."""

    std: float
    kurtosis: float  #: fourth moment over the squared variance
    within: float  #: P(|x| < std)
    bound: float


def _truncated() -> Expected:
    """N(0, STD**2) between -c STD and c STD, whose variance and fourth moment come from integration by parts."""
    c = float(N_DEVIATIONS)
    inside = math.erf(c / math.sqrt(2))
    edge = 2 * math.exp(-c * c / 2) / math.sqrt(2 * math.pi) / inside
    variance = 1 - c * edge
    fourth = 3 - (c**3 + 3 * c) * edge
    within = math.erf(math.sqrt(variance / 2)) / inside
    return Expected(STD * math.sqrt(variance), fourth / variance**2, within, c * STD)


EXPECTED = {
    "uniform": Expected(HALF_WIDTH / math.sqrt(3), 1.8, 1 / math.sqrt(3), HALF_WIDTH),
    "normal": Expected(STD, 3.0, math.erf(math.sqrt(0.5)), math.inf),
    "truncated": _truncated(),
}


def erase(array: np.ndarray) -> None:
    """Fill with what no fill writes."""
    array.fill(np.nan)


def require_written(array: np.ndarray, who: str) -> None:
    """Raise ValueError if any element is still as `erase` left it."""
    step = 1 << 20  # a mask of the whole array would be a temporary of a quarter of its size
    n_left = sum(np.count_nonzero(np.isnan(array[i : i + step])) for i in range(0, array.size, step))
    if n_left:
        reject_value("bench", who, "every element written", Shown(f"{n_left:,} left out"))


def require_law(array: np.ndarray, law: str, who: str) -> None:
    """Raise ValueError if the values are not what `law` says; see above for how sharp this is."""
    require_written(array, who)
    expected = EXPECTED[law]
    rounding = 2.0 ** -format_of(array.dtype).precision
    # An odd step, since an even one would see only some of the lanes that fill the array side by side.
    sample = array[:: array.size // N_FOR_MOMENTS | 1].astype(np.float64)
    n = sample.size
    std = math.sqrt(np.mean(np.square(sample)))
    within = np.count_nonzero(np.abs(sample) < expected.std) / n
    sharp = N_STANDARD_ERRORS / math.sqrt(n)
    _require_close(who, "mean", sample.mean(), 0.0, expected.std * (sharp + rounding))
    _require_close(
        who,
        "standard deviation",
        std,
        expected.std,
        expected.std * (math.sqrt(expected.kurtosis - 1) / 2 * sharp + rounding),
    )
    share_error = math.sqrt(expected.within * (1 - expected.within))
    _require_close(who, "share within one deviation", within, expected.within, share_error * sharp + rounding)
    if np.abs(sample).max() > float(array.dtype.type(expected.bound)):
        reject_value("bench", who, f"values within {expected.bound}", np.abs(sample).max())
    _require_distinct(array, who)


def _require_close(who: str, what: str, got: float, expected: float, tolerance: float) -> None:
    if not abs(got - expected) <= tolerance:
        reject_value("bench", who, f"{what} {expected:.6g} +- {tolerance:.2g}", Shown(f"{got:.6g}"))


def _require_distinct(array: np.ndarray, who: str) -> None:
    """Few repeats among values far apart, taken eight bytes at a time, and among neighbours.

    Eight bytes, since two hold so few numbers that right values meet on them. The step between them is a power of two
    where the size is: slices with one seed then show the same values.
    """
    n_per_word = 8 // array.itemsize
    words = array[: array.size // n_per_word * n_per_word].view(np.uint64)
    sample = words[:: max(1, words.size // N_FOR_REPEATS)]
    n_distinct = np.unique(sample).size
    if n_distinct < 0.9 * sample.size:
        reject_value("bench", who, f"{0.9 * sample.size:.0f} distinct values of {sample.size}", n_distinct)
    head = array[:N_FOR_CHANGE]
    for lag in range(1, min(N_LAGS, head.size - 1) + 1):
        n_repeats = np.count_nonzero(head[lag:] == head[:-lag])
        if n_repeats > 0.1 * (head.size - lag) + N_STANDARD_ERRORS:
            reject_value("bench", who, "values that do not repeat", Shown(f"{n_repeats} repeated {lag} further on"))


def glimpse(array: np.ndarray) -> np.ndarray:
    """A copy of some values, to see later whether a fill has changed them."""
    return array[:: max(1, array.size // N_FOR_CHANGE)].copy()


def require_changed(before: np.ndarray, after: np.ndarray, who: str) -> None:
    """Raise ValueError unless most values are new: each timed round must have written its own."""
    if np.count_nonzero(before == after) > before.size // 2:
        reject_value("bench", who, "fresh values in each round", Shown("those of before"))

"""Which law a tensor's values have, with its parameters, and what speaks against each other law.

Families are the normal, the uniform and the normal truncated on both sides; each perhaps with exact zeros among its
values. Tests are the largest value, Kolmogorov's distance of a part of the values, and of many values the kurtosis.
Each rejects a law that is right with a probability below 1e-6.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fastinit.checking import law_moments
from fastinit.checking.moments import Sample
from fastinit.checking.widening import as_floats
from fastinit.laws import dtypes

#: Standard errors that a figure may be off: of normal errors, 5.7e-7 are.
MAX_ERRORS = 5.0

#: Of n values of a law, Kolmogorov's distance is above this over sqrt(n) with probability 2 exp(-2 x**2) = 5e-7; with
#: fitted parameters less often.
MAX_DISTANCE = 2.76

#: Values that are looked at one by one, and how many a tensor needs to have its kurtosis tested, for which the error
#: is that of large n, and to be judged at all.
N_LOOKED_AT, N_FOR_KURTOSIS, N_LEAST = 1 << 14, 1 << 16, 20

#: Expected numbers of values beyond the largest: less, and that one is too many; more, and some are missing.
FEWEST_BEYOND, MOST_BEYOND = 1e-6, 15.0

#: Truncation, in standard deviations of the normal law: below, it is uniform to the eye; above, normal.
LEAST_BOUND, GREATEST_BOUND = 0.3, 5.0

#: Share of exact zeros that is more than rounding makes.
ZERO_SHARE = 1e-3


class Fit(NamedTuple):
    """A law with the parameters that suit the values best."""

    distribution: str  #: as in `law_moments`, or "truncated" at bounds other than 2
    mean: float
    std: float  #: of the values
    label: str  #: as one would write it
    against: str  #: what speaks against it; empty if nothing does


class Values(NamedTuple):
    """What is known of the values that are no exact zeros."""

    n: int
    mean: float
    std: float
    kurtosis: float
    least: float
    greatest: float
    some: np.ndarray  #: sorted
    grain: float  #: the largest relative distance of neighbouring numbers of the dtype


def values_of(array: np.ndarray, sample: Sample, without_zeros: bool) -> Values:
    """Of all values, or of those that are not 0: their raw moments are those of all over their share."""
    step = max(1, array.size // N_LOOKED_AT) | 1  # odd, so that it does not fall on one column
    part = np.ascontiguousarray(array.reshape(-1)[::step][: 2 * N_LOOKED_AT])
    some = np.sort(as_floats(part)).astype(np.float64)
    grain = grain_of(array.dtype)
    if not without_zeros:
        return Values(sample.n, sample.mean, sample.std, sample.kurtosis, sample.least, sample.greatest, some, grain)
    n = sample.n - sample.n_zeros
    share, second = n / sample.n, sample.std**2 + sample.mean**2
    std = math.sqrt(second / share)
    fourth = sample.kurtosis * sample.std**4 / share  # about the mean of all, which is next to 0 where this is asked
    kurtosis = fourth / std**4
    return Values(n, sample.mean / share, std, kurtosis, sample.least, sample.greatest, some[some != 0], grain)


def grain_of(dtype: np.dtype) -> float:
    """The largest relative distance of neighbouring numbers, those next to 0 aside."""
    return 2.0 ** (1 - dtypes.FORMATS.get(dtype.name, dtypes.FLOAT32_FORMAT).precision)


def fits(values: Values) -> list[Fit]:
    """The families, those that nothing speaks against first, the plainest first among them."""
    found = [_normal(values), _uniform(values), _truncated(values)]
    return sorted((fit for fit in found if fit is not None), key=lambda fit: bool(fit.against))


def _normal(v: Values) -> Fit:
    mean = 0.0 if abs(v.mean) <= MAX_ERRORS * v.std / math.sqrt(v.n) else v.mean
    std = math.hypot(v.std, v.mean - mean)
    label = f"normal(std={std:.4g})" if mean == 0 else f"normal(mean={mean:.4g}, std={std:.4g})"
    z = max(v.greatest - mean, mean - v.least) / std
    beyond = v.n * math.erfc(z / math.sqrt(2))
    against = ""
    if beyond < FEWEST_BEYOND:
        against = f"a value at {z:.3g} standard deviations"
    elif beyond > MOST_BEYOND:
        against = f"no value beyond {z:.3g} standard deviations"
    return Fit("normal", mean, std, label, against or _shape(v, "normal", lambda x: normal_cdf((x - mean) / std)))


def _uniform(v: Values) -> Fit:
    low, high = _bounds(v)
    error = law_moments.std_error("uniform", v.n)
    if error < v.grain / 2 and low == -high:  # the outermost numbers are too coarse to tell bounds
        high = math.sqrt(3) * math.hypot(v.std, v.mean)
        low = -high
    label = f"uniform(low={low:.4g}, high={high:.4g})"
    mean, std = (low + high) / 2, (high - low) / math.sqrt(12)
    against = _scale(v, std, mean, (low, high))
    cdf = lambda x: np.clip((x - low) / (high - low), 0, 1)  # noqa: E731
    return Fit("uniform", mean, v.std, label, against or _shape(v, "uniform", cdf))


def _truncated(v: Values) -> Fit | None:
    """Bounds alike on both sides, which the outermost values tell, and the width that gives the variance."""
    low, high = _bounds(v)
    mean, bound = (low + high) / 2, (high - low) / 2
    if not abs(v.mean - mean) <= MAX_ERRORS * v.std / math.sqrt(v.n) + v.grain * bound:
        return None
    t = _truncation(bound / v.std)
    if not LEAST_BOUND <= t <= GREATEST_BOUND:
        return None
    ratio = 2 / law_moments.TRUNCATED_STD
    is_two = abs(bound / v.std / ratio - 1) <= MAX_ERRORS * v.n**-0.5 + 20 / v.n + v.grain
    name, t = ("truncated_normal", 2.0) if is_two else ("truncated", t)
    width = v.std / law_moments.TRUNCATED_STD if is_two else bound / t
    told = f"mean={mean:.4g}, " if mean else ""
    label = f"truncated_normal({told}std={width:.4g}" + (")" if is_two else f", low={-t:.3g}, high={t:.3g})")
    inside = math.erf(t / math.sqrt(2))
    cdf = lambda x: np.clip((normal_cdf((x - mean) / width) - (1 - inside) / 2) / inside, 0, 1)  # noqa: E731
    return Fit(name, mean, v.std, label, _shape(v, name, cdf))


def _bounds(v: Values) -> tuple[float, float]:
    """Of laws that have some: a little farther out than the outermost values, alike about 0 if those nearly are."""
    low, high = v.least, v.greatest
    width = high - low
    is_central = abs(v.mean) <= MAX_ERRORS * v.std / math.sqrt(v.n)
    if is_central and abs(low + high) <= width * (30 / v.n + 0.02 + v.grain):
        low, high = -max(high, -low), max(high, -low)
    return low - width / (v.n + 1) / 2, high + width / (v.n + 1) / 2


def _truncation(ratio: float) -> float:
    """The bound, in standard deviations before truncation, of which the ratio to the deviation that is left is so."""
    least, greatest = 1e-3, 40.0
    if ratio <= math.sqrt(3):
        return 0.0
    for _ in range(60):
        t = (least + greatest) / 2
        kept = 1 - 2 * t * math.exp(-t * t / 2) / math.sqrt(2 * math.pi) / math.erf(t / math.sqrt(2))
        least, greatest = (t, greatest) if t / math.sqrt(kept) < ratio else (least, t)
    return (least + greatest) / 2


def _scale(v: Values, std: float, mean: float, bounds: tuple[float, float]) -> str:
    errors = (v.std / std - 1) / (law_moments.std_error("uniform", v.n) + v.grain**2 + 2 / v.n)
    if abs(errors) > MAX_ERRORS:
        return f"standard deviation {v.std / std:.3g} times that between such bounds"
    if abs(v.mean - mean) > MAX_ERRORS * std * v.n**-0.5 + v.grain * std:
        return f"mean {abs(v.mean - mean) / std:.2g} standard deviations off"
    beyond = max(bounds[0] - v.least, v.greatest - bounds[1]) / (bounds[1] - bounds[0])
    return f"a value {beyond:.2g} of the width beyond a bound" if beyond > 3 * v.grain + 1 / v.n else ""


def _shape(v: Values, distribution: str, cdf) -> str:
    expected = law_moments.STANDARDIZED.get(distribution)
    if expected is not None and v.n >= N_FOR_KURTOSIS:
        error = law_moments.kurtosis_error(distribution, v.n) + v.grain**2
        if abs(v.kurtosis - expected(4)) > MAX_ERRORS * error:
            return f"kurtosis {v.kurtosis:.3g}, not {expected(4):.3g}"
    n, at = v.some.size, cdf(v.some)
    steps = np.arange(n + 1) / n
    distance = max((steps[1:] - at).max(), (at - steps[:-1]).max())
    if distance > MAX_DISTANCE / math.sqrt(n) + 0.3 * v.grain:  # what one number gathers, by rounding
        return f"distribution function {distance:.2g} off"
    return ""


def normal_cdf(z: np.ndarray) -> np.ndarray:
    """Phi, to 1e-7: by Abramowitz and Stegun 26.2.17, error below 7.5e-8."""
    t = 1 / (1 + 0.2316419 * abs(z))
    tail = (
        t
        * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
        * np.exp(-z * z / 2)
        / math.sqrt(2 * math.pi)
    )
    return np.where(z < 0, tail, 1 - tail)

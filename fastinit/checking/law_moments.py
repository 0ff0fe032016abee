"""Mean, standard deviation and shape of what a law of `fastinit.laws` draws."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

from fastinit.laws import kernel_laws
from fastinit.laws.kernel_laws import Law
from fastinit.laws.spec import TRUNCATED_STD

NAMES = {code: name for name, code in kernel_laws.CODES.items()}


class Moments(NamedTuple):
    """Moments of a law."""

    distribution: str  #: "constant", "normal", "uniform" or "truncated_normal", cut at 2 standard deviations
    mean: float
    std: float


def of(law: Law) -> Moments:
    name = NAMES[law.code]
    mean, spread = (*law.numbers, 0.0)[:2]
    if name in ("uniform", "tiny_uniform"):
        return Moments("uniform", mean, spread / math.sqrt(3))
    if name.startswith("truncated"):
        return Moments("truncated_normal", mean, spread * TRUNCATED_STD)
    return Moments(name, mean, spread)


def _normal(k: int) -> float:
    """m_k of the standard normal, for even k."""
    return float(math.prod(range(1, k, 2)))


def _truncated(k: int) -> float:
    """m_k of the standard normal between -2 and 2, by parts: (k - 1) m_(k-2) less 2**k density(2) / P(0 < z < 2)."""
    edge = math.exp(-2.0) / math.sqrt(2 * math.pi) / (math.erf(math.sqrt(2.0)) / 2)
    moment = 1.0
    for i in range(2, k + 1, 2):
        moment = (i - 1) * moment - 2.0 ** (i - 1) * edge
    return moment / TRUNCATED_STD**k


#: m_k by distribution.
STANDARDIZED = {"normal": _normal, "uniform": lambda k: 3 ** (k / 2) / (k + 1), "truncated_normal": _truncated}


@functools.cache
def kurtosis(distribution: str) -> float:
    return STANDARDIZED[distribution](4)


def std_error(distribution: str, n: int) -> float:
    """Of a sample's standard deviation, relative: sqrt((m_4 - 1) / 4 n)."""
    return math.sqrt((kurtosis(distribution) - 1) / (4 * n))


def kurtosis_error(distribution: str, n: int) -> float:
    """Of a sample's fourth moment over its second squared, by the delta method for large n."""
    m4, m6, m8 = (STANDARDIZED[distribution](k) for k in (4, 6, 8))
    return math.sqrt((m8 - 4 * m6 * m4 + 4 * m4**3 - m4**2) / n)

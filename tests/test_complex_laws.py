"""Complex numbers are as their laws say: radius, angle, both parts, and no relation between them.

Each test states its false-alarm rate, and has one that must fail.
"""

import functools
import math

import numpy as np
import pytest
from statistics_of import BOUND, correlation
from tally import N_CELLS, chi_squared_score, kolmogorov_score
from test_complex import INF, fill

from fastinit import _kernels
from fastinit.filling import seed
from fastinit.laws import complex_laws, kernel_laws
from fastinit.laws.dtypes import FORMATS

DTYPES = ("float32", "float64")

LAWS = {
    "disc": ("disc", (1.0,)),
    "within 2": ("truncated_normal", (1.0, 2.0)),
    "within 0.5": ("truncated_normal", (1.0, 0.5)),
    "within 1e-6": ("truncated_normal", (1e6, 1e-6)),
    "unbounded": ("truncated_normal", (1.0, INF)),
}

N = 1 << 20


def radius_cdf(law: str, r: np.ndarray) -> np.ndarray:
    name, (std, *bounds) = LAWS[law]
    square = (r / std) ** 2
    return square / 2 if name == "disc" else np.expm1(-square) / math.expm1(-(bounds[0] ** 2))


def variance_of(law: str) -> float:
    name, (std, *bounds) = LAWS[law]
    return std**2 * (1 if name == "disc" else complex_laws.truncated_std(*bounds) ** 2)


def scores(law: str, z: np.ndarray, only: str | None = None) -> dict[str, float]:
    """Standard scores of the parts' moments, the radius's and the angle's laws, and their independence.

    All, or the one that is named.
    """
    std = math.sqrt(variance_of(law) / 2)
    re, im, angle, below = z.real / std, z.imag / std, np.angle(z), radius_cdf(law, abs(z))
    u = below - 0.5
    found = {"radius": lambda: radius_score(below), "angle": lambda: angle_score(angle)}
    for name, part in (("real", re), ("imaginary", im)):
        found[f"{name} mean"] = lambda part=part: part.mean() * math.sqrt(part.size)
        found[f"{name} variance"] = lambda part=part: variance_score(part * part)
    found["parts"] = lambda: correlation(re, im)
    for k in (1, 2, 3, 4):
        found[f"radius and cosine of {k}"] = lambda k=k: correlation(u, np.cos(k * angle))
        found[f"radius and sine of {k}"] = lambda k=k: correlation(u, np.sin(k * angle))
    for lag in (1, 8, 16, 512):
        found[f"radius, lag {lag}"] = lambda lag=lag: correlation(u[:-lag], u[lag:])
        found[f"real and imaginary, lag {lag}"] = lambda lag=lag: correlation(re[:-lag], im[lag:])
    return {name: score() for name, score in found.items() if only in (None, name)}


def variance_score(squares: np.ndarray) -> float:
    return (squares.mean() - 1) / squares.std() * math.sqrt(squares.size)


def radius_score(u: np.ndarray) -> float:
    """Kolmogorov and Smirnov's, of probabilities."""
    u, steps = np.sort(u), np.arange(1, u.size + 1) / u.size
    return kolmogorov_score(math.sqrt(u.size) * max((steps - u).max(), (u - steps + 1 / u.size).max()))


def angle_score(angle: np.ndarray) -> float:
    counts = np.bincount((angle / (2 * math.pi) % 1 * N_CELLS).astype(int) % N_CELLS, minlength=N_CELLS)
    return chi_squared_score(counts, np.full(N_CELLS, 1 / N_CELLS))


@functools.cache
def sample(law: str, dtype: str) -> np.ndarray:
    return fill(dtype, *LAWS[law], 2 * N, rng=17).astype(np.float64).view(np.complex128)


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("law", LAWS)
def test_laws(law, dtype):
    """False alarms: 23 scores at 6.8e-6."""
    found = scores(law, sample(law, dtype))
    assert len(found) == 23
    assert max(map(abs, found.values())) < BOUND, found


FLAWS = {
    "real variance": lambda z: z.real * 1.008 + 1j * z.imag,
    "radius": lambda z: z * 1.006,
    "angle": lambda z: np.where(np.angle(z) > 3.13, z * np.exp(0.01j), z),
    "parts": lambda z: z.real + 1j * (z.imag + 0.008 * z.real),
    "radius and cosine of 2": lambda z: z * (1 + 0.008 * np.cos(2 * np.angle(z))),
    "radius, lag 1": lambda z: z * (1 + 0.02 * np.roll(abs(z) / abs(z).max(), 1)),
}


@pytest.mark.each_value
@pytest.mark.parametrize("flaw", FLAWS)
@pytest.mark.parametrize("law", ["disc", "within 2"])
def test_scores_can_fail(law, flaw):
    assert abs(scores(law, FLAWS[flaw](sample(law, "float64")), flaw)[flaw]) > BOUND


def test_radius_has_many_bits():
    """Of 2**20 numbers nearly all moduli are different in float64, and near 0 in float32 they have no grid."""
    assert np.unique(abs(sample("within 2", "float64"))).size > N - 4
    r = np.sort(abs(sample("within 2", "float32")))[:200]
    assert np.unique(r).size == 200


def test_complex_normal_is_two_normals():
    """The plain law with std / sqrt(2) on the float tensor: E|z|**2 is 1. False alarm 6.8e-6."""
    out = np.empty(2 * N, np.float32)
    law = kernel_laws.normal("test", 0.0, math.sqrt(0.5), FORMATS["float32"])
    _kernels.fill(out, law, seed.seed_of("", 3), "", None, 1, False)
    squares = abs(out.view(np.complex64)).astype(np.float64) ** 2
    assert abs(squares.mean() - 1) * math.sqrt(N) < BOUND

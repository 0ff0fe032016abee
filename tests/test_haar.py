"""Orthogonal matrices follow Haar measure: moments of entries and traces, determinants, angles, invariance.

`test_orthogonal.py` has what must hold of each matrix. Moments are those of integration over O(m): B. Collins and
P. Sniady, "Integration with respect to the Haar measure on unitary, orthogonal and symplectic group", Comm. Math. Phys.
264, 2006. A test that goes wrong by chance has probability 6.8e-6 times its number of scores, which is below 200.
"""

import functools
import math

import numpy as np
import pytest
from quick import heavy_but
from statistics_of import BOUND
from tally import beyond, kolmogorov_score

import fastinit as fi

N_MATRICES = 6000

SHAPES = [(2, 2), (3, 3), (4, 4), (5, 3), (3, 5), (2, 7)]

#: The quick run draws the matrices of one.
MARKED = heavy_but(SHAPES, (3, 3))


@functools.cache
def matrices(shape):
    generator = np.random.default_rng(41)
    return np.array([fi.orthogonal(shape, rng=generator, dtype="float64") for _ in range(N_MATRICES)])


def without_signs(shape):
    """The Q of LAPACK's QR factorization, whose R may have a negative diagonal: not Haar."""
    normals = np.random.default_rng(42).standard_normal((N_MATRICES, max(shape), min(shape)))
    q = np.linalg.qr(normals)[0]
    return q if shape[0] >= shape[1] else q.transpose(0, 2, 1)


def independent(shape):
    """Independent normals of the entries' variance."""
    return np.random.default_rng(43).standard_normal((N_MATRICES, *shape)) / math.sqrt(max(shape))


def mean_score(values, expected):
    """Of a mean, by the sample's own spread."""
    return (values.mean() - expected) / (values.std() / math.sqrt(values.size))


def uniformity_score(probabilities):
    """Kolmogorov-Smirnov for values of a law's distribution function."""
    p, n = np.sort(probabilities), probabilities.size
    distance = max((np.arange(1, n + 1) / n - p).max(), (p - np.arange(n) / n).max())
    return kolmogorov_score(math.sqrt(n) * distance)


def moment_scores(q):
    """Powers of every entry, and products of squares of entries in one row, in one column and in neither."""
    m = max(q.shape[1:])
    rows, columns = (sorted({0, 1, size - 1}) for size in q.shape[1:])
    places = [(i, j) for i in rows for j in columns]
    expected = {"row": 1 / (m * (m + 2)), "column": 1 / (m * (m + 2)), "neither": (m + 1) / (m * (m - 1) * (m + 2))}
    scores = {}
    for a, (i, j) in enumerate(places):
        for k, power in {1: 0, 2: 1 / m, 3: 0, 4: 3 / (m * (m + 2))}.items():
            scores[f"{i} {j}, power {k}"] = mean_score(q[:, i, j] ** k, power)
        for k, l in places[a + 1 :]:  # noqa: E741  as in the formulas
            which = "row" if i == k else "column" if j == l else "neither"
            scores[f"{i} {j}, {k} {l}: {which}"] = mean_score(q[:, i, j] ** 2 * q[:, k, l] ** 2, expected[which])
            if which == "neither":
                product = q[:, i, j] * q[:, i, l] * q[:, k, j] * q[:, k, l]
                scores[f"{i} {j}, {k} {l}: four"] = mean_score(product, -1 / (m * (m - 1) * (m + 2)))
    return scores


@pytest.mark.parametrize("shape", MARKED)
def test_moments(shape):
    assert not beyond(moment_scores(matrices(shape)))


@pytest.mark.parametrize("shape", MARKED)
def test_moments_see_what_is_not_haar(shape):
    assert any("power 1" in name for name in beyond(moment_scores(without_signs(shape))))
    assert any("power 4" in name for name in beyond(moment_scores(independent(shape))))


@pytest.mark.parametrize("shape", MARKED)
def test_invariance(shape):
    """Multiplied by a fixed orthogonal matrix from either side, all is as before."""
    left, right = (np.linalg.qr(np.random.default_rng(44).standard_normal((size, size)))[0] for size in shape)
    assert not beyond(moment_scores(left @ matrices(shape)))
    assert not beyond(moment_scores(matrices(shape) @ right))
    biased = without_signs(shape)
    assert beyond(moment_scores(left @ biased)) or beyond(moment_scores(biased @ right))


#: Of an entry of a matrix whose longer side is m: distribution functions of the density (1 - x**2)**((m - 3) / 2).
ENTRY = {
    2: lambda x: 1 - np.arccos(x) / math.pi,
    3: lambda x: (1 + x) / 2,
    4: lambda x: 1 - (np.arccos(x) - x * np.sqrt(1 - x * x)) / math.pi,
    5: lambda x: (2 + 3 * x - x**3) / 4,
}


@pytest.mark.parametrize("shape", heavy_but([shape for shape in SHAPES if max(shape) in ENTRY], (3, 3)))
def test_distribution_of_an_entry(shape):
    """Arcsine in two dimensions, uniform in three, of a semicircle in four."""
    cdf = ENTRY[max(shape)]
    corners = [(i, j) for i in (0, -1) for j in (0, -1)]
    scores = {str(ij): uniformity_score(cdf(np.clip(matrices(shape)[:, *ij], -1, 1))) for ij in corners}
    assert not beyond(scores)
    assert uniformity_score(cdf(np.clip(independent(shape)[:, 0, 0], -1, 1))) > BOUND


def by_determinant(q):
    """Those with determinant 1 and those with -1."""
    sign = np.linalg.det(q)
    assert abs(abs(sign) - 1).max() < 1e-12
    return q[sign > 0], q[sign < 0]


def determinant_score(q):
    plus, minus = by_determinant(q)
    return (len(plus) - len(minus)) / math.sqrt(len(q))


@pytest.mark.parametrize("n", heavy_but([2, 3, 4], 3))
def test_determinant(n):
    assert abs(determinant_score(matrices((n, n)))) < BOUND
    assert abs(determinant_score(without_signs((n, n)))) > BOUND


@pytest.mark.heavy
def test_one_by_one():
    assert abs(np.sign(matrices((1, 1))).sum()) / math.sqrt(N_MATRICES) < BOUND
    assert (abs(matrices((1, 1))) == 1).all()


def traces(q):
    return np.trace(q, axis1=1, axis2=2)


def trace_scores(q):
    """E tr Q = 0, E (tr Q)**2 = 1, E tr Q**2 = 1: P. Diaconis and M. Shahshahani, J. Appl. Prob. 31A, 1994."""
    values = {"trace": (traces(q), 0), "squared": (traces(q) ** 2, 1), "of the square": (traces(q @ q), 1)}
    return {name: mean_score(*of) for name, of in values.items()}


@pytest.mark.parametrize("n", heavy_but([2, 3, 4, 20], 3))
def test_traces(n):
    assert not beyond(trace_scores(matrices((n, n))))
    assert beyond(trace_scores(without_signs((n, n))))


def angle_of(cosine):
    """In [0, pi], of cosines that rounding may have put beyond 1."""
    return np.arccos(np.clip(cosine, -1, 1))


def angle_probabilities(q):
    """Of each matrix's angles, the distribution function of Haar measure: by Weyl's formula for O(n), n = 2, 3, 4."""
    plus, minus = by_determinant(q)
    n = q.shape[1]
    if n == 2:  # a turn by an angle, or a reflection in half of it
        return {name: (np.arctan2(p[:, 1, 0], p[:, 0, 0]) / math.pi + 1) / 2 for name, p in (("+", plus), ("-", minus))}
    if n == 3:  # a turn about an axis, density (1 - cos t) / pi; with a reflection, that of -Q
        angles = {"+": angle_of((traces(plus) - 1) / 2), "-": angle_of((-traces(minus) - 1) / 2)}
        return {name: (t - np.sin(t)) / math.pi for name, t in angles.items()}
    # Four dimensions: eigenvalues 1, -1 and a pair, density 2 sin(t)**2 / pi; or two pairs, density proportional to
    # (cos t - cos u)**2, whose one angle and whose difference have these.
    t = angle_of(traces(minus) / 2)
    pairs = np.sort(abs(np.angle(np.linalg.eigvals(plus))), axis=1)[:, ::2]
    one = pairs[np.arange(len(pairs)), np.arange(len(pairs)) % 2]
    apart = np.linspace(0, math.pi, 1 << 14)
    density = np.sin(apart / 2) ** 2 * (math.pi - apart + np.sin(apart))
    spacing = np.cumsum(density) / density.sum()
    return {
        "-": (t - np.sin(2 * t) / 2) / math.pi,
        "+, one": (one + np.sin(2 * one) / 4) / math.pi,
        "+, spacing": np.interp(pairs[:, 1] - pairs[:, 0], apart, spacing),
    }


@pytest.mark.parametrize("n", heavy_but([2, 3, 4], 3))
def test_angles(n):
    found = {name: uniformity_score(p) for name, p in angle_probabilities(matrices((n, n))).items()}
    assert not beyond(found)
    biased = {name: p for name, p in angle_probabilities(without_signs((n, n))).items() if p.size}
    assert beyond({name: uniformity_score(p) for name, p in biased.items()})


@pytest.mark.parametrize("shape", heavy_but([(1, 2, 2), (3, 2, 3), (1, 1, 3, 4)], (1, 2, 2)))
def test_delta_orthogonal(shape):
    """The matrix at the centre is a Haar matrix, too."""
    generator = np.random.default_rng(45)
    centre = tuple((size - 1) // 2 for size in shape[:-2])
    q = np.array([fi.delta_orthogonal(shape, rng=generator, dtype="float64")[centre] for _ in range(N_MATRICES // 3)])
    assert not beyond(moment_scores(q))
    if shape[-1] == shape[-2]:
        assert abs(determinant_score(q)) < BOUND

"""What the comparisons with other libraries share: when two samples count as of one law."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np

#: Of two samples of one law, a distance beyond this has probability 1e-7 (Kolmogorov's limit, 2 exp(-2 x**2)), less if
#: the law is discrete. With some hundred comparisons in a file, a run gives a false alarm in 10**5.
BOUND = math.sqrt(math.log(2 / 1e-7) / 2)

#: The negative control: values wider by this are to be told apart.
WIDER = 1.05

#: Shapes for schemes with fans, the fans unequal in every layout, of 2**18 elements or somewhat more.
SHAPES = ((1024, 256), (96, 32, 9, 10))

#: How many matrices are drawn for each law of matrices.
N_MATRICES = 1024


def distance(a, b) -> float:
    """Kolmogorov and Smirnov's: the largest difference of the distribution functions, times sqrt(n m / (n + m))."""
    a, b = (np.sort(np.asarray(sample, np.float64), axis=None) for sample in (a, b))
    n, m = a.size, b.size
    above = np.arange(1, n + 1) / n - np.searchsorted(b, a, "right") / m
    below = np.searchsorted(b, a, "left") / m - np.arange(n) / n
    return float(max(above.max(), below.max()) * math.sqrt(n * m / (n + m)))


def assert_same_law(ours, theirs) -> None:
    """The laws agree, and would not if ours were wider by 5 %."""
    ours = np.asarray(ours)
    assert ours.size == np.size(theirs)
    assert distance(ours, theirs) < BOUND < distance(WIDER * ours, theirs)


def assert_same_law_of_matrices(ours, theirs) -> None:
    """Stacks of matrices: orthonormal along the shorter side, and one element and the trace of the same law.

    Negative control: matrices of the other sign of their traces, as QR decompositions without Haar's signs have.
    """
    ours, theirs = (np.asarray(stack, np.float64) for stack in (ours, theirs))
    assert ours.shape == theirs.shape
    for stack in (ours, theirs):
        tall = stack if stack.shape[1] >= stack.shape[2] else stack.transpose(0, 2, 1)
        gram = tall.transpose(0, 2, 1) @ tall
        np.testing.assert_allclose(gram, np.broadcast_to(np.eye(gram.shape[1]), gram.shape), atol=2e-6)
    assert distance(ours[:, 0, 0], theirs[:, 0, 0]) < BOUND
    traces = [np.trace(stack, axis1=1, axis2=2) for stack in (ours, theirs)]
    assert distance(*traces) < BOUND
    assert distance(-abs(traces[0]), traces[1]) > BOUND


def told(column: int) -> set[str]:
    """The names that the page "coming from" has of a library, by the column of its table."""
    page = Path(__file__).parents[2] / "docs" / "howto" / "coming-from.md"
    rows = [line.split(" | ") for line in page.read_text().splitlines() if line.startswith("| ")]
    _, *laws = [row[column] for row in rows if len(row) == 5]
    return set(re.findall(r"`(\w+)", " ".join(laws)))

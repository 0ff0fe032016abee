"""Normals far out, weighted: ``python tests/statistical/tails.py [LOG2_N]``, 2**22 pairs of words for each limit.

Beyond 6 standard deviations lies one normal in 500 million, beyond 7.5 one in 16 trillion: too few to wait for. So the
bits that give the radius are drawn where it is greater than the limit, all others as always, and each normal counts as
often as such a radius occurs. Bits come from NumPy's PCG64: this is about the law's arithmetic, as tests/reference.py
has it, which the tests hold to the kernels bit for bit.

Printed for each limit: how many lie beyond it, over how many the exact law has there, with the standard error; the same
of the radii that there are, by integration, which for the last limits is another number, since radii are few there;
and the score of the first against the second. A score beyond 4.5 FAILS, as one in 147,000 would by chance. The control
is a radius with the bits of the first word alone: beyond 6.66 it has nothing, and must be seen to.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import reference
import reference64
from reference import U64
from statistics_of import BOUND

#: As many radii as this are integrated over one by one; more of them are as good as all numbers.
N_ONE_BY_ONE = 1 << 22


class Radii(NamedTuple):
    """A law whose radius is sqrt(-2 ln u), u = (j + 1/2) / 2**n_bits for j from 0 on, and how normals come of bits."""

    n_bits: int
    normals: Callable[[np.ndarray, np.random.Generator], np.ndarray]
    limits: tuple[float, ...]


def normals32(j: np.ndarray, bits: np.random.Generator) -> np.ndarray:
    """Bits 9 to 39 of j are the first word's, or their complement, which has the other sign; the rest the second's."""
    negative = bits.integers(0, 2, j.size, dtype=np.uint64).astype(bool)
    both_words = np.where(negative, ~j, j)
    a = (both_words >> U64(9)).astype(np.uint32)
    angle = bits.integers(0, 1 << 32, j.size, dtype=np.uint32) & np.uint32(0x803FFFFF)
    b = angle | (both_words & U64(511)).astype(np.uint32) << np.uint32(22)
    return np.concatenate(reference.normals(a, b, 0.0, 1.0)).astype(np.float64)


def normals64(j: np.ndarray, bits: np.random.Generator) -> np.ndarray:
    return np.concatenate(reference64.normals(j, bits.integers(0, 1 << 64, j.size, dtype=np.uint64), 0.0, 1.0))


def of_one_word(j: np.ndarray, bits: np.random.Generator) -> np.ndarray:
    """The control: the second word's bits of the radius are always the middle ones."""
    return normals32(j & ~U64(511) | U64(256), bits)


FLOAT32 = Radii(40, normals32, (4.0, 5.0, 6.0, 6.5, 7.0, 7.25, 7.5))
LAWS = {
    "float32": FLOAT32,
    "float64": Radii(64, normals64, (4.0, 5.0, 6.0, 7.0, 7.5, 8.0, 9.0, 9.25)),
    "control": FLOAT32._replace(normals=of_one_word, limits=(7.0,)),
}


def n_radii(law: Radii, limit: float) -> int:
    """How many are greater than the limit."""
    return math.ceil(math.exp(-limit * limit / 2) * 2.0**law.n_bits - 0.5)


def share_beyond(law: Radii, limit: float) -> float:
    """Of normals whose radius is greater than the limit: how many are beyond it, angles being uniform."""
    n = n_radii(law, limit)
    if n > N_ONE_BY_ONE:
        return math.erfc(limit / math.sqrt(2)) / (n * 2.0**-law.n_bits)
    radii = np.sqrt(-2 * np.log((np.arange(n) + 0.5) * 2.0**-law.n_bits))
    return float(np.arccos(np.minimum(limit / radii, 1)).mean()) * 2 / math.pi


class Found(NamedTuple):
    """Numbers beyond a limit over those of the exact law: as drawn, with its standard error, and as radii have it."""

    drawn: float
    error: float
    of_radii: float
    score: float


def beyond(law: Radii, limit: float, n_draws: int, seed: int = 2026) -> Found:
    bits = np.random.Generator(np.random.PCG64(seed))
    j = bits.integers(0, n_radii(law, limit), n_draws, dtype=np.uint64)
    # Pairs are counted: both of one are beyond only where the radius is sqrt(2) times the limit, as good as never.
    n_beyond, expected = np.count_nonzero(abs(law.normals(j, bits)) > limit), 2 * share_beyond(law, limit)
    error = math.sqrt(expected * (1 - expected) / n_draws)
    exact = 2 * math.erfc(limit / math.sqrt(2)) / (n_radii(law, limit) * 2.0**-law.n_bits)
    share = n_beyond / n_draws
    return Found(share / exact, error / exact, expected / exact, (share - expected) / error)


def main(log2_n: str = "22") -> int:
    failed = []
    for name, law in LAWS.items():
        for limit in law.limits:
            found = beyond(law, limit, 1 << int(log2_n))
            verdict = "  FAILS" if not abs(found.score) < BOUND else ""
            drawn, of_radii = f"{found.drawn:.5f} +- {found.error:.5f}", f"{found.of_radii:.5f}"
            print(f"{name} {limit}: {drawn}, radii {of_radii}, score {found.score:.2f}{verdict}", flush=True)
            if bool(verdict) != (name == "control"):
                failed.append((name, limit))
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

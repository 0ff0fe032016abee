"""The golden hashes: what arrays they are of, and the hash of an array."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fastinit.plans.plain import scheme_of

PATH = Path(__file__).with_name("golden.json")


class Golden(NamedTuple):
    """An array and its hash; None where the dtype has no numbers for it, and it is refused."""

    case: dict
    dtype: str
    sha256: str | None

    @property
    def n_elements(self) -> int:
        return math.prod(self.case["shape"])

    def make(self, threads: int | None = None) -> np.ndarray:
        case = self.case
        scheme = scheme_of("golden", "scheme", {"name": case["scheme"], **case["params"]})
        return scheme(tuple(case["shape"]), rng=case["rng"], name=case["name"], dtype=self.dtype, threads=threads)

    def __str__(self) -> str:
        return f"{self.case['scheme']} {self.case['name']!r} {tuple(self.case['shape'])} {self.dtype}"


def load() -> dict:
    return json.loads(PATH.read_text())


def rows(golden: dict) -> Iterator[Golden]:
    """Every hash of a scheme without blocks."""
    for case in golden["cases"] + golden["complex"]:
        for dtype, value in case["sha256"].items():
            yield Golden(case, dtype, value)


def sha256(array: np.ndarray) -> str:
    """Of the elements as little-endian patterns of bits."""
    if array.dtype.kind == "c":
        array = array.view(array.real.dtype)
    patterns = array.view(f"u{array.itemsize}")
    return hashlib.sha256(patterns.astype(patterns.dtype.newbyteorder("<")).tobytes()).hexdigest()

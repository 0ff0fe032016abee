"""Laws with ordinary and awkward parameters, each in the dtypes that admit it: what tests of the kernels go over."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import reference_numbers
from reference_laws import DTYPES
from reference_numbers import Law

import fastinit as fi
from fastinit.laws import kernel_laws, truncation
from fastinit.laws.dtypes import FORMATS

#: scheme: the names of its parameters; the package's law of them, and the reference's.
SCHEMES = {
    "normal": (("mean", "std"), kernel_laws.normal, reference_numbers.normal),
    "uniform": (("low", "high"), kernel_laws.uniform, reference_numbers.uniform),
    "truncated_normal": (
        ("mean", "std", "low", "high"),
        truncation.truncated_normal,
        reference_numbers.truncated,
    ),
}


class Case(NamedTuple):
    scheme: str
    numbers: tuple[float, ...]
    dtype: str

    def fill(self, **call) -> np.ndarray:
        return getattr(fi, self.scheme)(**self.params(), dtype=DTYPES[self.dtype], **call)

    def params(self) -> dict[str, float]:
        return dict(zip(SCHEMES[self.scheme][0], self.numbers, strict=True))

    def law(self) -> kernel_laws.Law:
        return SCHEMES[self.scheme][1](self.scheme, *self.numbers, FORMATS[self.dtype])

    def reference(self) -> Law:
        return SCHEMES[self.scheme][2](*self.numbers, self.dtype)

    def __str__(self) -> str:
        return f"{self.scheme}{self.numbers}-{self.dtype}"


INF = math.inf

EVERY_DTYPE = {
    "normal": [(0.0, 1.0), (0.5, 0.02), (-3.0, 1e-6), (0.25, 0.0)],
    "uniform": [(0.0, 1.0), (-0.125, 0.125), (-1.0, 3.0), (-0.3, 0.7)],
    "truncated_normal": [
        (0.0, 1.0, -2.0, 2.0),
        (0.5, 0.02, -3.0, 3.0),
        (0.0, 1.0, -0.001, 0.001),
        (0.0, 0.5, -1e-12, 1e-12),
        (0.0, 1.0, -4.5, 4.5),
        (0.0, 0.02, -INF, INF),
        (0.1, 0.02, -2.0, INF),
        (-1.0, 2.0, 0.0, 1.5),
        (0.0, 1.0, 5.0, 6.0),
        (0.0, 1.0, -6.0, -5.0),
        (3.0, 1.0, 3.999, 4.001),
        (0.0, 1.0, 8.0, INF),
    ],
}

#: Of these, what some dtypes refuse: a deviation that is 0 there, bounds with no number between them.
REFUSED = {
    "float8_e4m3fn": [(-3.0, 1e-6)],
    "float8_e5m2": [(-3.0, 1e-6), (0.0, 1.0, 5.0, 6.0), (0.0, 1.0, -6.0, -5.0)],
}

#: Subnormal results, the ends of the range, intervals with few numbers in them, bounds that the dtype rounds away.
ONE_DTYPE = {
    "float32": {
        "normal": [(1e-38, 1e-38), (0.0, 1e-44), (1e30, 1e30), (0.0, 4.5e37), (-1e-60, 1e-44), (-0.0, 1.0)],
        "uniform": [
            (-1e-50, 1e-51),
            (0.0, 2e-40),
            (-1.1e38, -0.9e38),
            (-3.4e38, 3.4e38),
            (1.0, 1 + 3 * 2.0**-23),
            (0.0, 2.5e-29),
        ],
        "truncated_normal": [
            *((0.0, 1e-38, -2.0, 2.0), (1e-39, 1e-44, -3.0, 4.0), (1e37, 1e37, -3.0, 3.0)),
            (0.7, 1e-6, -2.0, 2.0),  # not by the law of symmetric bounds: the mean is no float32 number
        ],
    },
    "float64": {
        "normal": [(0.0, 1e-240), (1e-250, 1e-240), (-5e288, 1e288), (1e289, 1e-240), (0.0, 1.05e289), (5e-324, 1.0)],
        "uniform": [
            (-1e-240, 1e-240),
            (1e-240, 3.1e-240),
            (-1e290, 1e290),
            (1.0, 1 + 3 * 2.0**-52),
            (-1e290, -9e289),
            (0.1, math.nextafter(math.nextafter(0.1, 1), 1)),
        ],
        "truncated_normal": [
            (0.0, 1e-240, -2.0, 2.0),
            (0.0, 1e-240, -1e-12, 1e-12),
            (0.0, 1e-240, 0.0, 2e-12),
            (1e289, 1e288, -8.0, 8.0),
            (0.0, 7e288, -INF, INF),
            (1e289, 1e276, 8.0, 13.0),
            (0.0, 1.0, 7.5, 7.5 * (1 + 2e-10)),
        ],
    },
    "float16": {
        "normal": [(0.5, 6e-8), (0.0, 1e-7), (0.0, 8000.0), (-60000.0, 500.0)],
        "uniform": [
            (1.0, 1.002),
            (1.0, 1.0015),
            (-65504.0, 65504.0),
            (0.0, 2.0**-22),
            (-(2.0**-24), 1.0),
            (-5.9e-8, 1e-6),
        ],
        "truncated_normal": [(0.1, 1e-3, -1.0, 1.0), (0.0, 5e-8, -1.0, 1.0), (0.0, 20000.0, -3.0, 3.0)],
    },
    "bfloat16": {
        "normal": [(1e-38, 1e-38), (0.0, 1e-40), (1e30, 1e30)],
        "uniform": [(0.0998, 0.1019), (1.0, 1.01), (-3e38, 3e38), (-3e-40, 1e-41), (-8e-41, 1e-39), (-3.0, 1e-41)],
        "truncated_normal": [
            (0.1, 0.1, -1.0, 1.0),
            (1.0, 0.01, -0.3, 0.5),
            (0.0, 1e-40, -2.0, 2.0),
            (0.0, 1e-40, -3.0, 1.0),
        ],
    },
    "float8_e4m3fn": {
        "normal": [(0.0, 0.002), (0.0, 59.0), (-400.0, 6.0)],
        "uniform": [(1.0, 1.3), (-448.0, 448.0), (0.0, 2.0**-7), (-(2.0**-9), 1.0), (-0.01, 0.003)],
        "truncated_normal": [(0.1, 0.01, -1.0, 1.0), (0.0, 0.002, -2.0, 2.0), (0.0, 140.0, -3.0, 3.0)],
    },
    "float8_e5m2": {
        "normal": [(0.0, 2e-5), (0.0, 7000.0), (-50000.0, 900.0)],
        "uniform": [(1.0, 1.6), (-57344.0, 57344.0), (0.0, 2.0**-14), (-(2.0**-16), 1.0), (-1e-4, 4e-5)],
        "truncated_normal": [(0.1, 0.05, -1.0, 1.0), (0.0, 2e-5, -2.0, 2.0), (0.0, 19000.0, -3.0, 3.0)],
    },
}

CASES = [
    Case(scheme, numbers, dtype)
    for dtype in DTYPES
    for scheme in SCHEMES
    for numbers in EVERY_DTYPE[scheme]
    if numbers not in REFUSED.get(dtype, ())
]
CASES += [
    Case(scheme, numbers, dtype)
    for dtype, schemes in ONE_DTYPE.items()
    for scheme, every in schemes.items()
    for numbers in every
]

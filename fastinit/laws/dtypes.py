"""The dtypes that can be filled: one table, their arithmetic, and the way from what a user writes to a row of it."""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from fastinit import _kernels
from fastinit.common.errors import Shown, reject_type

_CODES = {name: code for code, name in enumerate(_kernels.dtypes())}


class Format(NamedTuple):
    """A binary floating-point format: its numbers are k * 2**e with |k| < 2**precision and e >= least_exponent."""

    name: str
    code: int
    precision: int
    least_exponent: int
    max: float

    def nearest(self, value: float) -> float:
        """`value` rounded to nearest even; infinite beyond the range."""
        if not math.isfinite(value) or value == 0 or self.precision == 53:
            return value
        quantum = self._quantum_exponent(value)
        rounded = math.ldexp(round(math.ldexp(value, -quantum)), quantum)
        return rounded if abs(rounded) <= self.max else math.copysign(math.inf, value)

    def below(self, bound: float | Fraction) -> float:
        """The largest number strictly below `bound`."""
        nearest = self.nearest(float(bound))
        return nearest if nearest < bound else self.next_below(nearest)

    def above(self, bound: float | Fraction) -> float:
        """The smallest number strictly above `bound`."""
        return -self.below(-bound)

    def next_below(self, number: float) -> float:
        """The largest number below a number of the format."""
        if self.precision == 53:
            return math.nextafter(number, -math.inf)
        if math.isinf(number):
            return self.max if number > 0 else number
        quantum = self._quantum_exponent(number)
        if number > 0 and math.frexp(number)[0] == 0.5:  # numbers are denser below a power of two
            quantum = max(quantum - 1, self.least_exponent)
        lower = number - math.ldexp(1.0, quantum)
        return lower if lower >= -self.max else -math.inf

    def _quantum_exponent(self, value: float) -> int:
        return max(math.frexp(value)[1] - self.precision, self.least_exponent) if value else self.least_exponent


#: Every dtype that fills accept, by name.
FORMATS = {
    name: Format(name, _CODES[name], precision, least, (2 - math.ldexp(1.0, 1 - precision)) * 2.0**greatest)
    for name, precision, least, greatest in (
        ("float32", 24, -149, 127),
        ("float64", 53, -1074, 1023),
        ("float16", 11, -24, 15),
        ("bfloat16", 8, -133, 127),
    )
}

FLOAT32_FORMAT, FLOAT64_FORMAT = FORMATS["float32"], FORMATS["float64"]

FLOAT32 = np.dtype(np.float32)

EXPECTED = "float32, float64, float16 or bfloat16"

#: NumPy's dtypes; bfloat16 joins when somebody brings it.
_BY_DTYPE = {np.dtype(name): row for name, row in FORMATS.items() if name != "bfloat16"}


def format_of(dtype: np.dtype) -> Format | None:
    """The table's row of a dtype in this machine's byte order; None for others."""
    found = _BY_DTYPE.get(dtype)
    if found is None and dtype.name == "bfloat16":
        # Only ml_dtypes makes arrays of that dtype, so it has been imported if this is one of them.
        module = sys.modules.get("ml_dtypes")
        if module is not None and dtype == np.dtype(module.bfloat16):
            found = _BY_DTYPE[dtype] = FORMATS["bfloat16"]
    return found


def resolve(where: str, dtype: object) -> np.dtype:
    """The NumPy dtype that `dtype` spells; None means float32."""
    if dtype is None or dtype is FLOAT32:
        return FLOAT32
    if isinstance(dtype, str) and dtype == "bfloat16":
        return bfloat16(where, "dtype")
    try:
        resolved = np.dtype(dtype)
    except Exception:  # NumPy raises whatever it meets in what it is given
        reject_type(where, "dtype", EXPECTED, dtype)
    if format_of(resolved) is None:
        reject_type(where, "dtype", EXPECTED, Shown(describe(resolved)))
    return resolved


def bfloat16(where: str, parameter: str) -> np.dtype:
    """The dtype that ml_dtypes makes; a refusal that says how to install it, where it is missing."""
    try:
        import ml_dtypes  # NumPy has no such dtype of its own
    except ImportError:
        needed = "ml_dtypes to be installed for bfloat16 (pip install 'fastinit-nn[bf16]')"
        reject_type(where, parameter, needed, Shown("no module ml_dtypes"))
    return np.dtype(ml_dtypes.bfloat16)


def describe(dtype: np.dtype) -> str:
    """The dtype's name, and its byte order where that is not this machine's."""
    return dtype.name if dtype.isnative else f"{dtype.name} in the other byte order"

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
    has_infinity: bool  #: else what rounding takes beyond the range is NaN

    kind = "float"

    def nearest(self, value: float) -> float:
        """`value` rounded to nearest even, its sign kept; infinite beyond the range, even without infinities there."""
        if not math.isfinite(value) or value == 0 or self.precision == 53:
            return value
        quantum = self._quantum_exponent(value)
        rounded = math.ldexp(round(math.ldexp(value, -quantum)), quantum)
        return math.copysign(rounded if abs(rounded) <= self.max else math.inf, value)

    def below(self, bound: float | Fraction) -> float:
        """The largest number strictly below `bound`."""
        nearest = self.nearest(float(bound))
        return nearest if nearest < bound else self.next_below(nearest)

    def all_below(self, bounds: np.ndarray) -> np.ndarray:
        """`below` of each of many bounds in (-max, max]; what it makes of others has no meaning."""
        if self.precision == 53:
            return np.nextafter(bounds, -np.inf)
        quantum = self._quanta(bounds)
        nearest = np.ldexp(np.rint(np.ldexp(bounds, -quantum)), quantum)
        is_power = np.frexp(nearest)[0] == 0.5  # numbers are denser below it
        down = np.maximum(self._quanta(nearest) - is_power, self.least_exponent)
        return np.where(nearest < bounds, nearest, nearest - np.ldexp(1.0, down))

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

    def _quanta(self, values: np.ndarray) -> np.ndarray:
        """The exponents of numbers' steps."""
        exponents = np.maximum(np.frexp(values)[1] - self.precision, self.least_exponent)
        return np.where(values == 0, self.least_exponent, exponents)

    def _quantum_exponent(self, value: float) -> int:
        return max(math.frexp(value)[1] - self.precision, self.least_exponent) if value else self.least_exponent


class ComplexFormat(NamedTuple):
    """Pairs of numbers of a format: the real part and the imaginary one."""

    name: str
    code: str  #: no code of the kernels, which know floats alone
    parts: Format

    kind = "complex"


class IntegerFormat(NamedTuple):
    """Integers within bounds, both included; of bool, 0 and 1."""

    name: str
    code: str
    least: int
    greatest: int

    kind = "integer"


#: Every dtype of real numbers that fills accept, by name.
FORMATS = {
    name: Format(name, _CODES[name], precision, least, greatest, has_infinity)
    for name, precision, least, greatest, has_infinity in (
        ("float32", 24, -149, (2 - 2.0**-23) * 2.0**127, True),
        ("float64", 53, -1074, sys.float_info.max, True),
        ("float16", 11, -24, 65504.0, True),
        ("bfloat16", 8, -133, (2 - 2.0**-7) * 2.0**127, True),
        ("float8_e4m3fn", 4, -9, 448.0, False),
        ("float8_e5m2", 3, -16, 57344.0, True),
    )
}

#: And of integers, for schemes that place given numbers.
INTEGER_FORMATS = {
    "bool": IntegerFormat("bool", "bool", 0, 1),
    **{
        name: IntegerFormat(name, name, int(np.iinfo(name).min), int(np.iinfo(name).max))
        for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
    },
}

#: Those that NumPy itself lacks: ml_dtypes has them, by the same names.
FROM_ML_DTYPES = ("bfloat16", "float8_e4m3fn", "float8_e5m2")

FLOAT32_FORMAT, FLOAT64_FORMAT = FORMATS["float32"], FORMATS["float64"]

#: And of complex numbers.
COMPLEX_FORMATS = {
    "complex64": ComplexFormat("complex64", "complex64", FLOAT32_FORMAT),
    "complex128": ComplexFormat("complex128", "complex128", FLOAT64_FORMAT),
}

FLOAT32 = np.dtype(np.float32)

REAL = "float32, float64, float16, bfloat16, float8_e4m3fn or float8_e5m2"
REAL_OR_COMPLEX = REAL.replace(" or ", ", ") + ", complex64 or complex128"
EXPECTED = REAL_OR_COMPLEX.replace(" or ", ", ") + ", an integer dtype or bool"

#: Of all of them.
NAMES = frozenset(FORMATS | COMPLEX_FORMATS | INTEGER_FORMATS)

#: NumPy's dtypes; those of ml_dtypes join when somebody brings them.
#: Characters of a dtype's name, of which none has so many.
MAX_SPELLING = 100

_BY_DTYPE = {
    np.dtype(name): row
    for name, row in (FORMATS | COMPLEX_FORMATS | INTEGER_FORMATS).items()
    if name not in FROM_ML_DTYPES
}


def format_of(dtype: np.dtype) -> Format | ComplexFormat | IntegerFormat | None:
    """The table's row of a dtype in this machine's byte order; None for others."""
    found = _BY_DTYPE.get(dtype)
    if found is None and dtype.name in FROM_ML_DTYPES:
        # Only ml_dtypes makes arrays of these dtypes, so it has been imported if this is one of them.
        module = sys.modules.get("ml_dtypes")
        if module is not None and dtype == np.dtype(getattr(module, dtype.name)):
            found = _BY_DTYPE[dtype] = FORMATS[dtype.name]
    return found


def holds_reals(dtype: np.dtype) -> bool:
    """Whether its numbers are real ones: integers, or floats of NumPy's or of this table."""
    return dtype.kind in "iuf" or (dtype.name in FROM_ML_DTYPES and format_of(dtype) is not None)


def resolve(where: str, dtype: object) -> np.dtype:
    """The NumPy dtype that `dtype` spells; None means float32."""
    if dtype is None or dtype is FLOAT32:
        return FLOAT32
    if isinstance(dtype, (str, bytes, bytearray)):
        dtype = dtype[:MAX_SPELLING]  # NumPy reads all of long ones, and subclasses compare as they like
    if isinstance(dtype, str) and dtype in FROM_ML_DTYPES:
        return from_ml_dtypes(where, "dtype", dtype)
    try:
        resolved = np.dtype(dtype)
    except Exception:  # NumPy raises whatever it meets in what it is given
        name = _name_elsewhere(dtype)
        if name is None:
            reject_type(where, "dtype", EXPECTED, dtype)
        return resolve(where, name)
    if format_of(resolved) is None:
        reject_type(where, "dtype", EXPECTED, Shown(describe(resolved)))
    return resolved


def _name_elsewhere(dtype: object) -> str | None:
    """The name that another library's dtype has here: "float32" for what shows itself as ``torch.float32``."""
    if type(dtype).__name__.lower() != "dtype":
        return None
    try:
        module, _, name = str(dtype).rpartition(".")
    except Exception:  # what is not such an object raises what it likes
        return None
    return name if name in NAMES and type(dtype).__module__.startswith(module or ".") else None


def from_ml_dtypes(where: str, parameter: str, name: str) -> np.dtype:
    """The dtype of that name, which ml_dtypes makes; a refusal that says how to install it, where it is missing."""
    try:
        import ml_dtypes  # NumPy has no such dtypes of its own
    except ImportError:
        needed = f"ml_dtypes to be installed for {name} (pip install 'fastinit-nn[bf16]')"
        reject_type(where, parameter, needed, Shown("no module ml_dtypes"))
    return np.dtype(getattr(ml_dtypes, name))


def describe(dtype: np.dtype) -> str:
    """The dtype's name, and its byte order where that is not this machine's."""
    return dtype.name if dtype.isnative else f"{dtype.name} in the other byte order"

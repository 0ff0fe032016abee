"""Weights alone: is a tensor's scale what any known scheme would give?"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from fastinit.checking import fitting, known_schemes, law_moments, moments, special_matrices, units
from fastinit.checking.fitting import Fit
from fastinit.checking.known_schemes import Beside, Known
from fastinit.checking.moments import Sample
from fastinit.checking.verdicts import DUPLICATE_SHARE
from fastinit.checking.weights_report import CONSTANT, KNOWN, NOT_JUDGED, ORDER, UNKNOWN, TensorReport, WeightsReport
from fastinit.common import checks
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.filling import output
from fastinit.laws.axis_roles import LAYOUTS, distinct_layouts
from fastinit.laws.dtypes import holds_reals

#: Of the two figures that tell a scheme's parameters, mean and standard deviation, how many standard errors they may be
#: off: of normal errors 5.7e-7 are. So a file of 1000 tensors of right laws has one that is not told right in at most
#: one case of a hundred.
MAX_ERRORS = fitting.MAX_ERRORS

#: float16 and bfloat16 round values to a grid; this much more, relative, is allowed for. Half a unit in bfloat16's last
#: place would be 2e-3 if all errors had one sign; they do not.
ROUNDING = 1e-4

#: Widths of a network that are tried, the most common first, and the least of them.
N_WIDTHS, LEAST_WIDTH = 4, 16

#: Depths of a network that are tried, the most common first.
N_DEPTHS = 4

#: Weights of a unit from which on equal units are no chance: in 16 bits or more, and in 8.
LEAST_UNIT, LEAST_UNIT_OF_8_BITS = 3, 8


def report(where: str, arrays: Mapping, layout: str | None) -> WeightsReport:
    """Compare every tensor with every known scheme, in one layout or in all."""
    left_out = getattr(arrays, "left_out", ())
    checks.reject_endless(where, "layers", arrays)
    if not arrays:
        got = f"only {', '.join(left_out)}" if left_out else "none"
        reject_value(where, "layers", "tensors of floating-point numbers", Shown(got))
    with np.errstate(all="ignore"):
        beside = Beside(_widths(arrays), _depths(arrays))
        tensors = tuple(_tensor(where, name, array, layout, beside) for name, array in arrays.items())
    found = {tensor.verdict for tensor in tensors}
    verdict = next((name for name in ORDER if name in found), KNOWN)
    return WeightsReport(verdict, tensors, tuple(left_out))


def _widths(arrays: Mapping) -> tuple[int, ...]:
    """Axes that several tensors have: widths of the network, by which tensors without such an axis may be scaled."""
    shapes = [getattr(array, "shape", ()) for array in arrays.values()]
    counts = Counter(n for shape in shapes if isinstance(shape, tuple) and len(shape) > 1 for n in set(shape))
    return tuple(n for n, count in counts.most_common(N_WIDTHS) if count > 2 and n >= LEAST_WIDTH)


def _depths(arrays: Mapping) -> tuple[int, ...]:
    """Numbers of layers, most common first: of tensors of one name but for the layer's number."""
    alike = Counter(re.sub(r"\d+", "*", str(name)) for name in arrays)
    return tuple(n for n, _ in Counter(n for n in alike.values() if n > 1).most_common(N_DEPTHS))


def _tensor(where: str, name: object, value: object, layout: str | None, beside: Beside) -> TensorReport:
    array = _array(where, name, value)
    sample = moments.of(array)
    return TensorReport(
        str(name), array.shape, array.dtype.name, sample.mean, sample.std, *_judge(array, sample, layout, beside)
    )


def _array(where: str, name: object, value: object) -> np.ndarray:
    array = output.readable(where, f"layers[{name!r}]", value)
    if array is None or not holds_reals(array.dtype):
        reject_type(where, f"layers[{name!r}]", "an array of real numbers", value)
    return array


class _Judged(NamedTuple):
    """The last fields of a row."""

    fits: tuple[str, ...] = ()
    errors: float = math.nan
    verdict: str = KNOWN
    reason: str = ""
    law: str = ""


def _judge(array: np.ndarray, sample: Sample, layout: str | None, beside: Beside) -> _Judged:
    if sample.n_not_finite:
        return _Judged(verdict="not finite", reason=f"{sample.n_not_finite} of {sample.n} values are NaN or infinite")
    if not sample.n:
        return _Judged(verdict=NOT_JUDGED, reason="no elements")
    if sample.least == sample.greatest:
        label = {0.0: "zeros", 1.0: "ones"}.get(sample.mean, f"constant({sample.mean:.6g})")
        return _Judged((label,), 0.0, CONSTANT, label, label)
    layouts = distinct_layouts(max(array.ndim, 2)) if layout is None else (layout,)
    special = special_matrices.of(array, sample.n_zeros, layouts)
    if special:
        return _Judged((special,), 0.0, KNOWN, f"{special}, to rounding", special)
    share = max((_equal_units(array, layout), layout) for layout in layouts) if array.ndim >= 2 else (0.0, "")
    if share[0] >= DUPLICATE_SHARE:
        reason = f"{share[0]:.0%} of the units (layout {share[1]!r}) equal another"
        return _Judged(verdict="symmetric", reason=reason)
    if sample.n < fitting.N_LEAST:
        return _Judged(verdict=NOT_JUDGED, reason=f"fewer than {fitting.N_LEAST} values")
    return _by_law(array, sample, layout, beside)


def _by_law(array: np.ndarray, sample: Sample, layout: str | None, beside: Beside) -> _Judged:
    """Of what law the values are, those that are exactly 0 perhaps aside, and whose parameters that law has."""
    fits, zeros, n = [], "", sample.n - sample.n_zeros
    # In 8 bits small values are rounded to 0.
    if array.itemsize > 1 and sample.n_zeros >= fitting.ZERO_SHARE * sample.n and n >= fitting.N_LEAST:
        fits = fitting.fits(fitting.values_of(array, sample, without_zeros=True))
        zeros = f"{sample.n_zeros / sample.n:.4g} of the values are 0, the others "
    if not fits or fits[0].against:
        fits, zeros, n = fitting.fits(fitting.values_of(array, sample, without_zeros=False)), "", sample.n
    if fits[0].against:
        reason = "of no law: " + "; ".join(f"against {fit.label}: {fit.against}" for fit in fits)
        return _unknown(array, reason)
    right = [fit for fit in fits if not fit.against]
    law, coarse = zeros + right[0].label, max(ROUNDING, fitting.grain_of(array.dtype) ** 2)
    known = known_schemes.of(array.shape, layout, beside)
    found = [(_errors(fit, n, one, coarse), one.label) for one in known for fit in right if _is_of(fit, n, one, coarse)]
    if found:
        reason = zeros + _fitting(found, right[0], known)
        return _Judged(tuple(label for _, label in found), found[0][0], KNOWN, reason, law)
    alike = [one for one in known if one.moments.distribution == right[0].distribution]
    if right[0].mean or not alike:
        return _unknown(array, f"{law}, of no known scheme", law)
    nearest = min(alike, key=lambda one: _errors(right[0], n, one, coarse))
    beside = "" if nearest.label.startswith("he_") else _beside_he(right[0], known)
    near = f"{right[0].std / nearest.moments.std:.3g} times {nearest.label}{beside}"
    return _unknown(array, f"{law}, of no known scheme; nearest: {near}", law, _errors(right[0], n, nearest, coarse))


def _unknown(array: np.ndarray, reason: str, law: str = "", errors: float = math.nan) -> _Judged:
    if array.ndim < 2:  # what PyTorch draws biases from, to name one, cannot be told
        return _Judged((), errors, NOT_JUDGED, f"a vector, whose fans cannot be told; {reason}", law)
    return _Judged((), errors, UNKNOWN, reason, law)


def _equal_units(array: np.ndarray, layout: str) -> float:
    axis = LAYOUTS[layout][1]
    if array.size < array.shape[axis] * (LEAST_UNIT_OF_8_BITS if array.itemsize == 1 else LEAST_UNIT):
        return 0.0
    return units.n_duplicates(np.moveaxis(array, axis, 0)) / max(array.shape[axis], 1)


def _errors(fit: Fit, n: int, known: Known, coarse: float) -> float:
    """How many standard errors the values' standard deviation is from the scheme's."""
    own = known.moments
    return abs(math.log(fit.std / own.std)) / (law_moments.std_error(own.distribution, n) + coarse)


def _is_of(fit: Fit, n: int, known: Known, coarse: float) -> bool:
    own = known.moments
    return (
        fit.distribution == own.distribution
        and _errors(fit, n, known, coarse) <= MAX_ERRORS
        and abs(fit.mean - own.mean) <= MAX_ERRORS * own.std * (n**-0.5 + coarse)
    )


def _fitting(found: list[tuple[float, str]], fit: Fit, known: tuple[Known, ...]) -> str:
    """The two plainest, and where neither knows of fans, how that compares with a scheme that does."""
    text = ", or ".join(f"{label}, within {errors:.1f} standard errors" for errors, label in found[:2])
    blind = all("(" in label and "fans" not in label and not label.startswith("he_") for _, label in found[:2])
    return text + (_beside_he(fit, known) if blind else "")


def _beside_he(fit: Fit, known: tuple[Known, ...]) -> str:
    """In the plainest reading, and in PyTorch's layout if that is another one."""
    he = {}
    for one in known:
        if re.fullmatch(r"he_normal(\(fans='oi'\))?( as .*)?", one.label):
            he.setdefault(one.moments.std, one.label)
    times = [f"{fit.std / std:.3g} times {label}" for std, label in list(he.items())[:2]]
    return "; " + " or ".join(times) if times else ""

"""Weights alone: is a tensor's scale what any known scheme would give?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from fastinit.checking import known_schemes, law_moments, moments, units
from fastinit.checking.known_schemes import Known
from fastinit.checking.moments import Sample
from fastinit.checking.verdicts import DUPLICATE_SHARE
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.filling import output
from fastinit.laws.axis_roles import LAYOUTS, distinct_layouts
from fastinit.laws.dtypes import holds_reals
from fastinit.schemes.basic import normal

#: A scheme fits if mean, standard deviation and kurtosis are all within so many standard errors of its own: of three
#: tests together, a false alarm for one tensor in 5000.
MAX_ERRORS = 4.0

#: float16 and bfloat16 round values to a grid; this much more, relative, is allowed for. Half a unit in bfloat16's last
#: place would be 2e-3 if all errors had one sign; they do not.
ROUNDING = 1e-4

#: W is orthogonal if W' W v is a multiple of v but for this, relative. Rounding to bfloat16 makes 2e-3; n random
#: columns of length m make sqrt(n / m), of which it must also be a small share.
MAX_RESIDUAL, RESIDUAL_SHARE = 0.01, 0.1

#: So many v, random ones: with one, few columns of no orthogonal matrix would pass by chance.
N_DIRECTIONS = 8

#: What a tensor is that a scheme would give, and one that has nothing to go by: no elements, or no fans.
KNOWN, NOT_JUDGED = "known", "not judged"

#: What may be wrong with a tensor, gravest first.
ORDER = ("not finite", "symmetric", "unknown")


class TensorReport(NamedTuple):
    """One row of the table."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    mean: float
    std: float
    fits: tuple[str, ...]  #: schemes whose law it has, the plainest first
    errors: float  #: how many standard errors the standard deviation is from the first of them, or the nearest
    verdict: str  #: "known", "not judged", or one of ORDER; "unknown" if no scheme would give it
    reason: str


class WeightsReport(NamedTuple):
    """What `fastinit.check` finds out about weights alone; ``str()`` is the table."""

    verdict: str  #: "known", or the gravest of the tensors' verdicts
    tensors: tuple[TensorReport, ...]
    left_out: tuple[str, ...] = ()  #: tensors of a file whose dtype is no weight's, with it

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong: whose scale the weights have does not say that it suits the network."""
        return self.verdict == KNOWN

    def __str__(self) -> str:
        n_columns = 5
        rows = [("tensor", "shape", "mean", "std", "verdict"), *map(_cells, self.tensors)]
        widths = [max(len(row[i]) for row in rows) for i in range(n_columns)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        counts = Counter(tensor.verdict for tensor in self.tensors)
        lines += ["", f"{self.verdict}: {', '.join(f'{n} {verdict}' for verdict, n in counts.most_common())}"]
        return "\n".join([*lines, *([f"left out: {', '.join(self.left_out)}"] if self.left_out else [])])

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, strings and numbers, for JSON: None in place of what is not finite."""
        tensors = [_plain(tensor) for tensor in self.tensors]
        return {"verdict": self.verdict, "tensors": tensors, "left_out": list(self.left_out)}


def report(where: str, arrays: Mapping, layout: str | None) -> WeightsReport:
    """Compare every tensor with every known scheme, in one layout or in all."""
    left_out = getattr(arrays, "left_out", ())
    if not arrays:
        got = f"only {', '.join(left_out)}" if left_out else "none"
        reject_value(where, "layers", "tensors of floating-point numbers", Shown(got))
    with np.errstate(all="ignore"):
        tensors = tuple(_tensor(where, name, array, layout) for name, array in arrays.items())
    found = {tensor.verdict for tensor in tensors}
    verdict = next((name for name in ORDER if name in found), KNOWN)
    return WeightsReport(verdict, tensors, tuple(left_out))


def _tensor(where: str, name: object, value: object, layout: str | None) -> TensorReport:
    array = _array(where, name, value)
    layouts = distinct_layouts(max(array.ndim, 2)) if layout is None else (layout,)
    sample = moments.of(array)
    fits, errors, verdict, reason = _judge(array, sample, layouts)
    return TensorReport(
        str(name), array.shape, array.dtype.name, sample.mean, sample.std, fits, errors, verdict, reason
    )


def _array(where: str, name: object, value: object) -> np.ndarray:
    array = output.readable(value)
    if array is None or not holds_reals(array.dtype):
        reject_type(where, f"layers[{name!r}]", "an array of real numbers", value)
    return array


def _judge(array: np.ndarray, sample: Sample, layouts: tuple[str, ...]) -> tuple[tuple[str, ...], float, str, str]:
    if sample.n_not_finite:
        return (), math.nan, "not finite", f"{sample.n_not_finite} of {sample.n} values are NaN or infinite"
    if not sample.n:
        return (), math.nan, NOT_JUDGED, "no elements"
    if sample.least == sample.greatest:
        return _constant(array, sample)
    gain = _orthogonal_gain(array, layouts) if array.ndim >= 2 else None
    if gain is not None:
        return (f"orthogonal(gain={gain:.4g})",), 0.0, KNOWN, f"orthogonal(gain={gain:.4g}), to rounding"
    share = max((_equal_units(array, layout), layout) for layout in layouts) if array.ndim >= 2 else (0.0, "")
    if share[0] >= DUPLICATE_SHARE:
        return (), math.nan, "symmetric", f"{share[0]:.0%} of the units (layout {share[1]!r}) equal another"
    known = list(known_schemes.of(array.shape, layouts))
    fits = [(abs(_errors(sample, one)), one.label) for one in known if _fits(sample, one)]
    if fits:
        return tuple(label for _, label in fits), fits[0][0], KNOWN, _fitting(fits, sample, known)
    return _unknown(array, sample, known)


def _constant(array: np.ndarray, sample: Sample) -> tuple[tuple[str, ...], float, str, str]:
    label = {0.0: "zeros", 1.0: "ones"}.get(sample.mean, f"constant({sample.mean:.6g})")
    if array.ndim < 2:
        return (label,), 0.0, KNOWN, label
    return (label,), 0.0, "symmetric", f"{label}: every unit is like every other"


def _equal_units(array: np.ndarray, layout: str) -> float:
    axis = LAYOUTS[layout][1]
    rows = np.moveaxis(array, axis, 0).reshape(array.shape[axis], -1)
    return units.n_duplicates(rows) / max(rows.shape[0], 1)


def _errors(sample: Sample, known: Known) -> float:
    """How many standard errors the sample's standard deviation is from the scheme's."""
    own = known.moments
    return (sample.std / own.std - 1) / (law_moments.std_error(own.distribution, sample.n) + ROUNDING)


def _fits(sample: Sample, known: Known) -> bool:
    own = known.moments
    kurtosis_error = law_moments.kurtosis_error(own.distribution, sample.n) + ROUNDING
    return (
        abs(_errors(sample, known)) <= MAX_ERRORS
        and abs(sample.mean - own.mean) <= MAX_ERRORS * own.std * (sample.n**-0.5 + ROUNDING)
        and abs(sample.kurtosis - law_moments.kurtosis(own.distribution)) <= MAX_ERRORS * kurtosis_error
    )


def _fitting(fits: list[tuple[float, str]], sample: Sample, known: list[Known]) -> str:
    """The two plainest, and where neither knows of fans, how that compares with a scheme that does."""
    text = ", or ".join(f"{label}, within {errors:.1f} standard errors" for errors, label in fits[:2])
    blind = all("(" in label and "fans" not in label for _, label in fits[:2])
    return text + (_beside_he(sample, known) if blind else "")


def _beside_he(sample: Sample, known: list[Known]) -> str:
    he = [one.moments.std for one in known if one.label.startswith("he_normal")]
    return f"; {sample.std / he[0]:.3g} times he_normal" if he else ""


def _orthogonal_gain(array: np.ndarray, layouts: tuple[str, ...]) -> float | None:
    """The g for which W' W is g**2 times the identity, W flattened as `orthogonal` does, or its transpose."""
    for layout in layouts:
        n_rows = array.shape[0] if LAYOUTS[layout][1] == 0 else math.prod(array.shape[:-1])
        matrix = array.reshape(n_rows, -1).astype(np.float32, copy=False)
        matrix = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
        m, n = matrix.shape
        directions = normal((n, min(n, N_DIRECTIONS)), rng=0, name="fastinit.check: directions")
        with np.errstate(all="ignore"):
            images = matrix.T @ (matrix @ directions)
            square = float((images * directions).sum() / (directions**2).sum())
            residual = np.linalg.norm(images - square * directions) / np.linalg.norm(images)
        if n > 1 and residual <= min(MAX_RESIDUAL, RESIDUAL_SHARE * math.sqrt(n / m)):
            return math.sqrt(square)
    return None


def _unknown(array: np.ndarray, sample: Sample, known: list[Known]) -> tuple[tuple[str, ...], float, str, str]:
    nearest = min(known, key=lambda one: abs(math.log(sample.std / one.moments.std)))
    ratio = sample.std / nearest.moments.std
    near = f"nearest: {ratio:.3g} times {nearest.label}{_beside_he(sample, known)}"
    errors = abs(_errors(sample, nearest))
    if array.ndim < 2:  # what PyTorch draws biases from, to name one, cannot be told
        return (), errors, NOT_JUDGED, f"a vector, whose fans cannot be told; {near}"
    return (), errors, "unknown", f"of no known scheme; {near}"


def _cells(tensor: TensorReport) -> tuple[str, ...]:
    shape = "x".join(map(str, tensor.shape)) or "scalar"
    return tensor.name, shape, f"{tensor.mean:.2g}", f"{tensor.std:.3g}", f"{tensor.verdict}: {tensor.reason}"


def _plain(tensor: TensorReport) -> dict[str, Any]:
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in tensor._asdict().items()}
    return {name: None if isinstance(v, float) and not math.isfinite(v) else v for name, v in plain.items()}

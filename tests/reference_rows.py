"""The rows of docs/_static/vectors.json by the NumPy implementation: from scheme, parameters and shape to bits."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import reference
import reference_complex
import reference_haar
import reference_laws
import reference_numbers as numbers
from reference_laws import DTYPES
from reference_numbers import Law

LAYOUTS = {"io": (-2, -1), "oi": (1, 0), "oki": (-1, 0)}

#: scheme: its mode, and the scale that its parameters make.
SCALED = {
    "glorot": ("fan_avg", lambda params: params.get("gain", 1.0) ** 2),
    "he": ("fan_in", lambda params: 2 / (1 + params.get("negative_slope", 0.0) ** 2)),
    "lecun": ("fan_in", lambda params: 1.0),
    "fan_in": ("fan_in", lambda params: 1 / 3),
    "variance": (None, lambda params: params["scale"]),
}

TRUNCATED_STD, TRUNCATED_STD_COMPLEX = 0.87962566103423978, 0.96196182800821354


def values(row: dict, params: dict, rng: object) -> np.ndarray:
    """Elements of a row's tensor at its indices, from its parameters and its seed as Python has them."""
    scheme, dtype, shape, index = row["scheme"], row["dtype"], tuple(row["shape"]), row["index"]
    if dtype.startswith("complex"):
        return of_complex(scheme, params, dtype, shape, rng, row["name"], index)
    if scheme in PLACED:
        return PLACED[scheme](params, dtype, shape, rng, row["name"]).reshape(-1)[index]
    law = law_of(scheme, params, dtype, shape)
    return elements(law, dtype, rng, row["name"], index)


def elements(law: Law | float, dtype: str, rng: object, name: str, index: list[int]) -> np.ndarray:
    if isinstance(law, float):
        return np.full(len(index), rounded(law, dtype))
    key, blocks = reference.key(rng, name, law.tag), {}
    for i in index:
        b = i // reference.BLOCK
        if b not in blocks:
            blocks[b] = reference_laws.block(law, dtype, key, b)
    return np.array([blocks[i // reference.BLOCK][i % reference.BLOCK] for i in index])


def rounded(value: float, dtype: str) -> np.generic:
    """A float64 in the dtype, rounded once, to nearest even."""
    fmt, real = numbers.FORMATS[dtype], DTYPES[dtype]
    if value == 0:
        return real(value)
    exact = Fraction(value)
    e = max(math.frexp(value)[1] - fmt.precision, fmt.least)
    return real(math.copysign(float(round(exact / Fraction(2) ** e) * Fraction(2) ** e), value))


def law_of(scheme: str, params: dict, dtype: str, shape: tuple[int, ...]) -> Law | float:
    """A law, or the one value of a law without width."""
    if scheme == "normal":
        return numbers.normal(params.get("mean", 0.0) + 0.0, params.get("std", 1.0), dtype)
    if scheme == "uniform":
        low, high = params.get("low", 0.0), params.get("high", 1.0)
        return low + 0.0 if low == high else numbers.uniform(low, high, dtype)
    if scheme == "truncated_normal":
        return truncated(dtype, **params)
    std, distribution = scaled(scheme, params, shape)
    if distribution == "normal":
        return numbers.normal(0.0, std, dtype)
    if distribution == "uniform":
        return numbers.uniform(-math.sqrt(3) * std, math.sqrt(3) * std, dtype)
    return numbers.truncated(0.0, std / TRUNCATED_STD, -2.0, 2.0, dtype)


def truncated(dtype: str, mean=0.0, std=1.0, low=-2.0, high=2.0, lower=None, upper=None, keep_std=False) -> Law | float:
    if lower is None and upper is None:
        if low == high:
            return mean + std * low
        return numbers.truncated(
            mean, std / float(numbers.truncated_std(low, high)) if keep_std else std, low, high, dtype
        )
    lower, upper = -math.inf if lower is None else lower, math.inf if upper is None else upper
    if std == 0:
        lowest, highest = numbers.inside(Fraction(lower), Fraction(upper), numbers.FORMATS[dtype])
        return min(max(float(rounded(mean, dtype)), lowest), highest)
    std = float(numbers.widened(mean, std, lower, upper)) if keep_std else std
    return numbers.truncated_between(mean, std, lower, upper, dtype)


def fans(choice: object, shape: tuple[int, ...]) -> tuple[float, float]:
    if isinstance(choice, list):
        return tuple(choice)
    axes = choice if isinstance(choice, dict) else dict(zip(("in_axis", "out_axis"), LAYOUTS[choice], strict=True))
    n_in, n_out = shape[axes["in_axis"]], shape[axes["out_axis"]]
    n_batch = shape[axes["batch_axis"]] if "batch_axis" in axes else 1
    field = math.prod(shape) // (n_in * n_out * n_batch)
    return n_in // axes.get("in_groups", 1) * field, n_out // axes.get("out_groups", 1) * field


def scaled(scheme: str, params: dict, shape: tuple[int, ...]) -> tuple[float, str]:
    """The standard deviation, and the distribution."""
    mode, scale_of = next(SCALED[prefix] for prefix in SCALED if scheme.startswith(prefix))
    fan_in, fan_out = fans(params.get("fans", "io"), shape)
    n = {
        "fan_in": fan_in,
        "fan_out": fan_out,
        "fan_avg": fan_in / 2 + fan_out / 2,
        "fan_geo_avg": math.sqrt(fan_in) * math.sqrt(fan_out),
    }[params.get("mode", mode)]
    distribution = params.get("distribution", "uniform" if scheme.endswith("uniform") else "normal")
    return math.sqrt(scale_of(params) / (n or 1)), "truncated_normal" if params.get("truncated") else distribution


def of_complex(scheme: str, params: dict, dtype: str, shape, rng: object, name: str, index: list[int]) -> np.ndarray:
    """By the float tensor that has one more axis of 2."""
    real = {"complex64": "float32", "complex128": "float64"}[dtype]
    std, high, distribution = params.get("std", 1.0), params.get("high"), scheme
    if scheme not in ("normal", "truncated_normal"):
        (std, distribution), high = scaled(scheme, params, shape), 2.0
        std = std / TRUNCATED_STD_COMPLEX if distribution == "truncated_normal" else std
    if distribution == "normal":
        law, key = numbers.normal(0.0, std / math.sqrt(2), real), reference.key(rng, name, numbers.tag("n", real))
        made = [reference_laws.block(law, real, key, b) for b in range(-(-2 * math.prod(shape) // reference.BLOCK))]
    else:
        letters = "cd" if distribution == "uniform" else "ct"
        key, blocks = reference.key(rng, name, numbers.tag(letters, real)), range(-(-2 * math.prod(shape) // 1024))
        if letters == "cd":
            scale = reference_complex.scale_of_disc(std, real)
            made = [reference_complex.disc_block(real, key, b, scale) for b in blocks]
        else:
            scale, sides = reference_complex.numbers_of_truncated(std, high, real)
            made = [reference_complex.truncated_block(real, key, b, scale, sides) for b in blocks]
    return np.concatenate(made).view(dtype)[index]


def sparse(params: dict, dtype: str, shape: tuple[int, ...], rng: object, name: str) -> np.ndarray:
    layout = params.get("fans", "io")
    law = numbers.normal(params.get("mean", 0.0), params["std"], dtype)
    made = elements(law, dtype, rng, name, list(range(math.prod(shape)))).reshape(shape)
    n_units = shape[LAYOUTS[layout][1]]
    n_inputs = made.size // n_units
    n_zeros = math.ceil(params["sparsity"] * n_inputs)
    n_chosen = min(n_zeros, n_inputs - n_zeros)
    key = reference.key(rng, name, numbers.tag("s", dtype))
    for unit in range(n_units):
        is_zero = np.zeros(n_inputs, bool)
        is_zero[list(chosen(key, unit, n_inputs, n_chosen))] = True
        units = made.reshape(n_inputs, n_units).T if layout == "io" else made.reshape(n_units, n_inputs)
        units[unit, is_zero if n_chosen == n_zeros else ~is_zero] = 0
    return made


def chosen(key: list[int], unit: int, n_inputs: int, n_chosen: int) -> set[int]:
    """Words draw inputs until n_chosen different ones are drawn."""
    inputs, block = set(), unit * -(-4 * n_inputs // reference.BLOCK)
    while len(inputs) < n_chosen:
        for word in reference.draws(key, block, 1, reference.BLOCK // reference.LANES).reshape(-1).tolist():
            inputs.add(word * n_inputs >> 64)
            if len(inputs) == n_chosen:
                break
        block += 1
    return inputs


def orthogonal(params: dict, dtype: str, shape: tuple[int, int], rng: object, name: str) -> np.ndarray:
    normals = reference_haar.normals_of(shape, dtype, rng, name)
    return reference_haar.exact(shape, params.get("gain", 1.0), normals).astype(DTYPES[dtype])


def delta_orthogonal(params: dict, dtype: str, shape: tuple[int, ...], rng: object, name: str) -> np.ndarray:
    made = np.zeros(shape, DTYPES[dtype])
    made[tuple((size - 1) // 2 for size in shape[:-2])] = orthogonal(params, dtype, shape[-2:], rng, name)
    return made


def log_odds(params: dict, dtype: str, shape: tuple[int, ...], rng: object, name: str) -> np.ndarray:
    with mpmath.workdps(60):
        p = mpmath.mpf(params["p"])
        return np.full(shape, rounded(float(mpmath.log(p / (1 - p))), dtype))


#: Schemes that are more than a law, or less.
PLACED = {
    "sparse": sparse,
    "orthogonal": orthogonal,
    "delta_orthogonal": delta_orthogonal,
    "log_odds": log_odds,
    "constant": lambda params, dtype, shape, rng, name: np.full(shape, rounded(params["value"], dtype)),
}

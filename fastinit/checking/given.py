"""The arguments that `fastinit.check` and `fastinit.calibrate` have in common, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from fastinit.checking import chaining, layer_fields, model
from fastinit.checking.network import Step
from fastinit.common import checks
from fastinit.common.errors import Shown, reject_value
from fastinit.filling import seed
from fastinit.laws import fan_rules

#: Inputs and gradients that a stack sees.
N_SAMPLES = 128

#: Second moments of inputs that float64 keeps through some hundred layers.
LEAST_MOMENT = 1e-30

#: Inputs of all samples together: 2 GiB of them.
MAX_INPUTS = 1 << 28


def stack(where: str, given: object, activation, scheme, output, bias, layout: str | None) -> tuple[Step, ...]:
    """The steps of a network; of a mapping, in the order of its names."""
    if isinstance(given, Mapping):
        checks.reject_endless(where, "layers", given)
        given = chaining.stack_of(where, given, layout)
    activation = "relu" if activation is None else activation
    return model.steps_of(where, given, layer_fields.Defaults(activation, output, scheme, bias, layout or "io"))


def checked_samples(where: str, n_samples: object, batch: object, layout: str | None, rng: object) -> int:
    """The number of samples, if there is no batch; and what else can be told before the steps are known."""
    if batch is not None and n_samples is not None:
        reject_value(where, "n_samples", "None beside a batch, which has its own number", n_samples)
    n_samples = checks.positive_integer(where, "n_samples", N_SAMPLES if n_samples is None else n_samples)
    if layout is not None:
        fan_rules.check_layout(where, layout)
    seed.check_rng(where, rng)
    return n_samples


def inputs_of(where: str, batch: object, n_samples: int, steps: tuple[Step, ...]) -> tuple[np.ndarray | None, int]:
    """The batch, if there is one, and the number of samples; what no machine holds is refused before it is drawn."""
    if batch is not None:
        batch = _batch(where, batch, steps)
        return batch, len(batch)
    if math.prod(model.input_shape(steps, n_samples)) > MAX_INPUTS:
        reject_value(where, "n_samples", f"samples of at most {MAX_INPUTS:,} inputs together", n_samples)
    return None, n_samples


def _batch(where: str, batch: object, steps: tuple[Step, ...]) -> np.ndarray:
    """Inputs as float64, channels last, on a grid that all strides divide."""
    array = layer_fields.floats(where, "batch", batch)
    _, *grid, n_in = model.input_shape(steps, 1)
    rank, stride = len(grid), model.total_stride(steps)
    fits = array.ndim >= 2 and 0 not in array.shape and array.shape[-1] == n_in and (not rank or array.ndim == rank + 2)
    if not fits or any(extent % stride for extent in array.shape[1:-1]):
        axes = ", ".join(["samples", *[f"a multiple of {stride}"] * rank, str(n_in)])
        reject_value(where, "batch", f"an array of shape ({axes})", array.shape)
    with np.errstate(all="ignore"):
        array = array.astype(np.float64)
        moment = float(np.square(array).mean())
    if not LEAST_MOMENT <= moment <= 1 / LEAST_MOMENT:
        reject_value(where, "batch", "numbers whose second moment is neither 0 nor far out", Shown(f"{moment:.3g}"))
    return array


def repeatable(where: str, rng: object) -> object:
    """`rng` as a seed that gives the same values each time, for weights that are drawn twice."""
    if rng is not None and not hasattr(rng, "bit_generator") and not hasattr(rng, "random_raw"):
        return rng
    return int.from_bytes(seed.seed_of(where, rng), "little")

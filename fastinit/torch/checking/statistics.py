"""Figures of tensors, gathered while a module runs: numbers and small samples are kept, never a tensor."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch

#: Values of a layer that are kept for histograms.
N_KEPT = 4096

#: Units of a layer, by where they lie: convolutions have them first after the samples.
CHANNELS_FIRST, CHANNELS_LAST = 1, -1


@dataclass
class Moments:
    """Of all values that were added; NaN before the first."""

    n_values: int = 0
    total: float = 0.0
    squares: float = 0.0
    across: float = 0.0  #: sum of squared deviations from the mean over samples at the same place
    n_across: int = 0
    kept: list[np.ndarray] = field(default_factory=list)

    def add(self, tensor: torch.Tensor) -> None:
        x = real(tensor)
        if x.numel() == 0:
            return
        self.n_values += x.numel()
        self.total += float(x.sum(dtype=wide(x)))
        self.squares += float(torch.linalg.vector_norm(x, dtype=wide(x))) ** 2
        if x.ndim > 1 and x.shape[0] > 1:
            self.across += float(torch.linalg.vector_norm(x - x.mean(dim=0), dtype=wide(x))) ** 2
            self.n_across += x.numel()
        if not self.kept:
            self.kept.append(sample(x))

    @property
    def mean(self) -> float:
        return self.total / self.n_values if self.n_values else math.nan

    @property
    def second_moment(self) -> float:
        return self.squares / self.n_values if self.n_values else math.nan

    @property
    def std(self) -> float:
        if not math.isfinite(self.squares):
            return math.nan
        return math.sqrt(max(self.second_moment - self.mean**2, 0.0)) if self.n_values else math.nan

    @property
    def signal(self) -> float:
        """Share of the variance that varies across samples; NaN if nothing varies at all."""
        variance = self.std**2
        return min(self.across / self.n_across / variance, 1.0) if self.n_across and variance > 0 else math.nan

    @property
    def finite(self) -> bool:
        return math.isfinite(self.total) and math.isfinite(self.squares)

    @property
    def values(self) -> np.ndarray:
        return self.kept[0] if self.kept else np.zeros(0, np.float32)


def real(tensor: torch.Tensor) -> torch.Tensor:
    """Without gradient, dense and real, in float32 or wider: statistics of 16 bits would overflow."""
    x = tensor.detach()
    if x.layout is not torch.strided:
        x = x.to_dense()
    if x.is_complex():
        x = torch.view_as_real(x.resolve_conj())
    return x if x.dtype in (torch.float32, torch.float64) else x.float()


def wide(x: torch.Tensor) -> torch.dtype:
    """The type of sums: float64 where the device has it."""
    return torch.float32 if x.device.type == "mps" else torch.float64


def sample(x: torch.Tensor) -> np.ndarray:
    """At most N_KEPT values from all over a tensor."""
    step = -(-x.numel() // N_KEPT) | 1  # odd, so that a width that is a power of 2 is crossed at every unit
    return x.reshape(-1)[::step].to("cpu", torch.float32).numpy().copy()


def float_tensors(value: object) -> list[torch.Tensor]:
    """The tensors of real or complex numbers in what a module returned or is given, in their order."""
    if isinstance(value, torch.Tensor):
        return [value] if value.is_floating_point() or value.is_complex() else []
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in float_tensors(item)]
    if hasattr(value, "values") and callable(value.values) and hasattr(value, "keys"):
        return [tensor for item in value.values() for tensor in float_tensors(item)]
    if hasattr(value, "__dataclass_fields__"):
        return [tensor for name in value.__dataclass_fields__ for tensor in float_tensors(getattr(value, name))]
    return []

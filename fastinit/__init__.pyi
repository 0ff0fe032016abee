# Static signatures of the public functions, which the package builds at import (registry.py).
# tests/test_public_api.py holds them against the real ones.
from collections.abc import Sequence
from types import EllipsisType
from typing import Any, Literal, SupportsFloat, SupportsIndex, TypedDict, Unpack

import numpy as np
from numpy.typing import DTypeLike

from fastinit.registry import Configured

_Shape = SupportsIndex | Sequence[SupportsIndex]
_Fans = Literal["io", "oi"] | tuple[float, float]
_Mode = Literal["fan_in", "fan_out", "fan_avg", "fan_geo_avg"]
_Item = SupportsIndex | slice | EllipsisType
_Rng = int | Sequence[int] | np.random.SeedSequence | np.random.BitGenerator | np.random.Generator | None
_Axes = SupportsIndex | Sequence[SupportsIndex]

class Fill(TypedDict, total=False):
    dtype: DTypeLike | None
    out: Any
    rng: _Rng
    name: str
    index: _Item | tuple[_Item, ...] | None
    threads: int | None

__version__: str

def zeros(shape: _Shape | None = None, **fill: Unpack[Fill]) -> np.ndarray: ...
def ones(shape: _Shape | None = None, **fill: Unpack[Fill]) -> np.ndarray: ...
def constant(shape: _Shape | None = None, *, value: SupportsFloat, **fill: Unpack[Fill]) -> np.ndarray: ...
def uniform(
    shape: _Shape | None = None, *, low: float = 0.0, high: float = 1.0, **fill: Unpack[Fill]
) -> np.ndarray: ...
def normal(shape: _Shape | None = None, *, mean: float = 0.0, std: float = 1.0, **fill: Unpack[Fill]) -> np.ndarray: ...
def variance_scaling(
    shape: _Shape | None = None,
    *,
    scale: float = 1.0,
    mode: _Mode = "fan_in",
    distribution: Literal["normal", "uniform"] = "normal",
    fans: _Fans = "io",
    **fill: Unpack[Fill],
) -> np.ndarray: ...
def fan_in_uniform(shape: _Shape | None = None, *, fans: _Fans = "io", **fill: Unpack[Fill]) -> np.ndarray: ...
def lecun_uniform(shape: _Shape | None = None, *, fans: _Fans = "io", **fill: Unpack[Fill]) -> np.ndarray: ...
def lecun_normal(shape: _Shape | None = None, *, fans: _Fans = "io", **fill: Unpack[Fill]) -> np.ndarray: ...
def glorot_uniform(
    shape: _Shape | None = None, *, gain: float = 1.0, fans: _Fans = "io", **fill: Unpack[Fill]
) -> np.ndarray: ...
def glorot_normal(
    shape: _Shape | None = None, *, gain: float = 1.0, fans: _Fans = "io", **fill: Unpack[Fill]
) -> np.ndarray: ...
def he_uniform(
    shape: _Shape | None = None,
    *,
    negative_slope: float = 0.0,
    mode: _Mode = "fan_in",
    fans: _Fans = "io",
    **fill: Unpack[Fill],
) -> np.ndarray: ...
def he_normal(
    shape: _Shape | None = None,
    *,
    negative_slope: float = 0.0,
    mode: _Mode = "fan_in",
    fans: _Fans = "io",
    **fill: Unpack[Fill],
) -> np.ndarray: ...

xavier_uniform = glorot_uniform
xavier_normal = glorot_normal
kaiming_uniform = he_uniform
kaiming_normal = he_normal
random_uniform = uniform
random_normal = normal

def get(name: str, **params: Any) -> Configured: ...
def schemes() -> list[str]: ...
def fans(shape: _Shape, in_axis: _Axes = -2, out_axis: _Axes = -1, batch_axis: _Axes = ()) -> tuple[int, int]: ...
def empty(shape: _Shape, dtype: DTypeLike | None = None, align: int = 64) -> np.ndarray: ...
def show_config(mode: Literal["stdout", "dicts"] = "stdout") -> dict[str, dict[str, object]] | None: ...
def set_num_threads(n: int | None) -> None: ...
def get_num_threads() -> int: ...

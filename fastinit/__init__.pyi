# Static signatures of the public functions, which the package builds at import (schemes/register.py).
# tests/test_public_api.py holds them against the real ones.
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from types import EllipsisType
from typing import Any, Literal, Protocol, SupportsFloat, SupportsIndex, TypedDict, TypeVar, Unpack, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from fastinit.checking.calibration import Calibrated
from fastinit.checking.report import NetworkReport
from fastinit.checking.weights_report import WeightsReport
from fastinit.laws.axis_roles import Axes
from fastinit.plans.part import Part
from fastinit.plans.rules import Keep
from fastinit.schemes.recommendation import Recommended
from fastinit.schemes.register import Configured
from fastinit.torch.checking.calibration import CalibratedModule
from fastinit.torch.checking.report import ModuleReport

_Shape = SupportsIndex | Sequence[SupportsIndex]
_Layout = Literal["io", "oi", "oki"]
_Fans = _Layout | Axes | tuple[SupportsFloat, SupportsFloat] | list[SupportsFloat]
_Mode = Literal["fan_in", "fan_out", "fan_avg", "fan_geo_avg"]
_Item = SupportsIndex | slice | EllipsisType
_Rng = (
    SupportsIndex
    | Sequence[SupportsIndex]
    | np.ndarray
    | np.random.SeedSequence
    | np.random.BitGenerator
    | np.random.Generator
    | None
)
_Arrays = TypeVar("_Arrays", bound=Mapping[Any, Any] | Sequence[Any])
_Rule = str | Configured | Keep | Callable[..., np.ndarray]
_Activation = str | tuple[str, SupportsFloat] | list[Any]
_Scheme = str | Configured | Callable[..., np.ndarray] | Mapping[str, Any]
_Axes = SupportsIndex | Sequence[SupportsIndex]

class _TorchModule(Protocol):  # not torch.nn.Module itself, which need not be installed
    def named_parameters(self) -> Any: ...

class _Fill(TypedDict, total=False):
    dtype: DTypeLike | None
    out: Any
    rng: _Rng
    name: str
    index: _Item | ArrayLike | tuple[_Item | ArrayLike, ...] | None
    threads: SupportsIndex | None

__version__: str

def zeros(shape: _Shape | None = None, **fill: Unpack[_Fill]) -> np.ndarray: ...
def ones(shape: _Shape | None = None, **fill: Unpack[_Fill]) -> np.ndarray: ...
def constant(shape: _Shape | None = None, *, value: SupportsFloat | ArrayLike, **fill: Unpack[_Fill]) -> np.ndarray: ...
def identity(
    shape: _Shape | None = None, *, gain: SupportsFloat = 1.0, fans: _Layout | Axes = "io", **fill: Unpack[_Fill]
) -> np.ndarray: ...
def dirac(
    shape: _Shape | None = None,
    *,
    groups: SupportsIndex = 1,
    gain: SupportsFloat = 1.0,
    fans: _Layout | Axes = "io",
    **fill: Unpack[_Fill],
) -> np.ndarray: ...
def orthogonal(
    shape: _Shape | None = None, *, gain: SupportsFloat = 1.0, fans: _Layout | Axes = "io", **fill: Unpack[_Fill]
) -> np.ndarray: ...
def delta_orthogonal(
    shape: _Shape | None = None, *, gain: SupportsFloat = 1.0, fans: _Layout | Axes = "io", **fill: Unpack[_Fill]
) -> np.ndarray: ...
def sparse(
    shape: _Shape | None = None,
    *,
    sparsity: SupportsFloat,
    mean: SupportsFloat = 0.0,
    std: SupportsFloat = 0.01,
    fans: _Layout | Axes = "io",
    **fill: Unpack[_Fill],
) -> np.ndarray: ...
def log_odds(shape: _Shape | None = None, *, p: SupportsFloat | ArrayLike, **fill: Unpack[_Fill]) -> np.ndarray: ...
def uniform(
    shape: _Shape | None = None, *, low: SupportsFloat = 0.0, high: SupportsFloat = 1.0, **fill: Unpack[_Fill]
) -> np.ndarray: ...
def normal(
    shape: _Shape | None = None, *, mean: SupportsFloat = 0.0, std: SupportsFloat = 1.0, **fill: Unpack[_Fill]
) -> np.ndarray: ...
def truncated_normal(
    shape: _Shape | None = None,
    *,
    mean: SupportsFloat = 0.0,
    std: SupportsFloat = 1.0,
    low: SupportsFloat | None = None,
    high: SupportsFloat | None = None,
    lower: SupportsFloat | None = None,
    upper: SupportsFloat | None = None,
    keep_std: bool = False,
    **fill: Unpack[_Fill],
) -> np.ndarray: ...
def variance_scaling(
    shape: _Shape | None = None,
    *,
    scale: SupportsFloat = 1.0,
    mode: _Mode = "fan_in",
    distribution: Literal["normal", "uniform", "truncated_normal"] = "normal",
    fans: _Fans = "io",
    **fill: Unpack[_Fill],
) -> np.ndarray: ...
def fan_in_uniform(shape: _Shape | None = None, *, fans: _Fans = "io", **fill: Unpack[_Fill]) -> np.ndarray: ...
def lecun_uniform(shape: _Shape | None = None, *, fans: _Fans = "io", **fill: Unpack[_Fill]) -> np.ndarray: ...
def lecun_normal(
    shape: _Shape | None = None, *, truncated: bool = False, fans: _Fans = "io", **fill: Unpack[_Fill]
) -> np.ndarray: ...
def glorot_uniform(
    shape: _Shape | None = None, *, gain: SupportsFloat = 1.0, fans: _Fans = "io", **fill: Unpack[_Fill]
) -> np.ndarray: ...
def glorot_normal(
    shape: _Shape | None = None,
    *,
    gain: SupportsFloat = 1.0,
    truncated: bool = False,
    fans: _Fans = "io",
    **fill: Unpack[_Fill],
) -> np.ndarray: ...
def he_uniform(
    shape: _Shape | None = None,
    *,
    negative_slope: SupportsFloat = 0.0,
    mode: _Mode = "fan_in",
    fans: _Fans = "io",
    **fill: Unpack[_Fill],
) -> np.ndarray: ...
def he_normal(
    shape: _Shape | None = None,
    *,
    negative_slope: SupportsFloat = 0.0,
    mode: _Mode = "fan_in",
    truncated: bool = False,
    fans: _Fans = "io",
    **fill: Unpack[_Fill],
) -> np.ndarray: ...

xavier_uniform = glorot_uniform
xavier_normal = glorot_normal
kaiming_uniform = he_uniform
kaiming_normal = he_normal
random_uniform = uniform
random_normal = normal

keep: Keep

def initialize(
    arrays: _Arrays,
    rules: Mapping[str, _Rule | Callable[[str, tuple[int, ...]], _Rule | None]],
    rng: _Rng = None,
    threads: SupportsIndex | None = None,
    progress: Callable[[int], object] | None = None,
    *,
    sep: str = ".",
    unused: Literal["error", "ignore"] = "error",
    skip: str | list[str] | tuple[str, ...] = (),
) -> _Arrays: ...
def part(array: Any, shape: _Shape, index: _Item | ArrayLike | tuple[_Item | ArrayLike, ...]) -> Part: ...
@overload
def check(
    layers: str | PathLike[str],
    activation: _Activation | None = None,
    scheme: _Scheme | None = None,
    *,
    output: _Activation = "linear",
    bias: SupportsFloat | ArrayLike = 0.0,
    layout: _Layout | None = None,
    rng: _Rng = 0,
    n_samples: SupportsIndex | None = None,
    batch: ArrayLike | None = None,
    loss: None = None,
) -> NetworkReport | WeightsReport: ...
@overload
def check(
    layers: Mapping[str, Any],
    activation: _Activation | None = None,
    scheme: _Scheme | None = None,
    *,
    output: _Activation = "linear",
    bias: SupportsFloat | ArrayLike = 0.0,
    layout: _Layout | None = None,
    rng: _Rng = 0,
    n_samples: SupportsIndex | None = None,
    batch: ArrayLike | None = None,
    loss: None = None,
) -> NetworkReport | WeightsReport: ...
@overload
def check(
    layers: Sequence[Any],
    activation: _Activation | None = None,
    scheme: _Scheme | None = None,
    *,
    output: _Activation = "linear",
    bias: SupportsFloat | ArrayLike = 0.0,
    layout: _Layout | None = None,
    rng: _Rng = 0,
    n_samples: SupportsIndex | None = None,
    batch: ArrayLike | None = None,
    loss: None = None,
) -> NetworkReport: ...
@overload
def check(
    layers: _TorchModule,
    activation: Any = None,
    scheme: None = None,
    *,
    output: Literal["linear"] = "linear",
    bias: SupportsFloat = 0.0,
    layout: None = None,
    rng: _Rng = 0,
    n_samples: SupportsIndex | None = None,
    batch: Any = None,
    loss: Callable[[Any], Any] | None = None,
) -> ModuleReport: ...
@overload
def calibrate(
    layers: str | PathLike[str] | Mapping[str, Any] | Sequence[Any],
    activation: _Activation | None = None,
    scheme: _Scheme | None = None,
    *,
    output: _Activation = "linear",
    bias: SupportsFloat | ArrayLike = 0.0,
    layout: _Layout | None = None,
    rng: _Rng = 0,
    n_samples: SupportsIndex | None = None,
    batch: ArrayLike | None = None,
    std: SupportsFloat = 1.0,
    center: bool = False,
    dry_run: Literal[False] = False,
) -> Calibrated: ...
@overload
def calibrate(
    layers: _TorchModule,
    activation: Any = None,
    scheme: None = None,
    *,
    output: Literal["linear"] = "linear",
    bias: SupportsFloat = 0.0,
    layout: None = None,
    rng: _Rng = 0,
    n_samples: SupportsIndex | None = None,
    batch: Any = None,
    std: SupportsFloat = 1.0,
    center: Literal[False] = False,
    dry_run: bool = False,
) -> CalibratedModule: ...
def get(name: str, /, **params: Any) -> Configured: ...
def schemes() -> list[str]: ...
def gain(nonlinearity: str, param: SupportsFloat | None = None) -> float: ...
def recommend(
    activation: str | None,
    kind: str = "dense",
    *,
    fans: _Fans = "io",
    units: SupportsIndex | None = None,
    n_layers: SupportsIndex | None = None,
    padding: SupportsIndex | None = None,
    omega: SupportsFloat | None = None,
    shape: _Shape | None = None,
    dtype: DTypeLike | None = None,
) -> Recommended: ...
def fans(
    shape: _Shape,
    in_axis: _Axes = -2,
    out_axis: _Axes = -1,
    batch_axis: _Axes = (),
    *,
    in_groups: SupportsIndex = 1,
    out_groups: SupportsIndex = 1,
) -> tuple[int, int]: ...
def axes(
    in_axis: _Axes = -2,
    out_axis: _Axes = -1,
    batch_axis: _Axes = (),
    in_groups: SupportsIndex = 1,
    out_groups: SupportsIndex = 1,
) -> Axes: ...
def empty(shape: _Shape, dtype: DTypeLike | None = None, align: int = 64) -> np.ndarray: ...
@overload
def show_config(mode: Literal["stdout"] = "stdout") -> None: ...
@overload
def show_config(mode: Literal["dicts"]) -> dict[str, dict[str, object]]: ...
def set_num_threads(n: int | None) -> None: ...
def get_num_threads() -> int: ...

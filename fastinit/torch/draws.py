"""Which of PyTorch's draws this package makes: operators and functions, their arguments as laws, and exceptions."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

import torch

from fastinit.schemes.basic import normal, truncated_normal, uniform
from fastinit.schemes.diagonal import dirac, identity
from fastinit.schemes.orthogonal import orthogonal
from fastinit.schemes.sparse import sparse
from fastinit.torch import patches
from fastinit.torch.laws import is_far

#: What both PyTorch and this package draw on the CPU.
DTYPES = {torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.complex64, torch.complex128}


class Draw(NamedTuple):
    """An operator that draws. PyTorch's dispatcher hands by position whatever can go so."""

    scheme: Callable
    first: int | None  #: place of the law's first parameter; None if it has none
    at: int = 0  #: place of the tensor that is filled or is the pattern, or of the sizes
    made: str = ""  #: "sized" or "like": the tensor is a new one

    def law(self, args: tuple) -> dict[str, float]:
        """The law's parameters; the dispatcher leaves out what equals the default."""
        given = () if self.first is None else args[self.first : self.first + 2]
        first, second = (*given, *(0.0, 1.0)[len(given) :])
        return {"mean": first, "std": second} if self.scheme is normal else {"low": first, "high": second}

    def tensor(self, args: tuple, kwargs: dict) -> torch.Tensor | str:
        """What is to be filled, or why there is nothing to fill."""
        if not self.made:
            return args[self.at]
        pattern = args[self.at] if self.made == "like" else None
        if pattern is not None and (reason := unsuited(pattern, pattern.dtype)):
            return reason
        device = kwargs.get("device")
        if device is not None and device.type != "cpu":
            return f"on {device.type}"
        dtype = kwargs.get("dtype") or (torch.get_default_dtype() if pattern is None else pattern.dtype)
        if dtype not in DTYPES:
            return str(dtype)
        options = {name: value for name, value in kwargs.items() if name != "generator"}
        empty = torch.ops.aten.empty.memory_format if pattern is None else torch.ops.aten.empty_like.default
        return empty(args[self.at], **options)


#: By their names in ``torch.ops.aten``. Draws with a tensor for each element's mean, those with ``out=`` that do not
#: come to the ones here, and other distributions are PyTorch's.
DRAWS = {
    "normal_.default": Draw(normal, 1),
    "uniform_.default": Draw(uniform, 1),
    "normal_functional.default": Draw(normal, 1, made="like"),
    "uniform.default": Draw(uniform, 1, made="like"),
    "normal.float_float": Draw(normal, 0, 2, "sized"),
    "randn.default": Draw(normal, None, made="sized"),
    "randn.generator": Draw(normal, None, made="sized"),
    "rand.default": Draw(uniform, None, made="sized"),
    "rand.generator": Draw(uniform, None, made="sized"),
    "randn_like.default": Draw(normal, None, made="like"),
    "randn_like.generator": Draw(normal, None, made="like"),
    "rand_like.default": Draw(uniform, None, made="like"),
    "rand_like.generator": Draw(uniform, None, made="like"),
}


class Composed(NamedTuple):
    """A call of a function that makes its law of several operators."""

    scheme: Callable
    tensor: torch.Tensor
    law: dict
    generator: torch.Generator | None = None


def _sparse(tensor, sparsity, std=0.01, generator=None) -> Composed:
    if tensor.ndim != 2:
        raise ValueError  # more axes, which the scheme takes, are PyTorch's to refuse
    return Composed(sparse, tensor, dict(sparsity=sparsity, std=std, fans="io"), generator)


def _truncated(tensor, mean=0.0, std=1.0, a=-2.0, b=2.0, generator=None) -> Composed:
    if is_far(mean, std, a, b):
        return Composed(normal, tensor, dict(mean=mean, std=std), generator)
    return Composed(truncated_normal, tensor, dict(mean=mean, std=std, lower=a, upper=b), generator)


#: Functions of torch.nn.init, with their parameters. Any other call is left to the original.
COMPOSED: dict[str, Callable[..., Composed]] = {
    "trunc_normal_": _truncated,
    "orthogonal_": lambda tensor, gain=1, generator=None: Composed(
        orthogonal, tensor, dict(gain=gain, fans="oi"), generator
    ),
    "sparse_": _sparse,
    "dirac_": lambda tensor, groups=1: Composed(dirac, tensor, dict(groups=groups, fans="oi")),
    "eye_": lambda tensor: Composed(identity, tensor, {}),
}


def unsuited(tensor: torch.Tensor, dtype: torch.dtype) -> str | None:
    """Why a tensor is PyTorch's to fill, as far as that shows at once."""
    if type(tensor) is not torch.Tensor and type(tensor) is not torch.nn.Parameter:
        return f"a {type(tensor).__name__}"
    if tensor.device.type != "cpu":
        return f"on {tensor.device.type}"
    if tensor.layout is not torch.strided:
        return str(tensor.layout)
    if dtype not in DTYPES:
        return str(dtype)
    return None if tensor.numel() else "no elements"


#: PyTorch refuses an interval wider than the dtype's largest number; this is below that of every dtype here.
WIDEST = 65000.0


def unusual(law: dict) -> str | None:
    """Why a law is PyTorch's: it refuses some without width, and writes others without a draw."""
    if law.get("std", 1.0) == 0:
        return "std 0"
    low, high = law.get("low", 0.0), law.get("high", 1.0)
    if low == high or ("lower" in law and law["lower"] == law["upper"]):
        return "equal bounds"
    return None if high - low <= WIDEST else "a wide interval"


def held_by(init: ModuleType) -> dict[str, Callable[..., Composed]]:
    """`COMPOSED` by the names of what is to be replaced, in place of ``trunc_normal_`` what works for it."""
    return {
        (patches.TRUNC_NORMAL if name == "trunc_normal_" and hasattr(init, patches.TRUNC_NORMAL) else name): parse
        for name, parse in COMPOSED.items()
    }


def draws_nothing(scheme: Callable) -> bool:
    """Whether a scheme takes no random numbers."""
    return scheme in (dirac, identity)

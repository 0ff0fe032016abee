"""The functions of ``torch.nn.init``, by name, argument and default, drawn by this package.

Put ``from fastinit.torch import init`` where ``from torch.nn import init`` was. Tensors on the CPU, Parameters and
views among them, are filled in place, by all threads and with true tails, and returned. The values are a function of
the generator's next numbers (eight of 32 bits, whatever is filled), of shape and dtype: so ``torch.manual_seed``
counts, and processes that fill different shapes keep their generators alike. They are other values than PyTorch's.

PyTorch's own function does the rest, with its values, errors and warnings: tensors on other devices (on ``meta`` a
no-op), fake, sparse, quantized and distributed ones and subclasses with a ``__torch_function__`` or
``__torch_dispatch__`` of their own; calls under a dispatch mode or in a compiled function; numbers that it takes and
the scheme here refuses, such as an infinite mean or a std that float16 does not hold. `calculate_gain`, `constant_`,
`ones_`, `zeros_`, `eye_` and `dirac_` are PyTorch's very functions: they draw nothing, and were as fast.

Every function of this module returns `tensor`. What each raises is PyTorch's; besides, ValueError for a tensor whose
memory was freed, and TypeError for bfloat16 and float8 without the package ml_dtypes.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.init import calculate_gain, constant_, dirac_, eye_, ones_, zeros_
from torch.overrides import has_torch_function_variadic

from fastinit.torch.init_draws import (
    ORTHOGONAL,
    SPARSE,
    THEIRS,
    _no_grad_normal_,
    _no_grad_trunc_normal_,
    _no_grad_uniform_,
    drawn,
    told,
)
from fastinit.torch.init_scaled import kaiming_normal_, kaiming_uniform_, xavier_normal_, xavier_uniform_

__all__ = [
    "calculate_gain",
    "constant",
    "constant_",
    "dirac",
    "dirac_",
    "eye",
    "eye_",
    "kaiming_normal",
    "kaiming_normal_",
    "kaiming_uniform",
    "kaiming_uniform_",
    "normal",
    "normal_",
    "ones_",
    "orthogonal",
    "orthogonal_",
    "sparse",
    "sparse_",
    "trunc_normal_",
    "uniform",
    "uniform_",
    "xavier_normal",
    "xavier_normal_",
    "xavier_uniform",
    "xavier_uniform_",
    "zeros_",
]

#: Private names of torch.nn.init that other libraries import.
ALSO = (
    "_calculate_correct_fan",
    "_calculate_fan_in_and_fan_out",
    "_no_grad_fill_",
    "_no_grad_normal_",
    "_no_grad_trunc_normal_",
    "_no_grad_uniform_",
    "_no_grad_zero_",
)

_calculate_fan_in_and_fan_out = THEIRS._calculate_fan_in_and_fan_out
_calculate_correct_fan = THEIRS._calculate_correct_fan
_no_grad_fill_, _no_grad_zero_ = THEIRS._no_grad_fill_, THEIRS._no_grad_zero_


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: torch.Generator | None = None) -> Tensor:
    """Fill with U(a, b), as `fastinit.uniform`.

    Parameters
    ----------
    tensor : Tensor
    a, b : float, default 0 and 1
        Bounds, both excluded, where PyTorch excludes `b` alone; equal ones give that number.
    generator : torch.Generator, optional
        Else PyTorch's default one.

    Examples
    --------
    >>> import torch
    >>> from fastinit.torch import init
    >>> w = init.uniform_(torch.empty(3, 5), -0.1, 0.1)
    >>> bool(w.abs().max() < 0.1)
    True
    """
    if has_torch_function_variadic(tensor):
        return told(uniform_, tensor, a=a, b=b, generator=generator)
    return _no_grad_uniform_(tensor, a, b, generator)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: torch.Generator | None = None) -> Tensor:
    """Fill with N(mean, std**2), as `fastinit.normal`: up to 7.5 standard deviations, where PyTorch ends at 5.8.

    Parameters
    ----------
    tensor : Tensor
        Of a complex dtype too, if `mean` is 0: real and imaginary parts share the variance.
    mean, std : float, default 0 and 1
    generator : torch.Generator, optional
        Else PyTorch's default one.

    Examples
    --------
    >>> import torch
    >>> from fastinit.torch import init
    >>> w = init.normal_(torch.empty(300, 500), std=0.02)
    >>> round(float(w.std()), 3)
    0.02
    """
    if has_torch_function_variadic(tensor):
        return told(normal_, tensor, mean=mean, std=std, generator=generator)
    return _no_grad_normal_(tensor, mean, std, generator)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Fill with N(mean, std**2) between `a` and `b`, as `fastinit.truncated_normal` with ``lower=a, upper=b``.

    By the quantile function, in one pass, where PyTorch draws again what lies outside.

    Parameters
    ----------
    tensor : Tensor
    mean, std : float, default 0 and 1
        Of the normal distribution before truncation.
    a, b : float, default -2 and 2
        Absolute bounds, not in standard deviations: with ``std=0.02`` the default ones cut off nothing.
    generator : torch.Generator, optional
        Else PyTorch's default one.

    Warns
    -----
    UserWarning
        As PyTorch, if `mean` is more than 2 std outside of the bounds. The law is right even then.

    Examples
    --------
    >>> import torch
    >>> from fastinit.torch import init
    >>> w = init.trunc_normal_(torch.empty(300, 500), std=0.02, a=-0.04, b=0.04)
    >>> bool(w.abs().max() < 0.04), round(float(w.std()) / 0.02, 2)
    (True, 0.88)
    """
    if has_torch_function_variadic(tensor):
        return told(trunc_normal_, tensor, mean=mean, std=std, a=a, b=b, generator=generator)
    return _no_grad_trunc_normal_(tensor, mean, std, a, b, generator)


def orthogonal_(tensor: Tensor, gain: float = 1, generator: torch.Generator | None = None) -> Tensor:
    """Fill with `gain` times a matrix with orthonormal rows or columns, as `fastinit.orthogonal` with ``fans="oi"``.

    The axes after the first count as one.

    Parameters
    ----------
    tensor : Tensor
        Two dimensions or more; of float16, bfloat16 and float8 too, which PyTorch refuses.
    gain : float, default 1
    generator : torch.Generator, optional
        Else PyTorch's default one.

    Examples
    --------
    >>> import torch
    >>> from fastinit.torch import init
    >>> w = init.orthogonal_(torch.empty(30, 50))
    >>> bool((w @ w.T - torch.eye(30)).abs().max() < 1e-5)
    True
    """
    if has_torch_function_variadic(tensor):
        return told(orthogonal_, tensor, gain=gain, generator=generator)
    if drawn(tensor, ORTHOGONAL, (gain,), generator):
        return tensor
    return THEIRS.orthogonal_(tensor, gain, generator)


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: torch.Generator | None = None) -> Tensor:
    """Fill with N(0, std**2), but for ceil(sparsity rows) zeros in each column, as `fastinit.sparse`.

    PyTorch draws the places of the zeros from its default generator whatever `generator` is.

    Parameters
    ----------
    tensor : Tensor
        Two dimensions. In PyTorch's layout, out x in, a column is an input; the paper counts by outputs, for which give
        ``tensor.T``.
    sparsity : float
    std : float, default 0.01
        Standard deviation of the other elements.
    generator : torch.Generator, optional
        Else PyTorch's default one.

    Examples
    --------
    >>> import torch
    >>> from fastinit.torch import init
    >>> w = init.sparse_(torch.empty(300, 100), sparsity=0.9)
    >>> w.count_nonzero(0).unique().tolist()
    [30]
    """
    if has_torch_function_variadic(tensor):
        return told(sparse_, tensor, sparsity=sparsity, std=std, generator=generator)
    if tensor.ndimension() == 2 and drawn(tensor, SPARSE, (sparsity, std), generator):
        return tensor
    return THEIRS.sparse_(tensor, sparsity, std, generator)


def _deprecated(function: Callable) -> Callable:
    """The function under its name of old, without underscore."""
    name = function.__name__.removesuffix("_")

    @functools.wraps(function)
    def called(*args, **kwargs):
        warnings.warn(f"`nn.init.{name}` is now deprecated in favor of `nn.init.{name}_`.", FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    called.__name__ = called.__qualname__ = name
    called.__doc__ = f"Warn (FutureWarning), and do what `{name}_` does."
    return called


uniform, normal, constant, eye, dirac = map(_deprecated, (uniform_, normal_, constant_, eye_, dirac_))
xavier_uniform, xavier_normal, kaiming_uniform, kaiming_normal, orthogonal, sparse = map(
    _deprecated, (xavier_uniform_, xavier_normal_, kaiming_uniform_, kaiming_normal_, orthogonal_, sparse_)
)

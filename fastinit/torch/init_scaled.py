"""Functions of ``fastinit.torch.init`` whose scale comes from the fans, which are PyTorch's own."""

from __future__ import annotations

import math
import warnings

import torch
from torch import Tensor
from torch.overrides import has_torch_function_variadic

from fastinit.torch.init_draws import NORMAL, THEIRS, _no_grad_normal_, _no_grad_uniform_, drawn, told


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: torch.Generator | None = None) -> Tensor:
    """Fill with U(-a, a), a = gain sqrt(6 / (fan_in + fan_out)), as `fastinit.glorot_uniform` with ``fans="oi"``.

    Parameters
    ----------
    tensor : Tensor
        Two dimensions or more: out x in x receptive field. Groups of a convolution do not count.
    gain : float, default 1
    generator : torch.Generator, optional
        Else PyTorch's default one.

    Examples
    --------
    >>> import torch
    >>> from fastinit.torch import init
    >>> w = init.xavier_uniform_(torch.empty(200, 400))
    >>> bool(0.099 < w.abs().max() < 0.1)
    True
    """
    if has_torch_function_variadic(tensor):
        return told(xavier_uniform_, tensor, gain=gain, generator=generator)
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return _no_grad_uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: torch.Generator | None = None) -> Tensor:
    """Fill with N(0, std**2), std = gain sqrt(2 / (fan_in + fan_out)), as `fastinit.glorot_normal`.

    Parameters
    ----------
    tensor, gain, generator
        As for `xavier_uniform_`.

    Examples
    --------
    >>> import torch
    >>> from fastinit.torch import init
    >>> w = init.xavier_normal_(torch.empty(200, 600))
    >>> round(float(w.std()), 2)
    0.05
    """
    if has_torch_function_variadic(tensor):
        return told(xavier_normal_, tensor, gain=gain, generator=generator)
    return _no_grad_normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: torch.Generator | None = None,
) -> Tensor:
    """Fill with U(-b, b), b = gain sqrt(3 / fan), as `fastinit.he_uniform` with ``fans="oi"``.

    Parameters
    ----------
    tensor : Tensor
        Two dimensions or more: out x in x receptive field. Groups of a convolution do not count. Without elements the
        generator advances, and no more is done.
    a : float, default 0
        Slope below 0 of a leaky rectifier.
    mode : {"fan_in", "fan_out"}
        In any case.
    nonlinearity : str, default "leaky_relu"
        As `calculate_gain` has them.
    generator : torch.Generator, optional
        Else PyTorch's default one.

    Warns
    -----
    UserWarning
        If the tensor has no elements.

    Examples
    --------
    >>> import torch
    >>> from fastinit.torch import init
    >>> w = init.kaiming_uniform_(torch.empty(200, 600), nonlinearity="relu")
    >>> bool(0.099 < w.abs().max() < 0.1)
    True
    """
    if has_torch_function_variadic(tensor):
        return told(kaiming_uniform_, tensor, a=a, mode=mode, nonlinearity=nonlinearity, generator=generator)
    if 0 in tensor.shape:
        return _without_elements(tensor, generator)
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return _no_grad_uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: torch.Generator | None = None,
) -> Tensor:
    """Fill with N(0, std**2), std = gain / sqrt(fan), as `fastinit.he_normal` with ``fans="oi"``.

    Parameters
    ----------
    tensor, a, mode, nonlinearity, generator
        As for `kaiming_uniform_`, which warns of the same.

    Examples
    --------
    >>> import torch
    >>> from fastinit.torch import init
    >>> w = init.kaiming_normal_(torch.empty(800, 200), mode="fan_out", nonlinearity="relu")
    >>> round(float(w.std()), 2)
    0.05
    """
    if has_torch_function_variadic(tensor):
        return told(kaiming_normal_, tensor, a=a, mode=mode, nonlinearity=nonlinearity, generator=generator)
    if 0 in tensor.shape:
        return _without_elements(tensor, generator)
    return _no_grad_normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _xavier_std(tensor: Tensor, gain: float) -> float:
    fan_in, fan_out = THEIRS._calculate_fan_in_and_fan_out(tensor)
    return gain * math.sqrt(2.0 / float(fan_in + fan_out))


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    fan = THEIRS._calculate_correct_fan(tensor, mode)
    return THEIRS.calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _without_elements(tensor: Tensor, generator: torch.Generator | None) -> Tensor:
    """What nothing can be written to; the generator advances as it does for every other shape."""
    warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
    drawn(tensor, NORMAL, (0.0, 1.0), generator)
    return tensor

"""What lets a model be built without memory, and its log have all that happens."""

from __future__ import annotations

import contextlib
import importlib
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch.nn import init
from torch.overrides import TorchFunctionMode

from fastinit.torch import init as own_init
from fastinit.torch import patches
from fastinit.torch.log import Log
from fastinit.torch.operations import COMPOSED

#: Functions that make tensors of given values, which meta tensors would lose.
GIVEN = {torch.tensor, torch.as_tensor, torch.from_numpy, torch.scalar_tensor, torch.linspace, torch.logspace}

#: Methods that move a tensor to a device: what has no memory stays without.
MOVES = {torch.Tensor.cpu, torch.Tensor.cuda, torch.Tensor.to}

IS_META = torch.Tensor.is_meta.__get__


class _GivenValues(TorchFunctionMode):
    """Tensors of given values are made with memory, and then moved, so that the log has the values.

    And functions of torch.nn.init that do nothing without memory do all: those that partial functions and closures
    hold are not replaced.
    """

    def __init__(self, own: dict[Callable, Callable]):
        super().__init__()
        self._own = own  #: this package's functions of several operations, and what writes each down
        self._codes = {code for name in COMPOSED if (code := getattr(getattr(init, name, None), "__code__", None))}

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func in self._own:
            return self._own[func](*args, **kwargs)
        if func in MOVES and args[0].is_meta:
            return _stays(func, args, kwargs)
        if func == IS_META and sys._getframe(1).f_code in self._codes:
            return False
        if func not in GIVEN or torch.device(kwargs.get("device") or "meta").type != "meta":
            return func(*args, **kwargs)
        if func is not torch.from_numpy:
            kwargs["device"] = "cpu"
        tensor = func(*args, **kwargs)
        return tensor.detach().to("meta").requires_grad_(tensor.requires_grad)


def _stays(func: Callable, args: tuple, kwargs: dict) -> torch.Tensor:
    """What a tensor without memory becomes where it is moved: one of another dtype or layout, perhaps, on no device."""
    if func is not torch.Tensor.to:
        return args[0]
    is_device = [type(value) in (str, int, torch.device) for value in args[1:]]
    args = (args[0], *("meta" if moves else value for value, moves in zip(args[1:], is_device, strict=True)))
    if "device" in kwargs:
        kwargs["device"] = "meta"
    return func(*args, **kwargs)


@contextlib.contextmanager
def recording(where: str, log: Log) -> Iterator[None]:
    names = {name: patches.TRUNC_NORMAL if name == "trunc_normal_" else name for name in COMPOSED}
    thread = threading.get_ident()
    known = {name: getattr(own_init, name) for name in COMPOSED if getattr(own_init, name) is not getattr(init, name)}
    own = {function: _noted(log, name, thread, function) for name, function in known.items()}
    given = _GivenValues(own)  # while the functions are those of torch.nn.init
    factories = {held: partial(_noted, log, name, thread) for name, held in names.items()}
    with (
        _transformers_initializes(),
        patches.replaced(where, factories),
        torch.device("meta"),
        given,
        log,
    ):
        yield


def _noted(log: Log, name: str, thread: int, original: Callable) -> Callable:
    """A function of torch.nn.init that writes itself down as one event."""

    def function(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        if threading.get_ident() != thread:
            return original(tensor, *args, **kwargs)
        with torch.utils._python_dispatch._disable_current_modes():
            original(tensor, *args, **kwargs)  # does nothing to what has no memory, but refuses what it refuses
        kwargs.pop("generator", None)
        with torch.no_grad():
            log.add(name, original, (tensor, *args), kwargs, tensor, [tensor])
        return tensor

    return function


@contextlib.contextmanager
def _transformers_initializes() -> Iterator[None]:
    """transformers skips its own initialization where it meets the meta device: not here."""
    name = "get_torch_context_manager_or_global_device"
    try:
        # Loaded first: of models that are imported later, the constructors' own draws would be recorded.
        module = importlib.import_module("transformers.modeling_utils") if "transformers" in sys.modules else None
    except ImportError:
        module = None
    original = getattr(module, name, None)
    if original is None:
        yield
        return
    setattr(module, name, lambda: None)
    try:
        yield
    finally:
        setattr(module, name, original)

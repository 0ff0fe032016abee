"""What a check keeps of a module and of the process, and puts back afterwards, come what may."""

from __future__ import annotations

import collections
import contextlib
import random
import threading
from collections.abc import Iterator
from unittest import mock

import numpy as np
import torch
import torch.utils.checkpoint
from torch import nn

#: Containers among a module's attributes whose contents are kept too; of the very types, since others have own rules.
CONTAINERS = (dict, list, set, collections.OrderedDict, collections.deque)


@contextlib.contextmanager
def untouched(module: nn.Module, seed: int) -> Iterator[None]:
    """Run a module in training mode, all its parameters asking for gradients; afterwards all is as before.

    That is: training flags, attributes and hooks, contents of parameters, buffers and other tensors, `requires_grad`,
    gradients, and the states of random generators. A copy of all tensors is held meanwhile. What is equal is not
    written to, so that graphs of the caller's stay valid.
    """
    with contextlib.ExitStack() as kept:  # each is put back, also if another cannot be
        kept.enter_context(ONE_AT_A_TIME)
        parameters = list(module.parameters())
        kept.callback(torch.set_default_dtype, torch.get_default_dtype())
        for parameter in parameters:
            kept.callback(parameter.requires_grad_, parameter.requires_grad)
            kept.callback(_put_gradient, parameter, parameter.grad, _copy_of(parameter.grad))
        for part in module.modules():
            kept.callback(_Attributes(part).restore)
        for context in (torch.inference_mode(False), torch.enable_grad(), _random_states(module, seed), _plain(module)):
            kept.enter_context(context)
        module.train()
        for parameter in parameters:
            if parameter.is_floating_point() or parameter.is_complex():
                parameter.requires_grad_(True)
        yield


def _copy_of(gradient: torch.Tensor | None) -> torch.Tensor | None:
    return None if gradient is None else gradient.detach().clone()


def _put_gradient(parameter: nn.Parameter, gradient: torch.Tensor | None, content: torch.Tensor | None) -> None:
    parameter.grad = gradient
    if gradient is not None and gradient.layout is torch.strided and not _same_bits(gradient, content):
        gradient.data.copy_(content)


#: What is kept is the process's too.
ONE_AT_A_TIME = threading.RLock()


class _Attributes:
    """Of one module."""

    def __init__(self, module: nn.Module):
        self.module = module
        self.values = dict(module.__dict__)
        self.contents = [(value, _copied(value)) for value in self.values.values() if type(value) in CONTAINERS]
        tensors = [tensor for value in self.values.values() for tensor in _tensors(value)]
        self.tensors = [(tensor, tensor.detach().clone()) for tensor in tensors if tensor.layout is torch.strided]
        generators = [value for value in self.values.values() if isinstance(value, torch.Generator)]
        self.generators = [(generator, generator.get_state()) for generator in generators]

    def restore(self) -> None:
        state = self.module.__dict__
        if state.keys() != self.values.keys() or any(state[name] is not self.values[name] for name in state):
            state.clear()
            state.update(self.values)
        for container, content in self.contents:
            _refill(container, content)
        for tensor, content in self.tensors:
            if tensor.shape != content.shape or not _same_bits(tensor, content):
                tensor.data.resize_(content.shape).copy_(content)  # .data counts no versions: the values are the old
        for generator, content in self.generators:
            generator.set_state(content)


def _tensors(value: object) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return [item for item in items if isinstance(item, torch.Tensor)]


def _same_bits(tensor: torch.Tensor, content: torch.Tensor) -> bool:
    """NaN equals NaN; of several NaNs no difference is made. False of dtypes that cannot be compared."""
    tensor = tensor.detach()
    try:
        return bool(((tensor == content) | ((tensor != tensor) & (content != content))).all())
    except (RuntimeError, NotImplementedError):
        return False


def _copied(container: object) -> object:
    return container.copy()


def _refill(container: object, content: object) -> None:
    if isinstance(container, dict):
        is_same = list(container) == list(content) and all(container[key] is content[key] for key in content)
    elif isinstance(container, set):
        is_same = container == content
    else:
        is_same = len(container) == len(content) and all(a is b for a, b in zip(container, content, strict=True))
    if not is_same:
        container.clear()
        container.extend(content) if hasattr(container, "extend") else container.update(content)


@contextlib.contextmanager
def _random_states(module: nn.Module, seed: int) -> Iterator[None]:
    """PyTorch's, NumPy's and Python's global generators, kept."""
    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002  a module may draw from it
    devices = {tensor.device for tensor in module.parameters() if tensor.device.type not in ("cpu", "meta")}
    try:
        with contextlib.ExitStack() as stack:
            for kind in {device.type for device in devices} or {"cuda"}:
                indices = [device.index or 0 for device in devices if device.type == kind]
                stack.enter_context(torch.random.fork_rng(indices, device_type=kind))
            seed_all(seed)
            yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002


def seed_all(seed: int) -> None:
    """Dropout, random depths and the like draw the same in every pass."""
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    random.seed(seed)


@contextlib.contextmanager
def _plain(module: nn.Module) -> Iterator[None]:
    """Everything in view: no compiled parts, no fused recurrent layers, and nothing computed twice going back."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(torch.compiler.set_stance("force_eager"))
        if any(isinstance(part, nn.RNNBase) for part in module.modules()):
            stack.enter_context(_without_mkldnn())
            stack.enter_context(torch.backends.cudnn.flags(enabled=False))
        # The reentrant kind refuses torch.autograd.grad.
        stack.enter_context(mock.patch.object(torch.utils.checkpoint, "CheckpointFunction", _NoCheckpoint))
        yield


@contextlib.contextmanager
def _without_mkldnn() -> Iterator[None]:
    """Not by ``mkldnn.flags``, which sets all flags, and warns of those that are for other processors."""
    was = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.enabled = False
    try:
        yield
    finally:
        torch.backends.mkldnn.enabled = was


class _NoCheckpoint:
    @staticmethod
    def apply(function, preserve_rng_state, *args):
        return function(*args)

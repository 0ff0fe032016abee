"""PyTorch's tensors and generators. Nothing here imports PyTorch: whoever has a tensor has done so."""

from __future__ import annotations

import sys
import threading
from types import ModuleType

import numpy as np

from fastinit._kernels import array_at
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.laws import dtypes

#: By PyTorch's dtypes.
_dtypes: dict[object, np.dtype] = {}

#: Words of a seed. A generator draws so many a call, whatever is filled, so that equal ranks stay equal.
N_SEED_WORDS = 8

#: What each is drawn between: all of int32.
_FIRST, _LAST = -(1 << 31), 1 << 31

_room = threading.local()

#: PyTorch, once it has been seen whole.
_found: list[ModuleType] = []

#: And its name of the CPU.
_cpu: list = []


def _torch() -> ModuleType | None:
    """PyTorch, if it has been imported to its end."""
    if _found:
        return _found[0]
    torch = sys.modules.get("torch")
    if not (hasattr(torch, "autograd") and hasattr(torch, "Generator")):
        return None
    _cpu.append(torch.device("cpu"))
    _found.append(torch)  # last: another thread that finds it finds both
    return torch


def is_tensor(value: object) -> bool:
    torch = _torch()
    return torch is not None and isinstance(value, torch.Tensor)


def as_array(where: str, tensor) -> np.ndarray:
    """A tensor's memory as an array, unless PyTorch itself would not let its elements be written in place here."""
    torch = _torch()
    dtype = _dtypes.get(tensor.dtype)
    if dtype is not None and type(tensor) is torch.Tensor:
        # The many small ones: what _check_plain and the rest ask for, in fewer looks.
        is_plain = tensor.is_cpu and tensor.layout is torch.strided and not tensor.is_neg() and not tensor.is_conj()
        if is_plain and not tensor.requires_grad and not tensor.is_inference() and (address := tensor.data_ptr()):
            return array_at(address, tensor.shape, tensor.stride(), dtype, tensor)
    _check_plain(where, torch, tensor)
    if tensor.requires_grad:
        if torch.is_grad_enabled():
            got = Shown("one that does; fill it under torch.no_grad()")
            reject_value(where, "out", "a tensor that asks for no gradient", got)
        tensor = tensor.detach()
    if tensor.is_inference() and not torch.is_inference_mode_enabled():
        got = Shown("one outside of it")
        reject_value(where, "out", "an inference tensor in inference mode", got)
    address = tensor.data_ptr()
    if address == 0 and tensor.numel():
        reject_value(where, "out", "a tensor with memory", Shown("one without"))
    dtype = dtype or _dtype_of(where, tensor.dtype)
    # Not by PyTorch's own way to NumPy, after which a tensor's memory cannot be resized or freed any more.
    return array_at(address, tensor.shape, tensor.stride(), dtype, tensor)


def _dtype_of(where: str, theirs) -> np.dtype:
    """NumPy's dtype, or that of ml_dtypes, of a dtype of PyTorch's."""
    name = str(theirs).removeprefix("torch.")
    if name in dtypes.FROM_ML_DTYPES:
        dtype = dtypes.from_ml_dtypes(where, "out", name)
    else:
        try:
            dtype = np.dtype(name)
        except TypeError:
            reject_type(where, "out", f"dtype {dtypes.EXPECTED}", Shown(str(theirs)))
    _dtypes[theirs] = dtype
    return dtype


def _check_plain(where: str, torch: ModuleType, tensor) -> None:
    """Refuse what is no plain memory of a CPU."""
    if type(tensor).__torch_dispatch__ is not torch.Tensor.__torch_dispatch__:
        reject_type(where, "out", "a plain tensor", Shown(type(tensor).__name__))
    if not tensor.is_cpu:
        reject_value(where, "out", "a tensor on the CPU", Shown(f"one on {tensor.device}"))
    if tensor.layout is not torch.strided:
        reject_type(where, "out", "a dense tensor", Shown(f"layout {tensor.layout}"))
    if tensor.is_quantized:
        reject_type(where, "out", f"dtype {dtypes.EXPECTED}", Shown(str(tensor.dtype)))
    if tensor.is_neg() or tensor.is_conj():
        bit = "negative" if tensor.is_neg() else "conjugate"
        reject_value(where, "out", "values that are as memory holds them", Shown(f"a tensor with the {bit} bit"))


def note_write(out: object) -> None:
    """Tell PyTorch that a tensor is written to, so that a backward pass refuses to use what was there before."""
    torch = _torch()
    if torch is not None and isinstance(out, torch.Tensor) and not out.is_inference():
        torch.autograd.graph.increment_version(out)


def seed_words(where: str, rng: object) -> bytes | None:
    """The seed that a generator's next numbers make; None for what is no generator of PyTorch's."""
    if not check_generator(where, rng):
        return None
    try:
        words, memory = _room.both
    except AttributeError:
        words, memory = _seed_room()
    words.random_(_FIRST, _LAST, generator=rng)
    return memory.tobytes()


def _seed_room() -> tuple:
    """A tensor for the words, and its memory: one a thread, since making them takes as long as a small fill."""
    torch = _torch()
    with torch.inference_mode(False):  # else nobody could write to it outside of that mode
        words = torch.empty(N_SEED_WORDS, dtype=torch.int32, device="cpu")
    _room.both = words, words.numpy().view("<u4")
    return _room.both


def check_generator(where: str, rng: object) -> bool:
    """Whether it is one of PyTorch's generators; raises ValueError if it draws elsewhere than on the CPU."""
    torch = _torch()
    if torch is None or not isinstance(rng, torch.Generator):
        return False
    device = rng.device
    if device != _cpu[0] and device.type != "cpu":  # the name is slow to make
        reject_value(where, "rng", "a torch.Generator on the CPU", Shown(f"one on {rng.device}"))
    return True

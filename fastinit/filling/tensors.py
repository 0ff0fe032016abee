"""PyTorch's tensors and generators. Nothing here imports PyTorch: whoever has a tensor has done so."""

from __future__ import annotations

import sys
import threading
from types import ModuleType

import numpy as np

from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.laws import dtypes

#: By PyTorch's dtypes: what memory is viewed as, and what that is viewed as, or None where NumPy has the dtype.
_views: dict[object, tuple] = {}

#: Words of a seed. A generator draws so many a call, whatever is filled, so that equal ranks stay equal.
N_SEED_WORDS = 8

#: What each is drawn between: all of int32.
_FIRST, _LAST = -(1 << 31), 1 << 31

_room = threading.local()

#: PyTorch, once it has been seen whole.
_found: list[ModuleType] = []

#: And its name of the CPU.
_cpu: list = []

#: Integers that have the bits of the dtypes that NumPy lacks, by PyTorch's names.
STAND_INS = {"bfloat16": "int16", "float8_e4m3fn": "uint8", "float8_e5m2": "uint8"}


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
    views = _views.get(tensor.dtype)
    if views is not None and type(tensor) is torch.Tensor:
        # The many small ones. PyTorch refuses what _check_plain does, in fewer looks but in other words.
        try:
            array = _memory(tensor, views)
            if tensor.data_ptr() and not tensor.is_inference():
                return array
        except (TypeError, RuntimeError):
            pass
    _check_plain(where, torch, tensor)
    if tensor.requires_grad:
        if torch.is_grad_enabled():
            got = Shown("one that does; fill it under torch.no_grad()")
            reject_value(where, "out", "a tensor that asks for no gradient", got)
        tensor = tensor.detach()
    if tensor.is_inference() and not torch.is_inference_mode_enabled():
        got = Shown("one outside of it")
        reject_value(where, "out", "an inference tensor in inference mode", got)
    if tensor.data_ptr() == 0 and tensor.numel():
        reject_value(where, "out", "a tensor with memory", Shown("one without"))
    return _memory(tensor, views or _views_of(where, torch, tensor.dtype))


def _memory(tensor, views: tuple) -> np.ndarray:
    shown_as, dtype = views
    return tensor.numpy() if dtype is None else tensor.view(shown_as).numpy().view(dtype)


def _views_of(where: str, torch: ModuleType, dtype) -> tuple:
    """How memory of a dtype is shown: as integers first, by PyTorch, then as what it is, by NumPy."""
    name = str(dtype).removeprefix("torch.")
    stand_in = STAND_INS.get(name)
    views = (dtype, None)
    if stand_in is not None:
        views = getattr(torch, stand_in), dtypes.from_ml_dtypes(where, "out", name)
    _views[dtype] = views
    return views


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

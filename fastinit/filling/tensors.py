"""PyTorch's tensors and generators. Nothing here imports PyTorch: whoever has a tensor has done so."""

from __future__ import annotations

import sys
import threading
from types import ModuleType

import numpy as np

from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.laws import dtypes

#: Words of a seed. A generator draws so many a call, whatever is filled, so that equal ranks stay equal.
N_SEED_WORDS = 8

_room = threading.local()

#: Integers that have the bits of the dtypes that NumPy lacks, by PyTorch's names.
STAND_INS = {"bfloat16": "int16", "float8_e4m3fn": "uint8", "float8_e5m2": "uint8"}


def _torch() -> ModuleType | None:
    """PyTorch, if it has been imported to its end."""
    torch = sys.modules.get("torch")
    return torch if hasattr(torch, "autograd") and hasattr(torch, "Generator") else None


def is_tensor(value: object) -> bool:
    torch = _torch()
    return torch is not None and isinstance(value, torch.Tensor)


def as_array(where: str, tensor) -> np.ndarray:
    """A tensor's memory as an array, unless PyTorch itself would not let its elements be written in place here."""
    torch = _torch()
    _check_plain(where, torch, tensor)
    if tensor.requires_grad:
        if torch.is_grad_enabled():
            got = Shown("one that does; fill it under torch.no_grad()")
            reject_value(where, "out", "a tensor that asks for no gradient", got)
        tensor = tensor.detach()
    if tensor.is_inference() and not torch.is_inference_mode_enabled():
        got = Shown("one outside of it")
        reject_value(where, "out", "an inference tensor in inference mode", got)
    if tensor.numel() and tensor.data_ptr() == 0:
        reject_value(where, "out", "a tensor with memory", Shown("one without"))
    name = str(tensor.dtype).removeprefix("torch.")
    stand_in = STAND_INS.get(name)
    if stand_in is None:
        return tensor.numpy()
    return tensor.view(getattr(torch, stand_in)).numpy().view(dtypes.from_ml_dtypes(where, "out", name))


def _check_plain(where: str, torch: ModuleType, tensor) -> None:
    """Refuse what is no plain memory of a CPU."""
    if type(tensor).__torch_dispatch__ is not torch.Tensor.__torch_dispatch__:
        reject_type(where, "out", "a plain tensor", Shown(type(tensor).__name__))
    if tensor.device.type != "cpu":
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
    torch = _torch()
    if torch is None or not isinstance(rng, torch.Generator):
        return None
    check_generator(where, rng)
    words, memory = _seed_room(torch)
    words.random_(-(1 << 31), 1 << 31, generator=rng)
    return memory.tobytes()


def _seed_room(torch: ModuleType) -> tuple:
    """A tensor for the words, and its memory: one a thread, since making them takes as long as a small fill."""
    try:
        return _room.words, _room.memory
    except AttributeError:
        with torch.inference_mode(False):  # else nobody could write to it outside of that mode
            _room.words = torch.empty(N_SEED_WORDS, dtype=torch.int32, device="cpu")
        _room.memory = _room.words.numpy().view("<u4")
        return _room.words, _room.memory


def check_generator(where: str, rng: object) -> bool:
    """Whether it is one of PyTorch's generators; raises ValueError if it draws elsewhere than on the CPU."""
    torch = _torch()
    if torch is None or not isinstance(rng, torch.Generator):
        return False
    if rng.device.type != "cpu":
        reject_value(where, "rng", "a torch.Generator on the CPU", Shown(f"one on {rng.device}"))
    return True

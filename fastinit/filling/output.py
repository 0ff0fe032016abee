"""What may be filled: from the caller's ``out`` to an ndarray over the same bytes, or a refusal."""

from __future__ import annotations

import math
import sys
from typing import NoReturn

import numpy as np

from fastinit import _kernels
from fastinit.common import checks
from fastinit.common.errors import Shown, reject_size, reject_type, reject_value
from fastinit.filling import tensors
from fastinit.laws import dtypes

EXPECTED = "a writable array (ndarray, buffer, __array_interface__ or __dlpack__ on CPU)"

OF_JAX = "one of JAX's, which are never written to; fastinit.jax makes filled ones"


def as_array(where: str, out: object) -> np.ndarray:
    """A view of `out` as a base-class ndarray of a dtype that can be filled, checked to be safe to write."""
    if _kernels.is_plain(out, dtypes.FLOAT32):
        return out
    array = out if type(out) is np.ndarray else _view(where, out)
    if dtypes.format_of(array.dtype) is None:
        _reject_dtype(where, array.dtype)
    flags = array.flags
    if not flags.writeable:
        reject_value(where, "out", "a writable array", Shown(OF_JAX if _is_jax(out) else "a read-only one"))
    if not flags.aligned:
        reject_value(where, "out", "an aligned array", Shown("a misaligned one"))
    if flags.c_contiguous:
        return array
    if _may_overlap(array):
        reject_value(
            where,
            "out",
            "an array whose elements do not share memory",
            Shown(f"strides {array.strides} for shape {array.shape}"),
        )
    return array.view()  # whose strides nobody can change before they are used


def _view(where: str, out: object) -> np.ndarray:
    if isinstance(out, np.ndarray):
        return np.ndarray.view(out, np.ndarray)  # whatever a subclass makes of its own view
    if tensors.is_tensor(out):
        return tensors.as_array(where, out)
    if isinstance(out, (list, tuple, str, bytes, int, float, complex, np.generic)):
        reject_type(where, "out", EXPECTED, Shown(type(out).__name__))
    try:
        if hasattr(out, "__array_interface__"):
            memory, array = None, np.asarray(out)
        elif not is_exporter(out):
            memory, array = None, np.asarray(memoryview(out))
        else:
            memory = _memory_by_dlpack(out)
            array = _from_dlpack(out) if memory is None else None
    except MemoryError:
        reject_size(where, "out", out)
    except Exception as error:  # other libraries raise what they like
        reject_type(where, "out", EXPECTED, Shown(f"{type(out).__name__} ({error})"))
    if array is not None:
        return _with_memory(where, array)
    if memory.begins_at == 0 and 0 not in memory.shape:
        _reject_no_memory(where)
    return memory.array(where, "out")


def is_exporter(value: object) -> bool:
    """Whether it hands out its memory by DLPack."""
    try:
        return hasattr(value, "__dlpack__")
    except Exception:  # as above
        return False


def _is_jax(value: object) -> bool:
    jax = sys.modules.get("jax")
    return isinstance(value, getattr(jax, "Array", ()))


def _with_memory(where: str, array: np.ndarray) -> np.ndarray:
    """The array, unless NumPy had to make its memory because the exporter has none."""
    if array.flags.owndata and array.size:
        _reject_no_memory(where)
    return array


def _reject_no_memory(where: str) -> NoReturn:
    reject_value(where, "out", "a tensor with memory", Shown("one without"))


def readable(where: str, parameter: str, value: object) -> np.ndarray | None:
    """Any library's array as one of NumPy's, to be read; None if it is none."""
    array = checks.as_array(where, parameter, value)
    if array is not None:
        return array
    try:
        memory = _memory_by_dlpack(value)
    except MemoryError:
        reject_size(where, parameter, value)
    except Exception:  # other libraries raise what they like
        return None
    return None if memory is None else memory.array(where, parameter)


class _Memory:
    """A tensor's memory, which an array over it keeps alive."""

    def __init__(self, owner: object, dtype: str, interface: dict):
        self.owner = owner
        self.dtype = dtype
        self.begins_at = interface["data"][0]
        self.shape = interface["shape"]
        self.strides = interface["strides"]
        self.is_read_only = interface["data"][1]

    def array(self, where: str, parameter: str) -> np.ndarray:
        """The memory as an array of its dtype."""
        is_numpys = self.dtype not in dtypes.FROM_ML_DTYPES
        dtype = np.dtype(self.dtype) if is_numpys else dtypes.from_ml_dtypes(where, parameter, self.dtype)
        steps = [stride // dtype.itemsize for stride in self.strides or ()]
        if self.strides is None:
            steps = [math.prod(self.shape[axis + 1 :]) for axis in range(len(self.shape))]
        # Not by __array_interface__, for which NumPy 2.1.0 frees what is still in use.
        array = _kernels.array_at(self.begins_at, self.shape, steps, dtype, self)
        if self.is_read_only:
            array.flags.writeable = False
        return array


def _memory_by_dlpack(out: object) -> _Memory | None:
    """Where a tensor's memory is, if its exporter tells whether it may be written and its dtype can be filled."""
    try:
        capsule = out.__dlpack__(max_version=(1, 0), copy=False)  # a copy would be filled in vain
    except TypeError:  # an exporter from before the arguments existed
        return None
    found = _kernels.dlpack_interface(capsule)
    return None if found is None or found[0] not in dtypes.NAMES else _Memory(capsule, *found)


def _from_dlpack(out: object) -> np.ndarray:
    try:
        return np.from_dlpack(out, copy=False)  # a copy would be filled in vain
    except TypeError:  # NumPy 2.0, or an exporter from before the argument existed
        return np.from_dlpack(out)


def _reject_dtype(where: str, dtype: np.dtype) -> None:
    if not dtype.isnative and dtypes.format_of(dtype.newbyteorder("=")) is not None:
        reject_value(where, "out", "this machine's byte order", Shown(dtypes.describe(dtype)))
    reject_type(where, "out", f"dtype {dtypes.EXPECTED}", Shown(dtypes.describe(dtype)))


def _may_overlap(array: np.ndarray) -> bool:
    """Whether some element could share bytes with another: each axis must step over all smaller ones.

    Exact for the views that slicing, transposing and reversing make; as_strided can build others that happen not to
    overlap, and those are refused with the rest.
    """
    if array.size == 0:
        return False
    extent = array.itemsize
    for stride, dim in sorted((abs(s), d) for s, d in zip(array.strides, array.shape, strict=True) if d > 1):
        if stride < extent:
            return True
        extent += stride * (dim - 1)
    return False

"""Tensors of dtypes that NumPy lacks, by DLPack as PyTorch hands them out, from an exporter made here.

The real thing: tests/peers/peer_torch.py.
"""

import ctypes
import sys

import ml_dtypes
import numpy as np
import pytest
from reference_laws import BITS, DTYPES

import fastinit as fi
from fastinit.filling import output
from fastinit.laws import dtypes

CPU, CUDA = 1, 2
INT, BFLOAT = 0, 4

#: DLPack's type codes.
TYPE_CODES = {"bfloat16": BFLOAT, "float8_e4m3fn": 10, "float8_e5m2": 12}


class Managed(ctypes.Structure):
    """DLManagedTensorVersioned of DLPack 1.0."""

    _fields_ = (
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("n_dims", ctypes.c_int32),
        ("type_code", ctypes.c_uint8),
        ("n_bits", ctypes.c_uint8),
        ("n_lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


new_capsule = ctypes.pythonapi.PyCapsule_New
new_capsule.restype, new_capsule.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)


class Tensor:
    """An exporter of memory that is given as integers."""

    def __init__(self, array, device=CPU, type_code=BFLOAT, flags=0, capsule=b"dltensor_versioned", c_order=False):
        self.array, self.device, self.capsule = array, device, capsule
        dims = ctypes.c_int64 * max(1, array.ndim)
        self.shape = dims(*array.shape)
        self.strides = None if c_order else dims(*[stride // array.itemsize for stride in array.strides])
        self.managed = Managed(
            *(1, 0, None, None, flags, array.ctypes.data - 6, device, 0),
            *(array.ndim, type_code, 8 * array.itemsize, 1),
            *(self.shape, self.strides, 6),
        )

    def __dlpack_device__(self):
        return self.device, 0

    def __dlpack__(self, **arguments):
        assert arguments["max_version"] == (1, 0) or "copy" in arguments
        return new_capsule(ctypes.addressof(self.managed), self.capsule, None)


def bits(*shape, dtype="bfloat16"):
    return np.full(shape, 7, BITS[np.dtype(DTYPES[dtype]).itemsize])


@pytest.mark.parametrize("dtype", TYPE_CODES)
@pytest.mark.parametrize("c_order", [False, True])
@pytest.mark.parametrize("shape", [(40, 50), (), (1,), (0, 3), (5, 6, 7)])
def test_filled_in_place(shape, c_order, dtype):
    memory = bits(*shape, dtype=dtype)
    tensor = Tensor(memory, c_order=c_order, type_code=TYPE_CODES[dtype])
    assert fi.normal(out=tensor, rng=0) is tensor
    expected = fi.normal(shape, dtype=dtype, rng=0)
    assert memory.tobytes() == expected.tobytes()


def test_every_dtype_that_numpy_lacks():
    assert tuple(TYPE_CODES) == dtypes.FROM_ML_DTYPES


def test_strided_and_by_rules():
    memory = bits(30, 41)
    view = memory[::2, 3:].T
    fi.initialize({"w": Tensor(view)}, {"*": "he_normal"}, rng=0)
    expected = fi.he_normal(view.shape, dtype="bfloat16", rng=0, name="w")
    assert np.array_equal(view.view(ml_dtypes.bfloat16), expected)
    assert (memory[1::2] == 7).all()
    assert (memory[:, :3] == 7).all()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (dict(flags=1), ValueError, "read-only"),
        (dict(device=CUDA), TypeError, "writable array"),
        (dict(type_code=INT), TypeError, "int16"),
        (dict(capsule=b"dltensor"), TypeError, "writable array"),
    ],
)
def test_refused(arguments, error, words):
    memory = bits(4)
    with pytest.raises(error, match=f"^normal: (out|dtype): expected .*{words}"):
        fi.normal(out=Tensor(memory, **arguments), rng=0)
    assert (memory == 7).all()


def test_tensors_without_memory():
    empty = Tensor(bits(4))
    empty.managed.data, empty.managed.byte_offset = None, 0
    with pytest.raises(ValueError, match=r"^normal: out: expected a tensor with memory, got one without"):
        fi.normal(out=empty, rng=0)


def test_the_capsule_is_held_with_the_array():
    """It may be all that keeps the memory."""
    owner = output.as_array("test", Tensor(bits(4))).base
    while not hasattr(owner, "owner"):
        owner = owner.base
    assert type(owner.owner).__name__ == "PyCapsule"


def test_without_ml_dtypes(monkeypatch):
    """Whoever brings or asks for bfloat16 needs it, and is told so."""
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    memory = bits(4)
    needed = r"expected ml_dtypes to be installed for bfloat16 \(pip install 'fastinit-nn\[bf16\]'\), got"
    with pytest.raises(TypeError, match=f"^normal: out: {needed}"):
        fi.normal(out=Tensor(memory), rng=0)
    with pytest.raises(TypeError, match=f"^normal: dtype: {needed}"):
        fi.normal(4, dtype="bfloat16", rng=0)
    assert (memory == 7).all()


#: DLPack's type codes of dtypes that NumPy has, but for the bits.
NUMPYS = {"float16": 2, "float32": 2, "float64": 2, "complex64": 5, "complex128": 5, "int8": 0, "uint16": 1, "bool": 6}


@pytest.mark.parametrize("dtype", NUMPYS)
def test_dtypes_of_numpys(dtype, monkeypatch):
    """Without NumPy's own way, which up to NumPy 2.2 makes read-only arrays of whatever comes."""
    monkeypatch.setattr(np, "from_dlpack", lambda *rest, **more: pytest.fail("asked"))
    memory = np.zeros((30, 41), dtype)
    view = memory[::2, 3:].T
    scheme = fi.normal if view.dtype.kind in "fc" else fi.ones
    assert isinstance(scheme(out=Tensor(view, type_code=NUMPYS[dtype]), rng=0), Tensor)
    assert np.array_equal(view, scheme(view.shape, dtype=dtype, rng=0))
    assert not memory[1::2].any()


def test_read_only_ones_of_numpys():
    memory = np.zeros(4, np.float32)
    with pytest.raises(ValueError, match=r"^normal: out: expected a writable array, got a read-only one"):
        fi.normal(out=Tensor(memory, type_code=2, flags=1), rng=0)
    assert not memory.any()


def test_a_copy_is_not_asked_for():
    """It would be filled in vain."""
    asked = []

    class Exporter(Tensor):
        def __dlpack__(self, **arguments):
            asked.append(arguments)
            return super().__dlpack__(**arguments)

    fi.normal(out=Exporter(bits(4)), rng=0)
    assert asked == [{"max_version": (1, 0), "copy": False}]

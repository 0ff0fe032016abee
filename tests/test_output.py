"""Everything that can be filled: arrays and array-likes of every kind, and what comes back."""

import array
import mmap
from multiprocessing import shared_memory

import numpy as np
import pytest

import fastinit as fi
from fastinit.filling import run
from fastinit.laws import dtypes
from fastinit.laws.dtypes import FORMATS


@pytest.fixture
def expected():
    return fi.normal((6, 10), rng=0)


def test_new_arrays(expected):
    assert type(expected) is np.ndarray
    assert expected.dtype == np.float32
    assert expected.flags.c_contiguous
    assert expected.flags.writeable
    assert expected.ctypes.data % 64 == 0


class Duck:
    """An object that only speaks one of the protocols."""

    def __init__(self, name, value):
        setattr(self, name, value)


def test_ndarray_subclasses(expected, tmp_path):
    memmap = np.memmap(tmp_path / "w.bin", np.float32, "w+", shape=(6, 10))
    assert fi.normal(out=memmap, rng=0) is memmap
    memmap.flush()
    assert np.array_equal(np.fromfile(tmp_path / "w.bin", np.float32), expected.ravel())
    matrix = np.zeros((6, 10), np.float32).view(np.matrix)
    assert fi.normal(out=matrix, rng=0) is matrix
    assert np.array_equal(matrix, expected)
    masked = np.ma.zeros((6, 10), np.float32)
    assert fi.normal(out=masked, rng=0) is masked
    assert np.array_equal(masked.data, expected)


def test_read_only_memmap_is_refused(tmp_path):
    (tmp_path / "w.bin").write_bytes(bytes(16))
    with pytest.raises(ValueError, match="read-only"):
        fi.normal(out=np.memmap(tmp_path / "w.bin", np.float32, "r"))


def test_buffers(expected):
    values = array.array("f", bytes(240))
    assert fi.normal(out=values, rng=0) is values
    assert np.array_equal(np.frombuffer(values, np.float32), expected.ravel())
    with mmap.mmap(-1, 240) as mapped:
        fi.normal(out=memoryview(mapped).cast("f"), rng=0)
        assert mapped[:] == expected.tobytes()
    shared = shared_memory.SharedMemory(create=True, size=240)
    try:
        view = shared.buf[:240].cast("f")
        fi.normal(out=view, rng=0)
        assert bytes(view) == expected.tobytes()
        view.release()
    finally:
        shared.close()
        shared.unlink()


def test_array_interface(expected):
    target = np.zeros((6, 10), np.float32)
    duck = Duck("__array_interface__", target.__array_interface__)
    assert fi.normal(out=duck, rng=0) is duck
    assert np.array_equal(target, expected)


def test_dlpack(expected):
    target = np.zeros((10, 6), np.float32)

    class Exporter:
        def __dlpack__(self, **kwargs):
            return target.T.__dlpack__(**kwargs)

        def __dlpack_device__(self):
            return target.__dlpack_device__()

    exporter = Exporter()
    try:
        target.__dlpack__(max_version=(1, 0))
    except TypeError:  # NumPy 2.0's own exports are of DLPack 0, which does not say whether memory may be written
        with pytest.raises(ValueError, match=r"^normal: out: expected a writable array, got a read-only one"):
            fi.normal(out=exporter, rng=0)
        assert not target.any()
    else:
        assert fi.normal(out=exporter, rng=0) is exporter
        assert np.array_equal(target.T, expected)


def test_dlpack_of_a_read_only_array_is_refused():
    target = np.zeros(4, np.float32)
    target.flags.writeable = False
    with pytest.raises((ValueError, TypeError), match=r"normal: out: expected .* got "):
        fi.normal(out=Duck("__array_interface__", target.__array_interface__))


def test_zero_size_and_0d():
    for shape in (0, (0,), (3, 0), (0, 2**40)):
        assert fi.normal(shape, rng=0).size == 0
        assert fi.he_normal((4, 0), rng=0).shape == (4, 0)
    empty = np.zeros((3, 0), np.float32)
    assert fi.normal(out=empty) is empty
    zero_d = np.zeros((), np.float32)
    assert fi.normal(out=zero_d, rng=0) is zero_d
    assert zero_d == fi.normal((), rng=0) == fi.normal(5, rng=0)[0]


def test_shape_and_out_may_agree(expected):
    out = np.zeros((6, 10), np.float32)
    assert fi.normal((6, 10), out=out, rng=0) is out
    assert fi.normal([6, np.int64(10)], out=out, rng=0, dtype="float32") is out
    assert np.array_equal(out, expected)
    assert fi.normal(np.int32(7), rng=0).shape == (7,)


@pytest.mark.parametrize("dtype", [None, "float32", np.float32, "f4", "=f4", np.dtype("f4"), np.single])
def test_dtype_spellings(dtype):
    assert fi.zeros(3, dtype=dtype).dtype == np.float32


class Elsewhere:
    """A dtype of another library: an object that shows itself by its module's name and its own."""

    def __init__(self, text, module="torch", kind="dtype"):
        self.text = text
        self.__class__ = type(kind, (Elsewhere,), {"__module__": module, "__str__": lambda self: self.text})


@pytest.mark.parametrize("name", FORMATS)
def test_dtypes_of_other_libraries(name):
    assert fi.zeros(3, dtype=Elsewhere(f"torch.{name}")).dtype == dtypes.resolve("test", name)
    assert fi.zeros(3, dtype=Elsewhere(f"mlx.core.{name}", "mlx.core", "Dtype")).dtype == dtypes.resolve("test", name)
    out = fi.empty(3, name)
    assert fi.zeros(out=out, dtype=Elsewhere(f"torch.{name}")) is out


@pytest.mark.parametrize(
    "spelled",
    [
        Elsewhere("torch.int8"),
        Elsewhere("torch.float33"),
        Elsewhere("float32 of torch."),
        Elsewhere("jax.float32"),
        Elsewhere("torch.float32", kind="Tensor"),
        Elsewhere(None),
    ],
)
def test_what_is_no_dtype_of_another_library(spelled):
    with pytest.raises(TypeError, match=r"^normal: dtype: expected float32, float64, .* got "):
        fi.normal(3, dtype=spelled, rng=0)


@pytest.mark.parametrize("align", [16, 64, 4096, 2**21])
@pytest.mark.parametrize("shape", [(), 0, 5, (3, 4)])
def test_empty(shape, align):
    result = fi.empty(shape, align=align)
    assert result.ctypes.data % align == 0
    assert result.shape == np.empty(shape).shape
    result[...] = 1


def test_a_strided_fill_writes_nothing_between(canary):
    buffer = canary(4 * 1000).view(np.float32)
    before = buffer.copy()
    view = buffer[::7]
    fi.normal(out=view, rng=0)
    untouched = np.ones(1000, bool)
    untouched[::7] = False
    assert np.array_equal(buffer.view(np.uint32)[untouched], before.view(np.uint32)[untouched])
    assert np.array_equal(view, fi.normal(view.size, rng=0))


def test_large_new_arrays_have_the_values_of_filled_ones():
    # Their pages are new, and are written by other stores.
    n = run.STREAM_BYTES // 4 * 2 + 77
    assert np.array_equal(fi.normal(n, rng=0), fi.normal(out=np.ones(n, np.float32), rng=0))

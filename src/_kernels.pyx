# cython: language_level=3, embedsignature=False, cdivision=True, freethreading_compatible=True
"""The door between Python and C: one call per fill or batch of fills, with every check already made.

This file takes pointers and codes. It knows no dtype and no mathematics.
"""
cimport cython
cimport numpy as cnp
from cpython.exc cimport PyErr_CheckSignals
from cpython.object cimport PyTypeObject
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_IsValid
from cpython.ref cimport Py_INCREF, PyObject
from cpython.weakref cimport PyWeakref_NewRef
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcmp, memcpy

import numpy as np
from numpy.lib.stride_tricks import as_strided

from c_side cimport *

cnp.import_array()

fi_team_read_environment()


cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *n_bytes) except NULL
    bint PyUnicode_IS_COMPACT_ASCII(object text)
    Py_ssize_t PyUnicode_Tailmatch(
        object text, object part, Py_ssize_t first, Py_ssize_t end, int direction) except -1
    Py_ssize_t PyUnicode_Find(
        object text, object part, Py_ssize_t first, Py_ssize_t end, int direction) except -2


HAVE_OPENMP = FI_HAVE_OPENMP

cdef const fi_backend *chosen = NULL

cdef cnp.dtype INT64 = cnp.PyArray_DescrFromType(cnp.NPY_INT64)

# Numbers of a box before its extents, as Python gives it.
cdef int N_BOX_HEAD = 5


def laws():
    """Names of the laws; a law's code is its position."""
    return names_in(fi_law_names)


def dtypes():
    """Names of the dtypes; a dtype's code is its position."""
    return names_in(fi_dtype_names)


cdef list names_in(const char *const *names):
    cdef list found = []
    while names[0] != NULL:
        found.append(names[0].decode())
        names += 1
    return found


def isas():
    """Instruction sets of this build, best first, as {name: whether this processor can run it}."""
    found = {}
    cdef int i = 0
    while fi_backend_at(i) != NULL:
        found[fi_backend_at(i).name.decode()] = fi_backend_runs_here(fi_backend_at(i))
        i += 1
    return found


def choose_isa(str name=None):
    """Choose the instruction set of later fills: the best that runs here, or the named one. False if there is none."""
    global chosen
    cdef int i = 0
    cdef const fi_backend *backend = fi_backend_at(0)
    while backend != NULL:
        if fi_backend_runs_here(backend) and name in (None, backend.name.decode()):
            chosen = backend
            return True
        i += 1
        backend = fi_backend_at(i)
    return False


def isa():
    """Name of the instruction set that fills use."""
    return chosen.name.decode()


def openmp_max_threads():
    """OpenMP's limit in the calling thread: the threads of its next region, or of the whole program if fewer."""
    return min(omp_get_max_threads(), omp_get_thread_limit())


def in_default_float_mode(function, *arguments):
    """Call the function with this thread rounding to nearest and keeping subnormals, whatever it was set to do."""
    cdef uint64_t callers_mode = fi_enter()
    try:
        return function(*arguments)
    finally:
        fi_leave(callers_mode)


include "arguments.pxi"
include "dlpack.pxi"
include "running.pxi"
include "batch.pxi"
include "sparse.pxi"
include "tally.pxi"
include "haar.pxi"
include "multiply.pxi"


def fill(cnp.ndarray array, law, bytes seed, name, box, int n_threads, bint streamed, workspace=None):
    """Fill a checked array with a box of the tensor that the law and (seed, name) define.

    `law` is (code, dtype's code, tag, numbers as in fi_law), `seed` 32 bytes; `box` is None for a whole C-contiguous
    tensor, else a tuple of (flat_start, run_length, run_stride, row_axis, n_dims, *extents, *flat_strides,
    *out_strides) as in fastinit.h. Two more items, contiguous arrays of int64 of one length, add a dimension outside of
    these: of its entry i, what is added to flat_start, and in bytes to the array's address. `workspace` has as many
    bytes as `fill_room` says.
    """
    cdef fi_batch batch
    cdef fi_tensor tensor
    cdef fi_batch_law c_law
    set_law(&c_law, law)
    batch.laws = &c_law
    batch.tensors = &tensor
    batch.seed = seed_bytes(seed)
    open_batch(&batch)
    set_tensor(&tensor, array, name, 0, c_law.dtype)
    cdef int64_t numbers[FI_MAX_BOX]
    tensor.box = write_box(numbers, box)
    add_tensor(&batch)
    run_batch(&batch, n_threads, streamed, None, workspace)


def fill_room(cnp.ndarray array, law, box, int n_threads):
    """Bytes of workspace that `fill` takes, on a line of 64."""
    if box is None or box[3] < 0:
        return 0  # no tiles
    cdef fi_batch batch
    cdef fi_tensor tensor
    cdef fi_batch_law c_law
    set_law(&c_law, law)
    batch.laws = &c_law
    batch.tensors = &tensor
    batch.streamed = False
    open_batch(&batch)
    set_tensor(&tensor, array, "", 0, c_law.dtype)
    cdef int64_t numbers[FI_MAX_BOX]
    tensor.box = write_box(numbers, box)
    add_tensor(&batch)
    return batch_room(&batch, n_threads)


cdef int add_tensor(fi_batch *batch) except -1:
    if not fi_batch_add(batch):
        raise ValueError("fill: out: expected the array that was checked, got one of another size")
    return 0


cdef void open_batch(fi_batch *batch) noexcept:
    batch.backend = chosen
    batch.n_tensors = batch.n_elements = batch.n_bytes = batch.n_work = batch.scratch_bytes = 0


cdef const uint8_t *seed_bytes(bytes seed) except NULL:
    if len(seed) != FI_SEED_BYTES:
        raise ValueError(f"fill: seed: expected {FI_SEED_BYTES} bytes, got {len(seed)}")
    return <const uint8_t *>seed


cdef int set_law(fi_batch_law *c_law, law) except -1:
    code, dtype, tag, numbers = law
    if len(tag) > <Py_ssize_t>sizeof(c_law.tag):
        raise ValueError(f"fill: law: expected a tag of at most {sizeof(c_law.tag)} bytes, got {tag}")
    if len(numbers) > FI_N_PARAMETERS:
        raise ValueError(f"fill: law: expected at most {FI_N_PARAMETERS} numbers, got {len(numbers)}")
    c_law.code = code
    c_law.dtype = dtype
    c_law.n_tag = len(tag)
    memcpy(c_law.tag, <const char *><bytes>tag, c_law.n_tag)
    cdef double parameters[16]
    cdef int i = 0
    for number in numbers:
        parameters[i] = number
        i += 1
    while i < FI_N_PARAMETERS:
        parameters[i] = 0
        i += 1
    memcpy(&c_law.law.location, parameters, FI_N_PARAMETERS * sizeof(double))
    return 0


cdef int set_tensor(fi_tensor *tensor, cnp.ndarray array, object name, int law, int dtype) except -1:
    if cnp.PyArray_ITEMSIZE(array) != fi_itemsize(dtype):
        raise TypeError("fill: out: expected the array that was checked, got one of another dtype")
    cdef Py_ssize_t n_name
    tensor.name = PyUnicode_AsUTF8AndSize(name, &n_name)
    tensor.n_name = n_name
    tensor.out = <char *>cnp.PyArray_DATA(array)
    tensor.n_elements = cnp.PyArray_SIZE(array)
    tensor.box = NULL
    tensor.law = law
    return 0


cdef int64_t *write_box(int64_t *numbers, box) except? NULL:
    """The numbers that fi_job_set_box takes; those of a box that lists entries are good while its two arrays are.

    NULL for no box. There must be room for FI_MAX_BOX numbers.
    """
    if box is None:
        return NULL
    cdef int n_numbers = N_BOX_HEAD + 3 * <int>box[N_BOX_HEAD - 1]
    cdef bint is_listed = len(box) == n_numbers + 2
    if n_numbers != len(box) and not is_listed:
        raise ValueError(f"fill: box: expected {n_numbers} numbers and two arrays or none, got {len(box)} items")
    if n_numbers + FI_BOX_HEAD - N_BOX_HEAD > FI_MAX_BOX:
        raise ValueError(f"fill: box: expected at most {FI_MAX_BOX} numbers, got {n_numbers}")
    numbers[5] = numbers[6] = numbers[7] = 0
    if is_listed:
        set_listed(&numbers[5], box[n_numbers], box[n_numbers + 1], box[3])
    cdef int i
    for i in range(n_numbers):
        numbers[i if i < N_BOX_HEAD else i + FI_BOX_HEAD - N_BOX_HEAD] = box[i]
    return numbers


cdef int set_listed(int64_t *numbers, flat_offsets, out_offsets, row_axis) except -1:
    for offsets in (flat_offsets, out_offsets):
        if not plain(offsets, INT64) or cnp.PyArray_NDIM(offsets) != 1:
            raise ValueError("fill: box: expected offsets as contiguous arrays of int64, got others")
    if cnp.PyArray_SIZE(flat_offsets) != cnp.PyArray_SIZE(out_offsets):
        raise ValueError("fill: box: expected as many flat offsets as output offsets, got other numbers of them")
    if row_axis != -1:
        raise ValueError("fill: box: expected no row axis under a listed dimension, got one")
    numbers[0] = cnp.PyArray_SIZE(flat_offsets)
    numbers[1] = <int64_t><uintptr_t>cnp.PyArray_DATA(flat_offsets)
    numbers[2] = <int64_t><uintptr_t>cnp.PyArray_DATA(out_offsets)
    return 0

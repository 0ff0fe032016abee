# cython: language_level=3, embedsignature=False
"""The door between Python and C: one call per fill, with every check already made.

This file takes pointers and codes. It knows no dtype and no mathematics; it owns the only parallel region.
"""
from cpython.buffer cimport PyBUF_STRIDES, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING
from cpython.exc cimport PyErr_CheckSignals
from cython.parallel cimport parallel, prange, threadid
from libc.stdint cimport int64_t, uint64_t, uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy


cdef extern from "fastinit.h":
    ctypedef struct fi_law:
        uint64_t key[4]
        double location
        double scale

    ctypedef struct fi_backend:
        const char *name

    ctypedef struct fi_job:
        const fi_backend *backend
        fi_law law
        int law_code
        int streamed
        char *out
        uint64_t flat_start
        int64_t run_length
        int64_t run_stride
        int64_t n_runs
        int64_t pieces_per_run
        int64_t runs_per_unit
        int row_axis
        int64_t n_column_runs
        int64_t scratch_bytes
        int64_t unit_elements
        int n_dims
        int64_t *extent
        int64_t *flat_stride
        int64_t *out_stride

    const fi_backend *fi_backend_at(int index)
    bint fi_backend_runs_here(const fi_backend *backend)
    int64_t fi_job_split(fi_job *job)
    void fi_fill_unit(const fi_job *job, int64_t unit, void *scratch) noexcept nogil


cdef extern from "fpmode.h":
    uint64_t fi_enter() noexcept nogil
    void fi_leave(uint64_t callers_mode) noexcept nogil


cdef extern from "openmp.h":
    bint FI_HAVE_OPENMP
    int omp_get_max_threads() nogil
    int omp_get_thread_limit() nogil


cdef extern from *:
    """
    static const char *const fi_law_names[] = {
    #define X(law) #law,
        FI_LAWS(X)
    #undef X
        0
    };
    """
    const char *const *fi_law_names


HAVE_OPENMP = FI_HAVE_OPENMP

# Elements between two looks at pending signals: 256 MiB of float32, a tenth of a second on one core, and far more than
# a parallel region costs.
cdef int64_t SLAB_ELEMENTS = 1 << 26

cdef const fi_backend *chosen = NULL


def laws():
    """Names of the laws; a law's code is its position."""
    names = []
    cdef int code = 0
    while fi_law_names[code] != NULL:
        names.append(fi_law_names[code].decode())
        code += 1
    return names


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


def address(buffer):
    """Address of a writable buffer's first element."""
    cdef Py_buffer view
    PyObject_GetBuffer(buffer, &view, PyBUF_STRIDES | PyBUF_WRITABLE)
    cdef uintptr_t first = <uintptr_t>view.buf
    PyBuffer_Release(&view)
    return first


def fill(out, int law_code, bytes key, double location, double scale, box, int n_threads, bint streamed):
    """Fill `out`, a writable buffer, with a box of the tensor that (law, key) defines.

    `box` is None for a whole C-contiguous tensor, else a tuple of
    (flat_start, run_length, run_stride, row_axis, extents, flat_strides, out_strides) as in fastinit.h.
    """
    cdef fi_job job
    cdef Py_buffer view
    job.backend = chosen
    job.law_code = law_code
    job.law.location = location
    job.law.scale = scale
    job.streamed = streamed
    memcpy(job.law.key, PyBytes_AS_STRING(key), sizeof(job.law.key))
    PyObject_GetBuffer(out, &view, PyBUF_STRIDES | PyBUF_WRITABLE)
    try:
        job.out = <char *>view.buf
        if box is None:
            describe_whole(&job, view.len // view.itemsize, view.itemsize)
        else:
            describe_box(&job, box)
        if job.n_runs * job.run_length * view.itemsize != view.len:
            raise ValueError("fill: out: expected the array that was checked, got one of another size")
        run(&job, fi_job_split(&job), n_threads)
    finally:
        PyBuffer_Release(&view)


cdef void describe_whole(fi_job *job, int64_t n_elements, int64_t itemsize) noexcept:
    job.flat_start = 0
    job.row_axis = -1
    job.run_length = n_elements
    job.run_stride = itemsize
    job.n_runs = 1
    job.n_dims = 0


cdef int describe_box(fi_job *job, tuple box) except -1:
    job.flat_start, job.run_length, job.run_stride, job.row_axis, extents, flat_strides, out_strides = box
    job.n_runs = job.n_column_runs = 1
    job.n_dims = len(extents)
    cdef int d
    for d in range(job.n_dims):
        job.extent[d] = extents[d]
        job.flat_stride[d] = flat_strides[d]
        job.out_stride[d] = out_strides[d]
        job.n_runs *= job.extent[d]
        if d > job.row_axis:
            job.n_column_runs *= job.extent[d]
    return 0


cdef int run(fi_job *job, int64_t n_units, int n_threads) except -1:
    cdef int64_t first = 0, last
    cdef int64_t n_at_once = max(1, SLAB_ELEMENTS // job.unit_elements)
    cdef int64_t scratch_bytes = (job.scratch_bytes + 63) // 64 * 64
    cdef char *memory = NULL
    cdef char *scratch = NULL
    if scratch_bytes:
        memory = <char *>malloc(scratch_bytes * n_threads + 64)
        if memory == NULL:
            raise MemoryError(f"fill: threads: expected room for {n_threads} x {scratch_bytes} bytes, got none")
        scratch = memory + 64 - <uintptr_t>memory % 64
    try:
        while first < n_units:
            last = min(first + n_at_once, n_units)
            run_slab(job, first, last, n_threads, scratch, scratch_bytes)
            first = last
            PyErr_CheckSignals()
    finally:
        free(memory)
    return 0


cdef void run_slab(
    fi_job *job, int64_t first, int64_t last, int n_threads, char *scratch, int64_t scratch_bytes
) noexcept:
    cdef int64_t unit
    cdef uint64_t callers_mode = 0
    # Neighbouring units to one thread, a mebibyte of them if there are many; and in turn, so that a core that others
    # use too holds nobody up, and that the threads write near each other.
    cdef int64_t n_at_once = max(1, min(16, (last - first) // (8 * n_threads)))
    with nogil, parallel(num_threads=n_threads):
        callers_mode = fi_enter()
        for unit in prange(first, last, schedule="dynamic", chunksize=n_at_once):
            fi_fill_unit(job, unit, scratch + threadid() * scratch_bytes)
        fi_leave(callers_mode)

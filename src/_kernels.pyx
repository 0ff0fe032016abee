# cython: language_level=3, embedsignature=False, cdivision=True
"""The door between Python and C: one call per fill or batch of fills, with every check already made.

This file takes pointers and codes. It knows no dtype and no mathematics; it owns the only parallel region.
"""
cimport numpy as cnp
from cpython.exc cimport PyErr_CheckSignals
from cpython.pycapsule cimport PyCapsule_GetPointer
from cython.parallel cimport parallel, prange, threadid
from libc.stdint cimport int64_t, uint8_t, uint64_t, uintptr_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy

from c_side cimport *

cnp.import_array()


cdef extern from "Python.h":
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *n_bytes) except NULL


HAVE_OPENMP = FI_HAVE_OPENMP

# Work between two looks at pending signals: 256 MiB of float32 output, a tenth of a second on one core, and far more
# than a parallel region costs.
cdef int64_t WORK_PER_SLAB = 1 << 26

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


def is_plain(array, dtype):
    """Whether this is an ndarray of no subclass, C-contiguous, aligned, writable and of that very dtype object."""
    return plain(array, dtype)


cdef inline bint plain(object array, object dtype) noexcept:
    return (
        type(array) is cnp.ndarray
        and <object>cnp.PyArray_DESCR(<cnp.ndarray>array) is dtype
        and cnp.PyArray_CHKFLAGS(<cnp.ndarray>array, cnp.NPY_ARRAY_CARRAY)
    )


def new_aligned(shape, cnp.dtype dtype, Py_ssize_t n_bytes, Py_ssize_t n_align):
    """An uninitialized C-order array of n_bytes that begins at a multiple of n_align; its base owns the memory."""
    cdef cnp.npy_intp n_raw = n_bytes + n_align
    cdef cnp.ndarray raw = cnp.PyArray_EMPTY(1, &n_raw, cnp.NPY_UINT8, 0)
    return cnp.ndarray(shape, dtype, raw, -<uintptr_t>cnp.PyArray_DATA(raw) % n_align)


def raw_words(bit_generator):
    """The low halves of a NumPy bit generator's next eight raw outputs, as little-endian bytes."""
    cdef bitgen_t *generator = <bitgen_t *>PyCapsule_GetPointer(bit_generator.capsule, "BitGenerator")
    cdef uint8_t seed[32]
    cdef uint64_t word
    cdef int i
    with bit_generator.lock:
        for i in range(8):
            word = generator.next_raw(generator.state)
            seed[4 * i], seed[4 * i + 1] = word & 0xff, word >> 8 & 0xff
            seed[4 * i + 2], seed[4 * i + 3] = word >> 16 & 0xff, word >> 24 & 0xff
    return seed[:32]


def exact_key(dict params):
    """A tuple that two sets of parameters share only if they are the same to the type and the bit, in any mode.

    None if there are others than floats, ints, strings and tuples of them. Floats enter as their bits: == takes 0.0 for
    -0.0, 1 for 1.0 and True, and a subnormal for 0 where the caller flushes them.
    """
    if not params:
        return ()
    cdef list parts = []
    for name, value in params.items():
        if type(name) is not str or not add_exactly(parts, value):
            return None
        parts.append(name)
    return tuple(parts)


cdef bint add_exactly(list parts, object value) except -1:
    cdef double number
    cdef uint64_t bits
    parts.append(type(value))
    if type(value) is float:
        number = value
        memcpy(&bits, &number, sizeof(bits))
        parts.append(bits)
    elif type(value) is int or type(value) is str:
        parts.append(value)
    elif type(value) is tuple:
        parts.append(len(value))
        for item in <tuple>value:
            if not add_exactly(parts, item):
                return False
    else:
        return False
    return True


def blake2b(bytes message, int digest_size, bytes person, int piece=64):
    """hashlib.blake2b's digest, from the C code that makes the keys, fed in pieces. For the tests."""
    cdef uint8_t digest[64]
    cdef uint8_t padded[16]
    cdef fi_blake2b state
    cdef int i
    for i in range(FI_BLAKE2B_PERSON):
        padded[i] = person[i] if i < len(person) else 0
    fi_blake2b_init(&state, digest_size, padded)
    for i in range(0, len(message), piece):
        part = message[i:i + piece]
        fi_blake2b_update(&state, <const uint8_t *>part, len(part))
    fi_blake2b_final(&state, digest, digest_size)
    return digest[:digest_size]


def stream_key(bytes seed, str name, bytes tag):
    """The key, as four integers, of the stream that the seed's 32 bytes and the name give the laws of one tag."""
    cdef uint64_t key[4]
    cdef Py_ssize_t n_name
    cdef const char *utf8 = PyUnicode_AsUTF8AndSize(name, &n_name)
    fi_stream_key(<const uint8_t *>seed, utf8, n_name, <const char *>tag, len(tag), key)
    return [key[0], key[1], key[2], key[3]]


def fill(cnp.ndarray array, law, bytes seed, name, box, int n_threads, bint streamed):
    """Fill a checked array with a box of the tensor that the law and (seed, name) define.

    `law` is (code, tag, location, scale), `seed` 32 bytes; `box` is None for a whole C-contiguous tensor, else a tuple
    of (flat_start, run_length, run_stride, row_axis, n_dims, *extents, *flat_strides, *out_strides) as in fastinit.h.
    """
    cdef fi_batch batch
    cdef fi_tensor tensor
    cdef fi_batch_law c_law
    set_law(&c_law, law)
    batch.laws = &c_law
    batch.tensors = &tensor
    batch.seed = <const uint8_t *>seed
    open_batch(&batch, cnp.PyArray_ITEMSIZE(array))
    set_tensor(&tensor, array, name, 0)
    tensor.box = new_box(box)
    try:
        if not fi_batch_add(&batch):
            raise ValueError("fill: out: expected the array that was checked, got one of another size")
        run(&batch, n_threads, streamed, None)
    finally:
        free(tensor.box)


cdef void open_batch(fi_batch *batch, int itemsize) noexcept:
    batch.backend = chosen
    batch.itemsize = itemsize
    batch.n_tensors = batch.n_work = batch.scratch_bytes = 0


cdef int set_law(fi_batch_law *c_law, law) except -1:
    code, tag, location, scale = law
    c_law.code = code
    c_law.n_tag = len(tag)
    memcpy(c_law.tag, <const char *><bytes>tag, c_law.n_tag)
    c_law.law.location = location
    c_law.law.scale = scale
    return 0


cdef int set_tensor(fi_tensor *tensor, cnp.ndarray array, object name, int law) except -1:
    cdef Py_ssize_t n_name
    tensor.name = PyUnicode_AsUTF8AndSize(name, &n_name)
    tensor.n_name = n_name
    tensor.out = <char *>cnp.PyArray_DATA(array)
    tensor.n_elements = cnp.PyArray_SIZE(array)
    tensor.box = NULL
    tensor.law = law
    return 0


cdef int64_t *new_box(box) except? NULL:
    if box is None:
        return NULL
    cdef int64_t *numbers = <int64_t *>malloc(len(box) * sizeof(int64_t))
    if numbers == NULL:
        raise MemoryError()
    cdef int i = 0
    for number in box:
        numbers[i] = number
        i += 1
    return numbers


cdef int run(fi_batch *batch, int n_threads, bint streamed, progress) except -1:
    cdef int64_t first = 0, last, n_done = 0, n_bytes
    cdef int64_t scratch_bytes = (batch.scratch_bytes + 63) // 64 * 64
    cdef char *memory = NULL
    cdef char *scratch = NULL
    batch.streamed = streamed
    if scratch_bytes:
        memory = <char *>malloc(scratch_bytes * n_threads + 64)
        if memory == NULL:
            raise MemoryError(f"fill: threads: expected room for {n_threads} x {scratch_bytes} bytes, got none")
        scratch = memory + 64 - <uintptr_t>memory % 64
    try:
        while first < batch.n_work:
            last = min(first + WORK_PER_SLAB, batch.n_work)
            run_slab(batch, first, last, n_threads, scratch, scratch_bytes)
            first = last
            PyErr_CheckSignals()
            if progress is not None:
                n_bytes = fi_batch_bytes_before(batch, first)
                progress(n_bytes - n_done)
                n_done = n_bytes
    finally:
        free(memory)
    return 0


cdef void run_slab(
    const fi_batch *batch, int64_t first, int64_t last, int n_threads, char *scratch, int64_t scratch_bytes
) noexcept:
    cdef int part
    cdef int64_t n_work = last - first
    cdef uint64_t callers_mode = 0
    with nogil, parallel(num_threads=n_threads):
        callers_mode = fi_enter()
        for part in prange(n_threads, schedule="static"):
            fi_batch_fill(
                batch,
                first + n_work * part // n_threads,
                first + n_work * (part + 1) // n_threads,
                scratch + threadid() * scratch_bytes,
            )
        fi_leave(callers_mode)

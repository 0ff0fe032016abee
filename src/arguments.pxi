def is_plain(array, dtype):
    """Whether this is an ndarray of no subclass, C-contiguous, aligned, writable and of that very dtype object."""
    return plain(array, dtype)


cdef inline bint plain(object array, object dtype) noexcept:
    return (
        type(array) is cnp.ndarray
        and <object>cnp.PyArray_DESCR(<cnp.ndarray>array) is dtype
        and cnp.PyArray_CHKFLAGS(<cnp.ndarray>array, cnp.NPY_ARRAY_CARRAY)
    )


def new_aligned(shape, cnp.dtype dtype, cnp.npy_intp n_raw, Py_ssize_t n_align):
    """An uninitialized C-order array, from the first multiple of n_align on in new memory of n_raw bytes."""
    cdef cnp.ndarray raw = cnp.PyArray_EMPTY(1, &n_raw, cnp.NPY_UINT8, 0)
    return cnp.ndarray(shape, dtype, raw, -<uintptr_t>cnp.PyArray_DATA(raw) % n_align)


cdef extern from "numpy/arrayobject.h":
    object PyArray_NewFromDescr(
        PyTypeObject *subtype, cnp.dtype descr, int nd, cnp.npy_intp *dims, cnp.npy_intp *strides, void *data,
        int flags, PyObject *obj
    )


def array_at(uintptr_t address, shape, steps, cnp.dtype dtype, owner):
    """An array over memory that `owner` keeps; `steps` are strides in elements."""
    cdef cnp.npy_intp extents[64]
    cdef cnp.npy_intp strides[64]
    cdef int n_axes = len(shape), axis
    if n_axes > 64:
        raise ValueError("array_at: shape: expected at most 64 axes, got more")
    for axis in range(n_axes):
        extents[axis], strides[axis] = shape[axis], steps[axis] * dtype.itemsize
    Py_INCREF(dtype)  # NumPy takes one
    cdef cnp.ndarray array = PyArray_NewFromDescr(
        <PyTypeObject *>cnp.ndarray, dtype, n_axes, extents, strides, <void *>address, cnp.NPY_ARRAY_WRITEABLE, NULL
    )
    cnp.set_array_base(array, owner)
    return array


def raw_words(bit_generator):
    """The low halves of a NumPy bit generator's next eight raw outputs, as little-endian bytes; None if it has none."""
    cdef bitgen_t *generator = <bitgen_t *>PyCapsule_GetPointer(bit_generator.capsule, "BitGenerator")
    if generator.next_raw == NULL:  # a bare subclass of BitGenerator
        return None
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
    set_key(key, seed, name, tag)
    return [key[0], key[1], key[2], key[3]]


cdef int set_key(uint64_t *key, bytes seed, str name, bytes tag) except -1:
    cdef fi_stream stream
    cdef Py_ssize_t n_name
    stream.name = PyUnicode_AsUTF8AndSize(name, &n_name)
    stream.n_name = n_name
    stream.tag = tag
    stream.n_tag = len(tag)
    fi_stream_key(seed_bytes(seed), &stream, key)
    return 0


def are_same(cnp.ndarray one, cnp.ndarray other):
    """Whether two contiguous arrays hold the same bytes; other threads run meanwhile."""
    cdef size_t n = cnp.PyArray_NBYTES(one)
    cdef bint are_plain = cnp.PyArray_IS_C_CONTIGUOUS(one) and cnp.PyArray_IS_C_CONTIGUOUS(other)
    if not are_plain or n != <size_t>cnp.PyArray_NBYTES(other):
        raise ValueError("are_same: other: expected contiguous arrays of as many bytes, got others")
    cdef const void *first = cnp.PyArray_DATA(one)
    cdef const void *second = cnp.PyArray_DATA(other)
    cdef int order
    with nogil:
        order = memcmp(first, second, n)
    return order == 0

cdef extern from "dlpack.h":
    int FI_DLPACK_CPU, FI_DLPACK_READ_ONLY
    int FI_DLPACK_INT, FI_DLPACK_UINT, FI_DLPACK_FLOAT, FI_DLPACK_COMPLEX, FI_DLPACK_BOOL
    int FI_DLPACK_BFLOAT, FI_DLPACK_FLOAT8_E4M3FN, FI_DLPACK_FLOAT8_E5M2

    ctypedef struct fi_dlpack_tensor:
        char *data
        int32_t device_type, n_dims
        uint8_t type_code, n_bits
        uint16_t n_lanes
        int64_t *shape
        int64_t *strides
        uint64_t byte_offset

    ctypedef struct fi_dlpack:
        uint32_t major
        uint64_t flags
        fi_dlpack_tensor tensor


#: How dtypes' names begin, by DLPack's type codes; their bits follow.
cdef dict DLPACK_KINDS = {
    FI_DLPACK_INT: "int",
    FI_DLPACK_UINT: "uint",
    FI_DLPACK_FLOAT: "float",
    FI_DLPACK_BFLOAT: "bfloat",
    FI_DLPACK_COMPLEX: "complex",
}

#: And of types of 8 bits that have names of their own.
cdef dict DLPACK_NAMES = {
    FI_DLPACK_BOOL: "bool",
    FI_DLPACK_FLOAT8_E4M3FN: "float8_e4m3fn",
    FI_DLPACK_FLOAT8_E5M2: "float8_e5m2",
}


def dlpack_interface(capsule):
    """The name of a tensor's dtype, and NumPy's array interface as bare bytes; None for what is not on the CPU.

    NumPy's own from_dlpack lacks dtypes, and up to 2.2 it makes read-only arrays. The capsule is only looked at: it
    must outlive the array.
    """
    if not PyCapsule_IsValid(capsule, "dltensor_versioned"):  # older ones do not say whether they may be written
        return None
    cdef const fi_dlpack *held = <const fi_dlpack *>PyCapsule_GetPointer(capsule, "dltensor_versioned")
    cdef const fi_dlpack_tensor *tensor = &held.tensor
    if held.major != 1 or tensor.device_type != FI_DLPACK_CPU or tensor.n_lanes != 1 or tensor.n_bits % 8 != 0:
        return None
    if tensor.type_code in DLPACK_KINDS:
        name = f"{DLPACK_KINDS[tensor.type_code]}{tensor.n_bits}"
    elif tensor.type_code in DLPACK_NAMES and tensor.n_bits == 8:
        name = DLPACK_NAMES[tensor.type_code]
    else:
        return None
    cdef int i, itemsize = tensor.n_bits // 8
    strides = None
    if tensor.strides != NULL:
        strides = tuple([itemsize * tensor.strides[i] for i in range(tensor.n_dims)])
    return name, {
        "version": 3,
        "typestr": f"|V{itemsize}",
        "data": (<uintptr_t>tensor.data + tensor.byte_offset, bool(held.flags & FI_DLPACK_READ_ONLY)),
        "shape": tuple([tensor.shape[i] for i in range(tensor.n_dims)]),
        "strides": strides,
    }

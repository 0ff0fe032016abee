cdef extern from "dlpack.h":
    int FI_DLPACK_CPU, FI_DLPACK_BFLOAT, FI_DLPACK_FLOAT8_E4M3FN, FI_DLPACK_FLOAT8_E5M2, FI_DLPACK_READ_ONLY

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


#: DLPack's type codes and numbers of bits of the dtypes that NumPy lacks.
cdef dict DLPACK_NAMES = {
    (FI_DLPACK_BFLOAT, 16): "bfloat16",
    (FI_DLPACK_FLOAT8_E4M3FN, 8): "float8_e4m3fn",
    (FI_DLPACK_FLOAT8_E5M2, 8): "float8_e5m2",
}


def dlpack_interface(capsule):
    """For a tensor of a dtype that NumPy lacks, its name and NumPy's array interface as integers; None for others.

    NumPy's own from_dlpack refuses these dtypes. The capsule is only looked at: it must outlive the array.
    """
    if not PyCapsule_IsValid(capsule, "dltensor_versioned"):  # older ones do not say whether they may be written
        return None
    cdef const fi_dlpack *held = <const fi_dlpack *>PyCapsule_GetPointer(capsule, "dltensor_versioned")
    cdef const fi_dlpack_tensor *tensor = &held.tensor
    if held.major != 1 or tensor.device_type != FI_DLPACK_CPU or tensor.n_lanes != 1:
        return None
    name = DLPACK_NAMES.get((tensor.type_code, tensor.n_bits))
    if name is None:
        return None
    cdef int i, itemsize = tensor.n_bits // 8
    strides = None
    if tensor.strides != NULL:
        strides = tuple([itemsize * tensor.strides[i] for i in range(tensor.n_dims)])
    return name, {
        "version": 3,
        "typestr": f"=u{itemsize}",
        "data": (<uintptr_t>tensor.data + tensor.byte_offset, bool(held.flags & FI_DLPACK_READ_ONLY)),
        "shape": tuple([tensor.shape[i] for i in range(tensor.n_dims)]),
        "strides": strides,
    }

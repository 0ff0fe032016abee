cdef extern from "dlpack.h":
    int FI_DLPACK_CPU, FI_DLPACK_BFLOAT, FI_DLPACK_READ_ONLY

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


def bfloat16_interface(capsule):
    """NumPy's array interface, as 16-bit integers, of a bfloat16 tensor that a DLPack capsule holds; None of others.

    NumPy's own from_dlpack refuses the type. The capsule is only looked at: it must outlive the array.
    """
    if not PyCapsule_IsValid(capsule, "dltensor_versioned"):  # older ones do not say whether they may be written
        return None
    cdef const fi_dlpack *held = <const fi_dlpack *>PyCapsule_GetPointer(capsule, "dltensor_versioned")
    cdef const fi_dlpack_tensor *tensor = &held.tensor
    if held.major != 1 or tensor.device_type != FI_DLPACK_CPU or tensor.n_lanes != 1:
        return None
    if tensor.type_code != FI_DLPACK_BFLOAT or tensor.n_bits != 16:
        return None
    cdef int i
    return {
        "version": 3,
        "typestr": "=u2",
        "data": (<uintptr_t>tensor.data + tensor.byte_offset, bool(held.flags & FI_DLPACK_READ_ONLY)),
        "shape": tuple([tensor.shape[i] for i in range(tensor.n_dims)]),
        "strides": None if tensor.strides == NULL else tuple([2 * tensor.strides[i] for i in range(tensor.n_dims)]),
    }

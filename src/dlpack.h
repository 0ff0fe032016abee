/* dlpack.h: as much of DLPack 1's binary interface (dmlc.github.io/dlpack) as it takes to find a tensor's memory. */
#ifndef FI_DLPACK_H
#define FI_DLPACK_H

#include <stdint.h>

enum {
    FI_DLPACK_CPU = 1,
    FI_DLPACK_INT = 0,
    FI_DLPACK_UINT = 1,
    FI_DLPACK_FLOAT = 2,
    FI_DLPACK_BFLOAT = 4,
    FI_DLPACK_COMPLEX = 5,
    FI_DLPACK_BOOL = 6,
    FI_DLPACK_FLOAT8_E4M3FN = 10,
    FI_DLPACK_FLOAT8_E5M2 = 12,
    FI_DLPACK_READ_ONLY = 1
};

typedef struct {
    char *data;
    int32_t device_type;
    int32_t device_id;
    int32_t n_dims;
    uint8_t type_code;
    uint8_t n_bits;
    uint16_t n_lanes;
    int64_t *shape;
    int64_t *strides; /* in elements; NULL for C order */
    uint64_t byte_offset;
} fi_dlpack_tensor;

/* What a capsule named "dltensor_versioned" holds. */
typedef struct {
    uint32_t major;
    uint32_t minor;
    void *context;
    void (*deleter)(void *);
    uint64_t flags;
    fi_dlpack_tensor tensor;
} fi_dlpack;

#endif

/* sparse.h: zeros at exactly n_zeros of each unit's n_inputs elements, every such set equally likely.
 *
 * Promise: fi_sparse_fill() over positions that together cover 0 to n_work writes the zeros that fall into the box, and
 * touches no other byte. Which elements of a unit they are depends on the key, the unit's number, n_inputs and
 * n_zeros alone: not on the box, its layout, the cuts or the thread. */
#ifndef FI_SPARSE_H
#define FI_SPARSE_H

#include "fastinit.h"

/* The caller sets the first part, fi_sparse_split the second. Strides are in bytes; n_inputs is below 2^32. */
typedef struct {
    const fi_backend *backend;
    uint64_t key[4];
    int64_t n_inputs;
    int64_t n_zeros;
    /* The box: where its first element is, its units, and its inputs, which are runs of consecutive ones: run r begins at
     * first_input + sum(i_d * outer_inputs[d]), and sum(i_d * outer_stride[d]) bytes further than the first, where
     * (i_0, i_1, ...) is r in mixed radix outer_extent[]. */
    char *out;
    int itemsize;
    int64_t first_unit;
    int64_t n_units_here;
    int64_t unit_stride;
    int64_t first_input;
    int64_t n_inputs_here;
    int64_t input_stride;
    int n_outer;
    int64_t outer_extent[FI_MAX_DIMS];
    int64_t outer_inputs[FI_MAX_DIMS];
    int64_t outer_stride[FI_MAX_DIMS];

    int64_t n_work;
    int64_t scratch_bytes;
    int units_are_dense; /* in memory: then several units are done at once */
    int64_t units_per_panel;
    int64_t n_panels;
} fi_sparse;

/* How the box is cut for n_threads, and the memory, aligned to 8 bytes, that each must bring: 1 MiB at most, but a bit for
 * each input where they are more than 2^23. */
void fi_sparse_split(fi_sparse *sparse, int n_threads);

void fi_sparse_fill(const fi_sparse *sparse, int64_t first, int64_t last, void *scratch, fi_watch *watch);

#endif

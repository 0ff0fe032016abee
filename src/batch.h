/* batch.h: several tensors as one piece of work.
 *
 * Promise: fi_batch_fill() over positions that together cover 0 to n_work fills every tensor of the batch as a job of
 * its own would, whatever the cuts. A position counts work, about one for each element; a cut may fall inside a tensor.
 *
 * A tensor takes some hundred bytes here, and no fi_job: threads make that anew as they come to it. */
#ifndef FI_BATCH_H
#define FI_BATCH_H

#include "fastinit.h"

/* Bytes of an element. */
int fi_itemsize(int dtype);

/* A law that tensors of the batch share, but for its key. Constants have no tag and need no key. */
typedef struct {
    fi_law law;
    int code;
    int dtype;
    int n_tag;
    char tag[4];
} fi_batch_law;

/* The caller sets the first part, fi_batch_add the second. `box` is NULL for a whole C-contiguous tensor, else
 * as for fi_job_set_box. */
typedef struct {
    char *out;
    int64_t n_elements;
    const char *name;
    int64_t n_name;
    int64_t *box;
    int law;

    int64_t n_units;
    int64_t work;
    int64_t first_work;
    int64_t first_byte;
    /* Of its first byte, and of the one after its last; equal if it is empty. They are kept, since a list of runs has to
     * be looked through for them, which may take as long as a thread's share of the fill. */
    int64_t first_address;
    int64_t end_address;
} fi_tensor;

typedef struct {
    const fi_backend *backend;
    const fi_batch_law *laws;
    const uint8_t *seed; /* FI_SEED_BYTES */
    int streamed;

    fi_tensor *tensors;
    int64_t n_tensors;
    int64_t n_elements;
    int64_t n_bytes;
    int64_t n_work;
    int64_t scratch_bytes;
} fi_batch;

/* Counts the tensor at tensors[n_tensors] in. False, and nothing done, if its box has not n_elements. */
int fi_batch_add(fi_batch *batch);

/* Fills what lies between two positions; scratch_bytes at `scratch` are as for fi_fill_unit. */
void fi_batch_fill(const fi_batch *batch, int64_t first, int64_t last, void *scratch, fi_watch *watch);

/* Bytes of output before a position; exact between tensors, in proportion inside one. */
int64_t fi_batch_bytes_before(const fi_batch *batch, int64_t position);

#endif

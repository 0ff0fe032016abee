/* portions.h: runs, as the portions of blocks that block functions take, many in one call.
 *
 * Promise: once flushed, each run put in is where it was to go. */
#ifndef FI_PORTIONS_H
#define FI_PORTIONS_H

#include <stddef.h>

#include "fastinit.h"

/* Enough that what begins and ends with a call costs nothing. */
#define FI_MAX_PORTIONS 64

typedef struct {
    int n;
    int cached;       /* some had better not go past the caches */
    uintptr_t places; /* the bits of all addresses that must be aligned */
    char *end;        /* of the last run */
    fi_portion portion[FI_MAX_PORTIONS];
} fi_portions;

void fi_portions_open(fi_portions *portions);

/* Elements [first, first + n) to dst, contiguously, now or at the flush. */
void fi_portions_put(const fi_job *job, fi_portions *portions, uint64_t first, int64_t n, char *dst);
void fi_portions_flush(const fi_job *job, fi_portions *portions);

/* The same at once and through the caches, for fewer than FI_MAX_PORTIONS blocks. */
void fi_generate(const fi_job *job, uint64_t first, int64_t n, char *dst);

#endif

/* region.h: work done by one thread, or by several in the only parallel region.
 *
 * Promise: fi_do_alone() and fi_do_together() do what lies between two positions, unless they are stopped; they return
 * whether that was so. The floating-point mode is each thread's own again afterwards. */
#ifndef FI_REGION_H
#define FI_REGION_H

#include <stdint.h>

#include "waiting.h"
#include "watch.h"

/* Does what lies between two positions of its work, with the thread's own scratch memory. */
typedef void (*fi_part_fn)(const void *what, int64_t first, int64_t last, void *scratch, fi_watch *watch);

typedef struct {
    fi_part_fn do_part;
    const void *what;
    int64_t n_work;
    int64_t most_at_once;  /* what is never cut */
    int64_t n_units;       /* more threads have nothing to do */
    int64_t scratch_bytes; /* of each thread: whole lines */
} fi_work;

/* Work of which two pieces tell the pace, and after which one thread asks whether it is to stop: more than a tile's,
 * which is done as one. */
#define FI_MAX_SAMPLE_WORK ((int64_t)1 << 20)

/* Where a part of n_parts begins: equal ones, the first of which are longer by one where that does not come out even. */
static inline int64_t fi_part_start(int64_t n_work, int64_t part, int64_t n_parts)
{
    int64_t n_longer = n_work % n_parts;
    return part * (n_work / n_parts) + (part < n_longer ? part : n_longer);
}

int fi_do_alone(const fi_work *work, int64_t first, int64_t last, char *scratch, fi_watch *watch);
int fi_do_together(const fi_work *work, int64_t first, int64_t last, int n_threads, char *scratch, fi_watch *watch,
                   fi_share *callers);

#endif

/* watch.h: work that can be stopped in its middle, whatever its length.
 *
 * Promise: the caller's `look` is called some ten times a second, in the calling thread alone and in its floating-point
 * mode, as long as work asks fi_stopped() as often. Once `look` has said so, fi_stopped() is 1 in every thread; the work
 * then ends as soon as it can, and nobody may use what it has made. */
#ifndef FI_WATCH_H
#define FI_WATCH_H

#include <stdint.h>

/* One for each region or stretch of work without one; the caller sets `look`, all else is 0. */
typedef struct fi_watch {
    int (*look)(void);
    uint64_t callers_mode;
    double next_look_s; /* 0: not asked yet */
    int is_stopped;
} fi_watch;

/* Whether to end. Without a watch: never. Costs some ten nanoseconds. */
int fi_stopped(fi_watch *watch);

#endif

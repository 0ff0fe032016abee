/* The parallel region, and its like for one thread. */
#if !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* nanosleep */
#endif
#include "region.h"

#include <stddef.h>
#include <time.h>

#include "fpmode.h"

/* Between two looks: a person does not notice, and a program whose other threads keep the interpreter busy loses 5 ms at
 * each, the time that it takes to get it. */
#define LOOK_S 0.1

/* Work that a thread takes at a time: much more than taking it costs, and a mebibyte of output at most. */
#define MIN_PART_WORK ((int64_t)1 << 14)
#define MAX_PART_WORK ((int64_t)1 << 18)

/* Between two looks of a caller that has nothing left to do, while others are in the middle of what is never cut. */
#define NAP_NS 500000

#if defined(__GNUC__)
#define LOAD(place) __atomic_load_n(place, __ATOMIC_RELAXED)
#define STORE(place, value) __atomic_store_n(place, value, __ATOMIC_RELAXED)
#define ADD_ONE(place) ((void)__atomic_add_fetch(place, 1, __ATOMIC_RELAXED))
#else /* built without OpenMP */
#define LOAD(place) (*(place))
#define STORE(place, value) (*(place) = (value))
#define ADD_ONE(place) ((void)++*(place))
#endif

static int64_t min_i64(int64_t a, int64_t b) { return a < b ? a : b; }

int fi_stopped(fi_watch *watch)
{
    if (watch == NULL)
        return 0;
    if (LOAD(&watch->is_stopped))
        return 1;
    if (omp_get_thread_num() != 0)
        return 0;
    double now_s = fi_now_s();
    if (watch->next_look_s == 0)
        watch->next_look_s = now_s + LOOK_S;
    if (now_s < watch->next_look_s)
        return 0;
    fi_leave(watch->callers_mode);
    int is_stopped = watch->look();
    watch->callers_mode = fi_enter();
    watch->next_look_s = fi_now_s() + LOOK_S;
    if (is_stopped)
        STORE(&watch->is_stopped, 1);
    return is_stopped;
}

int fi_do_alone(const fi_work *work, int64_t first, int64_t last, char *scratch, fi_watch *watch)
{
    watch->callers_mode = fi_enter();
    for (int64_t next; first < last; first = next) {
        next = min_i64(last, first + FI_MAX_SAMPLE_WORK);
        work->do_part(work->what, first, next, scratch, watch);
        if (next < last && fi_stopped(watch))
            break;
    }
    fi_leave(watch->callers_mode);
    return watch->is_stopped;
}

#if FI_HAVE_OPENMP
static int64_t max_i64(int64_t a, int64_t b) { return a > b ? a : b; }

/* Looks on while others work. */
static void wait_for(const int *n_done, int n_others, fi_watch *watch)
{
    while (LOAD(n_done) < n_others) {
        nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
        (void)fi_stopped(watch);
    }
}

int fi_do_together(const fi_work *work, int64_t first, int64_t last, int n_threads, char *scratch, fi_watch *watch,
                   fi_share *callers)
{
    /* In turn, so that a core that others use too holds nobody up, and that the threads write near each other. */
    int64_t n_work = last - first;
    int64_t part_work = max_i64(MIN_PART_WORK, min_i64(MAX_PART_WORK, n_work / (8 * n_threads)));
    int64_t n_parts = max_i64(n_threads, n_work / part_work);
    int n_others_done = 0;
#pragma omp parallel num_threads(n_threads)
    {
        int is_caller = omp_get_thread_num() == 0;
        uint64_t own_mode = fi_enter();
        if (is_caller)
            watch->callers_mode = own_mode;
        char *own_scratch = scratch + omp_get_thread_num() * work->scratch_bytes;
#pragma omp for schedule(dynamic) nowait
        for (int64_t part = 0; part < n_parts; part++) {
            if (fi_stopped(watch))
                continue;
            if (is_caller)
                fi_begin_part(callers);
            work->do_part(work->what, first + fi_part_start(n_work, part, n_parts),
                          first + fi_part_start(n_work, part + 1, n_parts), own_scratch, watch);
            if (is_caller)
                fi_end_part(callers);
        }
        if (!is_caller)
            ADD_ONE(&n_others_done);
        else if (work->most_at_once > MAX_PART_WORK)
            wait_for(&n_others_done, omp_get_num_threads() - 1, watch);
        fi_leave(is_caller ? watch->callers_mode : own_mode);
    }
    return watch->is_stopped;
}
#else
int fi_do_together(const fi_work *work, int64_t first, int64_t last, int n_threads, char *scratch, fi_watch *watch,
                   fi_share *callers)
{
    (void)n_threads, (void)callers;
    return fi_do_alone(work, first, last, scratch, watch);
}
#endif

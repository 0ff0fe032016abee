/* openmp.h: what is asked of OpenMP, answered also where the build has none. */
#ifndef FI_OPENMP_H
#define FI_OPENMP_H

#ifdef _OPENMP
#include <omp.h>
#define FI_HAVE_OPENMP 1
#else
#include <time.h>
#define FI_HAVE_OPENMP 0
static inline int omp_get_max_threads(void) { return 1; }
static inline int omp_get_thread_limit(void) { return 1; }
static inline int omp_get_thread_num(void) { return 0; }
static inline double omp_get_wtime(void)
{
    struct timespec now;
    return timespec_get(&now, TIME_UTC) == 0 ? 0 : (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
#endif

#endif

#include "team.h"

#include "openmp.h"

#if FI_HAVE_OPENMP
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

/* For wheels: the versions of these symbols that all of glibc since 2.28 has, instead of 2.34's. */
#if defined(FI_FOR_OLD_GLIBC) && defined(__GLIBC__)
#if defined(__x86_64__)
#define FI_OLDEST "GLIBC_2.2.5"
#else
#define FI_OLDEST "GLIBC_2.17"
#endif
__asm__(".symver pthread_create, pthread_create@" FI_OLDEST);
__asm__(".symver pthread_join, pthread_join@" FI_OLDEST);
__asm__(".symver pthread_attr_getstacksize, pthread_attr_getstacksize@" FI_OLDEST);
__asm__(".symver pthread_attr_setstacksize, pthread_attr_setstacksize@" FI_OLDEST);
#endif

/* What fills need of a thread's stack, and again as much for what C libraries keep there. */
#define MIN_STACK_BYTES ((size_t)96 << 10)

/* What OpenMP takes for a team, and for each of its threads: some hundred bytes. */
#define TEAM_BYTES ((size_t)16 << 10)
#define THREAD_BYTES ((size_t)2 << 10)

/* Not made when first used, which may end the process for want of memory. Other C libraries than GNU's have no room for
 * those of libraries that are loaded later. */
#if defined(__GLIBC__)
#define FI_MADE_AT_LOAD __attribute__((tls_model("initial-exec")))
#else
#define FI_MADE_AT_LOAD
#endif

static size_t asked_stack_bytes; /* 0: the system's own */

/* A number and B, K, M or G, in either case; K if there is none. 0 for what is none. */
static size_t bytes_in(const char *text)
{
    char *end;
    unsigned long long n = strtoull(text, &end, 10);
    while (*end == ' ' || *end == '\t')
        end++;
    int shift = 10;
    switch (*end | 0x20) {
    case 'b': shift = 0; break;
    case 'm': shift = 20; break;
    case 'g': shift = 30; break;
    default: break;
    }
    return n > (SIZE_MAX >> shift) ? 0 : (size_t)n << shift;
}

void fi_team_read_environment(void)
{
    const char *const names[] = {"OMP_STACKSIZE", "GOMP_STACKSIZE"};
    asked_stack_bytes = 0;
    for (int i = 0; i < 2 && asked_stack_bytes == 0; i++)
        if (getenv(names[i]) != NULL)
            asked_stack_bytes = bytes_in(getenv(names[i]));
}

/* Ends when all are there. */
static void *wait_for_others(void *held)
{
    pthread_mutex_lock(held);
    pthread_mutex_unlock(held);
    return NULL;
}

static int n_made_at_once(int n, pthread_t *made, const pthread_attr_t *like)
{
    pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
    int n_made = 0;
    pthread_mutex_lock(&held);
    while (n_made < n && pthread_create(&made[n_made], like, wait_for_others, &held) == 0)
        n_made++;
    pthread_mutex_unlock(&held);
    for (int i = 0; i < n_made; i++)
        pthread_join(made[i], NULL);
    return n_made;
}

/* How many of n more threads can be had, like those that OpenMP makes. */
static int n_to_be_had(int n)
{
    size_t stack_bytes = 0;
    pthread_attr_t like;
    if (pthread_attr_init(&like) != 0)
        return 0;
    if (asked_stack_bytes != 0)
        (void)pthread_attr_setstacksize(&like, asked_stack_bytes); /* OpenMP too does without, if it is refused */
    (void)pthread_attr_getstacksize(&like, &stack_bytes);
    pthread_t *made = malloc(TEAM_BYTES + (size_t)n * (THREAD_BYTES + sizeof *made));
    int is_enough = made != NULL && stack_bytes >= MIN_STACK_BYTES;
    is_enough = is_enough && (asked_stack_bytes == 0 || asked_stack_bytes >= MIN_STACK_BYTES);
    int n_made = is_enough ? n_made_at_once(n, made, &like) : 0;
    free(made);
    pthread_attr_destroy(&like);
    return n_made;
}

fi_team fi_team_of(int n_wanted)
{
    static FI_MADE_AT_LOAD _Thread_local int n_there = 1; /* of the last region, the calling thread included */
    int n = n_wanted < omp_get_thread_limit() ? n_wanted : omp_get_thread_limit();
    if (n <= 1 || omp_in_parallel())
        return (fi_team){1, 0};
    int n_before = n_there;
    if (n > n_before)
        n = n_before + n_to_be_had(n - n_before);
    if (n > 1)
        n_there = n;
    return (fi_team){n, n > n_before};
}
#else
void fi_team_read_environment(void) {}

fi_team fi_team_of(int n_wanted) { return (void)n_wanted, (fi_team){1, 0}; }
#endif

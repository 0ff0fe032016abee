/* malloc and its kin, one call of which fails, and whose code a crash is in: preloaded, and driven from Python by ctypes.
 *
 * Counted, on the thread that armed it, are calls for so many bytes or more by objects (files of code) whose name contains
 * one text and not another; the n-th finds no memory, once. The others go to glibc's own. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

void *__libc_malloc(size_t n_bytes);
void *__libc_calloc(size_t n, size_t n_bytes);
void *__libc_realloc(void *memory, size_t n_bytes);
void *__libc_memalign(size_t alignment, size_t n_bytes);

static _Thread_local long n_left;
static _Thread_local size_t fewest_bytes;
static _Thread_local char wanted[64], avoided[64], failed_in[256];

void arm(long n, size_t n_bytes, const char *object, const char *other)
{
    fewest_bytes = n_bytes;
    strncpy(wanted, object, sizeof wanted - 1);
    strncpy(avoided, other, sizeof avoided - 1);
    failed_in[0] = 0;
    n_left = n;
}

/* The object whose call failed; empty if there were fewer calls. */
const char *disarm(void)
{
    n_left = 0;
    return failed_in;
}

static int fails(void *caller, size_t n_bytes)
{
    Dl_info info;
    if (n_left == 0 || n_bytes < fewest_bytes || dladdr(caller, &info) == 0 || strstr(info.dli_fname, wanted) == NULL)
        return 0;
    if ((avoided[0] && strstr(info.dli_fname, avoided) != NULL) || --n_left > 0)
        return 0;
    strncpy(failed_in, info.dli_fname, sizeof failed_in - 1);
    errno = ENOMEM;
    return 1;
}

#define FAILS(n_bytes) fails(__builtin_return_address(0), n_bytes)

void *malloc(size_t n_bytes) { return FAILS(n_bytes) ? NULL : __libc_malloc(n_bytes); }
void *calloc(size_t n, size_t n_bytes) { return FAILS(n * n_bytes) ? NULL : __libc_calloc(n, n_bytes); }
void *realloc(void *memory, size_t n_bytes) { return FAILS(n_bytes) ? NULL : __libc_realloc(memory, n_bytes); }
void *aligned_alloc(size_t alignment, size_t n_bytes)
{
    return FAILS(n_bytes) ? NULL : __libc_memalign(alignment, n_bytes);
}

int posix_memalign(void **memory, size_t alignment, size_t n_bytes)
{
    void *found = FAILS(n_bytes) ? NULL : __libc_memalign(alignment, n_bytes);
    if (found == NULL)
        return ENOMEM;
    *memory = found;
    return 0;
}

#if defined(__x86_64__)
#define PLACE(context) ((context)->uc_mcontext.gregs[REG_RIP])
#else
#define PLACE(context) ((context)->uc_mcontext.pc)
#endif

static struct sigaction handler_before;

/* The fault comes again as this returns, for Python's own handler to tell the lines. */
static void tell_object(int number, siginfo_t *info, void *context)
{
    Dl_info found;
    int is_known = dladdr((void *)PLACE((ucontext_t *)context), &found);
    dprintf(2, "crash in %s\n", is_known ? found.dli_fname : "no object");
    (void)info;
    sigaction(number, &handler_before, NULL);
}

void handle_crashes(void)
{
    struct sigaction action = {.sa_sigaction = tell_object, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, &handler_before);
}

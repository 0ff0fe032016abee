/* Pages asked for ahead of the stores. */
#include "pages.h"

#if defined(__linux__)
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of Linux's mman-common.h; older C libraries do not name it. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

void fi_pages_ask(char *first, char *end)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = (uintptr_t)first & ~(page - 1), to = ((uintptr_t)end + page - 1) & ~(page - 1);
    /* What an older system refuses, and memory that has ended, show themselves at the stores. */
    if (first < end)
        (void)madvise((void *)from, to - from, MADV_POPULATE_WRITE);
}
#else
void fi_pages_ask(char *first, char *end) { (void)first, (void)end; }
#endif

/* Pages asked for ahead of the stores. */
#if defined(__linux__) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* mincore */
#endif
#include "pages.h"

#if defined(__linux__)
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of Linux's mman-common.h; older C libraries do not name it. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static uintptr_t page_bytes(void) { return (uintptr_t)sysconf(_SC_PAGESIZE); }

int fi_page_is_absent(char *address)
{
    unsigned char residence;
    return mincore((void *)((uintptr_t)address & ~(page_bytes() - 1)), 1, &residence) == 0 && !(residence & 1);
}

void fi_pages_ask(char *first, char *end)
{
    uintptr_t page = page_bytes();
    uintptr_t from = (uintptr_t)first & ~(page - 1), to = ((uintptr_t)end + page - 1) & ~(page - 1);
    /* What an older system refuses, and memory that has ended, show themselves at the stores. */
    if (first < end)
        (void)madvise((void *)from, to - from, MADV_POPULATE_WRITE);
}
#else
int fi_page_is_absent(char *address) { return (void)address, 0; }

void fi_pages_ask(char *first, char *end) { (void)first, (void)end; }
#endif

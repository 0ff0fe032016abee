/* element.h: one element from one place to another, whatever its size. */
#ifndef FI_ELEMENT_H
#define FI_ELEMENT_H

#include <string.h>

/* Each size written out, since a memcpy of a variable size is a call. */
static inline void fi_copy_element(char *dst, const char *src, int itemsize)
{
    if (itemsize == 4)
        memcpy(dst, src, 4);
    else if (itemsize == 8)
        memcpy(dst, src, 8);
    else if (itemsize == 2)
        memcpy(dst, src, 2);
    else
        *dst = *src;
}

#endif

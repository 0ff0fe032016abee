/* element.h: elements from one place to another, whatever their size. */
#ifndef FI_ELEMENT_H
#define FI_ELEMENT_H

#include <stdint.h>
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

/* n elements, each so many bytes from the one before. */
static inline void fi_copy_elements(char *dst, int64_t dst_distance, const char *src, int64_t src_distance, int64_t n,
                                    int itemsize)
{
#define FI_COPY_OF(size)                                                                  \
    if (itemsize == size)                                                                 \
        for (int64_t i = 0; i < n; i++, dst += dst_distance, src += src_distance)         \
            fi_copy_element(dst, src, size);
    FI_COPY_OF(1)
    FI_COPY_OF(2)
    FI_COPY_OF(4)
    FI_COPY_OF(8)
#undef FI_COPY_OF
}

#endif

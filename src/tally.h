/* tally.h: how often each bit pattern occurs among numbers of 8 or 16 bits.
 *
 * Promise: fi_tally() adds to counts[w], for each pattern w, the number of elements that are w, and writes nothing else.
 * counts has 2^(8 itemsize) entries; the elements are aligned to itemsize, which is 1 or 2, and at most 2^33. */
#ifndef FI_TALLY_H
#define FI_TALLY_H

#include <stdint.h>

void fi_tally(const void *elements, int64_t n_elements, int itemsize, uint64_t *counts);

#endif

#include "tally.h"

#include <string.h>

/* Neighbours are often equal, and to add to a count that has just been stored costs some cycles: of four neighbours each
 * has a table of its own. Which of them is the first in memory makes no difference to the sums. */
enum { N_TABLES = 4, N_BYTES = 256 };

static inline void tally_word(uint32_t word, uint32_t tables[N_TABLES][N_BYTES])
{
    tables[0][word & 255]++;
    tables[1][word >> 8 & 255]++;
    tables[2][word >> 16 & 255]++;
    tables[3][word >> 24]++;
}

static void tally_bytes(const uint8_t *bytes, int64_t n_elements, uint64_t *counts)
{
    uint32_t tables[N_TABLES][N_BYTES] = {{0}};
    int64_t i = 0;
    for (; i + 2 * N_TABLES <= n_elements; i += 2 * N_TABLES) {
        uint64_t words;
        memcpy(&words, bytes + i, sizeof words);
        tally_word((uint32_t)words, tables);
        tally_word((uint32_t)(words >> 32), tables);
    }
    for (; i < n_elements; i++)
        counts[bytes[i]]++;
    for (int t = 0; t < N_TABLES; t++)
        for (int w = 0; w < N_BYTES; w++)
            counts[w] += tables[t][w];
}

void fi_tally(const void *elements, int64_t n_elements, int itemsize, uint64_t *counts)
{
    if (itemsize == 1) {
        tally_bytes(elements, n_elements, counts);
        return;
    }
    /* Of weights, some thousand patterns of 65,536 occur: their counts stay in the caches. */
    const uint16_t *words = elements;
    for (int64_t i = 0; i < n_elements; i++)
        counts[words[i]]++;
}

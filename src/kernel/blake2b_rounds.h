/* BLAKE2b's twelve rounds (RFC 7693), for one message or for several side by side; its names (v, m, sigma, G) are kept.
 *
 * Parameters: B2_WORD, the type of one word of each message, and B2_ADD(a, b), B2_XOR(a, b), B2_ROTR(a, n) on it. Also
 * B2_IN_MEMORY, where no word fits into a register: one text of a round is then enough, and twelve take the compiler as
 * long as all laws. */

/* The first 64 bits of the fractional parts of the square roots of the first eight primes (section 2.6). */
static const uint64_t b2_initial[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/* The message's words in the order each round takes them (section 2.7); rounds 10 and 11 begin anew. */
static const uint8_t b2_sigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

/* Macros, so that every index is a constant and the sixteen words can stay in registers. */
#define B2_HALF_G(a, b, c, d, x, n_d, n_b)               \
    do {                                                 \
        v[a] = B2_ADD(B2_ADD(v[a], v[b]), m[x]);         \
        v[d] = B2_ROTR(B2_XOR(v[d], v[a]), n_d);         \
        v[c] = B2_ADD(v[c], v[d]);                       \
        v[b] = B2_ROTR(B2_XOR(v[b], v[c]), n_b);         \
    } while (0)

#define B2_G(a, b, c, d, r, i)                                  \
    do {                                                        \
        B2_HALF_G(a, b, c, d, b2_sigma[r][2 * (i)], 32, 24);    \
        B2_HALF_G(a, b, c, d, b2_sigma[r][2 * (i) + 1], 16, 63); \
    } while (0)

#define B2_ROUND(r)                \
    do {                           \
        B2_G(0, 4, 8, 12, r, 0);   \
        B2_G(1, 5, 9, 13, r, 1);   \
        B2_G(2, 6, 10, 14, r, 2);  \
        B2_G(3, 7, 11, 15, r, 3);  \
        B2_G(0, 5, 10, 15, r, 4);  \
        B2_G(1, 6, 11, 12, r, 5);  \
        B2_G(2, 7, 8, 13, r, 6);   \
        B2_G(3, 4, 9, 14, r, 7);   \
    } while (0)

static inline void b2_rounds(B2_WORD v[16], const B2_WORD m[16])
{
#ifdef B2_IN_MEMORY
    for (int r = 0; r < 12; r++)
        B2_ROUND(r % 10);
#else
    B2_ROUND(0);
    B2_ROUND(1);
    B2_ROUND(2);
    B2_ROUND(3);
    B2_ROUND(4);
    B2_ROUND(5);
    B2_ROUND(6);
    B2_ROUND(7);
    B2_ROUND(8);
    B2_ROUND(9);
    B2_ROUND(0);
    B2_ROUND(1);
#endif
}

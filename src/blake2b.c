/* Written from RFC 7693; its names (v, h, sigma, the mixing function G) are kept. */
#include "blake2b.h"

#include <string.h>

/* The first 64 bits of the fractional parts of the square roots of the first eight primes (RFC 7693, section 2.6). */
static const uint64_t initial[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/* The message's words in the order each round takes them (section 2.7); rounds 10 and 11 begin anew. */
static const uint8_t sigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static uint64_t rotr(uint64_t x, int n) { return x >> n | x << (64 - n); }

static uint64_t load_le(const uint8_t *bytes)
{
    uint64_t word = 0;
    for (int i = 0; i < 8; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

/* Macros, so that every index is a constant and the sixteen words can stay in registers. */
#define G(a, b, c, d, x, y)             \
    do {                                \
        v[a] += v[b] + m[x];            \
        v[d] = rotr(v[d] ^ v[a], 32);   \
        v[c] += v[d];                   \
        v[b] = rotr(v[b] ^ v[c], 24);   \
        v[a] += v[b] + m[y];            \
        v[d] = rotr(v[d] ^ v[a], 16);   \
        v[c] += v[d];                   \
        v[b] = rotr(v[b] ^ v[c], 63);   \
    } while (0)

#define ROUND(r)                                          \
    do {                                                  \
        G(0, 4, 8, 12, sigma[r][0], sigma[r][1]);         \
        G(1, 5, 9, 13, sigma[r][2], sigma[r][3]);         \
        G(2, 6, 10, 14, sigma[r][4], sigma[r][5]);        \
        G(3, 7, 11, 15, sigma[r][6], sigma[r][7]);        \
        G(0, 5, 10, 15, sigma[r][8], sigma[r][9]);        \
        G(1, 6, 11, 12, sigma[r][10], sigma[r][11]);      \
        G(2, 7, 8, 13, sigma[r][12], sigma[r][13]);       \
        G(3, 4, 9, 14, sigma[r][14], sigma[r][15]);       \
    } while (0)

/* Takes in the waiting bytes as one block; the message so far is n_total bytes long. */
static void compress(fi_blake2b *hash, uint64_t n_total, int is_last)
{
    uint64_t v[16], m[16];
    for (int i = 0; i < 16; i++)
        m[i] = load_le(hash->waiting + 8 * i);
    for (int i = 0; i < 8; i++) {
        v[i] = hash->state[i];
        v[8 + i] = initial[i];
    }
    v[12] ^= n_total;
    v[14] ^= is_last ? UINT64_MAX : 0;
    ROUND(0);
    ROUND(1);
    ROUND(2);
    ROUND(3);
    ROUND(4);
    ROUND(5);
    ROUND(6);
    ROUND(7);
    ROUND(8);
    ROUND(9);
    ROUND(0);
    ROUND(1);
    for (int i = 0; i < 8; i++)
        hash->state[i] ^= v[i] ^ v[8 + i];
    hash->n_compressed = n_total;
}

void fi_blake2b_init(fi_blake2b *hash, int n_bytes, const uint8_t *person)
{
    memcpy(hash->state, initial, sizeof hash->state);
    /* The parameter block: digest length, no key, fanout and depth 1; personalization in its last 16 bytes. */
    hash->state[0] ^= 0x01010000 ^ (uint64_t)n_bytes;
    hash->state[6] ^= load_le(person);
    hash->state[7] ^= load_le(person + 8);
    hash->n_compressed = 0;
    hash->n_waiting = 0;
}

void fi_blake2b_update(fi_blake2b *hash, const void *bytes, size_t n_bytes)
{
    const uint8_t *next = bytes;
    while (n_bytes > 0) {
        /* Only now that more bytes follow: the last block is compressed otherwise. */
        if (hash->n_waiting == FI_BLAKE2B_BLOCK) {
            compress(hash, hash->n_compressed + FI_BLAKE2B_BLOCK, 0);
            hash->n_waiting = 0;
        }
        size_t room = FI_BLAKE2B_BLOCK - hash->n_waiting, n = n_bytes < room ? n_bytes : room;
        memcpy(hash->waiting + hash->n_waiting, next, n);
        hash->n_waiting += n;
        next += n;
        n_bytes -= n;
    }
}

void fi_blake2b_final(fi_blake2b *hash, uint8_t *digest, int n_bytes)
{
    memset(hash->waiting + hash->n_waiting, 0, FI_BLAKE2B_BLOCK - hash->n_waiting);
    compress(hash, hash->n_compressed + hash->n_waiting, 1);
    for (int i = 0; i < n_bytes; i++)
        digest[i] = (uint8_t)(hash->state[i / 8] >> (8 * (i % 8)));
}

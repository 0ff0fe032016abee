#include "blake2b.h"

#include <string.h>

static uint64_t rotr(uint64_t x, int n) { return x >> n | x << (64 - n); }

#define B2_WORD uint64_t
#define B2_ADD(a, b) ((a) + (b))
#define B2_XOR(a, b) ((a) ^ (b))
#define B2_ROTR rotr
#include "kernel/blake2b_rounds.h"

/* Takes in the waiting bytes as one block; the message so far is n_total bytes long. */
static void compress(fi_blake2b *hash, uint64_t n_total, int is_last)
{
    uint64_t v[16], m[16];
    for (int i = 0; i < 16; i++)
        m[i] = fi_load_le(hash->waiting + 8 * i);
    for (int i = 0; i < 8; i++) {
        v[i] = hash->state[i];
        v[8 + i] = b2_initial[i];
    }
    v[12] ^= n_total;
    v[14] ^= is_last ? UINT64_MAX : 0;
    b2_rounds(v, m);
    for (int i = 0; i < 8; i++)
        hash->state[i] ^= v[i] ^ v[8 + i];
    hash->n_compressed = n_total;
}

void fi_blake2b_init(fi_blake2b *hash, int n_bytes, const uint8_t *person)
{
    memcpy(hash->state, b2_initial, sizeof hash->state);
    /* The parameter block: digest length, no key, fanout and depth 1; personalization in its last 16 bytes. */
    hash->state[0] ^= 0x01010000 ^ (uint64_t)n_bytes;
    hash->state[6] ^= fi_load_le(person);
    hash->state[7] ^= fi_load_le(person + 8);
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

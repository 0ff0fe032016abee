/* blake2b.h: the hash function of RFC 7693, without a key.
 *
 * Promise: after init, any number of updates and final, `digest` holds the first n_bytes of the BLAKE2b digest of all
 * the updates' bytes, one after the other, as hashlib.blake2b(..., digest_size=n_bytes, person=...) gives it. */
#ifndef FI_BLAKE2B_H
#define FI_BLAKE2B_H

#include <stddef.h>
#include <stdint.h>

#define FI_BLAKE2B_BLOCK 128
#define FI_BLAKE2B_PERSON 16

typedef struct {
    uint64_t state[8];
    uint64_t n_compressed; /* bytes; messages of 2**64 bytes and more do not occur */
    size_t n_waiting;
    uint8_t waiting[FI_BLAKE2B_BLOCK];
} fi_blake2b;

/* Eight bytes as the integer they are with the lowest first. */
static inline uint64_t fi_load_le(const uint8_t *bytes)
{
    uint64_t word = 0;
    for (int i = 0; i < 8; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

/* n_bytes is 1 to 64; `person` is FI_BLAKE2B_PERSON bytes. */
void fi_blake2b_init(fi_blake2b *hash, int n_bytes, const uint8_t *person);
void fi_blake2b_update(fi_blake2b *hash, const void *bytes, size_t n_bytes);
void fi_blake2b_final(fi_blake2b *hash, uint8_t *digest, int n_bytes);

#endif

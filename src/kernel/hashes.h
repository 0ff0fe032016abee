/* The keys of eight streams at once, one in each lane: BLAKE2b of messages of one block. */
#define B2_WORD v_u64
#define B2_ADD v_u64_add
#define B2_XOR v_u64_xor
#define B2_ROTR(a, n) v_u64_rotl(a, 64 - (n))
#include "blake2b_rounds.h"

/* fi_hashes_fn. */
static void FI_JOIN(fi, hashes, FI_ISA)(const uint64_t state[8], const uint64_t message[16][FI_LANES],
                                        const uint64_t n_bytes[FI_LANES], uint64_t digest[4][FI_LANES])
{
    for (int lane = 0; lane < FI_LANES; lane += V_BYTES / 8) {
        v_u64 v[16], m[16];
        for (int i = 0; i < 16; i++)
            m[i] = v_u64_load(message[i] + lane);
        for (int i = 0; i < 8; i++) {
            v[i] = v_u64_set(state[i]);
            v[8 + i] = v_u64_set(b2_initial[i]);
        }
        v[12] = v_u64_xor(v[12], v_u64_load(n_bytes + lane));
        v[14] = v_u64_xor(v[14], v_u64_set(UINT64_MAX)); /* the first block is the last */
        b2_rounds(v, m);
        for (int i = 0; i < 4; i++) {
            v_u64 word = v_u64_xor(v_u64_set(state[i]), v_u64_xor(v[i], v[8 + i]));
            memcpy(digest[i] + lane, &word, sizeof word);
        }
    }
}

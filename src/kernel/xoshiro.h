/* xoshiro256++ 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM Trans. Math. Softw.
 * 47(4), 2021; public-domain reference at prng.di.unimi.it), eight independent lanes side by side.
 *
 * The lanes of block b start from a keyed hash of (b, lane, word) that is bijective in the three together, so no two
 * lanes of any blocks share a state word and none is all zero. Hashing, not jumping and not xor-ing small numbers
 * into a seed: xoshiro is linear over GF(2), and linearly related seeds give related streams. */
#ifndef FI_XOSHIRO_H
#define FI_XOSHIRO_H

typedef struct {
    v_u64 word[4][V_COUNT];
} fi_lanes;

/* SplitMix64's finaliser (Stafford's Mix13), a bijection on 64 bits. */
FI_INLINE v_u64 fi_mix(v_u64 z)
{
    z = v_u64_mul(v_u64_xor(z, v_u64_shr(z, 30)), v_u64_set(0xbf58476d1ce4e5b9u));
    z = v_u64_mul(v_u64_xor(z, v_u64_shr(z, 27)), v_u64_set(0x94d049bb133111ebu));
    return v_u64_xor(z, v_u64_shr(z, 31));
}

/* 2^64 over the golden ratio, SplitMix64's odd increment. */
#define FI_GOLDEN 0x9e3779b97f4a7c15u

FI_INLINE void fi_lanes_seed_here(fi_lanes *lanes, const uint64_t key[4], uint64_t block_index)
{
    /* Word j of lane l of block b hashes x = 32 b + 4 l + j. */
#define LANE(l) (4 * (l) * FI_GOLDEN)
    static const uint64_t lane_offset[FI_LANES] = {LANE(0), LANE(1), LANE(2), LANE(3),
                                                   LANE(4), LANE(5), LANE(6), LANE(7)};
#undef LANE
    uint64_t x0 = 32 * block_index * FI_GOLDEN + key[0];
    FI_UNROLL
    for (int j = 0; j < 4; j++) {
        FI_UNROLL
        for (int v = 0; v < V_COUNT; v++) {
            v_u64 offset = v_u64_load(lane_offset + v * (V_BYTES / 8));
            v_u64 h = fi_mix(v_u64_add(v_u64_set(x0 + (uint64_t)j * FI_GOLDEN), offset));
            h = v_u64_add(v_u64_xor(h, v_u64_set(key[1])), v_u64_set(key[2]));
            lanes->word[j][v] = v_u64_xor(fi_mix(h), v_u64_set(key[3]));
        }
    }
}

/* Out of line, for all but short loops, to whose blocks a call would add 3 %: where products of 64 bits are made of
 * smaller ones, copies in each law and dtype took a third of the compiler's time. */
static FI_NOINLINE void fi_lanes_seed(fi_lanes *lanes, const uint64_t key[4], uint64_t block_index)
{
    fi_lanes_seed_here(lanes, key, block_index);
}

typedef void fi_lanes_seed_fn(fi_lanes *lanes, const uint64_t key[4], uint64_t block_index);
#define FI_SHORT_SEED fi_lanes_seed_here
#define FI_LONG_SEED fi_lanes_seed

/* The next 64 bits of vector v's lanes. */
FI_INLINE v_u64 fi_lanes_next(fi_lanes *lanes, int v)
{
    v_u64 s0 = lanes->word[0][v], s1 = lanes->word[1][v], s2 = lanes->word[2][v], s3 = lanes->word[3][v];
    v_u64 result = v_u64_add(v_u64_rotl(v_u64_add(s0, s3), 23), s0);
    v_u64 t = v_u64_shl(s1, 17);
    /* The reference's six assignments, each new word from the old ones. */
    lanes->word[0][v] = v_u64_xor3(s3, s1, s0);
    lanes->word[1][v] = v_u64_xor3(s2, s0, s1);
    lanes->word[2][v] = v_u64_xor3(s2, s0, t);
    lanes->word[3][v] = v_u64_rotl(v_u64_xor(s3, s1), 45);
    return result;
}

/* Whether a portion is followed by one that begins, in the same block, in the step where it ends or after that. */
FI_INLINE int fi_goes_on(const fi_portion *portion, const fi_portion *end, int n_step)
{
    return portion + 1 < end && portion[1].block == portion->block &&
           portion[1].first / n_step >= (portion->first + portion->n) / n_step;
}

/* fi_words_fn. */
static void FI_JOIN(fi, words, FI_ISA)(const uint64_t key[4], uint64_t block_index, int n, uint64_t *word)
{
    fi_lanes lanes;
    fi_lanes_seed(&lanes, key, block_index);
    for (int i = 0; i < n; i += FI_LANES) {
        FI_UNROLL
        for (int v = 0; v < V_COUNT; v++) {
            v_u64 next = fi_lanes_next(&lanes, v);
            memcpy(word + i + v * (V_BYTES / 8), &next, sizeof next);
        }
    }
}

#endif

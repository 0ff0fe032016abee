/* The operations of ops_native.h over plain arrays of lanes, in standard C.
 *
 * For processors and compilers without the vector forms, and the oracle the others are tested against. */
#ifndef FI_OPS_H
#define FI_OPS_H

#include <math.h>
#include <string.h>

#include "fma_exact.h"

#define FI_INLINE static inline
#define FI_NOINLINE 
#define FI_LONG FI_INLINE
#define FI_UNROLL
#define FI_SHORT_LOOP
#define FI_LONG_LOOP

#define V_BYTES 64
#define V_COUNT 1
#define V_STEPS 2 /* as many values as make a vector of bytes */
#define V_TILE_ROWS 4
#define V_TILE_VECTORS 1
#define V_FMA_IS_LONG
#define V_F32S 16
#define V_F64S 8
#define V_STREAM_BYTES 0
#define B2_IN_MEMORY

typedef struct { uint64_t lane[8]; } v_u64;
typedef struct { uint32_t lane[16]; } v_u32;
typedef struct { float lane[16]; } v_f32;
typedef struct { double lane[8]; } v_f64;

/* Defines `type name(arguments)`, whose lane i is `expression`. */
#define FI_LANEWISE(type, n_lanes, name, arguments, expression) \
    FI_INLINE type name arguments                               \
    {                                                           \
        type r;                                                 \
        for (int i = 0; i < n_lanes; i++)                       \
            r.lane[i] = expression;                             \
        return r;                                               \
    }

FI_INLINE uint32_t bits_of_f32(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

FI_INLINE float f32_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

FI_INLINE uint64_t bits_of_f64(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

FI_INLINE double f64_of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

FI_LANEWISE(v_u64, 8, v_u64_set, (uint64_t x), x)
FI_LANEWISE(v_u32, 16, v_u32_set, (uint32_t x), x)
FI_LANEWISE(v_f32, 16, v_f32_set, (float x), x)
FI_LANEWISE(v_f64, 8, v_f64_set, (double x), x)
FI_LANEWISE(v_u64, 8, v_u64_load, (const uint64_t *src), src[i])

FI_LANEWISE(v_u64, 8, v_u64_add, (v_u64 a, v_u64 b), a.lane[i] + b.lane[i])
FI_LANEWISE(v_u64, 8, v_u64_mul, (v_u64 a, v_u64 b), a.lane[i] * b.lane[i])
FI_LANEWISE(v_u64, 8, v_u64_sub, (v_u64 a, v_u64 b), a.lane[i] - b.lane[i])
FI_LANEWISE(v_u64, 8, v_u64_and, (v_u64 a, v_u64 b), a.lane[i] & b.lane[i])
FI_LANEWISE(v_u64, 8, v_u64_or, (v_u64 a, v_u64 b), a.lane[i] | b.lane[i])
FI_LANEWISE(v_u64, 8, v_u64_xor, (v_u64 a, v_u64 b), a.lane[i] ^ b.lane[i])
FI_LANEWISE(v_u64, 8, v_u64_xor3, (v_u64 a, v_u64 b, v_u64 c), a.lane[i] ^ b.lane[i] ^ c.lane[i])
FI_LANEWISE(v_u64, 8, v_u64_shl, (v_u64 a, int n_bits), a.lane[i] << n_bits)
FI_LANEWISE(v_u64, 8, v_u64_shr, (v_u64 a, int n_bits), a.lane[i] >> n_bits)
FI_LANEWISE(v_u64, 8, v_u64_rotl, (v_u64 a, int n_bits), (a.lane[i] << n_bits) | (a.lane[i] >> (64 - n_bits)))

FI_LANEWISE(v_u64, 8, v_u64_even_twice, (v_u64 a), a.lane[i / 2 * 2])
FI_LANEWISE(v_u64, 8, v_u64_odd_twice, (v_u64 a), a.lane[i / 2 * 2 + 1])

FI_LANEWISE(v_u32, 16, v_u32_from_u64, (v_u64 a), (uint32_t)(a.lane[i / 2] >> (32 * (i % 2))))

FI_LANEWISE(v_u64, 8, v_u64_from_u32, (v_u32 a), a.lane[2 * i] | (uint64_t)a.lane[2 * i + 1] << 32)

FI_LANEWISE(v_u32, 16, v_u32_shl, (v_u32 a, int n_bits), a.lane[i] << n_bits)
FI_LANEWISE(v_u32, 16, v_u32_shr, (v_u32 a, int n_bits), a.lane[i] >> n_bits)
FI_LANEWISE(v_u32, 16, v_u32_add, (v_u32 a, v_u32 b), a.lane[i] + b.lane[i])
FI_LANEWISE(v_u32, 16, v_u32_sub, (v_u32 a, v_u32 b), a.lane[i] - b.lane[i])
FI_LANEWISE(v_u32, 16, v_u32_and, (v_u32 a, v_u32 b), a.lane[i] & b.lane[i])
FI_LANEWISE(v_u32, 16, v_u32_or, (v_u32 a, v_u32 b), a.lane[i] | b.lane[i])
FI_LANEWISE(v_u32, 16, v_u32_xor, (v_u32 a, v_u32 b), a.lane[i] ^ b.lane[i])

FI_LANEWISE(v_u32, 16, v_u32_select, (v_u32 sign, v_u32 a, v_u32 b), (sign.lane[i] >> 31 ? b : a).lane[i])
FI_LANEWISE(v_u64, 8, v_u64_select, (v_u64 sign, v_u64 a, v_u64 b), (sign.lane[i] >> 63 ? b : a).lane[i])

FI_LANEWISE(v_u32, 16, v_u32_bits, (v_f32 a), bits_of_f32(a.lane[i]))
FI_LANEWISE(v_f32, 16, v_f32_bits, (v_u32 a), f32_of_bits(a.lane[i]))
/* The subtraction is exact in 64 bits, where a cast of a large uint32_t to int32_t would be the compiler's choice. */
FI_LANEWISE(v_f32, 16, v_f32_from_i32, (v_u32 a), (float)((int64_t)(a.lane[i] ^ 0x80000000u) - 0x80000000ll))

FI_LANEWISE(v_f32, 16, v_f32_neg, (v_f32 a), -a.lane[i])
FI_LANEWISE(v_f32, 16, v_f32_add, (v_f32 a, v_f32 b), a.lane[i] + b.lane[i])
FI_LANEWISE(v_f32, 16, v_f32_sub, (v_f32 a, v_f32 b), a.lane[i] - b.lane[i])
FI_LANEWISE(v_f32, 16, v_f32_mul, (v_f32 a, v_f32 b), a.lane[i] * b.lane[i])
FI_LANEWISE(v_f32, 16, v_f32_fma, (v_f32 a, v_f32 b, v_f32 c), fi_fma_exact(a.lane[i], b.lane[i], c.lane[i]))
/* IEEE 754 demands the correctly rounded root of sqrtf, alone among libm's functions. */
FI_LANEWISE(v_f32, 16, v_f32_sqrt, (v_f32 a), sqrtf(a.lane[i]))

FI_LANEWISE(v_f32, 16, v_f32_min, (v_f32 a, v_f32 b), (a.lane[i] < b.lane[i] ? a : b).lane[i])
FI_LANEWISE(v_f32, 16, v_f32_max, (v_f32 a, v_f32 b), (a.lane[i] > b.lane[i] ? a : b).lane[i])

FI_LANEWISE(v_u64, 8, v_u64_bits, (v_f64 a), bits_of_f64(a.lane[i]))
FI_LANEWISE(v_f64, 8, v_f64_bits, (v_u64 a), f64_of_bits(a.lane[i]))
FI_LANEWISE(v_f64, 8, v_f64_neg, (v_f64 a), -a.lane[i])
FI_LANEWISE(v_f64, 8, v_f64_add, (v_f64 a, v_f64 b), a.lane[i] + b.lane[i])
FI_LANEWISE(v_f64, 8, v_f64_sub, (v_f64 a, v_f64 b), a.lane[i] - b.lane[i])
FI_LANEWISE(v_f64, 8, v_f64_mul, (v_f64 a, v_f64 b), a.lane[i] * b.lane[i])
FI_LANEWISE(v_f64, 8, v_f64_div, (v_f64 a, v_f64 b), a.lane[i] / b.lane[i])
FI_LANEWISE(v_f64, 8, v_f64_fma, (v_f64 a, v_f64 b, v_f64 c), fi_fma64_exact(a.lane[i], b.lane[i], c.lane[i]))
FI_LANEWISE(v_f64, 8, v_f64_sqrt, (v_f64 a), sqrt(a.lane[i]))
FI_LANEWISE(v_f64, 8, v_f64_min, (v_f64 a, v_f64 b), (a.lane[i] < b.lane[i] ? a : b).lane[i])
FI_LANEWISE(v_f64, 8, v_f64_max, (v_f64 a, v_f64 b), (a.lane[i] > b.lane[i] ? a : b).lane[i])
FI_LANEWISE(v_f64, 8, v_f64_from_u64, (v_u64 a), (double)a.lane[i])
FI_LANEWISE(v_f64, 8, v_f64_of_8, (const double table[8], v_u64 index), table[index.lane[i] % 8])
FI_LANEWISE(v_f32, 16, v_f32_from_f64, (v_f64 a, v_f64 b), (float)(i < 8 ? a : b).lane[i % 8])

#include "split.h"

FI_INLINE float f32_at(const char *src, int i)
{
    float x;
    memcpy(&x, src + 4 * i, sizeof x);
    return x;
}

FI_LANEWISE(v_f32, 16, v_f32_quads, (const char *const *row, int64_t j), f32_at(row[i / 4 * 4] + j, i % 4))
#define FI_IN_QUAD(i, a_or_b, from) (a_or_b).lane[(i) / 4 * 4 + (from)]
FI_LANEWISE(v_f32, 16, v_f32_zip_low, (v_f32 a, v_f32 b), FI_IN_QUAD(i, i % 2 ? b : a, i % 4 / 2))
FI_LANEWISE(v_f32, 16, v_f32_zip_high, (v_f32 a, v_f32 b), FI_IN_QUAD(i, i % 2 ? b : a, 2 + i % 4 / 2))
FI_LANEWISE(v_f32, 16, v_f32_zip_low_pairs, (v_f32 a, v_f32 b), FI_IN_QUAD(i, i % 4 / 2 ? b : a, i % 2))
FI_LANEWISE(v_f32, 16, v_f32_zip_high_pairs, (v_f32 a, v_f32 b), FI_IN_QUAD(i, i % 4 / 2 ? b : a, 2 + i % 2))

FI_INLINE v_u32 v_u32_high_halves(v_u32 a, v_u32 b)
{
    v_u32 r;
    for (int i = 0; i < 16; i++) {
        const uint32_t *pair = (i < 8 ? a : b).lane + 2 * i % 16;
        r.lane[i] = pair[0] >> 16 | (pair[1] & 0xffff0000);
    }
    return r;
}

FI_INLINE v_u32 v_u32_high_bytes(v_u32 a, v_u32 b)
{
    v_u32 r;
    for (int i = 0; i < 16; i++) {
        const uint32_t *pair = (i < 8 ? a : b).lane + 2 * i % 16;
        uint32_t first = (pair[0] >> 8 & 0xff) | (pair[0] >> 16 & 0xff00);
        r.lane[i] = first | (pair[1] >> 8 & 0xff) << 16 | (pair[1] & 0xff000000);
    }
    return r;
}

#include "narrow.h"

FI_INLINE v_u32 v_u32_f16_pair(v_f32 a, v_f32 b) { return fi_f16_pair(a, b); }

FI_INLINE v_u32 v_u32_load(const char *src)
{
    v_u32 v;
    memcpy(v.lane, src, sizeof v.lane);
    return v;
}

FI_INLINE void v_u32_store(char *dst, v_u32 a) { memcpy(dst, a.lane, sizeof a.lane); }
FI_INLINE void v_u32_store_first(char *dst, v_u32 a, int n) { memcpy(dst, a.lane, (size_t)n * 4); }

#endif

/* The kernel's operations over GCC/Clang vectors of the instruction set's own width.
 *
 * Parameters, defined by the including isa/ stub:
 *   V_BYTES                    16, 32 or 64
 *   V_STEPS                    steps taken side by side: 1, or 2 where one step is too few vectors to hide latencies
 *   V_TILE_ROWS, V_TILE_VECTORS  of sums of products made side by side: product.h
 *   V_FMA(a, b, c)             a*b + c rounded once; V_FMA64: for float64, as with the others
 *   V_FMA_IS_LONG              where it is emulated: FI_LONG functions are then compiled once, not into every dtype's loop
 *   V_LONG_LOOP                optional: what block functions of laws with a long loop are declared with
 *   V_SQRT(a), V_SQRT64(a)     correctly rounded square root
 *   V_MIN(a, b), V_MAX(a, b)   a where less (greater) than b, else b: b decides between zeros; V_MIN64, V_MAX64
 *   V_XOR3(a, b, c)            optional: a ^ b ^ c as one operation, where compilers do not find it
 *   V_EXPONENT(a)              optional, with V_EXPONENT64: floor(log2 |a|) as floating point, for normal a
 *   V_MANTISSA(a)              with it, and V_MANTISSA64: |a| 2^-e for the e that brings it into [3/4, 3/2)
 *   V_F64_FROM_U64(a)          optional: rounded to nearest even
 *   V_OF_8(table, index)       optional: as v_f64_of_8
 *   V_F32_FROM_F64(a, b)       those of a, then those of b, rounded to nearest even
 *   V_F16_PAIR(a, b)           optional: the float16 of a's elements, then of b's, rounded to nearest even, as v_u32
 *   V_HIGH_BYTES(a, b)         optional: 16-bit elements below 256 of a, then of b, as bytes
 *   V_QUADS(row, j)            16 bytes each from byte j on of row[0], row[4], ...
 *   V_STORE_FIRST(dst, a, n)   the first n 32-bit elements; not defined: one by one
 *   V_STREAM_BYTES             alignment of dst for stores past the caches; 0 where there are none
 *   V_STREAM(dst, a)           such a store
 *   V_UNALIGNED_BYTES          smallest alignment for which one of the following serves
 *   V_JOIN(a, b, from)         of the elements of a and those of b, one behind the other, those at from[]; or
 *   V_STREAM_16(dst, a)        V_STREAM in pieces of 16 bytes; dst aligned to 16
 *
 * Promise: every operation is exact or correctly rounded, so each gives the same bits as its namesake in
 * ops_portable.h. Vectors live in registers only; memory is reached through memcpy, never through a cast pointer. */
#ifndef FI_OPS_H
#define FI_OPS_H

#include <string.h>

#define FI_INLINE static inline __attribute__((always_inline))
#define FI_NOINLINE __attribute__((noinline))
#ifdef V_FMA_IS_LONG
#define FI_LONG static FI_NOINLINE
#else
#define FI_LONG FI_INLINE
#endif
#define FI_UNROLL _Pragma("GCC unroll 32")

#ifndef V_LONG_LOOP
#define V_LONG_LOOP
#endif
#define FI_SHORT_LOOP
#define FI_LONG_LOOP V_LONG_LOOP

/* Vectors that together hold the 8 logical lanes of 64 bits. */
#define V_COUNT (64 / V_BYTES)
#define V_F32S (V_BYTES / 4)
#define V_F64S (V_BYTES / 8)

typedef uint64_t v_u64 __attribute__((vector_size(V_BYTES)));
typedef uint32_t v_u32 __attribute__((vector_size(V_BYTES)));
typedef int32_t v_i32 __attribute__((vector_size(V_BYTES)));
typedef uint16_t v_u16 __attribute__((vector_size(V_BYTES)));
typedef uint8_t v_u8 __attribute__((vector_size(V_BYTES)));
typedef int64_t v_i64 __attribute__((vector_size(V_BYTES)));
typedef float v_f32 __attribute__((vector_size(V_BYTES)));
typedef double v_f64 __attribute__((vector_size(V_BYTES)));

FI_INLINE v_u64 v_u64_set(uint64_t x) { return (v_u64){0} + x; }
FI_INLINE v_u32 v_u32_set(uint32_t x) { return (v_u32){0} + x; }
FI_INLINE v_f32 v_f32_set(float x)
{
    v_f32 v;
    for (int i = 0; i < V_F32S; i++)
        v[i] = x;
    return v;
}

FI_INLINE v_f64 v_f64_set(double x)
{
    v_f64 v;
    for (int i = 0; i < V_F64S; i++)
        v[i] = x;
    return v;
}

FI_INLINE v_u64 v_u64_load(const uint64_t *src)
{
    v_u64 v;
    memcpy(&v, src, sizeof v);
    return v;
}

FI_INLINE v_u64 v_u64_add(v_u64 a, v_u64 b) { return a + b; }
FI_INLINE v_u64 v_u64_mul(v_u64 a, v_u64 b) { return a * b; }
FI_INLINE v_u64 v_u64_and(v_u64 a, v_u64 b) { return a & b; }
FI_INLINE v_u64 v_u64_or(v_u64 a, v_u64 b) { return a | b; }
FI_INLINE v_u64 v_u64_xor(v_u64 a, v_u64 b) { return a ^ b; }
FI_INLINE v_u64 v_u64_xor3(v_u64 a, v_u64 b, v_u64 c)
{
#ifdef V_XOR3
    return V_XOR3(a, b, c);
#else
    return a ^ b ^ c;
#endif
}
FI_INLINE v_u64 v_u64_shl(v_u64 a, int n_bits) { return a << n_bits; }
FI_INLINE v_u64 v_u64_shr(v_u64 a, int n_bits) { return a >> n_bits; }
/* Written with |, the form that compilers turn into a rotate instruction. */
FI_INLINE v_u64 v_u64_rotl(v_u64 a, int n_bits) { return (a << n_bits) | (a >> (64 - n_bits)); }

/* Each lane's low half first. */
FI_INLINE v_u32 v_u32_from_u64(v_u64 a) { return (v_u32)a; }

FI_INLINE v_u64 v_u64_from_u32(v_u32 a) { return (v_u64)a; }

FI_INLINE v_u32 v_u32_shl(v_u32 a, int n_bits) { return a << n_bits; }
FI_INLINE v_u32 v_u32_shr(v_u32 a, int n_bits) { return a >> n_bits; }
FI_INLINE v_u32 v_u32_add(v_u32 a, v_u32 b) { return a + b; }
FI_INLINE v_u32 v_u32_sub(v_u32 a, v_u32 b) { return a - b; }
FI_INLINE v_u32 v_u32_and(v_u32 a, v_u32 b) { return a & b; }
FI_INLINE v_u32 v_u32_or(v_u32 a, v_u32 b) { return a | b; }
FI_INLINE v_u32 v_u32_xor(v_u32 a, v_u32 b) { return a ^ b; }

/* The elements of b where the top bit of `sign` is set, else those of a. */
FI_INLINE v_u32 v_u32_select(v_u32 sign, v_u32 a, v_u32 b)
{
    v_u32 mask = (v_u32)((v_i32)sign >> 31);
    return (a & ~mask) | (b & mask);
}
FI_INLINE v_u64 v_u64_select(v_u64 sign, v_u64 a, v_u64 b)
{
    v_u64 mask = (v_u64)((v_i64)sign >> 63);
    return (a & ~mask) | (b & mask);
}

FI_INLINE v_u32 v_u32_bits(v_f32 a) { return (v_u32)a; }
FI_INLINE v_f32 v_f32_bits(v_u32 a) { return (v_f32)a; }
/* The bits as a signed integer, rounded to nearest even. */
FI_INLINE v_f32 v_f32_from_i32(v_u32 a) { return __builtin_convertvector((v_i32)a, v_f32); }

FI_INLINE v_f32 v_f32_neg(v_f32 a) { return -a; }
FI_INLINE v_f32 v_f32_add(v_f32 a, v_f32 b) { return a + b; }
FI_INLINE v_f32 v_f32_sub(v_f32 a, v_f32 b) { return a - b; }
FI_INLINE v_f32 v_f32_mul(v_f32 a, v_f32 b) { return a * b; }
FI_INLINE v_f32 v_f32_fma(v_f32 a, v_f32 b, v_f32 c) { return V_FMA(a, b, c); }
FI_INLINE v_f32 v_f32_sqrt(v_f32 a) { return V_SQRT(a); }
FI_INLINE v_f32 v_f32_min(v_f32 a, v_f32 b) { return V_MIN(a, b); }
FI_INLINE v_f32 v_f32_max(v_f32 a, v_f32 b) { return V_MAX(a, b); }

FI_INLINE v_u64 v_u64_bits(v_f64 a) { return (v_u64)a; }
FI_INLINE v_f64 v_f64_bits(v_u64 a) { return (v_f64)a; }
FI_INLINE v_f64 v_f64_neg(v_f64 a) { return -a; }
FI_INLINE v_f64 v_f64_add(v_f64 a, v_f64 b) { return a + b; }
FI_INLINE v_f64 v_f64_sub(v_f64 a, v_f64 b) { return a - b; }
FI_INLINE v_f64 v_f64_mul(v_f64 a, v_f64 b) { return a * b; }
FI_INLINE v_f64 v_f64_div(v_f64 a, v_f64 b) { return a / b; }
FI_INLINE v_f64 v_f64_fma(v_f64 a, v_f64 b, v_f64 c) { return V_FMA64(a, b, c); }
FI_INLINE v_f64 v_f64_sqrt(v_f64 a) { return V_SQRT64(a); }
FI_INLINE v_f64 v_f64_min(v_f64 a, v_f64 b) { return V_MIN64(a, b); }
FI_INLINE v_f64 v_f64_max(v_f64 a, v_f64 b) { return V_MAX64(a, b); }
FI_INLINE v_f32 v_f32_from_f64(v_f64 a, v_f64 b) { return V_F32_FROM_F64(a, b); }

/* Rounded to nearest even. */
FI_INLINE v_f64 v_f64_from_u64(v_u64 a)
{
#ifdef V_F64_FROM_U64
    return V_F64_FROM_U64(a);
#else
    /* The halves as mantissas of 2^52 and 2^84; only the last sum rounds. */
    v_f64 low = (v_f64)((a & 0xffffffff) | 0x4330000000000000), high = (v_f64)((a >> 32) | 0x4530000000000000);
    return (high - v_f64_set(0x1.00000001p+84)) + low;
#endif
}

#ifdef V_EXPONENT
/* |a| = m 2^(e + n) with m in [3/4, 3/2): returns m, and e in *e. a and a 2^-n must be normal numbers.
 *
 * The product with the float32 next above 4/3 reaches the next power of two exactly where m reaches 3/2: for the
 * float32 before 3/2 it is 2 - 0.83 2^-23, which rounds to 2 - 2^-23. */
FI_INLINE v_f32 v_f32_split(v_f32 *e, v_f32 a, int n)
{
    const float four_thirds = 0x1.555556p+0f;
    *e = V_EXPONENT(v_f32_mul(a, v_f32_bits(v_u32_sub(v_u32_bits(v_f32_set(four_thirds)), v_u32_set((uint32_t)n << 23)))));
    return V_MANTISSA(a);
}

/* The same, with the float64 next below 4/3: for 3/2 it is 2 - 2^-53, which rounds to 2, and for the float64 before it
 * 2 - 1.83 2^-52, which rounds to less. */
FI_INLINE v_f64 v_f64_split(v_f64 *e, v_f64 a, int n)
{
    v_u64 four_thirds = v_u64_bits(v_f64_set(0x1.5555555555555p+0));
    *e = V_EXPONENT64(v_f64_mul(a, v_f64_bits(four_thirds - v_u64_set((uint64_t)n << 52))));
    return V_MANTISSA64(a);
}
#else
#include "split.h"
#endif

/* 16 bytes each from byte j on of row[0], row[4] and so on. */
FI_INLINE v_f32 v_f32_quads(const char *const *row, int64_t j) { return (v_f32)V_QUADS(row, j); }

#include "shuffles.h"

#include "narrow.h"

FI_INLINE v_u32 v_u32_f16_pair(v_f32 a, v_f32 b)
{
#ifdef V_F16_PAIR
    return V_F16_PAIR(a, b);
#else
    return fi_f16_pair(a, b);
#endif
}

FI_INLINE v_u32 v_u32_load(const char *src)
{
    v_u32 v;
    memcpy(&v, src, sizeof v);
    return v;
}

FI_INLINE void v_u32_store(char *dst, v_u32 a) { memcpy(dst, &a, sizeof a); }
/* The first n elements, 0 <= n <= V_F32S. */
FI_INLINE void v_u32_store_first(char *dst, v_u32 a, int n)
{
#ifdef V_STORE_FIRST
    V_STORE_FIRST(dst, a, n);
#else
    for (int i = 0; i < V_F32S; i++)
        if (i < n) {
            uint32_t element = a[i];
            memcpy(dst + 4 * i, &element, 4);
        }
#endif
}
#if V_STREAM_BYTES
FI_INLINE void v_u32_stream(char *dst, v_u32 a) { V_STREAM(dst, a); }
#endif

#ifdef V_JOIN
FI_INLINE v_u32 v_u32_join(v_u32 a, v_u32 b, v_u32 from) { return V_JOIN(a, b, from); }

/* first, first + 1, ... */
FI_INLINE v_u32 v_u32_count(uint32_t first)
{
    v_u32 v;
    for (int i = 0; i < V_F32S; i++)
        v[i] = first + (uint32_t)i;
    return v;
}
#elif V_STREAM_BYTES
FI_INLINE void v_u32_stream_16(char *dst, v_u32 a) { V_STREAM_16(dst, a); }
#endif

#endif

/* The kernel's operations over GCC/Clang vectors of the instruction set's own width.
 *
 * Parameters, defined by the including isa/ stub:
 *   V_BYTES                    16, 32 or 64
 *   V_STEPS                    steps taken side by side: 1, or 2 where one step is too few vectors to hide latencies
 *   V_FMA(a, b, c)             a*b + c rounded once
 *   V_SQRT(a)                  correctly rounded square root
 *   V_XOR3(a, b, c)            optional: a ^ b ^ c as one operation, where compilers do not find it
 *   V_EXPONENT(a)              optional: floor(log2 |a|) as float32, for normal a
 *   V_MANTISSA(a)              with it: |a| 2^-e for the integer e that brings it into [3/4, 3/2)
 *   V_QUADS(row, j)            16 bytes each from row[0] + j, row[4] + j, ... of an array of pointers
 *   V_STORE_FIRST(dst, a, n)   the first n elements; not defined: one by one
 *   V_STREAM(dst, a)           store past the caches; dst aligned to V_STREAM_BYTES
 *   V_UNALIGNED_BYTES          smallest alignment for which one of the following serves
 *   V_JOIN(a, b, from)         of the elements of a and those of b, one behind the other, those at from[]; or
 *   V_STREAM_16(dst, a)        V_STREAM in pieces of 16 bytes; dst aligned to 16
 *
 * Where there are no stores past the caches, both numbers of bytes are 0 and the operations plain stores.
 *
 * Promise: every operation is exact or correctly rounded, so each gives the same bits as its namesake in
 * ops_portable.h. Vectors live in registers only; memory is reached through memcpy, never through a cast pointer. */
#ifndef FI_OPS_H
#define FI_OPS_H

#include <string.h>

#define FI_INLINE static inline __attribute__((always_inline))
#define FI_NOINLINE __attribute__((noinline))
#define FI_UNROLL _Pragma("GCC unroll 8")

/* Vectors that together hold the 8 logical lanes of 64 bits. */
#define V_COUNT (64 / V_BYTES)
#define V_F32S (V_BYTES / 4)

typedef uint64_t v_u64 __attribute__((vector_size(V_BYTES)));
typedef uint32_t v_u32 __attribute__((vector_size(V_BYTES)));
typedef int32_t v_i32 __attribute__((vector_size(V_BYTES)));
typedef float v_f32 __attribute__((vector_size(V_BYTES)));

FI_INLINE v_u64 v_u64_set(uint64_t x) { return (v_u64){0} + x; }
FI_INLINE v_u32 v_u32_set(uint32_t x) { return (v_u32){0} + x; }
FI_INLINE v_f32 v_f32_set(float x)
{
    v_f32 v;
    for (int i = 0; i < V_F32S; i++)
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

FI_INLINE v_u32 v_u32_add(v_u32 a, v_u32 b) { return a + b; }
FI_INLINE v_u32 v_u32_sub(v_u32 a, v_u32 b) { return a - b; }
FI_INLINE v_u32 v_u32_and(v_u32 a, v_u32 b) { return a & b; }
FI_INLINE v_u32 v_u32_or(v_u32 a, v_u32 b) { return a | b; }
FI_INLINE v_u32 v_u32_xor(v_u32 a, v_u32 b) { return a ^ b; }

FI_INLINE v_u32 v_u32_bits(v_f32 a) { return (v_u32)a; }
FI_INLINE v_f32 v_f32_bits(v_u32 a) { return (v_f32)a; }
/* The bits as a signed integer, rounded to nearest even. */
FI_INLINE v_f32 v_f32_from_i32(v_u32 a) { return __builtin_convertvector((v_i32)a, v_f32); }

FI_INLINE v_f32 v_f32_neg(v_f32 a) { return -a; }
FI_INLINE v_f32 v_f32_sub(v_f32 a, v_f32 b) { return a - b; }
FI_INLINE v_f32 v_f32_mul(v_f32 a, v_f32 b) { return a * b; }
FI_INLINE v_f32 v_f32_fma(v_f32 a, v_f32 b, v_f32 c) { return V_FMA(a, b, c); }
FI_INLINE v_f32 v_f32_sqrt(v_f32 a) { return V_SQRT(a); }

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
#else
#include "split.h"
#endif

/* Quarters of 16 bytes from row[0] + j, row[4] + j and so on. */
FI_INLINE v_f32 v_f32_quads(const float *const *row, int64_t j) { return (v_f32)V_QUADS(row, j); }

/* Within each 16 bytes: the low or high halves of a and b, alternating by elements or by pairs. */
#if V_BYTES == 16
#define V_IN_QUADS(i, j, k, l) i, j, k, l
#elif V_BYTES == 32
#define V_IN_QUADS(i, j, k, l) i, j, k, l, i + 4, j + 4, k + 4, l + 4
#else
#define V_IN_QUADS(i, j, k, l) \
    i, j, k, l, i + 4, j + 4, k + 4, l + 4, i + 8, j + 8, k + 8, l + 8, i + 12, j + 12, k + 12, l + 12
#endif
#ifdef __clang__
#define V_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define V_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (v_i32){__VA_ARGS__})
#endif
#define V_ZIP(a, b, i, j) V_SHUFFLE(a, b, V_IN_QUADS(i, V_F32S + i, j, V_F32S + j))
#define V_ZIP_PAIRS(a, b, i) V_SHUFFLE(a, b, V_IN_QUADS(i, i + 1, V_F32S + i, V_F32S + i + 1))

FI_INLINE v_f32 v_f32_zip_low(v_f32 a, v_f32 b) { return V_ZIP(a, b, 0, 1); }
FI_INLINE v_f32 v_f32_zip_high(v_f32 a, v_f32 b) { return V_ZIP(a, b, 2, 3); }
FI_INLINE v_f32 v_f32_zip_low_pairs(v_f32 a, v_f32 b) { return V_ZIP_PAIRS(a, b, 0); }
FI_INLINE v_f32 v_f32_zip_high_pairs(v_f32 a, v_f32 b) { return V_ZIP_PAIRS(a, b, 2); }

FI_INLINE v_f32 v_f32_load(const float *src)
{
    v_f32 v;
    memcpy(&v, src, sizeof v);
    return v;
}

FI_INLINE void v_f32_store(float *dst, v_f32 a) { memcpy(dst, &a, sizeof a); }
/* The first n elements, 0 <= n <= V_F32S. */
FI_INLINE void v_f32_store_first(float *dst, v_f32 a, int n)
{
#ifdef V_STORE_FIRST
    V_STORE_FIRST(dst, a, n);
#else
    for (int i = 0; i < V_F32S; i++)
        if (i < n)
            dst[i] = a[i];
#endif
}
FI_INLINE void v_f32_stream(float *dst, v_f32 a) { V_STREAM(dst, a); }

#ifdef V_JOIN
FI_INLINE v_f32 v_f32_join(v_f32 a, v_f32 b, v_u32 from) { return V_JOIN(a, b, from); }

/* first, first + 1, ... */
FI_INLINE v_u32 v_u32_count(uint32_t first)
{
    v_u32 v;
    for (int i = 0; i < V_F32S; i++)
        v[i] = first + (uint32_t)i;
    return v;
}
#else
FI_INLINE void v_f32_stream_16(float *dst, v_f32 a) { V_STREAM_16(dst, a); }
#endif

#endif

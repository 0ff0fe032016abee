/* The kernel's operations over GCC/Clang vectors of the instruction set's own width.
 *
 * Parameters, defined by the including isa/ stub:
 *   V_BYTES                    16, 32 or 64
 *   V_STEPS                    steps taken side by side: 1, or 2 where one step is too few vectors to hide latencies
 *   V_FMA(a, b, c)             a*b + c rounded once
 *   V_SQRT(a)                  correctly rounded square root
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

FI_INLINE v_f32 v_f32_sub(v_f32 a, v_f32 b) { return a - b; }
FI_INLINE v_f32 v_f32_mul(v_f32 a, v_f32 b) { return a * b; }
FI_INLINE v_f32 v_f32_fma(v_f32 a, v_f32 b, v_f32 c) { return V_FMA(a, b, c); }
FI_INLINE v_f32 v_f32_sqrt(v_f32 a) { return V_SQRT(a); }

FI_INLINE void v_f32_store(float *dst, v_f32 a) { memcpy(dst, &a, sizeof a); }
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

/* AVX2, FMA and F16C: Intel since Haswell, AMD since Excavator. */
#include "../fastinit.h"

#if FI_HAVE_avx2
#include <immintrin.h>

#define FI_ISA avx2
#define FI_TARGET "avx2,fma,f16c"
#define V_BYTES 32
/* In the order of their latencies before registers are given out: 16 are few, and a step of 32 values is long enough to
 * fill the ports by itself. Normals then take 0.92 of the time, truncated ones 0.85 (GCC 12, Zen 3); uniforms, whose
 * state would be put into memory, 1.1. GCC by default orders afterwards only. No contraction is said once more, since
 * the attribute is about the same options as the command line. */
#if defined(__GNUC__) && !defined(__clang__)
#define V_LONG_LOOP __attribute__((optimize("schedule-insns", "fp-contract=off")))
#endif
#define V_STEPS 1
#define V_TILE_ROWS 4
#define V_TILE_VECTORS 3
#define V_FMA(a, b, c) ((v_f32)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#define V_SQRT(a) ((v_f32)_mm256_sqrt_ps((__m256)(a)))
#define V_FMA64(a, b, c) ((v_f64)_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#define V_SQRT64(a) ((v_f64)_mm256_sqrt_pd((__m256d)(a)))
#define V_MIN(a, b) ((v_f32)_mm256_min_ps((__m256)(a), (__m256)(b)))
#define V_MAX(a, b) ((v_f32)_mm256_max_ps((__m256)(a), (__m256)(b)))
#define V_MIN64(a, b) ((v_f64)_mm256_min_pd((__m256d)(a), (__m256d)(b)))
#define V_MAX64(a, b) ((v_f64)_mm256_max_pd((__m256d)(a), (__m256d)(b)))
#define V_F32_FROM_F64(a, b) \
    ((v_f32)_mm256_set_m128(_mm256_cvtpd_ps((__m256d)(b)), _mm256_cvtpd_ps((__m256d)(a))))
/* A float64 as two float32 by their places, which are taken mod 8; the index's third bit chooses the table's half. */
#define V_PLACES(index) ((__m256i)((index) << 1 | (index) << 33 | v_u64_set((uint64_t)1 << 32)))
#define V_OF_4(table, index) \
    _mm256_castps_pd(_mm256_permutevar8x32_ps(_mm256_castpd_ps(_mm256_loadu_pd(table)), V_PLACES(index)))
#define V_OF_8(table, index) \
    ((v_f64)_mm256_blendv_pd(V_OF_4(table, index), V_OF_4((table) + 4, index), (__m256d)((index) << 61)))
#define V_F16(a) _mm256_cvtps_ph((__m256)(a), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define V_F16_PAIR(a, b) ((v_u32)_mm256_set_m128i(V_F16(b), V_F16(a)))
/* Within each half; then the middle quarters change places. */
#define V_HIGH_BYTES(a, b) ((v_u32)_mm256_permute4x64_epi64(_mm256_packus_epi16((__m256i)(a), (__m256i)(b)), 0xd8))
#define V_QUAD(row, j, i) _mm_loadu_ps((const float *)(const void *)((row)[4 * (i)] + (j)))
#define V_QUADS(row, j) _mm256_insertf128_ps(_mm256_castps128_ps256(V_QUAD(row, j, 0)), V_QUAD(row, j, 1), 1)
#define V_FIRST(n) _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
#define V_STORE_FIRST(dst, a, n) _mm256_maskstore_epi32((int *)(void *)(dst), V_FIRST(n), (__m256i)(a))
#define V_STREAM_BYTES 32
#define V_UNALIGNED_BYTES 16
#define V_STREAM(dst, a) _mm256_stream_si256((__m256i *)(void *)(dst), (__m256i)(a))
#define V_STREAM_HALF(dst, a, i) \
    _mm_stream_si128((__m128i *)(void *)((dst) + 16 * (i)), _mm256_extracti128_si256((__m256i)(a), i))
#define V_STREAM_16(dst, a) (V_STREAM_HALF(dst, a, 0), V_STREAM_HALF(dst, a, 1))

#include "region_begin.h"

#include "../kernel/ops_native.h"

#include "../kernel/backend.h"
#include "region_end.h"
#endif

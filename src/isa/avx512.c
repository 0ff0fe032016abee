/* AVX-512 F, DQ, BW and VL: Intel since Skylake-SP, AMD since Zen 4. */
#include "../fastinit.h"

#if FI_HAVE_avx512
#include <immintrin.h>

#define FI_ISA avx512
#define FI_TARGET "avx512f,avx512dq,avx512bw,avx512vl,fma"
#define V_BYTES 64
#define V_STEPS 2
#define V_TILE_ROWS 8
#define V_TILE_VECTORS 2
#define V_FMA(a, b, c) ((v_f32)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define V_SQRT(a) ((v_f32)_mm512_sqrt_ps((__m512)(a)))
#define V_FMA64(a, b, c) ((v_f64)_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#define V_SQRT64(a) ((v_f64)_mm512_sqrt_pd((__m512d)(a)))
#define V_MIN(a, b) ((v_f32)_mm512_min_ps((__m512)(a), (__m512)(b)))
#define V_MAX(a, b) ((v_f32)_mm512_max_ps((__m512)(a), (__m512)(b)))
#define V_MIN64(a, b) ((v_f64)_mm512_min_pd((__m512d)(a), (__m512d)(b)))
#define V_MAX64(a, b) ((v_f64)_mm512_max_pd((__m512d)(a), (__m512d)(b)))
#define V_XOR3(a, b, c) ((v_u64)_mm512_ternarylogic_epi64((__m512i)(a), (__m512i)(b), (__m512i)(c), 0x96))
#define V_EXPONENT(a) ((v_f32)_mm512_getexp_ps((__m512)(a)))
#define V_MANTISSA(a) ((v_f32)_mm512_getmant_ps((__m512)(a), _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_zero))
#define V_EXPONENT64(a) ((v_f64)_mm512_getexp_pd((__m512d)(a)))
#define V_MANTISSA64(a) ((v_f64)_mm512_getmant_pd((__m512d)(a), _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_zero))
#define V_F64_FROM_U64(a) ((v_f64)_mm512_cvtepu64_pd((__m512i)(a)))
#define V_OF_8(table, index) ((v_f64)_mm512_permutexvar_pd((__m512i)(index), _mm512_loadu_pd(table)))
#define V_LOW_HALF(a) _mm512_castpd256_pd512(_mm256_castps_pd(a))
#define V_HIGH_HALF(a, b) _mm512_insertf64x4(V_LOW_HALF(a), _mm256_castps_pd(b), 1)
#define V_F32_FROM_F64(a, b) \
    ((v_f32)V_HIGH_HALF(_mm512_cvtpd_ps((__m512d)(a)), _mm512_cvtpd_ps((__m512d)(b))))
#define V_F16(a) _mm512_cvtps_ph((__m512)(a), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define V_F16_PAIR(a, b) ((v_u32)_mm512_inserti64x4(_mm512_castsi256_si512(V_F16(a)), V_F16(b), 1))
#define V_LOW_BYTES(a) _mm512_cvtepi16_epi8((__m512i)(a))
#define V_HIGH_BYTES(a, b) ((v_u32)_mm512_inserti64x4(_mm512_castsi256_si512(V_LOW_BYTES(a)), V_LOW_BYTES(b), 1))
#define V_QUAD(row, j, i) _mm_loadu_ps((const float *)(const void *)((row)[4 * (i)] + (j)))
#define V_PUT(a, row, j, i) _mm512_insertf32x4(a, V_QUAD(row, j, i), i)
#define V_QUADS(row, j) \
    V_PUT(V_PUT(V_PUT(_mm512_castps128_ps512(V_QUAD(row, j, 0)), row, j, 1), row, j, 2), row, j, 3)
#define V_STORE_FIRST(dst, a, n) _mm512_mask_storeu_epi32(dst, (__mmask16)((1u << (n)) - 1), (__m512i)(a))
#define V_STREAM_BYTES 64
#define V_UNALIGNED_BYTES 4
#define V_STREAM(dst, a) _mm512_stream_si512((__m512i *)(void *)(dst), (__m512i)(a))
#define V_JOIN(a, b, from) ((v_u32)_mm512_permutex2var_epi32((__m512i)(a), (__m512i)(from), (__m512i)(b)))

#include "region_begin.h"

#include "../kernel/ops_native.h"

#include "../kernel/backend.h"
#include "region_end.h"
#endif

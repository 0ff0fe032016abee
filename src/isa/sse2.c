/* The x86-64 baseline. It has no fused multiply-add: fma_sse2.h reproduces its result exactly. */
#include "../fastinit.h"

#if FI_HAVE_sse2
#include <emmintrin.h>

#include "../kernel/fma_sse2.h"

#define FI_ISA sse2
#define V_BYTES 16
#define V_STEPS 1
#define V_TILE_ROWS 4
#define V_TILE_VECTORS 1
#define V_FMA(a, b, c) ((v_f32)fi_fma_sse2((__m128)(a), (__m128)(b), (__m128)(c)))
#define V_FMA_IS_LONG
#define V_SQRT(a) ((v_f32)_mm_sqrt_ps((__m128)(a)))
#define V_FMA64(a, b, c) ((v_f64)fi_fma64_sse2((__m128d)(a), (__m128d)(b), (__m128d)(c)))
#define V_SQRT64(a) ((v_f64)_mm_sqrt_pd((__m128d)(a)))
#define V_MIN(a, b) ((v_f32)_mm_min_ps((__m128)(a), (__m128)(b)))
#define V_MAX(a, b) ((v_f32)_mm_max_ps((__m128)(a), (__m128)(b)))
#define V_MIN64(a, b) ((v_f64)_mm_min_pd((__m128d)(a), (__m128d)(b)))
#define V_MAX64(a, b) ((v_f64)_mm_max_pd((__m128d)(a), (__m128d)(b)))
#define V_F32_FROM_F64(a, b) ((v_f32)_mm_movelh_ps(_mm_cvtpd_ps((__m128d)(a)), _mm_cvtpd_ps((__m128d)(b))))
#define V_HIGH_BYTES(a, b) ((v_u32)_mm_packus_epi16((__m128i)(a), (__m128i)(b)))
#define V_QUADS(row, j) _mm_loadu_ps((const float *)(const void *)((row)[0] + (j)))
/* Its laws take longer than their stores, whichever way those go. */
#define V_STREAM_BYTES 0

#include "../kernel/ops_native.h"

#include "../kernel/backend.h"
#endif

/* AVX-512 F, DQ, BW and VL: Intel since Skylake-SP, AMD since Zen 4. */
#include "../fastinit.h"

#if FI_HAVE_avx512
#include <immintrin.h>

#define FI_ISA avx512
#define FI_TARGET "avx512f,avx512dq,avx512bw,avx512vl,fma"
#define V_BYTES 64
#define V_STEPS 2
#define V_FMA(a, b, c) ((v_f32)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#define V_SQRT(a) ((v_f32)_mm512_sqrt_ps((__m512)(a)))
#define V_EXPONENT(a) ((v_f32)_mm512_getexp_ps((__m512)(a)))
#define V_MANTISSA(a) ((v_f32)_mm512_getmant_ps((__m512)(a), _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_zero))
#define V_STREAM(dst, a) _mm512_stream_ps(dst, (__m512)(a))
#define V_QUARTER(a, i) _mm512_extractf32x4_ps((__m512)(a), i)
#define V_STREAM_16(dst, a)                                                                   \
    (_mm_stream_ps(dst, V_QUARTER(a, 0)), _mm_stream_ps((dst) + 4, V_QUARTER(a, 1)), \
     _mm_stream_ps((dst) + 8, V_QUARTER(a, 2)), _mm_stream_ps((dst) + 12, V_QUARTER(a, 3)))

#include "region_begin.h"

#include "../kernel/ops_native.h"

#include "../kernel/blocks.h"
#include "region_end.h"
#endif

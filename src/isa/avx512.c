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
#define V_XOR3(a, b, c) ((v_u64)_mm512_ternarylogic_epi64((__m512i)(a), (__m512i)(b), (__m512i)(c), 0x96))
#define V_EXPONENT(a) ((v_f32)_mm512_getexp_ps((__m512)(a)))
#define V_MANTISSA(a) ((v_f32)_mm512_getmant_ps((__m512)(a), _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_zero))
#define V_QUAD(row, j, i) _mm_loadu_ps((row)[4 * (i)] + (j))
#define V_PUT(a, row, j, i) _mm512_insertf32x4(a, V_QUAD(row, j, i), i)
#define V_QUADS(row, j) \
    V_PUT(V_PUT(V_PUT(_mm512_castps128_ps512(V_QUAD(row, j, 0)), row, j, 1), row, j, 2), row, j, 3)
#define V_STORE_FIRST(dst, a, n) _mm512_mask_storeu_ps(dst, (__mmask16)((1u << (n)) - 1), (__m512)(a))
#define V_STREAM_BYTES 64
#define V_UNALIGNED_BYTES 4
#define V_STREAM(dst, a) _mm512_stream_ps(dst, (__m512)(a))
#define V_JOIN(a, b, from) ((v_f32)_mm512_permutex2var_ps((__m512)(a), (__m512i)(from), (__m512)(b)))

#include "region_begin.h"

#include "../kernel/ops_native.h"

#include "../kernel/blocks.h"
#include "region_end.h"
#endif

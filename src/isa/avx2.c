/* AVX2 and FMA: Intel since Haswell, AMD since Excavator. */
#include "../fastinit.h"

#if FI_HAVE_avx2
#include <immintrin.h>

#define FI_ISA avx2
#define FI_TARGET "avx2,fma"
#define V_BYTES 32
#define V_STEPS 1
#define V_FMA(a, b, c) ((v_f32)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#define V_SQRT(a) ((v_f32)_mm256_sqrt_ps((__m256)(a)))
#define V_QUAD(row, j, i) _mm_loadu_ps((row)[4 * (i)] + (j))
#define V_QUADS(row, j) _mm256_insertf128_ps(_mm256_castps128_ps256(V_QUAD(row, j, 0)), V_QUAD(row, j, 1), 1)
#define V_FIRST(n) _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
#define V_STORE_FIRST(dst, a, n) _mm256_maskstore_ps(dst, V_FIRST(n), (__m256)(a))
#define V_STREAM_BYTES 32
#define V_UNALIGNED_BYTES 16
#define V_STREAM(dst, a) _mm256_stream_ps(dst, (__m256)(a))
#define V_HALF(a, i) _mm256_extractf128_ps((__m256)(a), i)
#define V_STREAM_16(dst, a) (_mm_stream_ps(dst, V_HALF(a, 0)), _mm_stream_ps((dst) + 4, V_HALF(a, 1)))

#include "region_begin.h"

#include "../kernel/ops_native.h"

#include "../kernel/blocks.h"
#include "region_end.h"
#endif

/* a*b + c rounded once, four float32 at a time, on SSE2.
 *
 * In double the product is exact and the sum p + c rounds to 53 bits; rounding that to float32 errs only if the 53-bit
 * sum looks like a tie of the second rounding (its last 29 bits are 1 followed by zeros: one in 2^29), or if the result
 * is subnormal, where ties lie elsewhere. Those rare vectors are redone by fi_fma_exact. */
#ifndef FI_FMA_SSE2_H
#define FI_FMA_SSE2_H

#include "fma_exact.h"

static inline __m128 fi_fma_sse2_redo(__m128 a, __m128 b, __m128 c)
{
    float x[4], y[4], z[4];
    _mm_storeu_ps(x, a);
    _mm_storeu_ps(y, b);
    _mm_storeu_ps(z, c);
    for (int i = 0; i < 4; i++)
        z[i] = fi_fma_exact(x[i], y[i], z[i]);
    return _mm_loadu_ps(z);
}

/* Nonzero dwords where the sum may round wrongly: last 29 bits a tie, or magnitude below 2^-126. */
static inline __attribute__((always_inline)) __m128i fi_fma_sse2_suspects(__m128d sum)
{
    __m128i fields = _mm_and_si128(_mm_castpd_si128(sum), _mm_set1_epi64x(0x7fffffff1fffffff));
    fields = _mm_xor_si128(fields, _mm_set1_epi64x(0x10000000));
    /* Low dword: below 1, that is, the tie. High dword: below the high half of 2^-126. */
    return _mm_cmpgt_epi32(_mm_set1_epi64x(0x3810000000000001), fields);
}

static inline __attribute__((always_inline)) __m128 fi_fma_sse2(__m128 a, __m128 b, __m128 c)
{
    __m128d low = _mm_add_pd(_mm_mul_pd(_mm_cvtps_pd(a), _mm_cvtps_pd(b)), _mm_cvtps_pd(c));
    __m128 a_high = _mm_movehl_ps(a, a), b_high = _mm_movehl_ps(b, b), c_high = _mm_movehl_ps(c, c);
    __m128d high = _mm_add_pd(_mm_mul_pd(_mm_cvtps_pd(a_high), _mm_cvtps_pd(b_high)), _mm_cvtps_pd(c_high));
    __m128i suspects = _mm_or_si128(fi_fma_sse2_suspects(low), fi_fma_sse2_suspects(high));
    if (__builtin_expect(_mm_movemask_epi8(suspects), 0))
        return fi_fma_sse2_redo(a, b, c);
    return _mm_movelh_ps(_mm_cvtpd_ps(low), _mm_cvtpd_ps(high));
}

#endif

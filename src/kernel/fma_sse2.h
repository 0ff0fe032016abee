/* a*b + c rounded once, four float32 at a time, on SSE2.
 *
 * In double the product is exact and the sum p + c rounds to 53 bits; rounding that to float32 errs only if the 53-bit
 * sum looks like a tie of the second rounding (its last 29 bits are 1 followed by zeros: one in 2^29), or if the result
 * is subnormal, where ties lie elsewhere. Those rare vectors are redone by fi_fma_exact. */
#ifndef FI_FMA_SSE2_H
#define FI_FMA_SSE2_H

#include "fma_exact.h"

/* Said to be without effects, which compilers do not see in its loop: else they compute values that nobody takes. */
static __attribute__((const, noinline)) __m128 fi_fma_sse2_redo(__m128 a, __m128 b, __m128 c)
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

/* In double nothing wider is at hand: fi_fma64_exact's steps, two at a time, with its demands on the arguments. Out of
 * line, since compilers take minutes over laws with some fifty copies. */
static inline __m128d fi_two_sum_sse2(__m128d a, __m128d b, __m128d *error)
{
    __m128d s = _mm_add_pd(a, b), b_part = _mm_sub_pd(s, a);
    *error = _mm_add_pd(_mm_sub_pd(a, _mm_sub_pd(s, b_part)), _mm_sub_pd(b, b_part));
    return s;
}

static inline __m128d fi_sum_to_odd_sse2(__m128d a, __m128d b)
{
    __m128d error, s = fi_two_sum_sse2(a, b, &error);
    __m128i bits = _mm_castpd_si128(s), one = _mm_set1_epi64x(1);
    __m128i opposite = _mm_srli_epi64(_mm_castpd_si128(_mm_xor_pd(error, s)), 63);
    __m128i away = _mm_sub_epi64(one, _mm_add_epi64(opposite, opposite)); /* 1 or -1 */
    __m128i even = _mm_sub_epi64(_mm_and_si128(bits, one), one);
    __m128i inexact = _mm_castpd_si128(_mm_cmpneq_pd(error, _mm_setzero_pd()));
    return _mm_castsi128_pd(_mm_add_epi64(bits, _mm_and_si128(away, _mm_and_si128(even, inexact))));
}

static inline __m128d fi_high_part_sse2(__m128d a)
{
    __m128d big = _mm_mul_pd(_mm_set1_pd(0x1p+27 + 1), a);
    return _mm_sub_pd(big, _mm_sub_pd(big, a));
}

static __attribute__((noinline)) __m128d fi_fma64_sse2(__m128d a, __m128d b, __m128d c)
{
    __m128d p = _mm_mul_pd(a, b), a_high = fi_high_part_sse2(a), b_high = fi_high_part_sse2(b);
    __m128d a_low = _mm_sub_pd(a, a_high), b_low = _mm_sub_pd(b, b_high), p_error, t_error, u_error;
    p_error = _mm_sub_pd(_mm_sub_pd(p, _mm_mul_pd(a_high, b_high)), _mm_mul_pd(a_low, b_high));
    p_error = _mm_sub_pd(_mm_mul_pd(a_low, b_low), _mm_sub_pd(p_error, _mm_mul_pd(a_high, b_low)));
    __m128d u = fi_two_sum_sse2(c, p_error, &u_error), t = fi_two_sum_sse2(p, u, &t_error);
    return _mm_add_pd(t, fi_sum_to_odd_sse2(t_error, u_error));
}

#endif

/* The two functions Box-Muller needs, in float32, from fused multiply-adds in a fixed order (part of the stream).
 *
 * Coefficients: minimax in the stated weight (linear programming on Chebyshev nodes), rounded to float32 one by one
 * from the lowest order up, the rest refitted after each. tests/test_elementary.py holds the bounds stated here
 * against exact values at every float32 argument that can occur. */
#ifndef FI_ELEMENTARY_H
#define FI_ELEMENTARY_H

/* Horner's rule, highest order last in c[]. */
FI_INLINE v_f32 fi_polynomial(v_f32 x, const float *c, int n_coefficients)
{
    v_f32 sum = v_f32_set(c[n_coefficients - 1]);
    FI_UNROLL
    for (int k = n_coefficients - 2; k >= 0; k--)
        sum = v_f32_fma(sum, x, v_f32_set(c[k]));
    return sum;
}

/* -2 ln u for u in [2^-41, 1]; exactly 0 at 1. Relative error below 2^-21.7.
 *
 * u = m 2^-e with m in [sqrt 1/2, sqrt 2), split by integer arithmetic on the bits, so that
 * -2 ln u = e 2 ln 2 + t q(t) with t = m - 1 exact. */
FI_INLINE v_f32 fi_minus_2_log(v_f32 u)
{
    /* -2 ln(1 + t) / t on [sqrt 1/2 - 1, sqrt 2 - 1], relative error 2^-22.4. */
    static const float q[8] = {-2.0f,         0x1.00006cp+0f, -0x1.5558f4p-1f, 0x1.ff6978p-2f,
                               -0x1.97b1a2p-2f, 0x1.612128p-2f, -0x1.4b5deep-2f, 0x1.9d0416p-3f};
    const uint32_t below_sqrt_2 = 0x3fb504f2; /* the largest float32 below sqrt 2 */
    const float two_ln_2 = 0x1.62e43p+0f;     /* 2 ln 2, relative error 2^-25.6 */

    v_u32 bits = v_u32_bits(u);
    v_u32 e_field = v_u32_and(v_u32_sub(v_u32_set(below_sqrt_2), bits), v_u32_set(0x7f800000)); /* e 2^23 */
    v_f32 t = v_f32_sub(v_f32_bits(v_u32_add(bits, e_field)), v_f32_set(1.0f));
    v_f32 e_term = v_f32_mul(v_f32_from_i32(e_field), v_f32_set(two_ln_2 * 0x1p-23f));
    return v_f32_fma(t, fi_polynomial(t, q, 8), e_term);
}

/* cos(x pi/2) and sin(x pi/2) for x in [-1, 1]. Absolute errors below 2^-23.2 and 2^-23.6; neither exceeds 1. */
FI_INLINE void fi_cos_sin_quarter_turns(v_f32 x, v_f32 *cosine, v_f32 *sine)
{
    /* In x^2 on [0, 1]: cos(x pi/2), absolute error 2^-24.1; sin(x pi/2) / x, times |x|, absolute error 2^-27. */
    static const float c[5] = {1.0f, -0x1.3bd3bp+0f, 0x1.03bd9ap-2f, -0x1.55020cp-6f, 0x1.c2939ap-11f};
    static const float s[5] = {0x1.921fb4p+0f, -0x1.4abba2p-1f, 0x1.466504p-4f, -0x1.31fbf4p-8f, 0x1.3912a8p-13f};
    v_f32 square = v_f32_mul(x, x);
    *cosine = fi_polynomial(square, c, 5);
    *sine = v_f32_mul(x, fi_polynomial(square, s, 5));
}

#endif

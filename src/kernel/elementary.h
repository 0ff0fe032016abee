/* The two functions Box-Muller needs, in float32, from fused multiply-adds in a fixed order (part of the stream).
 *
 * Coefficients: minimax in the stated weight (linear programming on Chebyshev nodes), rounded to float32 one by one
 * from the lowest order up, the rest refitted after each. tests/test_elementary.py holds the bounds stated here
 * against exact values at every float32 argument that can occur. */
#ifndef FI_ELEMENTARY_H
#define FI_ELEMENTARY_H

/* The vectors that one function call works on. Every operation is applied to all of them before the next one, so that
 * V_N independent chains of dependent operations run side by side. */
#define V_N (V_COUNT * V_STEPS)
#define FI_EACH FI_UNROLL for (int i = 0; i < V_N; i++)

/* Horner's rule; c[k] belongs to x^k. */
FI_INLINE void fi_polynomial(v_f32 sum[V_N], const v_f32 x[V_N], const float *c, int n_coefficients)
{
    FI_EACH sum[i] = v_f32_set(c[n_coefficients - 1]);
    FI_UNROLL
    for (int k = n_coefficients - 2; k >= 0; k--)
        FI_EACH sum[i] = v_f32_fma(sum[i], x[i], v_f32_set(c[k]));
}

/* -2 ln u for u in [2^-41, 1]; exactly 0 at 1. Relative error below 2^-21.7.
 *
 * u = m 2^-e with m in [sqrt 1/2, sqrt 2), split by integer arithmetic on the bits, so that
 * -2 ln u = e 2 ln 2 + t q(t) with t = m - 1 exact. */
FI_INLINE void fi_minus_2_log(v_f32 y[V_N], const v_f32 u[V_N])
{
    /* -2 ln(1 + t) / t on [sqrt 1/2 - 1, sqrt 2 - 1], relative error 2^-22.4. */
    static const float q[8] = {-2.0f,           0x1.00006cp+0f, -0x1.5558f4p-1f, 0x1.ff6978p-2f,
                               -0x1.97b1a2p-2f, 0x1.612128p-2f, -0x1.4b5deep-2f, 0x1.9d0416p-3f};
    const uint32_t below_sqrt_2 = 0x3fb504f2; /* bits of the largest float32 below sqrt 2 */
    const float two_ln_2 = 0x1.62e43p+0f;     /* 2 ln 2, relative error 2^-25.6 */

    v_u32 e_field[V_N]; /* e 2^23 */
    v_f32 t[V_N], e_term[V_N];
    FI_EACH e_field[i] = v_u32_and(v_u32_sub(v_u32_set(below_sqrt_2), v_u32_bits(u[i])), v_u32_set(0x7f800000));
    FI_EACH t[i] = v_f32_sub(v_f32_bits(v_u32_add(v_u32_bits(u[i]), e_field[i])), v_f32_set(1.0f));
    FI_EACH e_term[i] = v_f32_mul(v_f32_from_i32(e_field[i]), v_f32_set(two_ln_2 * 0x1p-23f));
    fi_polynomial(y, t, q, 8);
    FI_EACH y[i] = v_f32_fma(t[i], y[i], e_term[i]);
}

/* cos(x pi/2) and sin(x pi/2) for x in [-1, 1]. Absolute errors below 2^-22.7; neither exceeds 1. */
FI_INLINE void fi_cos_sin_quarter_turns(v_f32 cosine[V_N], v_f32 sine[V_N], const v_f32 x[V_N])
{
    /* In x^2 on [0, 1]: cos(x pi/2), absolute error 2^-24.1; sin(x pi/2) / x, times |x|, absolute error 2^-27. */
    static const float c[5] = {1.0f, -0x1.3bd3bp+0f, 0x1.03bd9ap-2f, -0x1.55020cp-6f, 0x1.c2939ap-11f};
    static const float s[5] = {0x1.921fb4p+0f, -0x1.4abba2p-1f, 0x1.466504p-4f, -0x1.31fbf4p-8f, 0x1.3912a8p-13f};
    v_f32 square[V_N];
    FI_EACH square[i] = v_f32_mul(x[i], x[i]);
    fi_polynomial(cosine, square, c, 5);
    fi_polynomial(sine, square, s, 5);
    FI_EACH sine[i] = v_f32_mul(x[i], sine[i]);
}

#endif

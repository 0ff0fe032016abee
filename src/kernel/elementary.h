/* The two functions Box-Muller needs, in float32, from fused multiply-adds in a fixed order (part of the stream).
 *
 * Coefficients: minimax in the stated weight (Lawson's reweighted least squares on Chebyshev nodes), rounded to float32 one by one
 * from the lowest order up, the rest refitted after each. tests/test_elementary.py holds the bounds stated here
 * against exact values at every float32 argument that can occur. */
#ifndef FI_ELEMENTARY_H
#define FI_ELEMENTARY_H

/* -log2 |u 2^-n| for |u 2^-n| in (0, 1]; exactly 0 at 1. Relative error below 2^-21.3. u and 2^-n u must be normal
 * numbers.
 *
 * |u 2^-n| = m 2^e with m in [3/4, 3/2), so that -log2 is -e - t q(t) with t = m - 1 exact. */
FI_INLINE void fi_log2_split_f32(v_f32 t[V_N], v_f32 e[V_N], const v_f32 u[V_N], int n)
{
    FI_EACH t[i] = v_f32_sub(v_f32_split(&e[i], u[i], n), v_f32_set(1.0f));
}

FI_INLINE void fi_minus_log2_of_split_f32(v_f32 y[V_N], const v_f32 t[V_N], const v_f32 e[V_N])
{
    /* log2(1 + t) / t on [-1/4, 1/2], relative error 2^-22.4. */
    static const float q[8] = {0x1.71547ap+0f, -0x1.7154d8p-1f, 0x1.ec632p-2f,  -0x1.70fe6cp-2f,
                               0x1.2910bp-2f,  -0x1.00958cp-2f, 0x1.a1504cp-3f, -0x1.888b62p-4f};
    v_f32 coefficient[8];
    FI_UNROLL
    for (int k = 0; k < 8; k++)
        coefficient[k] = v_f32_set(q[k]);
    fi_polynomial_f32(y, t, coefficient, 8);
    FI_EACH y[i] = v_f32_fma(v_f32_neg(t[i]), y[i], v_f32_neg(e[i]));
}

FI_INLINE void fi_minus_log2_f32(v_f32 y[V_N], const v_f32 u[V_N], int n)
{
    v_f32 t[V_N], e[V_N];
    fi_log2_split_f32(t, e, u, n);
    fi_minus_log2_of_split_f32(y, t, e);
}

/* 2 (k + 1/2) 2^-22 - 1, times 1 + 2^-22, for a word's low 22 bits k: the argument x of the following. From 1 + k 2^-23, to
 * (2 k + 1 - 2^22) 2^-22 (1 + 2^-22) - 2^-44, whose two constants are float32 numbers. */
FI_INLINE v_f32 fi_quarter_turn_f32(v_u32 word)
{
    v_f32 x = v_f32_bits(v_u32_or(v_u32_and(word, v_u32_set(0x003fffff)), v_u32_set(0x3f800000)));
    return v_f32_fma(x, v_f32_set(0x1.000004p+2f), v_f32_set(-0x1.400004p+2f));
}

/* factor sqrt(ln 2) (cos y - sin y) and factor sqrt(ln 2) (cos y + sin y), which is factor sqrt(2 ln 2) times the cosine
 * and sine of pi/4 + y, for y = x pi/4 / (1 + 2^-22) and x in [-1, 1]. Absolute errors below 2^-22 factor. */
FI_INLINE void fi_cos_sin_f32(v_f32 cosine[V_N], v_f32 sine[V_N], const v_f32 x[V_N], v_f32 factor)
{
    /* In x^2 on [0, 1]: sqrt(ln 2) cos y, absolute error 2^-24.9; sqrt(ln 2) sin y / x, times |x|, 2^-27.9. */
    static const float c[4] = {0x1.aa4498p-1f, -0x1.06f144p-2f, 0x1.b0637ap-7f, -0x1.1613fp-12f};
    static const float s[4] = {0x1.4eca3cp-1f, -0x1.135a32p-4f, 0x1.0fa726p-9f, -0x1.f118bp-16f};
    fi_even_and_odd_f32(cosine, sine, x, factor, c, s, 4);
}

#endif

/* The same two functions in float64. Coefficients: Chebyshev fits, whose errors are close to minimax, of 40 digits,
 * rounded to float64. tests/test_elementary.py holds the bounds stated here against exact values. */
#ifndef FI_ELEMENTARY64_H
#define FI_ELEMENTARY64_H

/* -log2 |u 2^-n| for |u 2^-n| in (0, 1]; exactly 0 at 1. Relative error below 2^-51.5. u and 2^-n u must be normal
 * numbers.
 *
 * |u 2^-n| = m 2^e with m in [3/4, 3/2), and m c = 1 + t for a c near 1 / m, so that -log2 is log2 c - e - t q(t). The first
 * three bits of m's mantissa choose c: the float64 nearest to 1 / the middle of the m that have them, but 1 on both sides of 1. */
FI_INLINE void fi_log2_split_f64(v_f64 t[V_N], v_f64 e[V_N], const v_f64 u[V_N], int n)
{
    static const double c[8] = {0x1p+0, 0x1.af286bca1af28p-1, 0x1.8618618618618p-1, 0x1.642c8590b2164p-1, 0x1.47ae147ae147bp+0, 0x1.2f684bda12f68p+0, 0x1.1a7b9611a7b96p+0, 0x1p+0};
    static const double log2_c[8] = {0x0p+0, -0x1.fbc16b902680dp-3, -0x1.91bba891f170ap-2, -0x1.0c10500d63aa7p-1, 0x1.6cb0f6865c8ebp-2, 0x1.f5fd8a9063e32p-3, 0x1.22dadc2ab3496p-3, 0x0p+0};
    v_f64 m[V_N];
    v_u64 first_bits[V_N];
    FI_EACH m[i] = v_f64_split(&e[i], u[i], n);
    FI_EACH first_bits[i] = v_u64_shr(v_u64_bits(m[i]), 49);
    FI_EACH t[i] = v_f64_fma(m[i], v_f64_of_8(c, first_bits[i]), v_f64_set(-1.0));
    FI_EACH e[i] = v_f64_sub(v_f64_of_8(log2_c, first_bits[i]), e[i]);
}

FI_INLINE void fi_minus_log2_of_split_f64(v_f64 y[V_N], const v_f64 t[V_N], const v_f64 e[V_N])
{
    /* log2(1 + t) / t on [-1/16, 1/8], absolute error 2^-54.0. */
    static const double q[12] = {
        0x1.71547652b82fep+0,  -0x1.71547652b82ecp-1, 0x1.ec709dc39fc9fp-2,  -0x1.71547652d0865p-2,
        0x1.2776c5122fe67p-2,  -0x1.ec709d4566cbcp-3, 0x1.a61751c6066dfp-3,  -0x1.7154baaf8c18cp-3,
        0x1.485d4bbd8622ep-3,  -0x1.27c80a96b52f3p-3, 0x1.069f06863dd43p-3,  -0x1.65bdac82649c2p-4};
    v_f64 coefficient[12];
    FI_UNROLL
    for (int k = 0; k < 12; k++)
        coefficient[k] = v_f64_set(q[k]);
    fi_polynomial_f64(y, t, coefficient, 12);
    FI_EACH y[i] = v_f64_fma(v_f64_neg(t[i]), y[i], e[i]);
}

FI_INLINE void fi_minus_log2_f64(v_f64 y[V_N], const v_f64 u[V_N], int n)
{
    v_f64 t[V_N], e[V_N];
    fi_log2_split_f64(t, e, u, n);
    fi_minus_log2_of_split_f64(y, t, e);
}

/* factor sqrt(2 ln 2) times the cosine and sine of pi/4 + x pi/4, for x in [-1, 1]. Absolute errors below 2^-51
 * factor. */
FI_INLINE void fi_cos_sin_f64(v_f64 cosine[V_N], v_f64 sine[V_N], const v_f64 x[V_N], v_f64 factor)
{
    /* In x^2 on [0, 1]: sqrt(ln 2) cos y, absolute error 2^-54.5; sqrt(ln 2) sin y / x, 2^-58.7; y = x pi/4. */
    static const double c[7] = {
        0x1.aa4499161cd47p-1, -0x1.06f189cd50392p-2, 0x1.b08655110ac38p-7, -0x1.1c97019f215b2p-12,
        0x1.914167cae9efep-19, -0x1.5ffe8368e23c9p-26, 0x1.a028db966c746p-34};
    static const double s[7] = {
        0x1.4eca4243b6558p-1, -0x1.135a928ca762cp-4, 0x1.0fc3680af64d6p-9, -0x1.fee5006a7b9d7p-16,
        0x1.182114613f0e5p-22, -0x1.92201510d5866p-30, 0x1.92ea738939b7ap-38};
    fi_even_and_odd_f64(cosine, sine, x, factor, c, s, 7);
}

#endif

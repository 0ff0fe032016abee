/* The same two functions in float64. Coefficients: Chebyshev fits, whose errors are close to minimax, of 40 digits,
 * rounded to float64. tests/test_elementary.py holds the bounds stated here against exact values. */
#ifndef FI_ELEMENTARY64_H
#define FI_ELEMENTARY64_H

FI_INLINE void fi_polynomial_f64(v_f64 sum[V_N], const v_f64 x[V_N], const v_f64 *c, int n_coefficients)
{
    FI_EACH sum[i] = c[n_coefficients - 1];
    FI_UNROLL
    for (int k = n_coefficients - 2; k >= 0; k--)
        FI_EACH sum[i] = v_f64_fma(sum[i], x[i], c[k]);
}

/* -log2 |u 2^-n| for |u 2^-n| in (0, 1]; exactly 0 at 1. Relative error below 2^-50. u and 2^-n u must be normal
 * numbers. |u 2^-n| = m 2^e with m in [3/4, 3/2). */
FI_INLINE void fi_minus_log2_f64(v_f64 y[V_N], const v_f64 u[V_N], int n)
{
    /* log2(1 + t) / t on [-1/4, 1/2], absolute error 2^-53.2. */
    static const double q[20] = {
        0x1.71547652b82fep+0, -0x1.71547652b830fp-1, 0x1.ec709dc3a0b26p-2, -0x1.71547652b46fcp-2,
        0x1.2776c50e7cf32p-2, -0x1.ec709dc679896p-3, 0x1.a61763110a129p-3, -0x1.7154764a8c44ep-3,
        0x1.484afe461d993p-3, -0x1.27769d26f7712p-3, 0x1.0c9cc0f0061a1p-3, -0x1.ec809ec47af96p-4,
        0x1.c65c70d9e6eb0p-4, -0x1.a4c9dce921473p-4, 0x1.89a1411a03b71p-4, -0x1.7c7973458c15fp-4,
        0x1.74b9bbad32923p-4, -0x1.3fbe0678cdab6p-4, 0x1.797bb657c05b4p-5, -0x1.a89ef33fede37p-7};
    v_f64 t[V_N], e[V_N], coefficient[20];
    FI_UNROLL
    for (int k = 0; k < 20; k++)
        coefficient[k] = v_f64_set(q[k]);
    FI_EACH t[i] = v_f64_sub(v_f64_split(&e[i], u[i], n), v_f64_set(1.0));
    fi_polynomial_f64(y, t, coefficient, 20);
    FI_EACH y[i] = v_f64_fma(v_f64_neg(t[i]), y[i], v_f64_neg(e[i]));
}

/* factor sqrt(2 ln 2) times the cosine and sine of pi/4 + x pi/4, for x in [-1, 1]. Absolute errors below 2^-51.5
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
    v_f64 square[V_N], even[V_N], odd[V_N], even_coefficient[7], odd_coefficient[7];
    FI_UNROLL
    for (int k = 0; k < 7; k++) {
        even_coefficient[k] = v_f64_mul(factor, v_f64_set(c[k]));
        odd_coefficient[k] = v_f64_mul(factor, v_f64_set(s[k]));
    }
    FI_EACH square[i] = v_f64_mul(x[i], x[i]);
    fi_polynomial_f64(even, square, even_coefficient, 7);
    fi_polynomial_f64(odd, square, odd_coefficient, 7);
    FI_EACH cosine[i] = v_f64_fma(v_f64_neg(x[i]), odd[i], even[i]);
    FI_EACH sine[i] = v_f64_fma(x[i], odd[i], even[i]);
}

#endif

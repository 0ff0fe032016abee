/* The same two functions in float64. Coefficients as in elementary.h; tests/test_elementary.py holds the bounds. */
#ifndef FI_ELEMENTARY64_H
#define FI_ELEMENTARY64_H

FI_INLINE void fi_polynomial_f64(v_f64 sum[V_N], const v_f64 x[V_N], const v_f64 *c, int n_coefficients)
{
    FI_EACH sum[i] = c[n_coefficients - 1];
    FI_UNROLL
    for (int k = n_coefficients - 2; k >= 0; k--)
        FI_EACH sum[i] = v_f64_fma(sum[i], x[i], c[k]);
}

#define FI_N_LOG64 20
#define FI_N_COS64 8

/* -log2 |u 2^-n| for |u 2^-n| in (0, 1]; exactly 0 at 1. u and 2^-n u must be normal numbers. */
FI_INLINE void fi_minus_log2_f64(v_f64 y[V_N], const v_f64 u[V_N], int n)
{
    static const double q[FI_N_LOG64] = {
0x1.71547652b82fep+0,-0x1.71547652b830fp-1,0x1.ec709dc3a0b26p-2,-0x1.71547652b46fcp-2,0x1.2776c50e7cf32p-2,-0x1.ec709dc679896p-3,0x1.a61763110a129p-3,-0x1.7154764a8c44ep-3,0x1.484afe461d993p-3,-0x1.27769d26f7712p-3,0x1.0c9cc0f0061a1p-3,-0x1.ec809ec47af96p-4,0x1.c65c70d9e6eb0p-4,-0x1.a4c9dce921473p-4,0x1.89a1411a03b71p-4,-0x1.7c7973458c15fp-4,0x1.74b9bbad32923p-4,-0x1.3fbe0678cdab6p-4,0x1.797bb657c05b4p-5,-0x1.a89ef33fede37p-7
};
    v_f64 t[V_N], e[V_N], coefficient[FI_N_LOG64];
    FI_UNROLL
    for (int k = 0; k < FI_N_LOG64; k++)
        coefficient[k] = v_f64_set(q[k]);
    FI_EACH t[i] = v_f64_sub(v_f64_split(&e[i], u[i], n), v_f64_set(1.0));
    fi_polynomial_f64(y, t, coefficient, FI_N_LOG64);
    FI_EACH y[i] = v_f64_fma(v_f64_neg(t[i]), y[i], v_f64_neg(e[i]));
}

/* factor sqrt(2 ln 2) times the cosine and sine of pi/4 + x pi/4, for x in [-1, 1]. */
FI_INLINE void fi_cos_sin_f64(v_f64 cosine[V_N], v_f64 sine[V_N], const v_f64 x[V_N], v_f64 factor)
{
    static const double c[FI_N_COS64] = {0x1.aa4499161cd48p-1,-0x1.06f189cd503d8p-2,0x1.b0865511136b7p-7,-0x1.1c9701a59f1f3p-12,0x1.91417110ad02dp-19,-0x1.6005500e18b09p-26,0x1.a51ab681b41c6p-34,-0x1.69a8021629b73p-42};
    static const double s[FI_N_COS64] = {0x1.4eca4243b6558p-1,-0x1.135a928ca763bp-4,0x1.0fc3680af81e0p-9,-0x1.fee5006fed6b5p-16,0x1.18211844c02e7p-22,-0x1.9225c90e10565p-30,0x1.971035f443efbp-38,-0x1.2f58f8b9b3110p-46};
    v_f64 square[V_N], even[V_N], odd[V_N], even_coefficient[FI_N_COS64], odd_coefficient[FI_N_COS64];
    FI_UNROLL
    for (int k = 0; k < FI_N_COS64; k++) {
        even_coefficient[k] = v_f64_mul(factor, v_f64_set(c[k]));
        odd_coefficient[k] = v_f64_mul(factor, v_f64_set(s[k]));
    }
    FI_EACH square[i] = v_f64_mul(x[i], x[i]);
    fi_polynomial_f64(even, square, even_coefficient, FI_N_COS64);
    fi_polynomial_f64(odd, square, odd_coefficient, FI_N_COS64);
    FI_EACH cosine[i] = v_f64_fma(v_f64_neg(x[i]), odd[i], even[i]);
    FI_EACH sine[i] = v_f64_fma(x[i], odd[i], even[i]);
}

#endif

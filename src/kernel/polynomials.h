/* Polynomials in one arithmetic, from fused multiply-adds in a fixed order, which is part of the stream.
 *
 * Parameters: FI_REAL, f32 or f64; FI_NUMBER, its type in C. */
#define FI_REALS FI_JOIN2(v, FI_REAL)
#define FI_OP(name) FI_JOIN(v, FI_REAL, name)

/* Horner's rule; c[k] belongs to x^k. */
FI_INLINE void FI_JOIN2(fi_polynomial, FI_REAL)(FI_REALS sum[V_N], const FI_REALS x[V_N], const FI_REALS *c,
                                                int n_coefficients)
{
    FI_EACH sum[i] = c[n_coefficients - 1];
    FI_UNROLL
    for (int k = n_coefficients - 2; k >= 0; k--)
        FI_EACH sum[i] = FI_OP(fma)(sum[i], x[i], c[k]);
}

/* factor (e(x^2) - x o(x^2)) and factor (e(x^2) + x o(x^2)) for two polynomials of up to 7 coefficients. */
FI_INLINE void FI_JOIN2(fi_even_and_odd, FI_REAL)(FI_REALS difference[V_N], FI_REALS sum[V_N], const FI_REALS x[V_N],
                                                  FI_REALS factor, const FI_NUMBER *e, const FI_NUMBER *o,
                                                  int n_coefficients)
{
    FI_REALS square[V_N], even[V_N], odd[V_N], even_coefficient[7], odd_coefficient[7];
    FI_UNROLL
    for (int k = 0; k < n_coefficients; k++) {
        /* Outside of the loop over blocks, where compilers move it, this costs nothing. */
        even_coefficient[k] = FI_OP(mul)(factor, FI_OP(set)(e[k]));
        odd_coefficient[k] = FI_OP(mul)(factor, FI_OP(set)(o[k]));
    }
    FI_EACH square[i] = FI_OP(mul)(x[i], x[i]);
    FI_JOIN2(fi_polynomial, FI_REAL)(even, square, even_coefficient, n_coefficients);
    FI_JOIN2(fi_polynomial, FI_REAL)(odd, square, odd_coefficient, n_coefficients);
    FI_EACH difference[i] = FI_OP(fma)(FI_OP(neg)(x[i]), odd[i], even[i]);
    FI_EACH sum[i] = FI_OP(fma)(x[i], odd[i], even[i]);
}

#undef FI_REALS
#undef FI_OP
#undef FI_REAL
#undef FI_NUMBER

/* fma() without fused hardware and without libm: a*b + c rounded once.
 *
 * Sums are rounded to odd before the last rounding (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums:
 * proved algorithms using rounding to odd", IEEE Trans. Computers 57(4), 2008): if inexact and its last bit is even, a
 * sum moves to the odd neighbour on the error's side. Needs round-to-nearest and no flushing of subnormals. */
#ifndef FI_FMA_EXACT_H
#define FI_FMA_EXACT_H

#include <float.h>
#include <stdint.h>
#include <string.h>

#if FLT_EVAL_METHOD != 0
#error "fastinit needs float and double arithmetic without excess precision (on 32-bit x86: -msse2 -mfpmath=sse)"
#endif

/* Knuth's TwoSum: returns the rounded sum s, and s + *error == a + b exactly. */
static inline double fi_two_sum(double a, double b, double *error)
{
    double s = a + b, b_part = s - a;
    *error = (a - (s - b_part)) + (b - b_part);
    return s;
}

static inline double fi_sum_to_odd(double a, double b)
{
    double error, s = fi_two_sum(a, b, &error);
    uint64_t bits;
    memcpy(&bits, &s, sizeof bits);
    if (error != 0 && (bits & 1) == 0) {
        bits += (error > 0) == (s > 0) ? 1 : (uint64_t)-1;
        memcpy(&s, &bits, sizeof s);
    }
    return s;
}

/* For all finite and infinite float32: a*b is exact in double (48 bits), and 53 >= 24 + 2 bits make the final rounding
 * correct, subnormals included. */
static inline float fi_fma_exact(float a, float b, float c) { return (float)fi_sum_to_odd((double)a * b, c); }

/* Dekker's product: returns the rounded product p, and p + *error == a * b exactly. Veltkamp's constant splits a double
 * into two of 26 bits. */
static inline double fi_two_product(double a, double b, double *error)
{
    const double splitter = 0x1p+27 + 1;
    double p = a * b;
    double a_big = splitter * a, a_high = a_big - (a_big - a), a_low = a - a_high;
    double b_big = splitter * b, b_high = b_big - (b_big - b), b_low = b - b_high;
    *error = a_low * b_low - (((p - a_high * b_high) - a_low * b_high) - a_high * b_low);
    return p;
}

/* For doubles with |a|, |b| and the result below 2^996 and a*b either 0 or at least 2^-969, so that its error is
 * a double; the parameters of the laws (fastinit/laws/kernel_laws.py) keep to that. */
static inline double fi_fma64_exact(double a, double b, double c)
{
    double p_error, u_error, t_error;
    double p = fi_two_product(a, b, &p_error);
    double u = fi_two_sum(c, p_error, &u_error), t = fi_two_sum(p, u, &t_error);
    return t + fi_sum_to_odd(t_error, u_error);
}

#endif

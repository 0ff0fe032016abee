/* fmaf() without fused hardware and without libm: a*b + c rounded once, for all finite and infinite float32.
 *
 * a*b is exact in double (48 bits). The sum p + c is rounded to odd (Boldo and Melquiond, "Emulation of FMA and
 * correctly rounded sums: proved algorithms using rounding to odd", IEEE Trans. Computers 57(4), 2008): if inexact
 * and its last bit is even, move to the odd neighbour on the error's side. 53 >= 24 + 2 bits make the final rounding
 * to float32 correct, subnormals included. Needs round-to-nearest and no flushing of subnormals. */
#ifndef FI_FMA_EXACT_H
#define FI_FMA_EXACT_H

#include <float.h>
#include <stdint.h>
#include <string.h>

#if FLT_EVAL_METHOD != 0
#error "fastinit needs float and double arithmetic without excess precision (on 32-bit x86: -msse2 -mfpmath=sse)"
#endif

static inline float fi_fma_exact(float a, float b, float c)
{
    double p = (double)a * b;
    double s = p + c;
    /* Knuth's TwoSum: s + error == p + c exactly. */
    double c_part = s - p;
    double error = (p - (s - c_part)) + (c - c_part);
    uint64_t bits;
    memcpy(&bits, &s, sizeof bits);
    if (error != 0 && (bits & 1) == 0) {
        bits += (error > 0) == (s > 0) ? 1 : (uint64_t)-1;
        memcpy(&s, &bits, sizeof s);
    }
    return (float)s;
}

#endif

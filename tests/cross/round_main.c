/* float32 to formats of 16 and 8 bits, every one of the 2^32 patterns: round_main [FIRST LAST], patterns / 2^16, all by
 * default.
 *
 * ROUND_STUB names the backend's file, whose conversions are used as they are; the expected numbers come from
 * arithmetic in double alone. Exits with 3 if the backend cannot run here, with 1 at the first pattern that differs.
 * Driven by check.py. */
#include ROUND_STUB

#ifndef FI_ISA /* another architecture's */
int main(void) { return 3; }
#else
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cpu.h"

typedef struct {
    const char *name;
    int n_bits, precision, least, mantissa_bits, bias;
    double greatest, beyond; /* what numbers that round to more than the greatest become */
    double decoded[1 << 16];
} narrow;

static narrow formats[] = {
    {"float16", 16, 11, -24, 10, 15, 65504, INFINITY, {0}},
    {"bfloat16", 16, 8, -133, 7, 127, 0x1.fep+127, INFINITY, {0}},
    {"float8_e4m3fn", 8, 4, -9, 3, 7, 448, NAN, {0}},
    {"float8_e5m2", 8, 3, -16, 2, 15, 57344, INFINITY, {0}},
};
#define N_FORMATS ((int)(sizeof formats / sizeof formats[0]))

/* The first pattern beyond the greatest number is infinity, if there is one, and all others are not numbers. */
static void decode(narrow *f)
{
    int n = f->mantissa_bits, sign = 1 << (f->n_bits - 1), n_beyond = 0;
    for (int i = 0; i < 2 * sign; i++) {
        int field = (i & (sign - 1)) >> n, mantissa = i & ((1 << n) - 1);
        double size = ldexp(field ? (1 << n) + mantissa : mantissa, (field ? field : 1) - f->bias - n);
        n_beyond = size > f->greatest ? n_beyond + 1 : 0;
        if (n_beyond > 0)
            size = n_beyond == 1 ? f->beyond : NAN;
        f->decoded[i] = i & sign ? -size : size;
    }
}

/* The nearest number of a format, ties to even: the sum with 2^52 rounds to an integer. */
static double nearest(const narrow *f, float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    int field = (bits >> 23) & 255, e = (field ? field : 1) - 126 - f->precision;
    uint64_t quantum_bits = (uint64_t)((e > f->least ? e : f->least) + 1023) << 52;
    double quantum, size = fabs((double)x);
    memcpy(&quantum, &quantum_bits, sizeof quantum);
    volatile double integer = size / quantum + 0x1p+52; /* not to be simplified */
    size = (integer - 0x1p+52) * quantum;
    return copysign(size > f->greatest ? f->beyond : size, x);
}

static int agrees(const narrow *f, float x, unsigned result)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    double got = f->decoded[result], expected = nearest(f, x);
    if (x != x) /* of these the laws know one, the constant */
        return got != got || bits != 0x7fc00000;
    return (got == expected || (got != got && expected != expected)) && signbit(got) == signbit(expected);
}

#define N_AT_ONCE (4 * V_F32S)

#ifdef FI_TARGET
#include "isa/region_begin.h"
#endif
static void convert(const float x[N_AT_ONCE], char result[N_FORMATS][2 * N_AT_ONCE])
{
    v_f32 value[4];
    for (int i = 0; i < 4; i++)
        value[i] = v_f32_bits(v_u32_load((const char *)x + i * V_BYTES));
    for (int i = 0; i < 2; i++) {
        v_f32 a = value[2 * i], b = value[2 * i + 1];
        v_u32_store(result[0] + i * V_BYTES, v_u32_f16_pair(a, b));
        v_u32_store(result[1] + i * V_BYTES, v_u32_high_halves(fi_bf16_high(a), fi_bf16_high(b)));
    }
    v_u32_store(result[2], fi_f8_quad(value, FI_FLOAT8_E4M3FN));
    v_u32_store(result[3], fi_f8_quad(value, FI_FLOAT8_E5M2));
}
#ifdef FI_TARGET
#include "isa/region_end.h"
#endif

static unsigned pattern_at(const narrow *f, const char *result, int i)
{
    uint16_t pair;
    memcpy(&pair, result + 2 * i * (f->n_bits == 16), sizeof pair);
    return f->n_bits == 16 ? pair : (unsigned char)result[i];
}

int main(int argc, char **argv)
{
    uint64_t first = argc == 3 ? strtoull(argv[1], NULL, 10) : 0, last = argc == 3 ? strtoull(argv[2], NULL, 10) : 1 << 16;
    if (!FI_JOIN(fi, cpu_has, FI_ISA)())
        return 3;
    for (int f = 0; f < N_FORMATS; f++)
        decode(&formats[f]);
    for (uint64_t pattern = first << 16; pattern < last << 16; pattern += N_AT_ONCE) {
        float x[N_AT_ONCE];
        char result[N_FORMATS][2 * N_AT_ONCE];
        for (uint32_t i = 0; i < N_AT_ONCE; i++) {
            uint32_t bits = (uint32_t)pattern + i;
            memcpy(&x[i], &bits, sizeof bits);
        }
        convert(x, result);
        for (int f = 0; f < N_FORMATS; f++)
            for (int i = 0; i < N_AT_ONCE; i++)
                if (!agrees(&formats[f], x[i], pattern_at(&formats[f], result[f], i))) {
                    printf("pattern %08x to %s: %04x\n", (unsigned)pattern + (unsigned)i, formats[f].name,
                           pattern_at(&formats[f], result[f], i));
                    return 1;
                }
    }
    return 0;
}
#endif

/* float32 to float16 and bfloat16, every one of the 2^32 patterns: round_main [FIRST LAST], patterns / 2^16, all by default.
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
    int precision, least, mantissa_bits, bias;
    double greatest;
    double decoded[1 << 16];
} narrow;

static narrow formats[2] = {{11, -24, 10, 15, 65504, {0}}, {8, -133, 7, 127, 0x1.fep+127, {0}}};

static void decode(narrow *f)
{
    int n = f->mantissa_bits, greatest_field = (1 << (15 - n)) - 1;
    for (int i = 0; i < 1 << 16; i++) {
        int field = (i >> n) & greatest_field, mantissa = i & ((1 << n) - 1);
        double size = ldexp(field ? (1 << n) + mantissa : mantissa, (field ? field : 1) - f->bias - n);
        if (field == greatest_field)
            size = mantissa ? NAN : INFINITY;
        f->decoded[i] = i >> 15 ? -size : size;
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
    return copysign(size > f->greatest ? INFINITY : size, x);
}

static int agrees(const narrow *f, float x, uint16_t result)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    double got = f->decoded[result], expected = nearest(f, x);
    if (x != x) /* of these the laws know one, the constant */
        return got != got || bits != 0x7fc00000;
    return got == expected && signbit(got) == signbit(expected);
}

#ifdef FI_TARGET
#include "isa/region_begin.h"
#endif
static void convert(const float *x, uint16_t *f16, uint16_t *bf16)
{
    v_u32 a = v_u32_load((const char *)x), b = v_u32_load((const char *)x + V_BYTES);
    v_u32_store((char *)f16, v_u32_f16_pair(v_f32_bits(a), v_f32_bits(b)));
    v_u32_store((char *)bf16, v_u32_high_halves(fi_bf16_high(v_f32_bits(a)), fi_bf16_high(v_f32_bits(b))));
}
#ifdef FI_TARGET
#include "isa/region_end.h"
#endif

int main(int argc, char **argv)
{
    uint64_t first = argc == 3 ? strtoull(argv[1], NULL, 10) : 0, last = argc == 3 ? strtoull(argv[2], NULL, 10) : 1 << 16;
    if (!FI_JOIN(fi, cpu_has, FI_ISA)())
        return 3;
    decode(&formats[0]);
    decode(&formats[1]);
    for (uint64_t pattern = first << 16; pattern < last << 16; pattern += 2 * V_F32S) {
        float x[2 * V_F32S];
        uint16_t result[2][2 * V_F32S];
        for (uint32_t i = 0; i < 2 * V_F32S; i++) {
            uint32_t bits = (uint32_t)pattern + i;
            memcpy(&x[i], &bits, sizeof bits);
        }
        convert(x, result[0], result[1]);
        for (int f = 0; f < 2; f++)
            for (int i = 0; i < 2 * V_F32S; i++)
                if (!agrees(&formats[f], x[i], result[f][i])) {
                    printf("pattern %08x to %s: %04x\n", (unsigned)pattern + (unsigned)i, f ? "bfloat16" : "float16",
                           result[f][i]);
                    return 1;
                }
    }
    return 0;
}
#endif

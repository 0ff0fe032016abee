/* float32 to 16 and 8 bits by integer operations: float16 where the instruction set has none for it, and float8. */
#ifndef FI_NARROW_H
#define FI_NARROW_H

/* A format of n_kept bits of mantissa and the exponents' bias. float32 numbers from `beyond` on become the pattern
 * infinity; those that are none, not_a_number. */
typedef struct {
    int n_kept;
    int bias;
    float beyond;
    uint32_t infinity;
    uint32_t not_a_number;
} fi_narrow;

#define FI_FLOAT16 ((fi_narrow){10, 15, 0x1p+16f, 0x7c00, 0x7e00})
#define FI_FLOAT8_E5M2 ((fi_narrow){2, 15, 0x1p+16f, 0x7c, 0x7e})
/* Its numbers end at 448. In the place of 480 is what is no number, which all beyond 464 become. */
#define FI_FLOAT8_E4M3FN ((fi_narrow){3, 7, 480.0f, 0x7f, 0x7f})

/* The number of the format nearest to each element, ties to even, without its sign, as the last bits of each. */
FI_INLINE v_u32 fi_narrow_magnitude(v_u32 magnitude, fi_narrow f)
{
    int n_dropped = 23 - f.n_kept;
    /* Below 2^(1 - bias) results are multiples of the last place of `unit`: the sum rounds to them, and holds their
     * number. */
    v_u32 unit = v_u32_set((uint32_t)(128 - f.bias + n_dropped) << 23);
    v_u32 small = v_u32_sub(v_u32_bits(v_f32_add(v_f32_bits(magnitude), v_f32_bits(unit))), unit);
    /* Other exponents are smaller by 127 - bias; adding just below half a last place, or half if it is odd, rounds. */
    v_u32 odd = v_u32_and(v_u32_shr(magnitude, n_dropped), v_u32_set(1));
    v_u32 usual = v_u32_sub(magnitude, v_u32_set((uint32_t)(127 - f.bias) << 23));
    usual = v_u32_add(usual, v_u32_add(odd, v_u32_set((1u << (n_dropped - 1)) - 1)));
    usual = v_u32_shr(usual, n_dropped);
    v_u32 infinity = v_u32_set(0x7f800000);
    v_u32 beyond = v_u32_select(v_u32_sub(infinity, magnitude), v_u32_set(f.infinity), v_u32_set(f.not_a_number));
    v_u32 result = v_u32_select(v_u32_sub(magnitude, v_u32_set((uint32_t)(128 - f.bias) << 23)), usual, small);
    v_u32 greatest = v_u32_sub(v_u32_bits(v_f32_set(f.beyond)), v_u32_set(1));
    return v_u32_select(v_u32_sub(greatest, magnitude), result, beyond);
}

/* The same with its sign, as the first n_bits of each element. */
FI_INLINE v_u32 fi_narrowed(v_f32 a, int n_bits, fi_narrow f)
{
    v_u32 sign = v_u32_and(v_u32_bits(a), v_u32_set(0x80000000)), magnitude = v_u32_xor(v_u32_bits(a), sign);
    return v_u32_or(v_u32_shl(fi_narrow_magnitude(magnitude, f), 32 - n_bits), sign);
}

FI_INLINE v_u32 fi_f16_pair(v_f32 a, v_f32 b)
{
    return v_u32_high_halves(fi_narrowed(a, 16, FI_FLOAT16), fi_narrowed(b, 16, FI_FLOAT16));
}

/* The bytes nearest to four vectors' elements, in order. */
FI_INLINE v_u32 fi_f8_quad(const v_f32 value[4], fi_narrow f)
{
    v_u32 byte[4];
    FI_UNROLL
    for (int i = 0; i < 4; i++)
        byte[i] = fi_narrowed(value[i], 8, f);
    return v_u32_high_bytes(v_u32_high_halves(byte[0], byte[1]), v_u32_high_halves(byte[2], byte[3]));
}

#endif

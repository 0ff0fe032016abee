/* float32 to float16 by integer operations, for the instruction sets that have none for it. */
#ifndef FI_FLOAT16_H
#define FI_FLOAT16_H

/* The float16 nearest to each element, ties to even, in the element's high half. */
FI_INLINE v_u32 fi_f16_high(v_f32 a)
{
    v_u32 sign = v_u32_and(v_u32_bits(a), v_u32_set(0x80000000)), magnitude = v_u32_xor(v_u32_bits(a), sign);
    /* Below 2^-14 results are multiples of 2^-24, the last place of 1/2: the sum rounds to them, and holds their number. */
    v_u32 half = v_u32_bits(v_f32_set(0.5f));
    v_u32 small = v_u32_sub(v_u32_bits(v_f32_add(v_f32_bits(magnitude), v_f32_set(0.5f))), half);
    /* Other exponents are smaller by 127 - 15; adding just below half a last place, or half if it is odd, rounds. */
    v_u32 odd = v_u32_and(v_u32_shr(magnitude, 13), v_u32_set(1));
    v_u32 usual = v_u32_add(v_u32_sub(magnitude, v_u32_set((127 - 15) << 23)), v_u32_add(odd, v_u32_set(0xfff)));
    usual = v_u32_shr(usual, 13);
    /* Infinity, and what is beyond it: not a number. */
    v_u32 infinity = v_u32_set(0x7f800000);
    v_u32 beyond = v_u32_select(v_u32_sub(infinity, magnitude), v_u32_set(0x7c00), v_u32_set(0x7e00));
    v_u32 result = v_u32_select(v_u32_sub(magnitude, v_u32_set((127 - 14) << 23)), usual, small);
    result = v_u32_select(v_u32_sub(v_u32_set(0x477fffff), magnitude), result, beyond); /* from 2^16 on */
    return v_u32_or(v_u32_shl(result, 16), sign);
}

FI_INLINE v_u32 v_u32_f16_pair(v_f32 a, v_f32 b) { return v_u32_high_halves(fi_f16_high(a), fi_f16_high(b)); }

#endif

/* Mantissa and exponent by integer operations, for the instruction sets that have none for it. */
#ifndef FI_SPLIT_H
#define FI_SPLIT_H

/* |a| = m 2^(e + n) with m in [3/4, 3/2): returns m, and e in *e. a and a 2^-n must be normal numbers. */
FI_INLINE v_f32 v_f32_split(v_f32 *e, v_f32 a, int n)
{
    const uint32_t below_3_halves = 0x3fbfffff; /* bits of the largest float32 below 3/2 */
    v_u32 bits = v_u32_and(v_u32_bits(a), v_u32_set(0x7fffffff));
    /* -(e + n) 2^23: the subtraction borrows from the exponent's field if the mantissa reaches 3/2. */
    v_u32 field = v_u32_and(v_u32_sub(v_u32_set(below_3_halves), bits), v_u32_set(0xff800000));
    *e = v_f32_fma(v_f32_from_i32(field), v_f32_set(-0x1p-23f), v_f32_set((float)-n));
    return v_f32_bits(v_u32_add(bits, field));
}

#endif

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

/* The same in float64. */
FI_INLINE v_f64 v_f64_split(v_f64 *e, v_f64 a, int n)
{
    const uint64_t three_quarters = 0x3fe8000000000000, one = 0x3ff0000000000000;
    v_u64 magnitude = v_u64_and(v_u64_bits(a), v_u64_set(0x7fffffffffffffff));
    /* The sum carries into the exponent's field if the mantissa reaches 3/2. */
    v_u64 sum = v_u64_add(magnitude, v_u64_set(one - three_quarters));
    /* The field as the last bits of 2^52. */
    v_u64 field = v_u64_or(v_u64_shr(sum, 52), v_u64_set(0x4330000000000000));
    *e = v_f64_sub(v_f64_bits(field), v_f64_set(0x1p+52 + 1023 + n));
    return v_f64_bits(v_u64_add(v_u64_and(sum, v_u64_set(0x000fffffffffffff)), v_u64_set(three_quarters)));
}

#endif

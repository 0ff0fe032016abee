/* Random words to values: one step of each law, FI_STEP elements, as 2 * V_COUNT vectors in element order. */
#ifndef FI_LAWS_H
#define FI_LAWS_H

typedef struct {
    v_f32 vector[2][V_COUNT];
} fi_step;

FI_INLINE fi_step fi_step_constant(fi_lanes *lanes, v_f32 value, v_f32 unused)
{
    (void)lanes;
    (void)unused;
    fi_step out;
    for (int half = 0; half < 2; half++)
        FI_UNROLL
        for (int v = 0; v < V_COUNT; v++)
            out.vector[half][v] = value;
    return out;
}

/* midpoint + half_width x, where x runs over the 2^24 odd multiples of 2^-24 in (-1, 1), all equally likely:
 * symmetric, never 0, and rounded only once. The caller has chosen half_width so that x = +-(1 - 2^-24) stay inside. */
FI_INLINE fi_step fi_step_uniform(fi_lanes *lanes, v_f32 midpoint, v_f32 half_width)
{
    fi_step out;
    for (int half = 0; half < 2; half++) {
        FI_UNROLL
        for (int v = 0; v < V_COUNT; v++) {
            v_u32 word = v_u32_from_u64(fi_lanes_next(lanes, v));
            /* The top 24 bits as the integer part of an odd multiple of 2^7: exact in float32. */
            v_u32 odd = v_u32_or(v_u32_and(word, v_u32_set(0xffffff00)), v_u32_set(0x80));
            v_f32 x = v_f32_mul(v_f32_from_i32(odd), v_f32_set(0x1p-31f));
            out.vector[half][v] = v_f32_fma(x, half_width, midpoint);
        }
    }
    return out;
}

/* Box and Muller, "A note on the generation of random normal deviates", Ann. Math. Statist. 29(2), 1958.
 *
 * Two words a, b of 32 bits make a pair:
 *   radius  sqrt(-2 ln u), u = (j + 1/2) 2^-40, j = 2^9 (a mod 2^31) + (b div 2^23 xor 256): up to 7.54
 *   angle   half a turn in steps of 2^-23 about 0, from b mod 2^23, mirrored by the top bit of a: 2^24 angles
 * The first vectors get radius * cos, the second radius * sin. */
FI_INLINE fi_step fi_step_normal(fi_lanes *lanes, v_f32 mean, v_f32 std)
{
    fi_step out;
    v_u32 a[V_COUNT], b[V_COUNT];
    FI_UNROLL
    for (int v = 0; v < V_COUNT; v++)
        a[v] = v_u32_from_u64(fi_lanes_next(lanes, v));
    FI_UNROLL
    for (int v = 0; v < V_COUNT; v++)
        b[v] = v_u32_from_u64(fi_lanes_next(lanes, v));
    FI_UNROLL
    for (int v = 0; v < V_COUNT; v++) {
        /* Read as signed, b's top nine bits run over [-256, 256) 2^23: hence the xor above and 256.5 here. */
        v_f32 high = v_f32_from_i32(v_u32_and(a[v], v_u32_set(0x7fffffff)));
        v_f32 low = v_f32_from_i32(v_u32_and(b[v], v_u32_set(0xff800000)));
        low = v_f32_fma(low, v_f32_set(0x1p-63f), v_f32_set(256.5f * 0x1p-40f));
        v_f32 u = v_f32_fma(high, v_f32_set(0x1p-31f), low);
        v_f32 radius = v_f32_mul(v_f32_sqrt(fi_minus_2_log(u)), std);

        /* Odd multiples of 2^-23 in (-1, 1): symmetric and exact. */
        v_f32 k = v_f32_from_i32(v_u32_and(b[v], v_u32_set(0x007fffff)));
        v_f32 x = v_f32_fma(k, v_f32_set(0x1p-22f), v_f32_set(-0x1.fffffcp-1f));
        v_f32 cosine, sine;
        fi_cos_sin_quarter_turns(x, &cosine, &sine);
        v_u32 sign = v_u32_and(a[v], v_u32_set(0x80000000));
        cosine = v_f32_bits(v_u32_xor(v_u32_bits(cosine), sign));

        out.vector[0][v] = v_f32_fma(radius, cosine, mean);
        out.vector[1][v] = v_f32_fma(radius, sine, mean);
    }
    return out;
}

#endif

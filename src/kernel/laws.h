/* Random words to values: V_STEPS steps of each law at once. */
#ifndef FI_LAWS_H
#define FI_LAWS_H

/* The words of V_STEPS steps: each step draws first[] from all lanes, then second[]. Index step * V_COUNT + vector. */
typedef struct {
    v_u32 first[V_N], second[V_N];
} fi_words;

/* V_STEPS * FI_STEP values. A step's elements are those of first[], then those of second[]. */
typedef struct {
    v_f32 first[V_N], second[V_N];
} fi_values;

FI_INLINE fi_words fi_draw(fi_lanes *lanes)
{
    fi_words words;
    FI_UNROLL
    for (int step = 0; step < V_STEPS; step++) {
        FI_UNROLL
        for (int v = 0; v < V_COUNT; v++)
            words.first[step * V_COUNT + v] = v_u32_from_u64(fi_lanes_next(lanes, v));
        FI_UNROLL
        for (int v = 0; v < V_COUNT; v++)
            words.second[step * V_COUNT + v] = v_u32_from_u64(fi_lanes_next(lanes, v));
    }
    return words;
}

FI_INLINE fi_values fi_values_constant(fi_lanes *lanes, v_f32 value, v_f32 unused)
{
    fi_values out;
    (void)lanes;
    (void)unused;
    FI_EACH out.first[i] = out.second[i] = value;
    return out;
}

/* midpoint + half_width x, where x runs over the 2^24 odd multiples of 2^-24 in (-1, 1), all equally likely:
 * symmetric, never 0, and rounded only once. The caller has chosen half_width so that x = +-(1 - 2^-24) stay inside. */
FI_INLINE v_f32 fi_uniform(v_u32 word, v_f32 midpoint, v_f32 half_width)
{
    /* The word's top 24 bits, as the integer's, make it an odd multiple of 2^7: exact in float32. */
    v_u32 odd = v_u32_or(v_u32_and(word, v_u32_set(0xffffff00)), v_u32_set(0x80));
    return v_f32_fma(v_f32_mul(v_f32_from_i32(odd), v_f32_set(0x1p-31f)), half_width, midpoint);
}

FI_INLINE fi_values fi_values_uniform(fi_lanes *lanes, v_f32 midpoint, v_f32 half_width)
{
    fi_words words = fi_draw(lanes);
    fi_values out;
    FI_EACH out.first[i] = fi_uniform(words.first[i], midpoint, half_width);
    FI_EACH out.second[i] = fi_uniform(words.second[i], midpoint, half_width);
    return out;
}

/* Box and Muller, "A note on the generation of random normal deviates", Ann. Math. Statist. 29(2), 1958.
 *
 * Two words a, b of 32 bits make a pair:
 *   radius  sqrt(-2 ln u), u = (j + 1/2) 2^-40, j = 2^9 (a mod 2^31) + (b div 2^23 xor 256): up to 7.54
 *   angle   half a turn about 0 in 2^23 steps, from b mod 2^23, mirrored by the top bit of a: 2^24 angles
 * First come mean + std radius cos(angle), then mean + std radius sin(angle). */
FI_INLINE fi_values fi_values_normal(fi_lanes *lanes, v_f32 mean, v_f32 std)
{
    fi_words words = fi_draw(lanes);
    const v_u32 *a = words.first, *b = words.second;
    fi_values out;
    v_f32 u[V_N], x[V_N], radius[V_N], cosine[V_N], sine[V_N];

    /* Read as signed, b's top nine bits run over [-256, 256) 2^23: hence the xor above and 256.5 here. */
    FI_EACH u[i] = v_f32_from_i32(v_u32_and(b[i], v_u32_set(0xff800000)));
    FI_EACH u[i] = v_f32_fma(u[i], v_f32_set(0x1p-63f), v_f32_set(256.5f * 0x1p-40f));
    FI_EACH radius[i] = v_f32_from_i32(v_u32_and(a[i], v_u32_set(0x7fffffff)));
    FI_EACH u[i] = v_f32_fma(radius[i], v_f32_set(0x1p-31f), u[i]);
    fi_minus_2_log(radius, u);
    FI_EACH radius[i] = v_f32_mul(v_f32_sqrt(radius[i]), std);

    /* Odd multiples of 2^-23 in (-1, 1): symmetric and exact. */
    FI_EACH x[i] = v_f32_from_i32(v_u32_and(b[i], v_u32_set(0x007fffff)));
    FI_EACH x[i] = v_f32_fma(x[i], v_f32_set(0x1p-22f), v_f32_set(-0x1.fffffcp-1f));
    fi_cos_sin_quarter_turns(cosine, sine, x);
    FI_EACH cosine[i] = v_f32_bits(v_u32_xor(v_u32_bits(cosine[i]), v_u32_and(a[i], v_u32_set(0x80000000))));

    FI_EACH out.first[i] = v_f32_fma(radius[i], cosine[i], mean);
    FI_EACH out.second[i] = v_f32_fma(radius[i], sine[i], mean);
    return out;
}

#endif

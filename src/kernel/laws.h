/* Random words to values in float32: V_STEPS steps of each law at once. The laws in float64: laws64.h; truncated
 * normals in both: truncated.h. */
#ifndef FI_LAWS_H
#define FI_LAWS_H

FI_INLINE fi_values_f32 fi_constant_f32(const fi_words *words, const fi_numbers_f32 *n)
{
    fi_values_f32 out;
    (void)words;
    FI_EACH out.first[i] = out.second[i] = n->location;
    return out;
}

/* midpoint + half_width x, where x runs over the 2^24 odd multiples of 2^-24 in (-1, 1), all equally likely:
 * symmetric, never 0, and rounded only once. The caller has chosen half_width so that x = +-(1 - 2^-24) stay inside.
 *
 * This is 2^31 x: the word's top 24 bits and a one make an odd multiple of 2^7, exact in float32. */
FI_INLINE v_f32 fi_odd_multiple(v_u64 words)
{
    v_u32 word = v_u32_from_u64(words);
    return v_f32_from_i32(v_u32_or(v_u32_and(word, v_u32_set(0xffffff00)), v_u32_set(0x80)));
}

FI_INLINE fi_values_f32 fi_uniform_f32(const fi_words *words, const fi_numbers_f32 *n)
{
    fi_values_f32 out;
    v_f32 unit = v_f32_mul(n->scale, v_f32_set(0x1p-31f)); /* exact, for half_width >= 2^-95 */
    FI_EACH out.first[i] = v_f32_fma(fi_odd_multiple(words->draw[0][i]), unit, n->location);
    FI_EACH out.second[i] = v_f32_fma(fi_odd_multiple(words->draw[1][i]), unit, n->location);
    return out;
}

/* The same values by another product that is exact for every half_width, at one operation more. */
FI_INLINE fi_values_f32 fi_tiny_uniform_f32(const fi_words *words, const fi_numbers_f32 *n)
{
    fi_values_f32 out;
    v_f32 unit = v_f32_set(0x1p-31f);
    FI_EACH out.first[i] = v_f32_fma(v_f32_mul(fi_odd_multiple(words->draw[0][i]), unit), n->scale, n->location);
    FI_EACH out.second[i] = v_f32_fma(v_f32_mul(fi_odd_multiple(words->draw[1][i]), unit), n->scale, n->location);
    return out;
}

/* Box and Muller, "A note on the generation of random normal deviates", Ann. Math. Statist. 29(2), 1958.
 *
 * Two words a, b of 32 bits make a pair, a read as signed:
 *   radius  sqrt(-2 ln |u|), u = (a + (j + 1/2) 2^-9) 2^-31, j = (b div 2^22) mod 2^9: 40 bits, up to 7.54
 *   angle   (k + 1/2) 2^-22 of a quarter turn, k = b mod 2^22; the signs of a and of b mirror it: 24 bits
 * First come mean + std radius cos(angle), then mean + std radius sin(angle).
 *
 * u is uniform on both sides of 0 alike: for a >= 0 its magnitude lies in (a, a + 1) 2^-31, for a < 0 in (-a - 1, -a) 2^-31.
 * So the sign of a is a random bit of its own, and need not be cleared first. */
FI_LONG void fi_box_muller_f32(fi_values_f32 *out, const fi_words *words, const fi_numbers_f32 *n)
{
    v_u32 a[V_N], b[V_N], sign = v_u32_set(0x80000000);
    v_f32 u[V_N], x[V_N], radius[V_N], cosine[V_N], sine[V_N];
    FI_EACH a[i] = v_u32_from_u64(words->draw[0][i]), b[i] = v_u32_from_u64(words->draw[1][i]);

    /* u 2^62, so that no product is needed: (j + 1/2) 2^22 comes from b's bits where they are. */
    FI_EACH u[i] = v_f32_from_i32(v_u32_or(v_u32_and(b[i], v_u32_set(0x7fc00000)), v_u32_set(0x00200000)));
    FI_EACH u[i] = v_f32_fma(v_f32_from_i32(a[i]), v_f32_set(0x1p+31f), u[i]);
    fi_minus_log2_f32(radius, u, 62);
    FI_EACH radius[i] = v_f32_sqrt(radius[i]);

    FI_EACH x[i] = fi_quarter_turn_f32(b[i]);
    fi_cos_sin_f32(cosine, sine, x, n->scale);
    FI_EACH cosine[i] = v_f32_bits(v_u32_xor(v_u32_bits(cosine[i]), v_u32_and(a[i], sign)));
    FI_EACH sine[i] = v_f32_bits(v_u32_xor(v_u32_bits(sine[i]), v_u32_and(b[i], sign)));

    FI_EACH out->first[i] = v_f32_fma(radius[i], cosine[i], n->location);
    FI_EACH out->second[i] = v_f32_fma(radius[i], sine[i], n->location);
}

FI_INLINE fi_values_f32 fi_normal_f32(const fi_words *words, const fi_numbers_f32 *n)
{
    fi_values_f32 out;
    fi_box_muller_f32(&out, words, n);
    return out;
}

#endif

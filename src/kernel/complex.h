/* Complex numbers as pairs of neighbours, real part first: 64 random bits make one in float32, 128 in float64, in the
 * places where it goes. Both parts compute the same radius, and their own of cosine and sine.
 *
 * The bits are a distance d in (0, 1); a side, which is a bit; and an angle: k, one of 2^22 places (in float64 2^52) of
 * a quarter turn, mirrored by a bit for each part. The parts are radius cos(angle) and radius sin(angle). */
#ifndef FI_COMPLEX_H
#define FI_COMPLEX_H

typedef struct {
    v_f32 distance[V_N]; /* d 2^61; the top bit is the side */
    v_f32 part[V_N];     /* factor sqrt(2 ln 2) times the cosine or sine */
} fi_polar_f32;

typedef struct {
    v_f64 distance[V_N]; /* d */
    v_u64 side[V_N];     /* the top bit */
    v_f64 part[V_N];
} fi_polar_f64;

/* Of a word's halves a (the low one) and b:
 *   distance  d = |a + (j + 1/2) 2^-8| 2^-31, a read as signed, j = (b div 2^22) mod 2^8: 39 bits; the side is a's sign
 *   angle     (k + 1/2) 2^-22 of a quarter turn, k = b mod 2^22; bit 30 of b mirrors the real part, 31 the imaginary */
FI_INLINE fi_polar_f32 fi_polar_set_f32(const v_u64 word[V_N], v_f32 factor)
{
    fi_polar_f32 polar;
    v_u32 a[V_N], b[V_N], sign = v_u32_set(0x80000000);
    v_u32 real = v_u32_from_u64(v_u64_set(0x80000000)), imaginary = v_u32_xor(real, sign);
    v_u64 low = v_u64_set(0xffffffff), high = v_u64_shl(low, 32);
    v_f32 x[V_N], cosine[V_N];
    FI_EACH a[i] = v_u32_from_u64(v_u64_or(v_u64_and(word[i], low), v_u64_shl(word[i], 32)));
    FI_EACH b[i] = v_u32_from_u64(v_u64_or(v_u64_and(word[i], high), v_u64_shr(word[i], 32)));

    FI_EACH x[i] = v_f32_from_i32(v_u32_or(v_u32_and(b[i], v_u32_set(0x3fc00000)), v_u32_set(0x00200000)));
    FI_EACH polar.distance[i] = v_f32_fma(v_f32_from_i32(a[i]), v_f32_set(0x1p+30f), x[i]);

    /* The cosine of pi/4 + y is the sine of pi/4 - y. */
    FI_EACH x[i] = v_f32_bits(v_u32_xor(v_u32_bits(fi_quarter_turn_f32(b[i])), real));
    fi_cos_sin_f32(cosine, polar.part, x, factor);
    FI_EACH b[i] = v_u32_select(imaginary, v_u32_shl(b[i], 1), b[i]);
    FI_EACH polar.part[i] = v_f32_bits(v_u32_xor(v_u32_bits(polar.part[i]), v_u32_and(b[i], sign)));
    return polar;
}

/* Of the words a, b of neighbouring lanes:
 *   distance  d = (n + 1/2) 2^-63 rounded to float64, n = a mod 2^63; the side is a's top bit
 *   angle     (k + 1/2) 2^-52 of a quarter turn, k = b mod 2^52; bit 62 of b mirrors the real part, 63 the imaginary */
FI_INLINE fi_polar_f64 fi_polar_set_f64(const v_u64 word[V_N], v_f64 factor)
{
    static const uint64_t imaginary_lanes[FI_LANES] = {0, 1ull << 63, 0, 1ull << 63, 0, 1ull << 63, 0, 1ull << 63};
    fi_polar_f64 polar;
    v_u64 b[V_N], imaginary = v_u64_load(imaginary_lanes), real = v_u64_xor(imaginary, FI_SIGN64);
    v_f64 x[V_N], cosine[V_N];
    FI_EACH polar.side[i] = v_u64_even_twice(word[i]);
    FI_EACH b[i] = v_u64_odd_twice(word[i]);
    FI_EACH polar.distance[i] = fi_distance64(polar.side[i]);

    FI_EACH x[i] = v_f64_bits(v_u64_xor(v_u64_bits(fi_quarter_turn_f64(b[i])), real));
    fi_cos_sin_f64(cosine, polar.part, x, factor);
    FI_EACH b[i] = v_u64_select(imaginary, v_u64_shl(b[i], 1), b[i]);
    FI_EACH polar.part[i] = v_f64_bits(v_u64_xor(v_u64_bits(polar.part[i]), v_u64_and(b[i], FI_SIGN64)));
    return polar;
}

/* Uniform on a disc: radius sqrt(d). The side is not used. */
FI_LONG void fi_disc_f32(v_f32 value[V_N], const v_u64 word[V_N], const fi_numbers_f32 *n)
{
    fi_polar_f32 polar = fi_polar_set_f32(word, n->scale);
    FI_EACH value[i] = v_f32_mul(fi_magnitude(polar.distance[i]), v_f32_set(0x1p-61f));
    FI_EACH value[i] = v_f32_mul(v_f32_sqrt(value[i]), polar.part[i]);
}

FI_LONG void fi_disc_f64(v_f64 value[V_N], const v_u64 word[V_N], const fi_numbers_f64 *n)
{
    fi_polar_f64 polar = fi_polar_set_f64(word, n->scale);
    FI_EACH value[i] = v_f64_mul(v_f64_sqrt(polar.distance[i]), polar.part[i]);
}

/* Normal within a modulus of `high` deviations: radius sqrt(-ln v), where v is uniform between exp(-high^2) and 1.
 *
 * A side is half of the probability, and d the distance from its end of the interval: side[0] from v = 1, where
 * w = 1 - v is precise and v is not, side[1] from the other end. v = base + slope d and w = y_base + y_slope d, each
 * with the numbers of the side. The logarithm takes w where v is near 1. Relative errors of -log2 v below 2^-21, in float64
 * 2^-49. */
FI_INLINE v_f32 fi_on_side_f32(v_f32 signed_distance, v_f32 inner, v_f32 outer)
{
    return v_f32_bits(v_u32_select(v_u32_bits(signed_distance), v_u32_bits(inner), v_u32_bits(outer)));
}

FI_LONG void fi_disc_normal_f32(v_f32 value[V_N], const v_u64 word[V_N], const fi_numbers_f32 *n)
{
    fi_polar_f32 polar = fi_polar_set_f32(word, n->scale);
    const fi_side_f32 *a = &n->side[0], *b = &n->side[1];
    v_f32 unit = v_f32_set(0x1p-61f), v[V_N], w[V_N], t[V_N], e[V_N], d[V_N];
    v_f32 slope[2] = {v_f32_mul(a->slope, unit), v_f32_mul(b->slope, unit)};
    v_f32 w_slope[2] = {v_f32_mul(a->y_slope, unit), v_f32_mul(b->y_slope, unit)};
    FI_EACH d[i] = fi_magnitude(polar.distance[i]);
    FI_EACH v[i] = v_f32_fma(d[i], fi_on_side_f32(polar.distance[i], slope[0], slope[1]),
                             fi_on_side_f32(polar.distance[i], a->base, b->base));
    FI_EACH w[i] = v_f32_fma(d[i], fi_on_side_f32(polar.distance[i], w_slope[0], w_slope[1]),
                             fi_on_side_f32(polar.distance[i], a->y_base, b->y_base));
    fi_log2_split_f32(t, e, v, 0);
    FI_EACH v[i] = v_f32_sub(v[i], v_f32_set(0.75f)); /* from there on t is v - 1, and e is 0 */
    FI_EACH t[i] = v_f32_bits(v_u32_select(v_u32_bits(v[i]), v_u32_bits(v_f32_neg(w[i])), v_u32_bits(t[i])));
    fi_minus_log2_of_split_f32(value, t, e);
    FI_EACH value[i] = v_f32_mul(v_f32_sqrt(value[i]), polar.part[i]);
}

FI_LONG void fi_disc_normal_f64(v_f64 value[V_N], const v_u64 word[V_N], const fi_numbers_f64 *n)
{
    fi_polar_f64 polar = fi_polar_set_f64(word, n->scale);
    const fi_side_f64 *a = &n->side[0], *b = &n->side[1];
    v_f64 v[V_N], w[V_N], t[V_N], e[V_N];
    FI_EACH v[i] = v_f64_fma(polar.distance[i], fi_of_side(polar.side[i], a->slope, b->slope),
                             fi_of_side(polar.side[i], a->base, b->base));
    FI_EACH w[i] = v_f64_fma(polar.distance[i], fi_of_side(polar.side[i], a->y_slope, b->y_slope),
                             fi_of_side(polar.side[i], a->y_base, b->y_base));
    fi_log2_split_f64(t, e, v, 0);
    FI_EACH v[i] = v_f64_sub(v[i], v_f64_set(0.9375)); /* from there on t is v - 1, and e is 0 */
    FI_EACH t[i] = v_f64_bits(v_u64_select(v_u64_bits(v[i]), v_u64_bits(v_f64_neg(w[i])), v_u64_bits(t[i])));
    fi_minus_log2_of_split_f64(value, t, e);
    FI_EACH value[i] = v_f64_mul(v_f64_sqrt(value[i]), polar.part[i]);
}

/* Each draw makes half of a step. */
#define FI_COMPLEX_LAW(law, values, real)                                                      \
    FI_INLINE fi_values_##real fi_##law##_##real(const fi_words *words, const fi_numbers_##real *n) \
    {                                                                                          \
        fi_values_##real out;                                                                  \
        values##_##real(out.first, words->draw[0], n);                                         \
        values##_##real(out.second, words->draw[1], n);                                        \
        return out;                                                                            \
    }
FI_COMPLEX_LAW(complex_disc, fi_disc, f32)
FI_COMPLEX_LAW(complex_disc, fi_disc, f64)
FI_COMPLEX_LAW(complex_truncated, fi_disc_normal, f32)
FI_COMPLEX_LAW(complex_truncated, fi_disc_normal, f64)

#endif

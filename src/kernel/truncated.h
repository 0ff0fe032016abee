/* The normal distribution between two bounds, by its quantile function: one draw an element, no rejection.
 *
 * Let q = 2 P(Z > z) in (0, 2) for a standard normal Z, and y = 1 - q. Then z = y P(w) with w = -log2(q (2 - q)), where P is
 * smooth, from sqrt(pi / 2) at 0 to sqrt(2 ln 2 w) far out.
 *
 * An element draws a side of the interval, each half of the probability, and a distance d in (0, 1) from that side's bound
 * to the middle, with full relative precision near 0. Then q = base + slope d and y = y_base + y_slope d, where the side's
 * four numbers come from the bounds (fastinit/laws/truncation.py): so q is precise in the tails and y in the middle. */
#ifndef FI_TRUNCATED_H
#define FI_TRUNCATED_H

/* Of a step's three draws a, b, c, words of a and of b make an element each, read as signed. With 16 bits of c: d 2^48 =
 * |(a + (j + 1/2) 2^-16) 2^17|, and the sign of a chooses the side: as with the normal law's radius, both sides are alike. */
FI_INLINE v_f32 fi_signed_distance(v_u32 word, v_u32 twice_j_and_1)
{
    return v_f32_fma(v_f32_from_i32(word), v_f32_set(0x1p+17f), v_f32_from_i32(twice_j_and_1));
}

FI_INLINE void fi_signed_distances(v_f32 first[V_N], v_f32 second[V_N], const fi_words *words)
{
    v_u32 one = v_u32_set(1);
    FI_UNROLL
    for (int i = 0; i < V_N; i++) {
        v_u32 a = v_u32_from_u64(words->draw[0][i]), b = v_u32_from_u64(words->draw[1][i]);
        v_u32 c = v_u32_from_u64(words->draw[2][i]), low = v_u32_and(v_u32_shl(c, 1), v_u32_set(0x1fffe));
        first[i] = fi_signed_distance(a, v_u32_or(low, one));
        second[i] = fi_signed_distance(b, v_u32_or(v_u32_shr(c, 15), one));
    }
}

/* w of q. */
FI_INLINE void fi_tail_log(v_f32 w[V_N], const v_f32 q[V_N])
{
    v_f32 product[V_N];
    FI_EACH product[i] = v_f32_mul(q[i], v_f32_sub(v_f32_set(2.0f), q[i]));
    fi_minus_log2_f32(w, product, 0);
}

FI_INLINE v_f32 fi_with_sign_of(v_f32 magnitude, v_f32 sign)
{
    return v_f32_bits(v_u32_xor(v_u32_bits(magnitude), v_u32_and(v_u32_bits(sign), v_u32_set(0x80000000))));
}

FI_INLINE v_f32 fi_magnitude(v_f32 a)
{
    return v_f32_bits(v_u32_and(v_u32_bits(a), v_u32_set(0x7fffffff)));
}

/* Bounds -a and a up to 3: both sides' numbers are the same, and one polynomial is enough. */
FI_LONG void fi_near_quantile(v_f32 z[V_N], const v_f32 distance[V_N], const fi_side_f32 *side)
{
    /* P in w - 15/4 for w up to that of z = 3; relative error 2^-22.8, as computed 2^-22. */
    static const float p[9] = {0x1.1435c0p+1f,  0x1.ed6902p-3f,  -0x1.942896p-9f, -0x1.205848p-11f, 0x1.275600p-14f,
                               -0x1.7d4a3ap-20f, -0x1.0e2c54p-21f, 0x1.46f68ep-25f, 0x1.b4d2fap-30f};
    v_f32 coefficient[9], q[V_N], y[V_N], w[V_N];
    v_f32 unit = v_f32_set(0x1p-48f), slope = v_f32_mul(side->slope, unit), y_slope = v_f32_mul(side->y_slope, unit);
    FI_UNROLL
    for (int k = 0; k < 9; k++)
        coefficient[k] = v_f32_set(p[k]);
    FI_EACH q[i] = v_f32_fma(fi_magnitude(distance[i]), slope, side->base);
    FI_EACH y[i] = v_f32_fma(fi_magnitude(distance[i]), y_slope, side->y_base);
    fi_tail_log(w, q);
    FI_EACH w[i] = v_f32_sub(w[i], v_f32_set(3.75f));
    fi_polynomial_f32(z, w, coefficient, 9);
    FI_EACH z[i] = fi_with_sign_of(v_f32_mul(z[i], y[i]), distance[i]);
}

FI_INLINE fi_values_f32 fi_truncated_near_f32(const fi_words *words, const fi_numbers_f32 *n)
{
    fi_values_f32 out;
    v_f32 first[V_N], second[V_N];
    fi_signed_distances(first, second, words);
    fi_near_quantile(out.first, first, &n->side[0]);
    fi_near_quantile(out.second, second, &n->side[0]);
    FI_EACH out.first[i] = v_f32_fma(out.first[i], n->scale, n->location);
    FI_EACH out.second[i] = v_f32_fma(out.second[i], n->scale, n->location);
    return out;
}

/* Any bounds, in float64. P is a polynomial in w - 13/2 up to z = 4, and sqrt(w) times one in 1 / sqrt(w) - 3/16 from there
 * to 13; relative errors 2^-48. */
FI_INLINE void fi_quantile_factor(v_f64 p[V_N], const v_f64 w[V_N])
{
    static const double middle[26] = {
        0x1.65080abddf295p+1, 0x1.bb950c3da61a2p-3, -0x1.4812b739a79d1p-8, -0x1.a346f1f59ce9ap-21,
        0x1.c223458601170p-16, -0x1.945512743bc07p-19, 0x1.2e4db58d8feb4p-23, 0x1.d06bc7b4e7df0p-28,
        -0x1.dcddff303af9cp-30, 0x1.1c30981338228p-33, -0x1.c21668048885bp-42, -0x1.02e45403f5da8p-40,
        0x1.b34acd11f90f6p-44, -0x1.aa689b8463e29p-49, -0x1.e50b98ab87ed8p-52, 0x1.2d3730bcec058p-54,
        -0x1.0fdda199deb15p-58, -0x1.2662da1ab9db7p-63, 0x1.bff88f713f5c8p-65, -0x1.1a2cbfeedc9d3p-68,
        -0x1.3101d251c7765p-73, 0x1.6ec005c410404p-75, -0x1.0a5e539458a3bp-80, -0x1.7818f5972ea3bp-83,
        0x1.a3384ed3b14bbp-88, 0x1.0001f3231bd26p-92};
    static const double tail[25] = {
        0x1.22d64d3398a19p+0, -0x1.233885a0123cdp-2, 0x1.f0bf6fd570a15p-5, 0x1.524f3400967f8p+0,
        -0x1.34760ed1bfeb8p+1, 0x1.81b902743f752p+2, 0x1.d837449de5d10p+4, 0x1.115172ea1e7bbp+9,
        0x1.a5dcb696c310dp+11, -0x1.92c21e6fb7d95p+12, -0x1.4f96584729718p+18, -0x1.646b63317bb63p+20,
        0x1.3c724bb98eed2p+24, 0x1.4c7caf6322117p+27, -0x1.1f92f9a82955cp+30, -0x1.98787e7ec25b6p+33,
        0x1.0cf8f57593e78p+36, 0x1.8e0b2f9c89a45p+39, -0x1.c90d478adbed5p+41, -0x1.24df996064154p+45,
        0x1.223afd555c7eep+47, 0x1.1b102a6cffe28p+50, -0x1.bd47aaac1f1f6p+51, -0x1.0787a78c7c187p+54,
        0x1.1b84f1eea69a1p+55};
    v_f64 coefficient[26], x[V_N], root[V_N], far[V_N];
    FI_UNROLL
    for (int k = 0; k < 26; k++)
        coefficient[k] = v_f64_set(middle[k]);
    FI_EACH x[i] = v_f64_sub(w[i], v_f64_set(6.5));
    fi_polynomial_f64(p, x, coefficient, 26);

    FI_UNROLL
    for (int k = 0; k < 25; k++)
        coefficient[k] = v_f64_set(tail[k]);
    /* For w near 0 not a number or infinite, and not taken. */
    FI_EACH root[i] = v_f64_sqrt(w[i]);
    FI_EACH x[i] = v_f64_sub(v_f64_div(v_f64_set(1.0), root[i]), v_f64_set(0.1875));
    fi_polynomial_f64(far, x, coefficient, 25);
    FI_EACH far[i] = v_f64_mul(far[i], root[i]);

    v_f64 border = v_f64_set(0x1.9e49d510c83bbp+3); /* w of z = 4 */
    FI_EACH p[i] = v_f64_bits(
        v_u64_select(v_u64_bits(v_f64_sub(border, w[i])), v_u64_bits(p[i]), v_u64_bits(far[i])));
}

/* The number of the side that the top bit of `word` chooses. */
FI_INLINE v_f64 fi_of_side(v_u64 word, v_f64 low, v_f64 high)
{
    return v_f64_bits(v_u64_select(word, v_u64_bits(low), v_u64_bits(high)));
}

/* (n + 1/2) 2^-63 for a word's low 63 bits n. */
FI_INLINE v_f64 fi_distance64(v_u64 word)
{
    return v_f64_mul(v_f64_from_u64(v_u64_or(v_u64_shl(word, 1), v_u64_set(1))), v_f64_set(0x1p-64));
}

/* A word's low 63 bits make d, its top bit the side. */
FI_LONG void fi_truncated(v_f64 value[V_N], const v_u64 word[V_N], const fi_numbers_f64 *n)
{
    const fi_side_f64 *a = &n->side[0], *b = &n->side[1];
    v_f64 d[V_N], q[V_N], y[V_N], w[V_N];
    FI_EACH d[i] = fi_distance64(word[i]);
    FI_EACH q[i] = v_f64_fma(d[i], fi_of_side(word[i], a->slope, b->slope), fi_of_side(word[i], a->base, b->base));
    FI_EACH y[i] =
        v_f64_fma(d[i], fi_of_side(word[i], a->y_slope, b->y_slope), fi_of_side(word[i], a->y_base, b->y_base));
    FI_EACH q[i] = v_f64_mul(q[i], v_f64_sub(v_f64_set(2.0), q[i]));
    fi_minus_log2_f64(w, q, 0);
    fi_quantile_factor(value, w);
    FI_EACH value[i] = v_f64_fma(v_f64_mul(value[i], y[i]), n->scale, n->location);
    FI_EACH value[i] = v_f64_min(v_f64_max(value[i], n->lowest), n->highest);
}

FI_INLINE fi_values_f64 fi_truncated_f64(const fi_words *words, const fi_numbers_f64 *n)
{
    fi_values_f64 out;
    fi_truncated(out.first, words->draw[0], n);
    fi_truncated(out.second, words->draw[1], n);
    return out;
}

/* The same in float32: each value computed in float64, kept within its bounds there, and rounded. A step has four draws,
 * one behind the other. */
FI_INLINE fi_values_f32 fi_truncated_f32(const fi_words *words, const fi_numbers_f32 *n)
{
    fi_numbers_f64 numbers = fi_numbers_set_f64(n->law);
    fi_values_f32 out;
    v_f64 value[4][V_N];
    FI_UNROLL
    for (int d = 0; d < 4; d++)
        fi_truncated(value[d], words->draw[d], &numbers);
    FI_UNROLL
    for (int i = 0; i < V_N; i++) {
        int step = i / V_COUNT * V_COUNT, j = 2 * (i % V_COUNT), draw = j / V_COUNT, k = j % V_COUNT;
        int next_draw = (j + 1) / V_COUNT, next_k = (j + 1) % V_COUNT;
        out.first[i] = v_f32_from_f64(value[draw][step + k], value[next_draw][step + next_k]);
        out.second[i] = v_f32_from_f64(value[2 + draw][step + k], value[2 + next_draw][step + next_k]);
    }
    return out;
}

#endif

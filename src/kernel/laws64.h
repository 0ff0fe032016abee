/* Random words to values in float64: V_STEPS steps, of half as many elements as in float32. */
#ifndef FI_LAWS64_H
#define FI_LAWS64_H

#define FI_SIGN64 v_u64_set(0x8000000000000000)

/* 1 + k 2^-52 for the word's low 52 bits k. */
FI_INLINE v_f64 fi_one_to_two(v_u64 word)
{
    return v_f64_bits(v_u64_or(v_u64_and(word, v_u64_set(0x000fffffffffffff)), v_u64_set(0x3ff0000000000000)));
}

FI_INLINE fi_values_f64 fi_constant_f64(const fi_words *words, const fi_numbers_f64 *n)
{
    fi_values_f64 out;
    (void)words;
    FI_EACH out.first[i] = out.second[i] = n->location;
    return out;
}

/* As in float32, with the 2^53 odd multiples of 2^-53 in (-1, 1): the word's low 52 bits k make (2 k + 1) 2^-53, exactly,
 * and its top bit the sign. */
FI_INLINE v_f64 fi_odd_multiple64(v_u64 word)
{
    v_f64 magnitude = v_f64_sub(fi_one_to_two(word), v_f64_set(1 - 0x1p-53));
    return v_f64_bits(v_u64_xor(v_u64_bits(magnitude), v_u64_and(word, FI_SIGN64)));
}

FI_INLINE fi_values_f64 fi_uniform_f64(const fi_words *words, const fi_numbers_f64 *n)
{
    fi_values_f64 out;
    FI_EACH out.first[i] = v_f64_fma(fi_odd_multiple64(words->draw[0][i]), n->scale, n->location);
    FI_EACH out.second[i] = v_f64_fma(fi_odd_multiple64(words->draw[1][i]), n->scale, n->location);
    return out;
}

/* The argument of fi_cos_sin_f64 for a word's low 52 bits k: from 1 + k 2^-52 to (2 k + 1 - 2^52) 2^-52 (1 + 2^-52) - 2^-104,
 * whose two constants are float64 numbers. */
FI_INLINE v_f64 fi_quarter_turn_f64(v_u64 word)
{
    return v_f64_fma(fi_one_to_two(word), v_f64_set(0x1.0000000000001p+1), v_f64_set(-0x1.8000000000001p+1));
}

/* Box and Muller's pairs from two words a, b of 64 bits:
 *   radius  sqrt(-2 ln u), u = (a + 1/2) 2^-64 rounded to float64: up to 9.49
 *   angle   (k + 1/2) 2^-52 of a quarter turn, k = b mod 2^52; the top bits of b mirror it: 54 bits */
FI_INLINE fi_values_f64 fi_normal_f64(const fi_words *words, const fi_numbers_f64 *n)
{
    const v_u64 *a = words->draw[0], *b = words->draw[1];
    fi_values_f64 out;
    v_f64 u[V_N], x[V_N], radius[V_N], cosine[V_N], sine[V_N];

    FI_EACH u[i] = v_f64_add(v_f64_from_u64(a[i]), v_f64_set(0.5));
    fi_minus_log2_f64(radius, u, 64);
    FI_EACH radius[i] = v_f64_sqrt(radius[i]);

    FI_EACH x[i] = fi_quarter_turn_f64(b[i]);
    fi_cos_sin_f64(cosine, sine, x, n->scale);
    FI_EACH cosine[i] = v_f64_bits(v_u64_xor(v_u64_bits(cosine[i]), v_u64_and(v_u64_shl(b[i], 1), FI_SIGN64)));
    FI_EACH sine[i] = v_f64_bits(v_u64_xor(v_u64_bits(sine[i]), v_u64_and(b[i], FI_SIGN64)));

    FI_EACH out.first[i] = v_f64_fma(radius[i], cosine[i], n->location);
    FI_EACH out.second[i] = v_f64_fma(radius[i], sine[i], n->location);
    return out;
}

#endif

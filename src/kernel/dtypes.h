/* Values to vectors of a dtype in the order of their elements, ready to be stored; one function a dtype, which returns
 * how many vectors they are. */
#ifndef FI_DTYPES_H
#define FI_DTYPES_H

/* How a law keeps its bounds (lists.h). */
enum { FI_BOUNDS_NEVER, FI_BOUNDS_ROUNDED, FI_BOUNDS_ALWAYS };

#define FI_ITEMSIZE_(name, arithmetic, itemsize) enum { FI_ITEMSIZE_##name = itemsize };
FI_DTYPES(FI_ITEMSIZE_)

/* Vectors of V_STEPS steps, in order; kept within the bounds if asked. */
FI_INLINE void fi_in_order_f32(v_f32 value[2 * V_N], const fi_values_f32 *values, const fi_numbers_f32 *n, int clamp)
{
    FI_UNROLL
    for (int i = 0; i < V_N; i++) {
        int place = i / V_COUNT * 2 * V_COUNT + i % V_COUNT;
        value[place] = values->first[i];
        value[place + V_COUNT] = values->second[i];
    }
    if (clamp) {
        FI_UNROLL
        for (int i = 0; i < 2 * V_N; i++)
            value[i] = v_f32_min(v_f32_max(value[i], n->lowest), n->highest);
    }
}

FI_INLINE int fi_vectors_float32(v_u32 vector[2 * V_N], const fi_values_f32 *values, const fi_numbers_f32 *n, int bounds)
{
    v_f32 value[2 * V_N];
    fi_in_order_f32(value, values, n, bounds == FI_BOUNDS_ALWAYS);
    FI_UNROLL
    for (int i = 0; i < 2 * V_N; i++)
        vector[i] = v_u32_bits(value[i]);
    return 2 * V_N;
}

FI_INLINE int fi_vectors_float16(v_u32 vector[2 * V_N], const fi_values_f32 *values, const fi_numbers_f32 *n, int bounds)
{
    v_f32 value[2 * V_N];
    fi_in_order_f32(value, values, n, bounds != FI_BOUNDS_NEVER);
    FI_UNROLL
    for (int i = 0; i < V_N; i++)
        vector[i] = v_u32_f16_pair(value[2 * i], value[2 * i + 1]);
    return V_N;
}

/* bfloat16 is the high half of a float32. Adding just below half of its last place, or half if that is odd, rounds to
 * nearest even, all but NaN whose last bits alone are set. Not AVX-512's own conversion, which drops subnormals. */
FI_INLINE v_u32 fi_bf16_high(v_f32 a)
{
    v_u32 bits = v_u32_bits(a), odd = v_u32_and(v_u32_shr(bits, 16), v_u32_set(1));
    return v_u32_add(v_u32_add(bits, v_u32_set(0x7fff)), odd);
}

FI_INLINE int fi_vectors_bfloat16(v_u32 vector[2 * V_N], const fi_values_f32 *values, const fi_numbers_f32 *n, int bounds)
{
    v_f32 value[2 * V_N];
    fi_in_order_f32(value, values, n, bounds != FI_BOUNDS_NEVER);
    FI_UNROLL
    for (int i = 0; i < V_N; i++)
        vector[i] = v_u32_high_halves(fi_bf16_high(value[2 * i]), fi_bf16_high(value[2 * i + 1]));
    return V_N;
}

#define FI_VECTORS_FLOAT8(name, format)                                                                            \
    FI_INLINE int fi_vectors_##name(v_u32 vector[2 * V_N], const fi_values_f32 *values, const fi_numbers_f32 *n,   \
                                    int bounds)                                                                    \
    {                                                                                                              \
        v_f32 value[2 * V_N];                                                                                      \
        fi_in_order_f32(value, values, n, bounds != FI_BOUNDS_NEVER);                                              \
        FI_UNROLL                                                                                                  \
        for (int i = 0; i < V_N / 2; i++)                                                                          \
            vector[i] = fi_f8_quad(value + 4 * i, format);                                                         \
        return V_N / 2;                                                                                            \
    }
FI_VECTORS_FLOAT8(float8_e4m3fn, FI_FLOAT8_E4M3FN)
FI_VECTORS_FLOAT8(float8_e5m2, FI_FLOAT8_E5M2)

FI_INLINE int fi_vectors_float64(v_u32 vector[2 * V_N], const fi_values_f64 *values, const fi_numbers_f64 *n, int bounds)
{
    FI_UNROLL
    for (int i = 0; i < V_N; i++) {
        v_f64 first = values->first[i], second = values->second[i];
        int place = i / V_COUNT * 2 * V_COUNT + i % V_COUNT;
        if (bounds == FI_BOUNDS_ALWAYS) {
            first = v_f64_min(v_f64_max(first, n->lowest), n->highest);
            second = v_f64_min(v_f64_max(second, n->lowest), n->highest);
        }
        vector[place] = v_u32_from_u64(v_u64_bits(first));
        vector[place + V_COUNT] = v_u32_from_u64(v_u64_bits(second));
    }
    return 2 * V_N;
}

#endif

/* Elements in other places: the operations of ops_native.h that move them from lane to lane, or out of a table. */
#ifndef FI_SHUFFLES_H
#define FI_SHUFFLES_H

/* table[index mod 8]. */
FI_INLINE v_f64 v_f64_of_8(const double table[8], v_u64 index)
{
#ifdef V_OF_8
    return V_OF_8(table, index);
#else
    v_f64 v;
    for (int i = 0; i < V_F64S; i++)
        v[i] = table[index[i] % 8];
    return v;
#endif
}

/* Lanes 0, 0, 2, 2 and so on, or 1, 1, 3, 3. */
#if V_BYTES == 16
#define V_TWICE(i) i, i
#elif V_BYTES == 32
#define V_TWICE(i) i, i, i + 2, i + 2
#else
#define V_TWICE(i) i, i, i + 2, i + 2, i + 4, i + 4, i + 6, i + 6
#endif
#ifdef __clang__
#define V_SHUFFLE64(a, ...) __builtin_shufflevector(a, a, __VA_ARGS__)
#else
#define V_SHUFFLE64(a, ...) __builtin_shuffle(a, (v_i64){__VA_ARGS__})
#endif
FI_INLINE v_u64 v_u64_even_twice(v_u64 a) { return V_SHUFFLE64(a, V_TWICE(0)); }
FI_INLINE v_u64 v_u64_odd_twice(v_u64 a) { return V_SHUFFLE64(a, V_TWICE(1)); }

/* Within each 16 bytes: the low or high halves of a and b, alternating by elements or by pairs. */
#if V_BYTES == 16
#define V_IN_QUADS(i, j, k, l) i, j, k, l
#elif V_BYTES == 32
#define V_IN_QUADS(i, j, k, l) i, j, k, l, i + 4, j + 4, k + 4, l + 4
#else
#define V_IN_QUADS(i, j, k, l) \
    i, j, k, l, i + 4, j + 4, k + 4, l + 4, i + 8, j + 8, k + 8, l + 8, i + 12, j + 12, k + 12, l + 12
#endif
#ifdef __clang__
#define V_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define V_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (v_i32){__VA_ARGS__})
#endif
#define V_ZIP(a, b, i, j) V_SHUFFLE(a, b, V_IN_QUADS(i, V_F32S + i, j, V_F32S + j))
#define V_ZIP_PAIRS(a, b, i) V_SHUFFLE(a, b, V_IN_QUADS(i, i + 1, V_F32S + i, V_F32S + i + 1))

FI_INLINE v_f32 v_f32_zip_low(v_f32 a, v_f32 b) { return V_ZIP(a, b, 0, 1); }
FI_INLINE v_f32 v_f32_zip_high(v_f32 a, v_f32 b) { return V_ZIP(a, b, 2, 3); }
FI_INLINE v_f32 v_f32_zip_low_pairs(v_f32 a, v_f32 b) { return V_ZIP_PAIRS(a, b, 0); }
FI_INLINE v_f32 v_f32_zip_high_pairs(v_f32 a, v_f32 b) { return V_ZIP_PAIRS(a, b, 2); }

/* The high halves of a's elements, then of b's. */
#if V_BYTES == 16
#define V_ODD(i) (i) + 1, (i) + 3, (i) + 5, (i) + 7
#elif V_BYTES == 32
#define V_ODD(i) V_ODD_4(i), V_ODD_4((i) + 8)
#else
#define V_ODD(i) V_ODD_4(i), V_ODD_4((i) + 8), V_ODD_4((i) + 16), V_ODD_4((i) + 24)
#endif
#define V_ODD_4(i) (i) + 1, (i) + 3, (i) + 5, (i) + 7
FI_INLINE v_u32 v_u32_high_halves(v_u32 a, v_u32 b)
{
#ifdef __clang__
    return (v_u32)__builtin_shufflevector((v_u16)a, (v_u16)b, V_ODD(0), V_ODD(V_BYTES / 2));
#else
    return (v_u32)__builtin_shuffle((v_u16)a, (v_u16)b, (v_u16){V_ODD(0), V_ODD(V_BYTES / 2)});
#endif
}

/* The high bytes of a's 16-bit elements, then of b's. */
FI_INLINE v_u32 v_u32_high_bytes(v_u32 a, v_u32 b)
{
#ifdef V_HIGH_BYTES
    return V_HIGH_BYTES((v_u16)a >> 8, (v_u16)b >> 8);
#else
    v_u8 r;
    for (int i = 0; i < V_BYTES; i++)
        r[i] = (i < V_BYTES / 2 ? (v_u8)a : (v_u8)b)[2 * i % V_BYTES + 1];
    return (v_u32)r;
#endif
}

#endif

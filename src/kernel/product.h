/* Sums of products, each in one order whatever the vectors: c(i, j) = sum over k of a(i, k) b(k, j), from 0, k upwards,
 * by a fused multiply-add each. Vectors run over j, never over k.
 *
 * Parameters: FI_REAL, the arithmetic, f32 or f64; FI_NUMBER, its C type. V_TILE_ROWS by V_TILE_VECTORS sums are made at
 * once: as many as registers hold, besides a row of b and an element of a. */
#ifndef FI_PRODUCT_H
#define FI_PRODUCT_H

#include "../haar.h"

#define FI_V(operation) FI_JOIN(v, FI_REAL, operation)
#define FI_VECTOR ((int)(V_BYTES / sizeof(FI_NUMBER)))
#define FI_TILE_COLUMNS (V_TILE_VECTORS * FI_VECTOR)
#define fi_reals FI_JOIN2(v, FI_REAL)

#define FI_LOADED_f32(words) v_f32_bits(words)
#define FI_LOADED_f64(words) v_f64_bits(v_u64_from_u32(words))
#define FI_STORED_f32(a) v_u32_bits(a)
#define FI_STORED_f64(a) v_u32_from_u64(v_u64_bits(a))

/* The f64 ones also serve the other arithmetic. */
#define FI_LOAD(real, src) FI_JOIN2(FI_LOADED, real)(v_u32_load((const char *)(src)))
#define FI_STORE(real, dst, a) v_u32_store((char *)(dst), FI_JOIN2(FI_STORED, real)(a))

#define FI_IN_TILE(i, v) \
    FI_UNROLL            \
    for (int i = 0; i < V_TILE_ROWS; i++) \
        FI_UNROLL        \
        for (int v = 0; v < V_TILE_VECTORS; v++)
#endif

#define FI_THIS(name) FI_JOIN2(name, FI_REAL)

/* A tile of c, whose rows are c_i apart; `adds` it to what is there, by one more rounding. */
FI_INLINE void FI_THIS(fi_product)(FI_NUMBER *c, int64_t c_i, const FI_NUMBER *a, int64_t a_i, int64_t a_k,
                                   const FI_NUMBER *b, int64_t b_k, int64_t n_k, int adds)
{
    fi_reals sum[V_TILE_ROWS][V_TILE_VECTORS], row[V_TILE_VECTORS];
    FI_IN_TILE(i, v)
        sum[i][v] = FI_V(set)(0);
    for (int64_t k = 0; k < n_k; k++, a += a_k, b += b_k) {
        FI_UNROLL
        for (int v = 0; v < V_TILE_VECTORS; v++)
            row[v] = FI_LOAD(FI_REAL, b + v * FI_VECTOR);
        FI_UNROLL
        for (int i = 0; i < V_TILE_ROWS; i++) {
            fi_reals element = FI_V(set)(a[i * a_i]);
            FI_UNROLL
            for (int v = 0; v < V_TILE_VECTORS; v++)
                sum[i][v] = FI_V(fma)(element, row[v], sum[i][v]);
        }
    }
    FI_IN_TILE(i, v)
    {
        FI_NUMBER *place = c + i * c_i + v * FI_VECTOR;
        FI_STORE(FI_REAL, place, adds ? FI_V(add)(FI_LOAD(FI_REAL, place), sum[i][v]) : sum[i][v]);
    }
}

/* With a's neighbours along i, or along k: what is 1 is known to the compiler. */
static FI_NOINLINE void FI_THIS(fi_product_down)(FI_NUMBER *c, int64_t c_i, const FI_NUMBER *a, int64_t a_k,
                                                 const FI_NUMBER *b, int64_t b_k, int64_t n_k, int adds)
{
    FI_THIS(fi_product)(c, c_i, a, 1, a_k, b, b_k, n_k, adds);
}

static FI_NOINLINE void FI_THIS(fi_product_across)(FI_NUMBER *c, int64_t c_i, const FI_NUMBER *a, int64_t a_i,
                                                   const FI_NUMBER *b, int64_t b_k, int64_t n_k, int adds)
{
    FI_THIS(fi_product)(c, c_i, a, a_i, 1, b, b_k, n_k, adds);
}

#undef FI_THIS

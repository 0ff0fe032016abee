/* A block of a product of matrices of float64: multiply.h of the C side has the order of its sums.
 *
 * Comes after product.h, with its parameters for float64. */
#ifndef FI_MULTIPLY_BLOCK_H
#define FI_MULTIPLY_BLOCK_H

#include "../multiply.h"

#define FI_TILE_F64S (V_TILE_VECTORS * V_F64S)

/* n columns of a strip, of some rows of b, and zeros behind them. */
static void fi_pack(const fi_multiply *m, const double *b, int64_t n_rows, int64_t n, double *strip)
{
    if (n < FI_TILE_F64S)
        memset(strip, 0, (size_t)(n_rows * FI_TILE_F64S) * sizeof *strip);
    for (int64_t j = 0; j < n; j++)
        for (int64_t k = 0; k < n_rows; k++)
            strip[k * FI_TILE_F64S + j] = b[k * m->b_row + j * m->b_column];
}

/* Whole strips, side by side in b's memory: each row of theirs is read at once. */
static void fi_pack_rows(const fi_multiply *m, const double *b, int64_t n_rows, int64_t n_strips, double *strips)
{
    for (int64_t k = 0; k < n_rows; k++, b += m->b_row)
        for (int64_t s = 0; s < n_strips; s++)
            FI_UNROLL
            for (int v = 0; v < V_TILE_VECTORS; v++)
                FI_STORE(f64, strips + (s * n_rows + k) * FI_TILE_F64S + v * V_F64S,
                         FI_LOAD(f64, b + s * FI_TILE_F64S + v * V_F64S));
}

/* A strip's products with rows of a, from `a` on, to n columns of c, from `c` on. */
static void fi_multiply_rows(const fi_multiply *m, double *c, const double *a, int64_t n_rows, int64_t n,
                             const double *strip, int64_t n_k, int adds)
{
    double sum[V_TILE_ROWS * FI_TILE_F64S];
    while (n_rows > 0) {
        /* What is no whole tile goes by one row, which then is all of the tile's. */
        int64_t n_here = n_rows < V_TILE_ROWS ? 1 : V_TILE_ROWS, a_row = n_rows < V_TILE_ROWS ? 0 : m->a_row;
        if (n_here == V_TILE_ROWS && n == FI_TILE_F64S)
            fi_product_across_f64(c, m->c_row, a, a_row, strip, FI_TILE_F64S, n_k, adds);
        else {
            fi_product_across_f64(sum, FI_TILE_F64S, a, a_row, strip, FI_TILE_F64S, n_k, 0);
            for (int64_t i = 0; i < n_here; i++)
                for (int64_t j = 0; j < n; j++) {
                    double *to = c + i * m->c_row + j, found = sum[i * FI_TILE_F64S + j];
                    *to = adds ? *to + found : found;
                }
        }
        c += n_here * m->c_row, a += n_here * m->a_row, n_rows -= n_here;
    }
}

/* fi_multiply_fn. */
static void FI_JOIN(fi, multiply, FI_ISA)(const fi_multiply *m, int64_t row, int64_t end, int64_t column,
                                          int64_t column_end, void *scratch)
{
    int64_t n_columns = column_end - column, n_whole = m->b_column == 1 ? n_columns / FI_TILE_F64S : 0;
    double *strips = scratch;
    for (int64_t k = 0; k < m->n_inner; k += FI_MULTIPLIED) {
        int64_t n_k = m->n_inner - k < FI_MULTIPLIED ? m->n_inner - k : FI_MULTIPLIED;
        const double *a = m->a + row * m->a_row + k, *b = m->b + k * m->b_row + column * m->b_column;
        fi_pack_rows(m, b, n_k, n_whole, strips);
        for (int64_t j = 0; j < n_columns; j += FI_TILE_F64S) {
            int64_t n = n_columns - j < FI_TILE_F64S ? n_columns - j : FI_TILE_F64S;
            if (j >= n_whole * FI_TILE_F64S)
                fi_pack(m, b + j * m->b_column, n_k, n, strips + j * n_k);
            fi_multiply_rows(m, m->c + row * m->c_row + column + j, a, end - row, n, strips + j * n_k, n_k, k > 0);
        }
    }
}

#endif

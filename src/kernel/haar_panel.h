/* A panel of reflections, drawn: V and T such that I - V T V' is their product.
 *
 * Parameters: FI_DTYPE; FI_REAL, its arithmetic; FI_NUMBER, its C type. */
#define FI_THIS(name) FI_JOIN2(name, FI_REAL)

#ifndef FI_HAAR_PANEL_H
#define FI_HAAR_PANEL_H

#include <math.h>

#include "fma_exact.h"

/* Part of the stream: squares summed before their sum is added to the others'. */
#define FI_SQUARES 16

typedef struct {
    double sum[FI_PANEL];
    double lost[FI_PANEL];
} fi_haar_sums;

/* Zeros, a mebibyte at a time. */
static void fi_haar_clear(void *first, int64_t n_bytes, fi_watch *watch)
{
    for (int64_t at = 0, n; at < n_bytes && !fi_stopped(watch); at += n) {
        n = n_bytes - at < 1 << 20 ? n_bytes - at : 1 << 20;
        memset((char *)first + at, 0, (size_t)n);
    }
}

/* Of rows from one on, how many there are, and at most so many. */
FI_INLINE int64_t fi_haar_rows(int64_t row, int64_t n_rows, int64_t most)
{
    return n_rows - row < most ? n_rows - row : most;
}

/* Of V's rows from one on, n of them, how many are zero in a column and those behind it: the ones above its own. */
FI_INLINE int64_t fi_haar_zeros(int64_t column, int64_t row, int64_t n)
{
    return column < row ? 0 : column - row < n ? column - row : n;
}

/* Elements of the stream to be drawn in one call: those that go on in a block need no seeding. */
typedef struct {
    const fi_haar *haar;
    fi_watch *watch;
    int itemsize;
    int n;
    fi_portion portion[64];
} fi_haar_draws;

static void fi_haar_draw_all(fi_haar_draws *draws)
{
    const fi_haar *h = draws->haar;
    if (draws->n > 0)
        h->backend->blocks[h->dtype][h->law_code][FI_STORE_cached](&h->law, draws->portion, draws->n);
    draws->n = 0;
}

static void fi_haar_draw(fi_haar_draws *draws, uint64_t first, int64_t n, char *dst)
{
    while (n > 0) {
        int in_block = (int)(first % FI_BLOCK), n_now = n < FI_BLOCK - in_block ? (int)n : FI_BLOCK - in_block;
        if (draws->n == (int)(sizeof draws->portion / sizeof draws->portion[0])) {
            fi_haar_draw_all(draws);
            if (fi_stopped(draws->watch))
                return;
        }
        draws->portion[draws->n++] = (fi_portion){first / FI_BLOCK, in_block, n_now, dst};
        first += (uint64_t)n_now, n -= n_now, dst += (int64_t)n_now * draws->itemsize;
    }
}

/* Vectors of a row of T found side by side, for the sake of the additions' latency: no more than 32 elements. */
#define FI_T_VECTORS (V_F64S > 4 ? 32 / V_F64S : 8)

/* T, the inverse of an upper triangle: from the last row to the first, its own row's element times the sum, l upwards,
 * of products that are rounded each. */
static void fi_haar_invert(const double *triangle, int n, double *t)
{
    for (int i = n - 1; i >= 0; i--) {
        const double *u = triangle + i * FI_ROW_OF_T;
        double *row = t + i * FI_ROW_OF_T, inverse = 1 / u[i];
        for (int j = i / V_F64S * V_F64S; j < n; j += FI_T_VECTORS * V_F64S) {
            int end = j + FI_T_VECTORS * V_F64S < n ? j + FI_T_VECTORS * V_F64S : n;
            v_f64 sum[FI_T_VECTORS];
            FI_UNROLL
            for (int v = 0; v < FI_T_VECTORS; v++)
                sum[v] = v_f64_set(0);
            for (int l = i + 1; l < end; l++)
                FI_UNROLL
                for (int v = 0; v < FI_T_VECTORS; v++)
                {
                    v_f64 below = FI_LOAD(f64, t + l * FI_ROW_OF_T + j + v * V_F64S);
                    sum[v] = v_f64_add(sum[v], v_f64_mul(v_f64_set(u[l]), below));
                }
            FI_UNROLL
            for (int v = 0; v < FI_T_VECTORS; v++)
                FI_STORE(f64, row + j + v * V_F64S, v_f64_mul(v_f64_set(-inverse), sum[v]));
        }
        for (int j = 0; j < i; j++)
            row[j] = 0;
        row[i] = inverse;
    }
}
#endif

/* Rows as columns: element j of row[i] to dst[j * stride + i]. Up to a multiple of four elements are taken. */
static void FI_THIS(fi_haar_transpose)(const char *const *row, int n_rows, int64_t n_columns, FI_NUMBER *dst,
                                       int64_t stride)
{
    int64_t size = (int64_t)sizeof *dst;
    if (size == 4 && n_rows % V_F32S == 0) {
        for (int64_t j = 0; j < n_columns; j += 4)
            for (int i = 0; i < n_rows; i += V_F32S)
                fi_transpose_quads((char *)(dst + j * stride + i), stride * size, row + i, j);
        return;
    }
    for (int64_t j = 0; j < n_columns; j++)
        for (int i = 0; i < n_rows; i++)
            memcpy(dst + j * stride + i, row[i] + j * size, (size_t)size);
}

/* Columns [k, k + n) of V as they are drawn, with zeros above their own rows. */
static void FI_THIS(fi_haar_draw_columns)(const fi_haar *h, int64_t matrix, int64_t panel, int k, int n, FI_NUMBER *v,
                                          FI_NUMBER *drawn, fi_watch *watch)
{
    int64_t first_row = panel * FI_PANEL, n_rows = h->n_rows - first_row;
    uint64_t first = h->first + (uint64_t)(matrix * h->n_columns * h->n_rows);
    fi_haar_draws draws = {.haar = h, .watch = watch, .itemsize = (int)sizeof *drawn, .n = 0};
    const char *row[FI_DRAWN];
    for (int i = 0; i < n; i++) {
        int64_t own = k + i, column = first_row + own;
        FI_NUMBER *to = drawn + i * n_rows;
        row[i] = (const char *)to;
        memset(to, 0, (size_t)own * sizeof *to);
        fi_haar_draw(&draws, first + (uint64_t)(column * h->n_rows + column), n_rows - own, (char *)(to + own));
    }
    fi_haar_draw_all(&draws);
    for (int64_t at = 0; at < n_rows; at += FI_ROWS_WATCHED) {
        if (fi_stopped(watch))
            return;
        FI_THIS(fi_haar_transpose)(row, n, fi_haar_rows(at, n_rows, FI_ROWS_WATCHED), v + at * h->width + k, h->width);
        for (int i = 0; i < n; i++)
            row[i] += FI_ROWS_WATCHED * (int64_t)sizeof *v;
    }
}

/* Adds the squares of some rows, summed in V's arithmetic, to what there is of each column: a sum, and what its additions
 * have lost. */
static void FI_THIS(fi_haar_add_squares)(const FI_NUMBER *v, int64_t n_rows, int64_t width,
                                         fi_haar_sums *squares)
{
    FI_NUMBER sum[FI_PANEL + FI_SPARE_ELEMENTS];
    for (int64_t k = 0; k < width; k += FI_VECTOR) {
        fi_reals squares_here = FI_V(set)(0);
        for (int64_t row = 0; row < n_rows; row++) {
            fi_reals here = FI_LOAD(FI_REAL, v + row * width + k);
            squares_here = FI_V(fma)(here, here, squares_here);
        }
        FI_STORE(FI_REAL, sum + k, squares_here);
    }
    for (int64_t k = 0; k < width; k++) {
        double error;
        squares->sum[k] = fi_two_sum(squares->sum[k], (double)sum[k], &error);
        squares->lost[k] += error;
    }
}

/* Each column times a number. */
static FI_NOINLINE void FI_THIS(fi_haar_multiply)(FI_NUMBER *v, int64_t n_rows, int64_t width, const FI_NUMBER *by)
{
    for (int64_t row = 0; row < n_rows; row++, v += width) {
        int64_t k = 0;
        for (; k + FI_VECTOR <= width; k += FI_VECTOR)
            FI_STORE(FI_REAL, v + k, FI_V(mul)(FI_LOAD(FI_REAL, v + k), FI_LOAD(FI_REAL, by + k)));
        for (; k < width; k++)
            v[k] *= by[k];
    }
}

/* From drawn vectors x to v: x with sign * length added to its own element, divided by that. Sets what the identity's
 * columns are multiplied by, and the squares of v's lengths. A length of 0, possible in principle, is as good as any. */
static void FI_THIS(fi_haar_scale)(const fi_haar *h, FI_NUMBER *v, int64_t n_rows, int n, FI_NUMBER *factor,
                                   double *squares, fi_watch *watch)
{
    int64_t width = h->width;
    FI_NUMBER scale[FI_PANEL + FI_SPARE_ELEMENTS] = {0};
    fi_haar_sums of_x = {{0}, {0}}, of_v = {{0}, {0}};
    for (int64_t row = 0; row < n_rows; row += FI_SQUARES) {
        if (row % FI_ROWS_WATCHED == 0 && fi_stopped(watch))
            return;
        FI_THIS(fi_haar_add_squares)(v + row * width, fi_haar_rows(row, n_rows, FI_SQUARES), width, &of_x);
    }
    for (int k = 0; k < n; k++) {
        double own = (double)v[k * width + k], square = of_x.sum[k] + of_x.lost[k];
        double length = sqrt(square > 0 ? square : 1);
        scale[k] = (FI_NUMBER)(1 / (own < 0 ? own - length : own + length));
        factor[k] = (FI_NUMBER)(own < 0 ? h->gain : -h->gain);
    }
    for (int64_t row = 0; row < n_rows; row += FI_SQUARES) {
        int64_t n_here = fi_haar_rows(row, n_rows, FI_SQUARES);
        if (row % FI_ROWS_WATCHED == 0 && fi_stopped(watch))
            return;
        FI_THIS(fi_haar_multiply)(v + row * width, n_here, width, scale);
        for (int64_t k = row; k < n && k < row + n_here; k++)
            v[k * width + k] = 1;
        FI_THIS(fi_haar_add_squares)(v + row * width, n_here, width, &of_v);
    }
    for (int k = 0; k < n; k++)
        squares[k] = of_v.sum[k] + of_v.lost[k];
}

/* V'V on and above its diagonal, in sums of FI_SUMMED products; rows of c are c_i apart. */
static void FI_THIS(fi_haar_gram)(const fi_haar *h, const FI_NUMBER *v, int64_t n_rows, FI_NUMBER *c, int64_t c_i,
                                  fi_watch *watch)
{
    int64_t width = h->width;
    for (int64_t row = 0; row < n_rows; row += FI_SUMMED) {
        int64_t n = fi_haar_rows(row, n_rows, FI_SUMMED);
        if (row % FI_ROWS_WATCHED == 0 && fi_stopped(watch))
            return;
        const FI_NUMBER *from = v + row * width;
        for (int j = 0; j < width; j += FI_TILE_COLUMNS)
            for (int i = 0; i < width && i < j + FI_TILE_COLUMNS; i += V_TILE_ROWS) {
                int64_t zeros = fi_haar_zeros(i > j ? i : j, row, n), at = zeros * width;
                FI_THIS(fi_product_down)(c + i * c_i + j, c_i, from + at + i, width, from + at + j, width, n - zeros,
                                         row > 0);
            }
    }
}

/* fi_haar_panel_fn. */
static void FI_THIS(fi_haar_panel)(const fi_haar *h, int64_t matrix, int64_t panel, void *panels, void *scratch,
                                   fi_watch *watch)
{
    int64_t first = panel * FI_PANEL, n_rows = h->n_rows - first, width = h->width, c_i = FI_ROW_OF_C;
    int n = (int)(h->n_columns - first < FI_PANEL ? h->n_columns - first : FI_PANEL);
    FI_NUMBER *minus_t = (FI_NUMBER *)panels + fi_haar_panel_at(h, panel), *factor = minus_t + width * width;
    FI_NUMBER *v = factor + width, *drawn = scratch;
    memset(minus_t, 0, (size_t)((width + 1) * width) * sizeof *v);
    if (n < width)
        fi_haar_clear(v, n_rows * width * (int64_t)sizeof *v, watch);
    for (int k = 0; k < n; k += FI_DRAWN)
        FI_THIS(fi_haar_draw_columns)(h, matrix, panel, k, n - k < FI_DRAWN ? n - k : FI_DRAWN, v, drawn, watch);
    memset(v + n_rows * width, 0, (size_t)(FI_SPARE_ROWS * width + FI_SPARE_ELEMENTS) * sizeof *v);

    double *triangle = scratch, *t = triangle + FI_PANEL * FI_ROW_OF_T, *squares = t + FI_PANEL * FI_ROW_OF_T;
    FI_NUMBER *c = (FI_NUMBER *)(squares + FI_PANEL);
    FI_THIS(fi_haar_scale)(h, v, n_rows, n, factor, squares, watch);
    FI_THIS(fi_haar_gram)(h, v, n_rows, c, c_i, watch);
    if (fi_stopped(watch)) /* what the rest reads may not be there */
        return;
    for (int i = 0; i < n; i++) {
        for (int j = i + 1; j < n; j++)
            triangle[i * FI_ROW_OF_T + j] = (double)c[i * c_i + j];
        triangle[i * FI_ROW_OF_T + i] = squares[i] / 2;
    }
    fi_haar_invert(triangle, n, t);
    for (int i = 0; i < n; i++)
        for (int j = i; j < n; j++)
            minus_t[i * width + j] = (FI_NUMBER)-t[i * FI_ROW_OF_T + j];
}

#undef FI_THIS

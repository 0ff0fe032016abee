/* Rows to columns: what a tile of generated rows holds, written column by column. See tile.c. */
#ifndef FI_COLUMNS_H
#define FI_COLUMNS_H

/* Room for a column of a tile, for a line's worth of the tile before it, and to read a vector from any element. */
#define FI_STAGED (FI_LINE + FI_TILE_BYTES + FI_LINE)

/* The first place of the tile's own elements in a staged column. */
#define FI_STAGED_FIRST FI_LINE

/* Elements of 4 bytes, j to j + 3 of V_F32S rows, to four columns, `stride` bytes apart. */
FI_INLINE void fi_transpose_quads(char *column, int64_t stride, const char *const *row, int64_t j)
{
    v_f32 a = v_f32_quads(row, 4 * j), b = v_f32_quads(row + 1, 4 * j);
    v_f32 c = v_f32_quads(row + 2, 4 * j), d = v_f32_quads(row + 3, 4 * j);
    v_f32 ab = v_f32_zip_low(a, b), cd = v_f32_zip_low(c, d);
    v_u32_store(column, v_u32_bits(v_f32_zip_low_pairs(ab, cd)));
    v_u32_store(column + stride, v_u32_bits(v_f32_zip_high_pairs(ab, cd)));
    ab = v_f32_zip_high(a, b), cd = v_f32_zip_high(c, d);
    v_u32_store(column + 2 * stride, v_u32_bits(v_f32_zip_low_pairs(ab, cd)));
    v_u32_store(column + 3 * stride, v_u32_bits(v_f32_zip_high_pairs(ab, cd)));
}

/* A line's worth of columns from j on, n of them wanted, to staged[]. */
FI_INLINE void fi_transpose(char staged[][FI_STAGED], const fi_rows *rows, int64_t j, int n, int itemsize)
{
    if (itemsize == 4) {
        for (int r = 0; r < rows->n_rows; r += V_F32S)
            for (int c = 0; c < n; c += 4)
                fi_transpose_quads(staged[c] + FI_STAGED_FIRST + 4 * r, FI_STAGED, rows->row + r, j + c);
        return;
    }
    for (int r = 0; r < rows->n_rows; r++)
        for (int c = 0; c < n; c++)
            memcpy(staged[c] + FI_STAGED_FIRST + r * itemsize, rows->row[r] + (j + c) * itemsize, (size_t)itemsize);
}

/* A column's elements from its place in `staged` on, which begins with room for a line's worth of the tile before. */
FI_INLINE void fi_write_column(const fi_rows *rows, char *staged, char *carry, char *place)
{
    char *dst = place - FI_STAGED_FIRST; /* of staged[0] */
    int late = (int)((uintptr_t)place % FI_LINE), n_bytes = rows->n_rows * rows->itemsize;
    int from = FI_STAGED_FIRST, end = from + n_bytes;
    if (rows->continued) {
        memcpy(staged, carry, FI_LINE);
        from -= late;
    }
    if (rows->written)
        from = fi_write_lines(dst, staged, from, end, rows->streamed);
    if (rows->continues)
        memcpy(carry, staged + n_bytes, FI_LINE);
    else
        fi_write_few(dst + from, staged + from, end - from);
}

FI_INLINE void fi_columns(const fi_rows *rows, int64_t j, int64_t n, char *carry, char *dst, int64_t stride, int itemsize)
{
    _Alignas(FI_LINE) char staged[FI_LINE][FI_STAGED];
    int n_at_once = FI_LINE / itemsize;
    for (int64_t k = 0; k < n; k += n_at_once) {
        int n_now = n - k < n_at_once ? (int)(n - k) : n_at_once;
        fi_transpose(staged, rows, j + k, n_now, itemsize);
        for (int c = 0; c < n_now; c++, carry += FI_LINE, dst += stride)
            fi_write_column(rows, staged[c], carry, dst);
    }
}

/* fi_columns_fn: a line of the rows at a time, so that it is read once whichever sets of the cache they share. Each
 * size of elements on its own, so that it is a constant. */
static void FI_JOIN(fi, columns, FI_ISA)(const fi_rows *rows, int64_t j, int64_t n, char *carry, char *dst,
                                         int64_t stride)
{
    if (rows->itemsize == 4)
        fi_columns(rows, j, n, carry, dst, stride, 4);
    else if (rows->itemsize == 8)
        fi_columns(rows, j, n, carry, dst, stride, 8);
    else if (rows->itemsize == 2)
        fi_columns(rows, j, n, carry, dst, stride, 2);
    else
        fi_columns(rows, j, n, carry, dst, stride, 1);
}

#endif

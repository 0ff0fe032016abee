/* Rows to columns: what a tile of generated rows holds, written column by column. See tile.c. */
#ifndef FI_COLUMNS_H
#define FI_COLUMNS_H

/* Room for a column of a tile, for a line's worth of the tile before it, and to read a vector from any element. */
#define FI_STAGED (FI_LINE_F32S + FI_TILE_ROWS + FI_LINE_F32S)

/* Elements j to j + 3 of V_F32S rows, as elements r and following of four columns. */
FI_INLINE void fi_transpose(float column[4][FI_STAGED], int r, const float *const *row, int64_t j)
{
    v_f32 a = v_f32_quads(row, j), b = v_f32_quads(row + 1, j);
    v_f32 c = v_f32_quads(row + 2, j), d = v_f32_quads(row + 3, j);
    v_f32 ab = v_f32_zip_low(a, b), cd = v_f32_zip_low(c, d);
    v_f32_store(column[0] + r, v_f32_zip_low_pairs(ab, cd));
    v_f32_store(column[1] + r, v_f32_zip_high_pairs(ab, cd));
    ab = v_f32_zip_high(a, b), cd = v_f32_zip_high(c, d);
    v_f32_store(column[2] + r, v_f32_zip_low_pairs(ab, cd));
    v_f32_store(column[3] + r, v_f32_zip_high_pairs(ab, cd));
}

/* A column's elements from its place in `staged` on, which begins with room for a line's worth of the tile before. */
FI_INLINE void fi_write_column(const fi_rows *rows, float *staged, float *carry, float *place)
{
    float *dst = place - FI_LINE_F32S; /* of staged[0] */
    int late = (int)((uintptr_t)place % FI_LINE / sizeof(float));
    int from = FI_LINE_F32S, end = from + rows->n_rows;
    if (rows->continued) {
        memcpy(staged, carry, FI_LINE);
        from -= late;
    }
    if (rows->written)
        from = fi_write_lines(dst, staged, from, end, rows->streamed);
    if (rows->continues)
        memcpy(carry, staged + rows->n_rows, FI_LINE);
    else
        fi_write_few(dst + from, staged + from, end - from);
}

/* fi_columns_fn: a line of the rows at a time, so that it is read once whichever sets of the cache they share. */
static void FI_JOIN(fi, columns, FI_ISA)(const fi_rows *rows, int64_t j, int64_t n, float *carry, char *dst,
                                         int64_t stride)
{
    _Alignas(FI_LINE) float staged[FI_LINE_F32S][FI_STAGED];
    for (int64_t k = 0; k < n; k += FI_LINE_F32S) {
        int n_now = n - k < FI_LINE_F32S ? (int)(n - k) : FI_LINE_F32S;
        for (int r = 0; r < rows->n_rows; r += V_F32S)
            for (int c = 0; c < n_now; c += 4)
                fi_transpose(staged + c, FI_LINE_F32S + r, rows->row + r, j + k + c);
        for (int c = 0; c < n_now; c++, carry += FI_LINE_F32S, dst += stride)
            fi_write_column(rows, staged[c], carry, (float *)(void *)dst);
    }
}

#endif

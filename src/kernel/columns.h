/* Rows to columns: what a tile of generated rows holds, written column by column. See tile.c. */
#ifndef FI_COLUMNS_H
#define FI_COLUMNS_H

#define FI_LINE_F32S (FI_LINE / 4)

/* Elements j to j + 3 of V_F32S rows, as four columns. */
FI_INLINE void fi_transpose(float *column[4], const float *const *row, int64_t j)
{
    v_f32 a = v_f32_quads(row, j), b = v_f32_quads(row + 1, j);
    v_f32 c = v_f32_quads(row + 2, j), d = v_f32_quads(row + 3, j);
    v_f32 ab = v_f32_zip_low(a, b), cd = v_f32_zip_low(c, d);
    v_f32_store(column[0], v_f32_zip_low_pairs(ab, cd));
    v_f32_store(column[1], v_f32_zip_high_pairs(ab, cd));
    ab = v_f32_zip_high(a, b), cd = v_f32_zip_high(c, d);
    v_f32_store(column[2], v_f32_zip_low_pairs(ab, cd));
    v_f32_store(column[3], v_f32_zip_high_pairs(ab, cd));
}

/* Elements [from, to) of `values` to `place`, the place of element FI_LINE_F32S; whole lines past the caches if
 * `streamed`. Returns the first that it left because its line goes on beyond `to`. */
FI_INLINE int fi_write_lines(const float *values, int from, int to, float *place, int streamed)
{
    float *dst = place - FI_LINE_F32S;
    int n_head = (int)(-(uintptr_t)(dst + from) % FI_LINE / sizeof(float));
    if (n_head > to - from)
        n_head = to - from;
    memcpy(dst + from, values + from, (size_t)n_head * sizeof(float));
    for (from += n_head; from + FI_LINE_F32S <= to; from += FI_LINE_F32S)
        for (int i = from; i < from + FI_LINE_F32S; i += V_F32S)
            if (streamed)
                v_f32_stream(dst + i, v_f32_load(values + i));
            else
                v_f32_store(dst + i, v_f32_load(values + i));
    return from;
}

/* fi_columns_fn. */
static void FI_JOIN(fi, columns, FI_ISA)(const fi_rows *rows, int64_t j, int64_t n, float *carry, char *dst,
                                         int64_t stride)
{
    /* Of each column the last line's worth of the tile before, then this tile's elements. */
    _Alignas(FI_LINE) float staged[4][FI_LINE_F32S + FI_TILE_ROWS];
    int end = FI_LINE_F32S + rows->n_rows;
    for (int64_t k = 0; k < n; k += 4) {
        for (int r = 0; r < rows->n_rows; r += V_F32S) {
            float *column[4];
            for (int c = 0; c < 4; c++)
                column[c] = staged[c] + FI_LINE_F32S + r;
            fi_transpose(column, rows->row + r, j + k);
        }
        for (int c = 0; c < 4 && k + c < n; c++, carry += FI_LINE_F32S, dst += stride) {
            float *place = (float *)(void *)dst;
            int late = (int)((uintptr_t)place % FI_LINE / sizeof(float)), from = FI_LINE_F32S;
            if (rows->continued) {
                memcpy(staged[c], carry, FI_LINE);
                from -= late;
            }
            if (rows->written)
                from = fi_write_lines(staged[c], from, end, place, rows->streamed);
            if (rows->continues)
                memcpy(carry, staged[c] + rows->n_rows, FI_LINE);
            else
                memcpy(place + from - FI_LINE_F32S, staged[c] + from, (size_t)(end - from) * sizeof(float));
        }
    }
}

#endif

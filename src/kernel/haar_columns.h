/* A block of a matrix's columns: multiples of the identity's, to which the panels are applied, the last first.
 *
 * Parameters: FI_DTYPE; FI_REAL, its arithmetic; FI_NUMBER, its C type; undefined at the end. */
#define FI_THIS(name) FI_JOIN2(name, FI_REAL)

#ifndef FI_HAAR_COLUMNS_H
#define FI_HAAR_COLUMNS_H
/* To a near cache what is read column by column soon, which processors do not see coming. */
FI_INLINE void fi_fetch(const void *from, int64_t n_bytes)
{
#if defined(__GNUC__)
    for (int64_t at = 0; at < n_bytes; at += FI_LINE)
        __builtin_prefetch((const char *)from + at, 0, 2);
#else
    (void)from, (void)n_bytes;
#endif
}
#endif

/* The block lies in strips of FI_TILE_COLUMNS columns, each row by row. */
typedef struct {
    FI_NUMBER *q;
    int64_t q_strip; /* elements from strip to strip */
    FI_NUMBER *y;    /* a row for each of a panel's reflections, in strips of FI_PANEL rows */
    FI_NUMBER *w;
    int n_strips;
    int first_strip; /* to which panels have been applied: those before it are zero in the panel's rows */
} FI_THIS(fi_block);

/* Adds to y the products of V's columns with some rows of q, no more than FI_SUMMED; it is set by the panel's `first`. */
static void FI_THIS(fi_haar_project)(const fi_haar *h, const FI_THIS(fi_block) *block, const FI_NUMBER *v, int64_t first,
                                     int64_t row, int64_t n_rows)
{
    for (int s = block->first_strip; s < block->n_strips; s++) {
        const FI_NUMBER *q = block->q + s * block->q_strip + row * FI_TILE_COLUMNS;
        FI_NUMBER *y = block->y + s * FI_PANEL * FI_TILE_COLUMNS;
        for (int i = 0; i < h->width; i += V_TILE_ROWS) {
            int64_t zeros = fi_haar_zeros(i, row - first, n_rows);
            FI_THIS(fi_product_down)(y + i * FI_TILE_COLUMNS, FI_TILE_COLUMNS, v + (row - first + zeros) * h->width + i,
                                     h->width, q + zeros * FI_TILE_COLUMNS, FI_TILE_COLUMNS, n_rows - zeros, row > first);
        }
    }
}

/* w = -T y. */
static void FI_THIS(fi_haar_weigh)(const fi_haar *h, const FI_THIS(fi_block) *block, const FI_NUMBER *minus_t)
{
    for (int s = block->first_strip; s < block->n_strips; s++) {
        const FI_NUMBER *y = block->y + s * FI_PANEL * FI_TILE_COLUMNS;
        FI_NUMBER *w = block->w + s * FI_PANEL * FI_TILE_COLUMNS;
        for (int i = 0; i < h->width; i += V_TILE_ROWS) /* before its diagonal T is zero */
            FI_THIS(fi_product_across)(w + i * FI_TILE_COLUMNS, FI_TILE_COLUMNS, minus_t + i * h->width + i, h->width,
                                       y + i * FI_TILE_COLUMNS, FI_TILE_COLUMNS, h->width - i, 0);
    }
}

/* Adds V w to some rows of q, the panel's first at `first`. */
static void FI_THIS(fi_haar_add)(const fi_haar *h, const FI_THIS(fi_block) *block, const FI_NUMBER *v, int64_t first,
                                 int64_t row, int64_t end)
{
    for (; row < end; row += V_TILE_ROWS) {
        int64_t n_k = fi_haar_rows(0, h->width, row - first + V_TILE_ROWS); /* behind its diagonal V is zero */
        for (int s = block->first_strip; s < block->n_strips; s++)
            FI_THIS(fi_product_across)(block->q + s * block->q_strip + row * FI_TILE_COLUMNS, FI_TILE_COLUMNS,
                                       v + (row - first) * h->width, h->width,
                                       block->w + s * FI_PANEL * FI_TILE_COLUMNS, FI_TILE_COLUMNS, n_k, 1);
    }
}

/* Applies a panel whose y is known, and finds that of the one before, some rows at a time: then q is read once. */
static void FI_THIS(fi_haar_apply)(const fi_haar *h, const FI_THIS(fi_block) *block, const FI_NUMBER *panels,
                                   int64_t panel, fi_watch *watch)
{
    int64_t first = panel * FI_PANEL, before = panel > 0 ? first - FI_PANEL : first;
    const FI_NUMBER *minus_t = panels + fi_haar_panel_at(h, panel), *v = minus_t + (h->width + 1) * h->width;
    const FI_NUMBER *v_before = panels + fi_haar_panel_at(h, panel > 0 ? panel - 1 : 0) + (h->width + 1) * h->width;
    FI_THIS(fi_haar_weigh)(h, block, minus_t);
    for (int64_t row = before; row < h->n_rows; row += FI_SUMMED) {
        int64_t n = fi_haar_rows(row, h->n_rows, FI_SUMMED);
        if ((row - before) % FI_ROWS_WATCHED == 0 && fi_stopped(watch))
            return;
        if (panel > 0)
            fi_fetch(v_before + (row - before) * h->width, n * h->width * (int64_t)sizeof *v);
        FI_THIS(fi_haar_add)(h, block, v, first, row > first ? row : first, row + n);
        if (panel > 0)
            FI_THIS(fi_haar_project)(h, block, v_before, before, row, n);
    }
}

/* Sets a strip of q to multiples of the identity's columns, and y for the last one's panel: of columns before that panel
 * it is 0. */
static void FI_THIS(fi_haar_begin)(const fi_haar *h, const FI_THIS(fi_block) *block, const FI_NUMBER *panels, int strip,
                                   const int64_t *column, int n, fi_watch *watch)
{
    int64_t width = h->width, last = column[n - 1] / FI_PANEL;
    const FI_NUMBER *v = panels + fi_haar_panel_at(h, last) + (width + 1) * width;
    FI_NUMBER *q = block->q + strip * block->q_strip, *y = block->y + strip * FI_PANEL * FI_TILE_COLUMNS;
    FI_NUMBER of_last[FI_TILE_COLUMNS] = {0};
    const char *row[FI_TILE_COLUMNS];
    fi_haar_clear(q, block->q_strip * (int64_t)sizeof *q, watch);
    for (int i = 0; i < FI_TILE_COLUMNS; i++)
        row[i] = (const char *)v;
    for (int i = 0; i < n; i++) {
        int64_t panel = column[i] / FI_PANEL, in_panel = column[i] % FI_PANEL;
        FI_NUMBER factor = (panels + fi_haar_panel_at(h, panel) + width * width)[in_panel];
        q[column[i] * FI_TILE_COLUMNS + i] = factor;
        if (panel == last)
            of_last[i] = factor, row[i] = (const char *)(v + in_panel * width);
    }
    FI_THIS(fi_haar_transpose)(row, FI_TILE_COLUMNS, width, y, FI_TILE_COLUMNS);
    FI_THIS(fi_haar_multiply)(y, width, FI_TILE_COLUMNS, of_last);
}

/* The wanted rows of n columns, to dst: what lies side by side there one after the other. */
static void FI_THIS(fi_haar_write)(const fi_haar *h, const FI_THIS(fi_block) *block, int64_t n, char *dst,
                                   fi_watch *watch)
{
    int64_t size = (int64_t)sizeof *block->q;
    if (h->column_stride == size) {
        for (int64_t r = 0; r < h->n_rows_here; r++, dst += h->row_stride) {
            if (r % FI_ROWS_WATCHED == 0 && fi_stopped(watch))
                return;
            const FI_NUMBER *q = block->q + h->row[r] * FI_TILE_COLUMNS;
            int64_t i = 0;
            for (; i + FI_TILE_COLUMNS <= n; i += FI_TILE_COLUMNS, q += block->q_strip)
                memcpy(dst + i * size, q, (size_t)(FI_TILE_COLUMNS * size));
            memcpy(dst + i * size, q, (size_t)((n - i) * size));
        }
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        const FI_NUMBER *q = block->q + i / FI_TILE_COLUMNS * block->q_strip + i % FI_TILE_COLUMNS;
        for (int64_t r = 0; r < h->n_rows_here; r++) {
            if (r % FI_ROWS_WATCHED == 0 && fi_stopped(watch))
                return;
            memcpy(dst + i * h->column_stride + r * h->row_stride, q + h->row[r] * FI_TILE_COLUMNS, (size_t)size);
        }
    }
}

/* fi_haar_columns_fn. */
static void FI_THIS(fi_haar_columns)(const fi_haar *h, int64_t matrix, int64_t block_index, const void *panels,
                                     void *scratch, fi_watch *watch)
{
    int64_t at = block_index * h->block_columns, y_size = h->block_columns * FI_PANEL;
    int64_t n = fi_haar_rows(at, h->n_columns_here, h->block_columns);
    const int64_t *column = h->column + at;
    FI_THIS(fi_block) block = {.y = scratch, .n_strips = (int)((n + FI_TILE_COLUMNS - 1) / FI_TILE_COLUMNS)};
    block.w = block.y + y_size, block.q = block.w + y_size;
    block.q_strip = (h->n_rows + FI_SPARE_ROWS) * FI_TILE_COLUMNS, block.first_strip = block.n_strips;
    for (int64_t panel = column[n - 1] / FI_PANEL; panel >= 0; panel--) {
        for (int s = block.first_strip - 1; s >= 0; s--) {
            int64_t in_strip = s * FI_TILE_COLUMNS, n_here = fi_haar_rows(in_strip, n, FI_TILE_COLUMNS);
            if (column[in_strip + n_here - 1] / FI_PANEL < panel)
                break;
            FI_THIS(fi_haar_begin)(h, &block, panels, s, column + in_strip, (int)n_here, watch);
            block.first_strip = s;
        }
        FI_THIS(fi_haar_apply)(h, &block, panels, panel, watch);
    }
    if (fi_stopped(watch))
        return;
    char *dst = h->out + matrix * h->matrix_stride + at * h->column_stride;
    FI_THIS(fi_haar_write)(h, &block, n, dst, watch);
}

#undef FI_THIS
#undef FI_DTYPE
#undef FI_REAL
#undef FI_NUMBER

#include "haar.h"

#include <stddef.h>

/* Bytes of columns made at once: more of them read V less often. And the fewest blocks for each thread, so that none waits
 * long for the last; or one, if that is of few tiles. */
#define BLOCK_BYTES ((int64_t)3 << 20)
#define MAX_TILES 8
#define BLOCKS_PER_THREAD 4
#define FEW_TILES 3

/* Panels that a thread has for a matrix of its own, when there are many. */
#define SMALL_BYTES ((int64_t)1 << 19)

/* A part of the work is as long as this many additions and multiplications, but a slab of it must not keep a signal
 * waiting where they are slow. */
#define FLOPS_PER_WORK 512
#define SLOW_FLOPS_PER_WORK 16
#define MAX_WORK ((int64_t)1 << 56)

static int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static int64_t max_i64(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t min_i64(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t whole_lines(int64_t n_bytes) { return ceil_div(n_bytes, FI_LINE) * FI_LINE; }

int64_t fi_haar_panel_at(const fi_haar *h, int64_t panel)
{
    int64_t rows_before = panel * (h->n_rows + FI_SPARE_ROWS) - FI_PANEL * (panel * (panel - 1) / 2);
    return panel * ((h->width + 1) * h->width + FI_SPARE_ELEMENTS) + rows_before * h->width;
}

/* For blocks of columns that take so many in all. */
static int64_t tiles_at_once(int64_t n_tiles, int n_threads)
{
    if (n_threads == 1 || n_tiles <= FEW_TILES * n_threads)
        return ceil_div(n_tiles, n_threads);
    return max_i64(1, n_tiles / (BLOCKS_PER_THREAD * n_threads));
}

void fi_haar_split(fi_haar *h, int n_threads)
{
    int64_t itemsize = h->dtype == FI_DTYPE_float64 ? 8 : 4, last = h->column[h->n_columns_here - 1];
    int64_t tile = h->backend->tile_columns[h->dtype], rows = h->backend->tile_rows;
    h->width = h->n_columns < FI_PANEL ? ceil_div(h->n_columns, rows) * rows : FI_PANEL;
    h->n_panels = last / FI_PANEL + 1;
    h->panels_bytes = whole_lines(fi_haar_panel_at(h, h->n_panels) * itemsize);

    int64_t most = max_i64(1, min_i64(MAX_TILES, BLOCK_BYTES / (tile * h->n_rows * itemsize)));
    int64_t n_tiles = tiles_at_once(ceil_div(h->n_columns_here, tile), fi_haar_is_small(h) ? 1 : n_threads);
    h->block_columns = tile * min_i64(most, n_tiles);
    h->n_blocks = ceil_div(h->n_columns_here, h->block_columns);
    /* Vectors as they are drawn, and then what makes T of them: haar_panel.h. */
    int64_t triangles = (2 * FI_ROW_OF_T + 1) * FI_PANEL * 8 + FI_PANEL * FI_ROW_OF_C * itemsize;
    h->panel_scratch_bytes = max_i64(FI_DRAWN * h->n_rows * itemsize + FI_LINE, triangles);
    h->block_scratch_bytes = h->block_columns * (2 * FI_PANEL + h->n_rows + FI_SPARE_ROWS) * itemsize;
}

int fi_haar_is_small(const fi_haar *h) { return h->n_matrices > 1 && h->panels_bytes <= SMALL_BYTES; }

/* Of reflections up to the last column: V'V and some passes over V; and V'q and V w. */
static double panels_flops(const fi_haar *h)
{
    double m = (double)h->n_rows, n = (double)min_i64(h->n_panels * FI_PANEL, h->n_columns);
    return n * (m - n / 2) * ((double)h->width + 100);
}

static double blocks_flops(const fi_haar *h)
{
    double m = (double)h->n_rows, flops = 0;
    for (int64_t i = 0; i < h->n_columns_here; i++) {
        double j = (double)h->column[i] + 1;
        flops += 4 * j * (m - j / 2) + (double)h->width * m;
    }
    return flops;
}

fi_haar_work fi_haar_work_of(const fi_haar *h, int kind, int64_t matrix, char *panels)
{
    fi_haar_work work = {h, kind, matrix, panels, 1, 0, 0};
    double flops = 0;
    switch (kind) {
    case FI_HAAR_PANELS:
        work.n_units = h->n_panels, work.scratch_bytes = h->panel_scratch_bytes, flops = panels_flops(h);
        break;
    case FI_HAAR_BLOCKS:
        work.n_units = h->n_blocks, work.scratch_bytes = h->block_scratch_bytes, flops = blocks_flops(h);
        break;
    default:
        work.n_units = h->n_matrices, flops = (panels_flops(h) + blocks_flops(h)) * (double)h->n_matrices;
        work.scratch_bytes = h->panels_bytes + max_i64(h->panel_scratch_bytes, h->block_scratch_bytes);
    }
    flops /= (double)work.n_units * (h->backend->fma_is_long ? SLOW_FLOPS_PER_WORK : FLOPS_PER_WORK);
    double most = (double)(MAX_WORK / work.n_units); /* no memory has room for matrices of more */
    work.work_per_unit = 1 + (int64_t)(flops < most ? flops : most);
    return work;
}

static void fill_matrix(const fi_haar *h, int64_t matrix, char *panels, char *scratch, fi_watch *watch)
{
    for (int64_t panel = 0; panel < h->n_panels; panel++)
        h->backend->haar_panel[h->dtype](h, matrix, panel, panels, scratch, watch);
    for (int64_t block = 0; block < h->n_blocks; block++)
        h->backend->haar_columns[h->dtype](h, matrix, block, panels, scratch, watch);
}

void fi_haar_fill(const fi_haar_work *work, int64_t first, int64_t last, void *scratch, fi_watch *watch)
{
    const fi_haar *h = work->haar;
    int64_t unit = ceil_div(first, work->work_per_unit), end = min_i64(ceil_div(last, work->work_per_unit), work->n_units);
    for (; unit < end && !fi_stopped(watch); unit++)
        switch (work->kind) {
        case FI_HAAR_PANELS:
            h->backend->haar_panel[h->dtype](h, work->matrix, unit, work->panels, scratch, watch);
            break;
        case FI_HAAR_BLOCKS: /* the last ones take longest */
            h->backend->haar_columns[h->dtype](h, work->matrix, work->n_units - 1 - unit, work->panels, scratch,
                                                 watch);
            break;
        default:
            fill_matrix(h, unit, scratch, (char *)scratch + h->panels_bytes, watch);
        }
}

#include "multiply.h"

/* Rows of a in a unit: so many use what is packed of b. */
#define ROWS_AT_ONCE 256

/* Columns go by tiles, no more than some; each thread has some units, so that none waits long for the last. */
#define MAX_TILES 8
#define UNITS_PER_THREAD 4

/* A part of the work is as long as this many additions and multiplications. */
#define FLOPS_PER_WORK 512

static int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static int64_t min_i64(int64_t a, int64_t b) { return a < b ? a : b; }

void fi_multiply_split(fi_multiply *m, int n_threads)
{
    int64_t tile = m->backend->tile_columns[FI_DTYPE_float64], n_row_blocks = ceil_div(m->n_rows, ROWS_AT_ONCE);
    int64_t n_tiles = ceil_div(m->n_columns, tile) * n_row_blocks / (UNITS_PER_THREAD * n_threads);
    m->columns_at_once = tile * (n_tiles < 1 ? 1 : min_i64(n_tiles, MAX_TILES));
    m->n_column_blocks = ceil_div(m->n_columns, m->columns_at_once);
    m->n_units = n_row_blocks * m->n_column_blocks;
    double rows = (double)min_i64(m->n_rows, ROWS_AT_ONCE), columns = (double)min_i64(m->n_columns, m->columns_at_once);
    m->work_per_unit = 1 + (int64_t)(2 * rows * columns * (double)m->n_inner / FLOPS_PER_WORK);
    m->scratch_bytes = FI_MULTIPLIED * m->columns_at_once * (int64_t)sizeof *m->b;
}

void fi_multiply_fill(const fi_multiply *m, int64_t first, int64_t last, void *scratch, fi_watch *watch)
{
    int64_t unit = ceil_div(first, m->work_per_unit), end = min_i64(ceil_div(last, m->work_per_unit), m->n_units);
    for (; unit < end && !fi_stopped(watch); unit++) {
        int64_t row = unit / m->n_column_blocks * ROWS_AT_ONCE, row_end = min_i64(row + ROWS_AT_ONCE, m->n_rows);
        int64_t column = unit % m->n_column_blocks * m->columns_at_once;
        int64_t column_end = min_i64(column + m->columns_at_once, m->n_columns);
        m->backend->multiply(m, row, row_end, column, column_end, scratch);
    }
}

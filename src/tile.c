/* Outputs whose neighbours in memory are not neighbours in the tensor: Fortran order, transposes.
 *
 * Element by element, each store would touch a cache line and a page of its own. A tile is instead FI_TILE_BYTES of rows
 * of the axis that is densest in memory by a chunk of columns: its rows are generated first, then written column by
 * column.
 *
 * Columns seldom begin on cache lines, and a line that two tiles write in part costs several written whole. So a unit
 * is a stack of tiles, each of which hands the ends of its columns down to the next; and what the last one leaves
 * belongs to the unit below, which generates those few rows again. */
#include "fastinit.h"

#include "element.h"
#include "portions.h"

/* Of a unit: a row in 32 is generated twice, at 2 or 4 MiB. */
#define MAX_TILES_PER_UNIT 8
/* Small outputs are cut finer, so that threads share them. */
#define MIN_UNITS 16

/* Rows that begin on blocks are cut at blocks. Others waste part of a block at each end of a chunk, so that wide chunks
 * are better, as far as the memory goes: 1 MiB a thread. Whole rows, one behind the other, waste nothing. */
#define MAX_CHUNK 2048
#define MAX_WHOLE_ROWS 3072

/* Bytes between rows, so that a column's elements do not all fall into one set of the first-level cache. */
#define ROW_PAD FI_LINE

typedef struct {
    fi_rows rows;
    char *element;
    char *carry;
} fi_tile;

static int tile_rows(const fi_job *job) { return FI_TILE_BYTES / job->itemsize; }

/* The rows that are handed down: a line's worth. */
static int n_handed(const fi_job *job) { return FI_LINE / job->itemsize; }

static int64_t min_i64(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

static int rows_begin_on_blocks(const fi_job *job) { return job->flat_stride[job->row_axis] % FI_BLOCK == 0; }

/* Of the scratch memory: bytes before the carry, and before the elements. */
static int64_t carry_at(void) { return ceil_div(sizeof(fi_tile), FI_LINE) * FI_LINE; }
static int64_t elements_at(const fi_job *job) { return carry_at() + job->chunk * FI_LINE; }

int64_t fi_tile_split(fi_job *job)
{
    int64_t n_rows = job->extent[job->row_axis], n_columns = job->n_column_runs * job->run_length;
    int64_t n_outer = job->n_runs / (n_rows * job->n_column_runs), n_chunks;
    if (rows_begin_on_blocks(job)) {
        /* The first chunk ends on a block of the row, so it may be short by almost a block. */
        job->chunk = FI_BLOCK;
        n_chunks = ceil_div(n_columns + FI_BLOCK - 1, FI_BLOCK);
    } else {
        int one_behind_the_other = job->flat_stride[job->row_axis] == n_columns;
        n_chunks = one_behind_the_other && n_columns <= MAX_WHOLE_ROWS ? 1 : ceil_div(n_columns, MAX_CHUNK);
        job->chunk = ceil_div(n_columns, n_chunks);
    }
    int64_t n_tiles = ceil_div(n_rows, tile_rows(job));
    job->tiles_per_unit = min_i64(ceil_div(n_tiles * n_chunks * n_outer, MIN_UNITS), MAX_TILES_PER_UNIT);
    job->pieces_per_run = n_chunks;
    int64_t row_elements = ((job->chunk + FI_BLOCK - 2) / FI_BLOCK + 1) * FI_BLOCK;
    if (n_chunks == 1 && job->flat_stride[job->row_axis] == n_columns)
        row_elements = n_columns;
    int64_t row_bytes = row_elements * job->itemsize + ROW_PAD;
    /* And two blocks: rows one behind the other may begin and end within one. */
    int64_t n_bytes = min_i64(n_rows, tile_rows(job)) * row_bytes + 2 * FI_BLOCK * job->itemsize + ROW_PAD;
    job->scratch_bytes = elements_at(job) + n_bytes;
    return n_outer * n_chunks * ceil_div(n_tiles, job->tiles_per_unit);
}

/* Generates columns [first, last) of the rows, the first of which begins at flat index row_first. Neighbouring rows
 * that share a block share its values. */
static void generate(const fi_job *job, fi_tile *tile, int n_rows, uint64_t row_first, int64_t first, int64_t last)
{
    uint64_t row_distance = (uint64_t)job->flat_stride[job->row_axis], last_block = UINT64_MAX;
    int rows_share_blocks = row_distance < (uint64_t)(last - first) + FI_BLOCK;
    int64_t itemsize = job->itemsize, block_bytes = FI_BLOCK * itemsize;
    char *end = tile->element; /* after the last block generated */
    for (int r = 0; r < n_rows; r++, row_first += row_distance) {
        uint64_t block = (row_first + (uint64_t)first) / FI_BLOCK;
        uint64_t stop = row_first + (uint64_t)last, stop_block = (stop + FI_BLOCK - 1) / FI_BLOCK;
        int shared = block == last_block;
        end += shared ? 0 : ROW_PAD;
        char *start = shared ? end - block_bytes : end;
        tile->rows.row[r] = start + (int64_t)((row_first + (uint64_t)first) % FI_BLOCK) * itemsize;
        uint64_t next = block + (uint64_t)shared;
        if (next < stop_block) {
            uint64_t n_needed = rows_share_blocks ? (stop_block - next) * FI_BLOCK : stop - next * FI_BLOCK;
            fi_generate(job, next * FI_BLOCK, (int64_t)n_needed, end);
            end += (int64_t)(stop_block - next) * block_bytes;
        }
        last_block = stop_block - 1;
    }
    /* Transposed in vain, but readable. */
    for (int r = n_rows; r % n_handed(job) != 0; r++)
        tile->rows.row[r] = tile->rows.row[0];
    tile->rows.n_rows = n_rows;
}

/* n columns from element j of each row on, job->run_stride bytes apart from dst on; one by one. */
static void scatter(const fi_job *job, const fi_tile *tile, int64_t j, int64_t n, char *dst)
{
    int64_t row_stride = job->out_stride[job->row_axis];
    for (int64_t k = 0; k < n; k++)
        for (int r = 0; r < tile->rows.n_rows; r++)
            fi_copy_element(dst + k * job->run_stride + r * row_stride, tile->rows.row[r] + (j + k) * job->itemsize,
                            job->itemsize);
}

/* Columns [first, last) of the generated rows, the first of which is the job's run first_run. */
static void write_columns(const fi_job *job, const fi_tile *tile, int64_t first_run, int64_t first, int64_t last)
{
    int dense = job->out_stride[job->row_axis] == job->itemsize;
    for (int64_t column = first; column < last;) {
        int64_t run = column / job->run_length, offset = column % job->run_length;
        int64_t n = min_i64(last - column, job->run_length - offset), j = column - first;
        char *dst;
        fi_locate_run(job, first_run + run, &dst);
        dst += offset * job->run_stride;
        if (dense)
            job->backend->columns(&tile->rows, j, n, tile->carry + j * FI_LINE, dst, job->run_stride);
        else if (tile->rows.written)
            scatter(job, tile, j, n, dst);
        column += n;
    }
}

void fi_tile_fill_unit(const fi_job *job, int64_t unit, void *scratch, fi_watch *watch)
{
    fi_tile *tile = scratch;
    tile->carry = (char *)scratch + carry_at();
    tile->element = (char *)scratch + elements_at(job);
    tile->rows.streamed = job->streamed;
    tile->rows.itemsize = job->itemsize;

    int64_t n_rows = job->extent[job->row_axis], unit_rows = job->tiles_per_unit * tile_rows(job);
    int64_t n_stacked = ceil_div(n_rows, unit_rows);
    int64_t first_row = unit % n_stacked * unit_rows, last_row = min_i64(first_row + unit_rows, n_rows);
    int64_t chunk = unit / n_stacked % job->pieces_per_run, outer = unit / n_stacked / job->pieces_per_run;
    char *dst;
    uint64_t flat = fi_locate_run(job, outer * n_rows * job->n_column_runs, &dst);
    int64_t before = rows_begin_on_blocks(job) ? (int64_t)(flat % FI_BLOCK) : 0;
    int64_t first = chunk == 0 ? 0 : chunk * job->chunk - before;
    int64_t last = min_i64((chunk + 1) * job->chunk - before, job->n_column_runs * job->run_length);
    if (first >= last)
        return;

    /* Through the caches a shared line costs little. */
    int handed = job->streamed && first_row > 0;
    for (int64_t row = first_row - (handed ? n_handed(job) : 0), n; row < last_row && !fi_stopped(watch); row += n) {
        n = row < first_row ? n_handed(job) : min_i64(tile_rows(job), last_row - row);
        tile->rows.continued = row > first_row || (handed && row == first_row);
        tile->rows.continues = row + n < last_row || (job->streamed && last_row < n_rows);
        tile->rows.written = row >= first_row;
        generate(job, tile, (int)n, flat + (uint64_t)(row * job->flat_stride[job->row_axis]), first, last);
        write_columns(job, tile, (outer * n_rows + row) * job->n_column_runs, first, last);
    }
}

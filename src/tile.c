/* Outputs whose neighbours in memory are not neighbours in the tensor: Fortran order, transposes.
 *
 * Element by element, each store would touch a cache line and a page of its own. A tile is instead TILE_ROWS rows of the
 * axis that is densest in memory by up to TILE_COLUMNS columns: its rows' values are generated first, then written
 * column by column, whole lines at a time. */
#include "fastinit.h"

#include <string.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

/* Four lines of a column together: memory is far slower at single lines, each in another page. */
#define TILE_ROWS 64
#define TILE_COLUMNS 1024

/* A row's columns touch at most this many blocks. */
#define BLOCKS_PER_ROW (TILE_COLUMNS / FI_BLOCK + 1)

/* Between rows, so that a column's elements do not all fall into one set of the first-level cache. */
#define ROW_PAD 16

typedef struct {
    _Alignas(64) float element[TILE_ROWS * (BLOCKS_PER_ROW * FI_BLOCK + ROW_PAD)];
    const float *row[TILE_ROWS];
    int n_rows;
} fi_tile;

static int64_t min_i64(int64_t a, int64_t b) { return a < b ? a : b; }

int64_t fi_tile_split(fi_job *job)
{
    int64_t n_groups = (job->extent[job->row_axis] + TILE_ROWS - 1) / TILE_ROWS;
    /* The first chunk ends on a block of its first row, so it may be short by almost a block. */
    int64_t n_columns = job->n_column_runs * job->run_length;
    int64_t n_chunks = (n_columns + FI_BLOCK - 1 + TILE_COLUMNS - 1) / TILE_COLUMNS;
    int64_t n_outer = job->n_runs / (job->extent[job->row_axis] * job->n_column_runs);
    job->pieces_per_run = n_chunks;
    job->scratch_bytes = sizeof(fi_tile);
    return n_outer * n_groups * n_chunks;
}

/* Generates columns [first, last) of n_rows rows, the first of which begins at flat index row_first. Neighbouring rows
 * that share a block share its values. */
static void generate(const fi_job *job, fi_tile *tile, uint64_t row_first, int64_t first, int64_t last)
{
    uint64_t row_distance = (uint64_t)job->flat_stride[job->row_axis], last_block = UINT64_MAX;
    int rows_share_blocks = row_distance < (uint64_t)(last - first) + FI_BLOCK;
    float *end = tile->element; /* after the last block generated */
    for (int r = 0; r < tile->n_rows; r++, row_first += row_distance) {
        uint64_t block = (row_first + (uint64_t)first) / FI_BLOCK;
        uint64_t stop = row_first + (uint64_t)last, stop_block = (stop + FI_BLOCK - 1) / FI_BLOCK;
        int shared = block == last_block;
        end += shared ? 0 : ROW_PAD;
        float *start = shared ? end - FI_BLOCK : end;
        tile->row[r] = start + (row_first + (uint64_t)first) % FI_BLOCK;
        uint64_t next = block + (uint64_t)shared;
        if (next < stop_block) {
            uint64_t n_needed = rows_share_blocks ? (stop_block - next) * FI_BLOCK : stop - next * FI_BLOCK;
            int n_steps = (int)((n_needed + FI_STEP - 1) / FI_STEP);
            job->backend->blocks[job->law_code][FI_STORE_cached](&job->law, next, n_steps, end);
            end += (stop_block - next) * FI_BLOCK;
        }
        last_block = stop_block - 1;
    }
}

#if defined(__x86_64__)
/* Columns j to j + 3 of sixteen rows, each to 64 contiguous bytes of its place. */
static void transpose_4_columns(const float *const row[16], int64_t j, float *const place[4])
{
    for (int q = 0; q < 16; q += 4) {
        __m128 a = _mm_loadu_ps(row[q] + j), b = _mm_loadu_ps(row[q + 1] + j);
        __m128 c = _mm_loadu_ps(row[q + 2] + j), d = _mm_loadu_ps(row[q + 3] + j);
        _MM_TRANSPOSE4_PS(a, b, c, d);
        _mm_storeu_ps(place[0] + q, a);
        _mm_storeu_ps(place[1] + q, b);
        _mm_storeu_ps(place[2] + q, c);
        _mm_storeu_ps(place[3] + q, d);
    }
}

/* memcpy whose whole cache lines bypass the caches: a plain store reads the line it overwrites first. */
static void copy_streamed(char *dst, const char *src, size_t n_bytes)
{
    size_t i = (size_t)(-(uintptr_t)dst % 64);
    memcpy(dst, src, i);
    for (; i + 64 <= n_bytes; i += 64)
        for (size_t j = i; j < i + 64; j += 16)
            _mm_stream_si128((__m128i *)(void *)(dst + j), _mm_loadu_si128((const __m128i *)(const void *)(src + j)));
    memcpy(dst + i, src + i, n_bytes - i);
}

/* As many columns of a full, dense tile as there are fours of; returns how many. */
static int64_t write_dense_columns(const fi_job *job, const fi_tile *tile, int64_t j, int64_t n, char *dst)
{
    _Alignas(64) float column[4][TILE_ROWS];
    int64_t k = 0;
    for (; k + 4 <= n; k += 4, dst += 4 * job->run_stride) {
        for (int r = 0; r < TILE_ROWS; r += 16)
            transpose_4_columns(tile->row + r, j + k,
                                (float *[]){column[0] + r, column[1] + r, column[2] + r, column[3] + r});
        for (int c = 0; c < 4; c++)
            if (job->streamed)
                copy_streamed(dst + c * job->run_stride, (const char *)column[c], sizeof column[c]);
            else
                memcpy(dst + c * job->run_stride, column[c], sizeof column[c]);
    }
    return k;
}
#else
static int64_t write_dense_columns(const fi_job *job, const fi_tile *tile, int64_t j, int64_t n, char *dst)
{
    (void)job, (void)tile, (void)j, (void)n, (void)dst;
    return 0;
}
#endif

/* n columns from element j of each row on, job->run_stride bytes apart from dst on. */
static void write_columns(const fi_job *job, const fi_tile *tile, int64_t j, int64_t n, char *dst)
{
    int64_t row_stride = job->out_stride[job->row_axis], k = 0;
    if (tile->n_rows == TILE_ROWS && row_stride == (int64_t)sizeof(float))
        k = write_dense_columns(job, tile, j, n, dst);
    for (; k < n; k++)
        for (int r = 0; r < tile->n_rows; r++)
            memcpy(dst + k * job->run_stride + r * row_stride, tile->row[r] + j + k, sizeof(float));
}

void fi_tile_fill_unit(const fi_job *job, int64_t unit, void *scratch)
{
    int64_t n_rows = job->extent[job->row_axis], n_groups = (n_rows + TILE_ROWS - 1) / TILE_ROWS;
    /* Groups of rows vary fastest, so that the lines two of them share are still in the cache. */
    int64_t group = unit % n_groups, chunk = unit / n_groups % job->pieces_per_run;
    int64_t outer = unit / n_groups / job->pieces_per_run;
    int64_t first_row = group * TILE_ROWS, first_run = (outer * n_rows + first_row) * job->n_column_runs;

    fi_tile *tile = scratch;
    tile->n_rows = (int)min_i64(TILE_ROWS, n_rows - first_row);
    char *dst;
    uint64_t row_first = fi_locate_run(job, first_run, &dst);
    int64_t before = chunk * TILE_COLUMNS - (int64_t)(row_first % FI_BLOCK);
    int64_t first = before > 0 ? before : 0;
    int64_t last = min_i64(before + TILE_COLUMNS, job->n_column_runs * job->run_length);
    if (first >= last)
        return;
    generate(job, tile, row_first, first, last);
    for (int64_t column = first; column < last;) {
        int64_t run = column / job->run_length, offset = column % job->run_length;
        int64_t n = min_i64(last - column, job->run_length - offset);
        fi_locate_run(job, first_run + run, &dst);
        write_columns(job, tile, column - first, n, dst + offset * job->run_stride);
        column += n;
    }
}

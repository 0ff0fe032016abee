/* fastinit.h: the C side of fastinit, whole.
 *
 * Promise: fi_fill_unit() writes, at each place of the caller's buffer that the job's unit covers, the value that
 * the stream assigns to that element's flat C-order index in the full tensor, and touches no other byte. The value
 * depends on the law and that index alone: not on the unit, the instruction set, the thread or the layout.
 *
 * Nothing here allocates, prints, fails or knows Python. All checks have been made by the caller.
 */
#ifndef FASTINIT_H
#define FASTINIT_H

#include <stdint.h>

#include "kernel/lists.h"
#include "watch.h"

/* The stream's fixed sizes (docs/stream.md): elements per block, and per step of the generator inside a
 * block in float32 and float64 arithmetic. */
#define FI_BLOCK 1024
#define FI_STEP_f32 32
#define FI_STEP_f64 16
#define FI_LANES 8

/* Bytes of a cache line: nothing but speed depends on it. */
#define FI_LINE 64

/* Shorter stretches that begin or end inside a line stay in the caches: the neighbours' parts of those lines come
 * next. */
#define FI_MIN_STREAMED (4 * FI_LINE)

/* Four lines of a column together: memory is far slower at single lines, each in another page. */
#define FI_TILE_BYTES 256
#define FI_MAX_TILE_ROWS FI_TILE_BYTES

/* NumPy's limit on dimensions is 64; merging adjacent ones never adds any. */
#define FI_MAX_DIMS 64

enum {
#define X(law, draws, bounds, loop) FI_LAW_##law,
    FI_LAWS(X)
#undef X
    FI_N_LAWS
};

enum {
#define X(dtype, arithmetic, itemsize) FI_DTYPE_##dtype,
    FI_DTYPES(X)
#undef X
    FI_N_DTYPES
};

enum {
#define X(store) FI_STORE_##store,
    FI_STORES(X)
#undef X
    FI_N_STORES
};

/* What an element's value depends on besides its index. The numbers are exact in the law's arithmetic, `lowest` and
 * `highest` in the dtype itself:
 *   constant      location: the value
 *   uniform       midpoint and half-width of the open interval; in float32 half-width at least 2^-95
 *   tiny_uniform  the same for smaller half-widths
 *   normal        mean and standard deviation
 *   truncated_*   mean and standard deviation of the normal before truncation; for `side` and `sign` see laws.h
 *   complex_*     scale and `side`: see complex.h
 * Laws with bounds: lowest and highest value.                                                                        */
typedef struct {
    double base, slope, y_base, y_slope;
} fi_law_side;

typedef struct {
    uint64_t key[4];
    double location, scale;
    double lowest, highest;
    fi_law_side side[2];
} fi_law;

/* fi_law's numbers, in that order. */
#define FI_N_PARAMETERS 12

/* Elements [first, first + n) of a block, n >= 1, and where they go, contiguously. */
typedef struct {
    uint64_t block;
    int first;
    int n;
    char *dst;
} fi_portion;

/* Writes portions. One that goes on in the block of the one before needs no seeding; those whose outputs are neighbours
 * share no line in parts. The forms past the caches need each dst aligned as the backend says, where its first element
 * that is a multiple of at_once goes, and a store fence afterwards (fi_leave). */
typedef void fi_blocks_fn(const fi_law *law, const fi_portion *portion, int n_portions);

/* First words of the BLAKE2b digests of FI_LANES messages of at most 128 bytes, padded with zeros and transposed;
 * `state` is that of a hash just begun. */
typedef void fi_hashes_fn(const uint64_t state[8], const uint64_t message[16][FI_LANES],
                          const uint64_t n_bytes[FI_LANES], uint64_t digest[4][FI_LANES]);

/* A block's first words of 64 bits, lane after lane at each draw: n of them, and up to a multiple of FI_LANES. */
typedef void fi_words_fn(const uint64_t key[4], uint64_t block_index, int n, uint64_t *word);

/* Rows that are to be written as columns, part of a stack of such: tile.c. */
typedef struct {
    const char *row[FI_MAX_TILE_ROWS]; /* n_rows, and up to a multiple of FI_LINE bytes any that can be read */
    int n_rows;
    int itemsize;
    int continued; /* the carry holds each column's last line's worth of elements above these */
    int continues; /* leave unfinished lines to those below, and the carry for them */
    int written;   /* if not, only the carry is wanted */
    int streamed;
} fi_rows;

/* Columns [j, j + n) of the rows, the first to dst and the next `stride` bytes further, each contiguously; `carry` has a
 * line for each. Three elements more of each row must be readable. */
typedef void fi_columns_fn(const fi_rows *rows, int64_t j, int64_t n, char *carry, char *dst, int64_t stride);

/* Rows to be copied, each contiguous; all numbers in bytes. */
typedef struct {
    int n_rows;
    int n_bytes; /* of a row */
    int64_t src_distance;
    int64_t dst_distance;
    int streamed; /* past the caches, where that is faster */
} fi_copied;

/* Copies them. A line's worth beyond the last must be readable. */
typedef void fi_copy_fn(const fi_copied *rows, const char *src, char *dst);

/* haar.h. Makes a panel of reflections; writes a block of columns; or a part of it, when it is stopped. */
typedef struct fi_haar fi_haar;
typedef void fi_haar_panel_fn(const fi_haar *haar, int64_t matrix, int64_t panel, void *panels, void *scratch,
                              fi_watch *watch);
typedef void fi_haar_columns_fn(const fi_haar *haar, int64_t matrix, int64_t block, const void *panels, void *scratch,
                                fi_watch *watch);

/* multiply.h. Writes the elements of c in rows [row, end) and columns [column, column_end). */
typedef struct fi_multiply fi_multiply;
typedef void fi_multiply_fn(const fi_multiply *multiply, int64_t row, int64_t end, int64_t column, int64_t column_end,
                            void *scratch);

/* One implementation of every law: the same text compiled for one instruction set. */
typedef struct {
    const char *name;
    int alignment[FI_N_STORES]; /* of dst; 0 where there is no such store */
    int at_once[FI_N_DTYPES]; /* elements that block functions make together; divides FI_BLOCK */
    fi_blocks_fn *const (*blocks[FI_N_DTYPES])[FI_N_STORES]; /* by law; NULL for those that the dtype's arithmetic lacks */
    fi_hashes_fn *hashes;
    fi_words_fn *words;
    fi_columns_fn *columns;
    fi_copy_fn *copy;
    fi_haar_panel_fn *haar_panel[FI_N_DTYPES]; /* of float32 and float64 alone, as the next two */
    fi_haar_columns_fn *haar_columns[FI_N_DTYPES];
    fi_multiply_fn *multiply;
    int tile_columns[FI_N_DTYPES];
    int tile_rows;
    int fma_is_long; /* emulated */
} fi_backend;

/* A box of the full tensor and where its elements go.
 *
 * The box is n_runs runs of run_length elements with consecutive flat indices. Run r starts at flat index
 * flat_start + sum(i_d * flat_stride[d]) and is written from out + sum(i_d * out_stride[d]), where (i_0, i_1, ...) is
 * r in mixed radix extent[]; its elements are run_stride bytes apart. If listed_flat is not NULL, there is one more
 * dimension outside of those, whose entry i adds listed_flat[i] to the flat index and listed_out[i] bytes to the place.
 *
 * Work is cut into units: pieces_per_run pieces of one run that begin and end on blocks, or runs_per_unit whole
 * runs. One of the two is 1.
 *
 * If row_axis >= 0, that dimension is denser in memory than the runs and units are tiles_per_unit tiles of it, one
 * below the other, `chunk` columns wide: the dimensions after it and the run make n_column_runs * run_length columns of
 * consecutive flat indices. */
typedef struct {
    const fi_backend *backend;
    fi_law law;
    int law_code;
    int dtype;
    int itemsize;
    int streamed;
    char *out;
    uint64_t flat_start;
    int64_t run_length;
    int64_t run_stride;
    int64_t n_runs;
    int64_t pieces_per_run;
    int64_t runs_per_unit;
    int row_axis;
    int64_t n_column_runs;
    int64_t chunk;
    int64_t tiles_per_unit;
    int64_t scratch_bytes;
    int n_dims;
    int64_t extent[FI_MAX_DIMS];
    int64_t flat_stride[FI_MAX_DIMS];
    int64_t out_stride[FI_MAX_DIMS];
    int64_t n_listed;
    const int64_t *listed_flat;
    const int64_t *listed_out;
} fi_job;

/* dispatch.c. Backends in order of preference; index < 0 or beyond the end gives NULL. */
const fi_backend *fi_backend_at(int index);
int fi_backend_runs_here(const fi_backend *backend);

/* job.c. Each of the first two sets a job's runs, whose itemsize is known: those of a whole C-contiguous tensor, or of
 * a box {flat_start, run_length, run_stride, row_axis, n_dims, n_listed, addresses of listed_flat and listed_out or twice
 * 0, extents..., flat strides..., output strides...}. Then,
 * where a run begins: its flat index, and its place in the output. And the addresses of the first byte and of the one
 * after the last; equal if there are no elements. */
#define FI_BOX_HEAD 8 /* numbers before the extents */
#define FI_MAX_BOX (FI_BOX_HEAD + 3 * FI_MAX_DIMS)
void fi_job_set_whole(fi_job *job, char *out, int64_t n_elements);
void fi_job_set_box(fi_job *job, char *out, const int64_t *box);
uint64_t fi_locate_run(const fi_job *job, int64_t run, char **dst);
void fi_job_bounds(const fi_job *job, int64_t *first, int64_t *end);

/* unit.c. fi_job_split fills in how the job is cut into units, and scratch_bytes, the memory aligned to 64 bytes that
 * each thread must bring to fi_fill_unit; it returns the number of units. */
int64_t fi_job_split(fi_job *job);
void fi_fill_unit(const fi_job *job, int64_t unit, void *scratch, fi_watch *watch);

/* fill.c and tile.c. The same for jobs with elements: with no row axis, and with one. */
int64_t fi_runs_split(fi_job *job);
void fi_runs_fill_unit(const fi_job *job, int64_t unit);
int64_t fi_tile_split(fi_job *job);
void fi_tile_fill_unit(const fi_job *job, int64_t unit, void *scratch, fi_watch *watch);

#endif

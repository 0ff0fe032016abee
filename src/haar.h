/* haar.h: matrices with orthonormal columns, distributed by Haar measure, as products of reflections.
 *
 * Promise: fi_haar_panel() and then fi_haar_columns() write some elements of an m x n matrix, m >= n, to the bits that
 * docs/stream-placed.md states. The bits do not depend on the other elements asked for, the cuts, the threads, the
 * layout or the instruction set.
 *
 * Reflections are put together in panels, each I - V T V'. A column of the matrix is a multiple of one of the identity's
 * to which the panels are applied, the last first; so columns are independent, and only those asked for are made.
 */
#ifndef FI_HAAR_H
#define FI_HAAR_H

#include "fastinit.h"

/* Part of the stream: reflections in a panel, and how many products are summed before their sum is added to the others'.
 * Of panels, fewer reflections mean more roundings of the matrix, and more mean a larger share of products of V with
 * itself; of sums, shorter ones err less, and longer ones are added less often. */
#define FI_PANEL 64
#define FI_SUMMED 128

/* Zeros behind V and behind a block's columns, so that tiles may reach beyond them: so many rows, and behind V elements,
 * for what the tiles' columns reach beyond its last row. No tile has more of either. */
#define FI_SPARE_ROWS 8
#define FI_SPARE_ELEMENTS 64

/* Reflections drawn one after the other before they go to V's columns: a line of each of its rows. */
#define FI_DRAWN 16

/* Rows of a panel or a block after which a thread asks whether to stop. */
#define FI_ROWS_WATCHED 1024

/* A row of T in double, and what the vectors found side by side reach beyond it. */
#define FI_ROW_OF_T (FI_PANEL + 32)

/* A row of V'V, and what the last tile reaches beyond it. */
#define FI_ROW_OF_C (FI_PANEL + FI_SPARE_ELEMENTS)

/* The caller sets all but the sizes at the end, which fi_haar_split does. Strides are in bytes. */
struct fi_haar {
    const fi_backend *backend;
    fi_law law; /* the standard normal with the stream's key */
    int law_code;
    int dtype; /* FI_DTYPE_float32 or FI_DTYPE_float64 */
    int64_t n_rows;
    int64_t n_columns;
    double gain;
    uint64_t first; /* of the normals; those of the next matrix follow */
    int64_t n_matrices;
    /* Which columns and rows are wanted, each in ascending order, and where they go. */
    const int64_t *column;
    int64_t n_columns_here;
    const int64_t *row;
    int64_t n_rows_here;
    char *out;
    int64_t column_stride;
    int64_t row_stride;
    int64_t matrix_stride;

    int64_t n_panels;       /* that the wanted columns need */
    int64_t width;          /* reflections in a panel, up to whole tiles: T's rows, and elements in a row of T and V */
    int64_t block_columns;  /* made at once */
    int64_t n_blocks;
    int64_t panels_bytes;   /* of one matrix's panels */
    int64_t panel_scratch_bytes;
    int64_t block_scratch_bytes;
};

/* One panel's memory, in elements of the arithmetic: -T, `width` rows; a row of what the identity's columns are
 * multiplied by; and V's rows from the panel's first on, and
 * the spare ones. */
int64_t fi_haar_panel_at(const fi_haar *haar, int64_t panel);

void fi_haar_split(fi_haar *haar, int n_threads);

/* The haar's work, to be cut anywhere: positions that together cover 0 to n_work do n_units units, in order of their
 * costs: panels or blocks of one matrix, or whole matrices, whose panels are then in the scratch. `panels` has
 * panels_bytes; all memory is aligned to FI_LINE. Blocks come after all of their matrix's panels. */
enum { FI_HAAR_PANELS, FI_HAAR_BLOCKS, FI_HAAR_MATRICES };

typedef struct {
    const fi_haar *haar;
    int kind;
    int64_t matrix;
    char *panels;
    int64_t n_units;
    int64_t work_per_unit;
    int64_t scratch_bytes;
} fi_haar_work;

fi_haar_work fi_haar_work_of(const fi_haar *haar, int kind, int64_t matrix, char *panels);
void fi_haar_fill(const fi_haar_work *work, int64_t first, int64_t last, void *scratch, fi_watch *watch);

/* Whether matrices are small enough for each to be one thread's. */
int fi_haar_is_small(const fi_haar *haar);

#endif

/* multiply.h: the product of two matrices of float64, on threads that yield.
 *
 * Promise: fi_multiply_fill() writes c = a b. An element is the sum of the chains of FI_MULTIPLIED products each, the last
 * one maybe of fewer, added in order; a chain is one sum from 0, k upwards, by a fused multiply-add each. So its bits do
 * not depend on the cuts, the threads or the instruction set.
 */
#ifndef FI_MULTIPLY_H
#define FI_MULTIPLY_H

#include "fastinit.h"
#include "watch.h"

/* Rows of b that are packed at once: with a tile's columns they stay in the nearest cache. */
#define FI_MULTIPLIED 256

/* The caller sets all but what is at the end, which fi_multiply_split does. Strides are in elements; rows of a and c are
 * contiguous. No matrix is empty. */
struct fi_multiply {
    const fi_backend *backend;
    const double *a, *b;
    double *c;
    int64_t a_row;
    int64_t b_row;
    int64_t b_column;
    int64_t c_row;
    int64_t n_rows;
    int64_t n_inner;
    int64_t n_columns;

    int64_t columns_at_once;
    int64_t n_column_blocks;
    int64_t n_units;
    int64_t work_per_unit;
    int64_t scratch_bytes; /* for each thread, aligned to FI_LINE */
};

void fi_multiply_split(fi_multiply *multiply, int n_threads);

/* The work may be cut anywhere: positions that together cover 0 to n_units * work_per_unit do it all,
 * unless it is stopped. */
void fi_multiply_fill(const fi_multiply *multiply, int64_t first, int64_t last, void *scratch, fi_watch *watch);

#endif

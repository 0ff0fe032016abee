def put_haar(
    cnp.ndarray out, law, bytes seed, str name, int64_t first, tuple shape, cnp.ndarray rows, cnp.ndarray columns,
    double gain, new_workspace, int n_threads,
):
    """Write rows and columns of matrices with orthonormal columns, `gain` times as long, to `out`.

    `shape` is that of each whole matrix, no more columns than rows; `out` has axes of matrices, of `rows` and of
    `columns`, ascending int64. The matrices' standard normals, of `law`, begin at element `first` of the stream that
    (seed, name) and the law's tag name. ``new_workspace(n_bytes)`` makes an array, before anything is written.
    """
    cdef fi_haar haar
    cdef fi_batch_law c_law
    set_law(&c_law, law)
    haar.law = c_law.law
    haar.law_code, haar.dtype = c_law.code, c_law.dtype
    set_key(haar.law.key, seed, name, law[2])
    haar.backend = chosen
    haar.n_rows, haar.n_columns = shape
    haar.gain, haar.first = gain, first
    for places in (rows, columns):
        if not plain(places, INT64) or cnp.PyArray_NDIM(places) != 1:
            raise ValueError("put_haar: rows, columns: expected contiguous arrays of int64, got others")
    if (
        cnp.PyArray_NDIM(out) != 3 or cnp.PyArray_ITEMSIZE(out) != fi_itemsize(haar.dtype)
        or cnp.PyArray_DIM(out, 1) != cnp.PyArray_SIZE(rows) or cnp.PyArray_DIM(out, 2) != cnp.PyArray_SIZE(columns)
    ):
        raise ValueError("put_haar: out: expected axes of matrices, of rows and of columns, got others")
    haar.n_matrices = cnp.PyArray_DIM(out, 0)
    haar.n_rows_here, haar.n_columns_here = cnp.PyArray_SIZE(rows), cnp.PyArray_SIZE(columns)
    haar.row, haar.column = <const int64_t *>cnp.PyArray_DATA(rows), <const int64_t *>cnp.PyArray_DATA(columns)
    haar.out = <char *>cnp.PyArray_DATA(out)
    haar.matrix_stride = cnp.PyArray_STRIDE(out, 0)
    haar.row_stride, haar.column_stride = cnp.PyArray_STRIDE(out, 1), cnp.PyArray_STRIDE(out, 2)
    if cnp.PyArray_SIZE(out) == 0:
        return
    fi_haar_split(&haar, abs(n_threads))
    if fi_haar_is_small(&haar):
        run_haar(&haar, FI_HAAR_MATRICES, 0, NULL, n_threads)
        return
    cdef cnp.ndarray workspace = new_workspace(haar.panels_bytes)
    cdef char *panels = <char *>cnp.PyArray_DATA(workspace)
    cdef int64_t matrix
    for matrix in range(haar.n_matrices):
        run_haar(&haar, FI_HAAR_PANELS, matrix, panels, n_threads)
        run_haar(&haar, FI_HAAR_BLOCKS, matrix, panels, n_threads)


cdef int run_haar(const fi_haar *haar, int kind, int64_t matrix, char *panels, int n_threads) except -1:
    cdef fi_haar_work haar_work = fi_haar_work_of(haar, kind, matrix, panels)
    cdef int64_t n_work = haar_work.work_per_unit * haar_work.n_units
    cdef Work work = Work(do_haar_part, &haar_work, n_work, haar_work.work_per_unit, haar_work.scratch_bytes, NULL)
    return run(&work, n_threads, None)


cdef void do_haar_part(const void *what, int64_t first, int64_t last, void *scratch) noexcept nogil:
    fi_haar_fill(<const fi_haar_work *>what, first, last, scratch)

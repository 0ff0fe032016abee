def put_haar(
    cnp.ndarray out, law, bytes seed, str name, int64_t first, tuple shape, cnp.ndarray rows, cnp.ndarray columns,
    double gain, workspace, int n_threads,
):
    """Write rows and columns of matrices with orthonormal columns, `gain` times as long, to `out`.

    `shape` is that of each whole matrix, no more columns than rows; `out` has axes of matrices, of `rows` and of
    `columns`, ascending int64. The matrices' standard normals, of `law`, begin at element `first` of the stream that
    (seed, name) and the law's tag name. `workspace` has as many bytes as `haar_room` says.
    """
    cdef fi_haar haar
    cdef fi_batch_law c_law
    set_law(&c_law, law)
    haar.law = c_law.law
    haar.law_code, haar.dtype = c_law.code, c_law.dtype
    set_key(haar.law.key, seed, name, law[2])
    set_haar(&haar, shape, columns, cnp.PyArray_DIM(out, 0))
    haar.gain, haar.first = gain, first
    check_places(rows)
    if (
        cnp.PyArray_NDIM(out) != 3 or cnp.PyArray_ITEMSIZE(out) != fi_itemsize(haar.dtype)
        or cnp.PyArray_DIM(out, 1) != cnp.PyArray_SIZE(rows) or cnp.PyArray_DIM(out, 2) != cnp.PyArray_SIZE(columns)
    ):
        raise ValueError("put_haar: out: expected axes of matrices, of rows and of columns, got others")
    haar.n_rows_here, haar.row = cnp.PyArray_SIZE(rows), <const int64_t *>cnp.PyArray_DATA(rows)
    haar.out = <char *>cnp.PyArray_DATA(out)
    haar.matrix_stride = cnp.PyArray_STRIDE(out, 0)
    haar.row_stride, haar.column_stride = cnp.PyArray_STRIDE(out, 1), cnp.PyArray_STRIDE(out, 2)
    if cnp.PyArray_SIZE(out) == 0:
        return
    fi_haar_split(&haar, abs(n_threads))
    cdef char *memory = memory_of(workspace, room_for_haar(&haar, n_threads))
    if fi_haar_is_small(&haar):
        run_haar(&haar, FI_HAAR_MATRICES, 0, NULL, n_threads, memory)
        return
    cdef char *scratch = memory + haar.panels_bytes
    cdef int64_t matrix
    for matrix in range(haar.n_matrices):
        run_haar(&haar, FI_HAAR_PANELS, matrix, memory, n_threads, scratch)
        run_haar(&haar, FI_HAAR_BLOCKS, matrix, memory, n_threads, scratch)


def haar_room(dtype, tuple shape, cnp.ndarray columns, int64_t n_matrices, int n_threads):
    """Bytes of workspace, on a line of 64, that `put_haar` takes for so many matrices; the dtype by its code.

    The longer side must be at most 2^43, and the whole matrix fewer than 2^57 bytes.
    """
    cdef fi_haar haar
    haar.dtype = dtype
    set_haar(&haar, shape, columns, n_matrices)
    if haar.n_columns_here == 0 or n_matrices == 0:
        return 0
    fi_haar_split(&haar, abs(n_threads))
    return room_for_haar(&haar, n_threads)


cdef int set_haar(fi_haar *haar, tuple shape, cnp.ndarray columns, int64_t n_matrices) except -1:
    """What the sizes of its workspace depend on besides the dtype."""
    check_places(columns)
    haar.backend = chosen
    haar.n_rows, haar.n_columns = shape
    haar.n_columns_here, haar.column = cnp.PyArray_SIZE(columns), <const int64_t *>cnp.PyArray_DATA(columns)
    haar.n_matrices = n_matrices
    return 0


cdef int check_places(cnp.ndarray places) except -1:
    if not plain(places, INT64) or cnp.PyArray_NDIM(places) != 1:
        raise ValueError("put_haar: rows, columns: expected contiguous arrays of int64, got others")
    return 0


cdef int64_t room_for_haar(const fi_haar *haar, int n_threads) noexcept:
    if fi_haar_is_small(haar):
        return scratch_for(haar, FI_HAAR_MATRICES, n_threads)
    return haar.panels_bytes + max(
        scratch_for(haar, FI_HAAR_PANELS, n_threads), scratch_for(haar, FI_HAAR_BLOCKS, n_threads)
    )


cdef int64_t scratch_for(const fi_haar *haar, int kind, int n_threads) noexcept:
    cdef fi_haar_work haar_work = fi_haar_work_of(haar, kind, 0, NULL)
    cdef fi_work work = work_of_haar(&haar_work)
    return room_for(&work, n_threads)


cdef int run_haar(const fi_haar *haar, int kind, int64_t matrix, char *panels, int n_threads, char *scratch) except -1:
    cdef fi_haar_work haar_work = fi_haar_work_of(haar, kind, matrix, panels)
    cdef fi_work work = work_of_haar(&haar_work)
    return run(&work, n_threads, None, scratch)


cdef fi_work work_of_haar(const fi_haar_work *haar_work) noexcept:
    cdef int64_t n_work = haar_work.work_per_unit * haar_work.n_units
    cdef int64_t scratch_bytes = (haar_work.scratch_bytes + 63) // 64 * 64
    return fi_work(do_haar_part, haar_work, n_work, haar_work.work_per_unit, haar_work.n_units, scratch_bytes)


cdef void do_haar_part(
    const void *what, int64_t first, int64_t last, void *scratch, fi_watch *watch
) noexcept nogil:
    fi_haar_fill(<const fi_haar_work *>what, first, last, scratch, watch)

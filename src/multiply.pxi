def multiplies() -> bool:
    """Whether `multiply` is fast here: where fused multiply-adds are emulated, it is not."""
    return not chosen.fma_is_long


def multiply(cnp.ndarray a, cnp.ndarray b, cnp.ndarray c, int n_threads, new_workspace):
    """Write the product of float64 matrices a and b to c. Rows of a and c must be contiguous; b is of any strides.

    `new_workspace` makes an array of as many bytes as it is called with, on a line of 64.
    """
    cdef fi_multiply product
    for matrix in (a, b, c):
        if (
            cnp.PyArray_NDIM(matrix) != 2 or cnp.PyArray_TYPE(matrix) != cnp.NPY_FLOAT64
            or not cnp.PyArray_ISALIGNED(matrix) or not cnp.PyArray_ISNOTSWAPPED(matrix)
        ):
            raise ValueError("multiply: a, b, c: expected aligned matrices of float64, got others")
    product.backend = chosen
    product.n_rows, product.n_columns = cnp.PyArray_DIM(c, 0), cnp.PyArray_DIM(c, 1)
    product.n_inner = cnp.PyArray_DIM(a, 1)
    if (
        (cnp.PyArray_DIM(a, 0), cnp.PyArray_DIM(b, 0), cnp.PyArray_DIM(b, 1))
        != (product.n_rows, product.n_inner, product.n_columns)
        or (cnp.PyArray_SIZE(a) > 0 and product.n_inner > 1 and cnp.PyArray_STRIDE(a, 1) != 8)
        or (cnp.PyArray_SIZE(c) > 0 and product.n_columns > 1 and cnp.PyArray_STRIDE(c, 1) != 8)
        or not cnp.PyArray_ISWRITEABLE(c)
    ):
        raise ValueError("multiply: a, b, c: expected shapes that match and contiguous rows of a and c, got others")
    product.a, product.b = <const double *>cnp.PyArray_DATA(a), <const double *>cnp.PyArray_DATA(b)
    product.c = <double *>cnp.PyArray_DATA(c)
    product.a_row, product.c_row = cnp.PyArray_STRIDE(a, 0) // 8, cnp.PyArray_STRIDE(c, 0) // 8
    product.b_row, product.b_column = cnp.PyArray_STRIDE(b, 0) // 8, cnp.PyArray_STRIDE(b, 1) // 8
    if cnp.PyArray_SIZE(c) == 0:
        return
    if product.n_inner == 0:
        c[:] = 0
        return
    fi_multiply_split(&product, abs(n_threads))
    cdef int64_t n_work = product.work_per_unit * product.n_units
    cdef fi_work work = fi_work(
        do_multiply_part, &product, n_work, product.work_per_unit, product.n_units, product.scratch_bytes
    )
    cdef int64_t n_bytes = room_for(&work, n_threads)
    workspace = new_workspace(n_bytes)
    run(&work, n_threads, None, memory_of(workspace, n_bytes))


cdef void do_multiply_part(
    const void *what, int64_t first, int64_t last, void *scratch, fi_watch *watch
) noexcept nogil:
    fi_multiply_fill(<const fi_multiply *>what, first, last, scratch, watch)

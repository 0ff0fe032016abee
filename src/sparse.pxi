def put_zeros(
    cnp.ndarray box, tuple steps, int64_t first_input, int64_t first_unit, int64_t n_inputs, int64_t n_zeros,
    bytes seed, str name, bytes tag, int n_threads,
):
    """Zeros at n_zeros of each unit's n_inputs elements, chosen by the stream that (seed, name, tag) names.

    `box`, whose last axis is the units and all others the inputs, is the part of the tensor that begins at first_input
    and first_unit; `steps` has, for each axis of inputs, how many lie between neighbours on it; the last is 1.
    """
    cdef fi_sparse sparse
    set_key(sparse.key, seed, name, tag)
    sparse.backend = chosen
    sparse.n_inputs, sparse.n_zeros = n_inputs, n_zeros
    cdef int d, last = cnp.PyArray_NDIM(box) - 2
    sparse.out = <char *>cnp.PyArray_DATA(box)
    sparse.itemsize = cnp.PyArray_ITEMSIZE(box)
    sparse.first_input, sparse.first_unit = first_input, first_unit
    sparse.n_inputs_here, sparse.n_units_here = cnp.PyArray_DIM(box, last), cnp.PyArray_DIM(box, last + 1)
    sparse.input_stride, sparse.unit_stride = cnp.PyArray_STRIDE(box, last), cnp.PyArray_STRIDE(box, last + 1)
    sparse.n_outer = last
    for d in range(last):
        sparse.outer_extent[d] = cnp.PyArray_DIM(box, d)
        sparse.outer_inputs[d] = steps[d]
        sparse.outer_stride[d] = cnp.PyArray_STRIDE(box, d)
    fi_sparse_split(&sparse, abs(n_threads))
    cdef int64_t panel_work = sparse.units_per_panel * n_inputs
    cdef Work work = Work(do_sparse_part, &sparse, sparse.n_work, panel_work, sparse.scratch_bytes, NULL)
    run(&work, n_threads, None)


cdef void do_sparse_part(const void *what, int64_t first, int64_t last, void *scratch) noexcept nogil:
    fi_sparse_fill(<const fi_sparse *>what, first, last, scratch)

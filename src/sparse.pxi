def put_zeros(
    cnp.ndarray box, tuple steps, int64_t first_input, int64_t first_unit, int64_t n_inputs, int64_t n_zeros,
    bytes seed, str name, bytes tag, int n_threads, workspace,
):
    """Zeros at n_zeros of each unit's n_inputs elements, chosen by the stream that (seed, name, tag) names.

    `box`, whose last axis is the units and all others the inputs, is the part of the tensor that begins at first_input
    and first_unit; `steps` has, for each axis of inputs, how many lie between neighbours on it; the last is 1.
    `workspace` has as many bytes as `zeros_room` says for no fewer units.
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
    cdef fi_work work = sparse_work(&sparse)
    run(&work, n_threads, None, memory_of(workspace, room_for(&work, n_threads)))


def zeros_room(int64_t n_inputs, int64_t n_units, int n_threads):
    """Bytes of workspace, on a line of 64, that `put_zeros` takes for so many units at most, in whatever layout."""
    cdef fi_sparse sparse
    sparse.n_inputs, sparse.n_units_here = n_inputs, n_units
    sparse.unit_stride, sparse.input_stride = 0, 1  # side by side, of which most are marked at once
    fi_sparse_split(&sparse, abs(n_threads))
    cdef fi_work work = sparse_work(&sparse)
    work.n_units = n_units  # as it is where they are marked one by one
    return room_for(&work, n_threads)


cdef fi_work sparse_work(const fi_sparse *sparse) noexcept:
    cdef int64_t panel_work = sparse.units_per_panel * sparse.n_inputs
    cdef int64_t scratch_bytes = (sparse.scratch_bytes + 63) // 64 * 64
    return fi_work(do_sparse_part, sparse, sparse.n_work, panel_work, sparse.n_panels, scratch_bytes)


cdef void do_sparse_part(
    const void *what, int64_t first, int64_t last, void *scratch, fi_watch *watch
) noexcept nogil:
    fi_sparse_fill(<const fi_sparse *>what, first, last, scratch, watch)

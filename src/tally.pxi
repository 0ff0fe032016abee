def tally(cnp.ndarray elements, cnp.ndarray counts):
    """Add to the uint64 `counts` how often each bit pattern occurs in contiguous numbers of 8 or 16 bits."""
    cdef const void *first = cnp.PyArray_DATA(elements)
    cdef int64_t n_elements = cnp.PyArray_SIZE(elements)
    cdef int itemsize = cnp.PyArray_ITEMSIZE(elements)
    cdef uint64_t *found = <uint64_t *>cnp.PyArray_DATA(counts)
    with nogil:
        fi_tally(first, n_elements, itemsize, found)

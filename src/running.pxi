# Work of each thread between two looks at pending signals: 128 MiB of float32 output, a hundredth of a second with
# AVX-512 and one with no vectors at all, and far more than a parallel region costs.
cdef int64_t WORK_PER_SLAB = 1 << 25

# Work that a thread takes at a time: much more than taking it costs, and a mebibyte of output at most.
cdef int64_t MIN_PART_WORK = 1 << 14
cdef int64_t MAX_PART_WORK = 1 << 18


# Does what lies between two positions of its work, with the thread's own scratch memory.
ctypedef void (*part_fn)(const void *what, int64_t first, int64_t last, void *scratch) noexcept nogil


cdef struct Work:
    part_fn do_part
    const void *what
    int64_t n_work
    int64_t scratch_bytes
    int64_t (*bytes_before)(const void *what, int64_t position) noexcept  # only needed with progress


cdef int run(const Work *work, int n_threads, progress) except -1:
    """Slab by slab, with a look at signals between; calls progress(bytes just written), unless it is None."""
    cdef int64_t first = 0, last, n_done = 0, n_bytes
    cdef int64_t scratch_bytes = (work.scratch_bytes + 63) // 64 * 64
    cdef char *memory = NULL
    cdef char *scratch = NULL
    if scratch_bytes:
        memory = <char *>malloc(scratch_bytes * n_threads + 64)
        if memory == NULL:
            raise MemoryError(f"fill: threads: expected room for {n_threads} x {scratch_bytes} bytes, got none")
        scratch = memory + 64 - <uintptr_t>memory % 64
    try:
        while first < work.n_work:
            last = min(first + n_threads * WORK_PER_SLAB, work.n_work)
            run_slab(work, first, last, n_threads, scratch, scratch_bytes)
            first = last
            PyErr_CheckSignals()
            if progress is not None:
                n_bytes = work.bytes_before(work.what, first)
                progress(n_bytes - n_done)
                n_done = n_bytes
    finally:
        free(memory)
    return 0


cdef void run_slab(
    const Work *work, int64_t first, int64_t last, int n_threads, char *scratch, int64_t scratch_bytes
) noexcept:
    cdef int64_t part, n_work = last - first
    cdef uint64_t callers_mode = 0
    if n_threads == 1:  # a region of one thread costs as much as a small fill
        with nogil:
            callers_mode = fi_enter()
            work.do_part(work.what, first, last, scratch)
            fi_leave(callers_mode)
        return
    # In turn, so that a core that others use too holds nobody up, and that the threads write near each other.
    cdef int64_t part_work = max(MIN_PART_WORK, min(MAX_PART_WORK, n_work // (8 * n_threads)))
    cdef int64_t n_parts = max(n_threads, n_work // part_work)
    with nogil, parallel(num_threads=n_threads):
        callers_mode = fi_enter()
        for part in prange(n_parts, schedule="dynamic"):
            work.do_part(
                work.what,
                first + n_work * part // n_parts,
                first + n_work * (part + 1) // n_parts,
                scratch + threadid() * scratch_bytes,
            )
        fi_leave(callers_mode)

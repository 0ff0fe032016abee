# Work of each thread between two looks at pending signals: 128 MiB of float32 output, a hundredth of a second with
# AVX-512 and one with no vectors at all, and far more than a parallel region costs.
cdef int64_t WORK_PER_SLAB = 1 << 25

# Work that a thread takes at a time: much more than taking it costs, and a mebibyte of output at most.
cdef int64_t MIN_PART_WORK = 1 << 14
cdef int64_t MAX_PART_WORK = 1 << 18

# Work of which two pieces tell the pace, the lesser time of the two: more than a tile's, which is done as one.
cdef int64_t MAX_SAMPLE_WORK = 1 << 20


# Does what lies between two positions of its work, with the thread's own scratch memory.
ctypedef void (*part_fn)(const void *what, int64_t first, int64_t last, void *scratch) noexcept nogil


cdef struct Work:
    part_fn do_part
    const void *what
    int64_t n_work
    int64_t most_at_once  # what is never cut, if it may be more than MAX_SAMPLE_WORK
    int64_t scratch_bytes
    int64_t (*bytes_before)(const void *what, int64_t position) noexcept  # only needed with progress


# What the regions of this process waited. Only touched with the GIL held, so fills in several Python threads share it.
cdef fi_waiting waiting


cdef int run(const Work *work, int n_threads, progress) except -1:
    """Slab by slab, with a look at signals between; calls progress(bytes just written), unless it is None.

    On n_threads threads or, if that is negative, on -n_threads where they are worth what they wait, else on one.
    """
    cdef int64_t first = 0, last, n_done = 0, n_bytes
    cdef int64_t scratch_bytes = (work.scratch_bytes + 63) // 64 * 64
    cdef int n_most = abs(n_threads), n_here = n_most
    cdef char *memory = NULL
    cdef char *scratch = NULL
    if scratch_bytes:
        memory = <char *>malloc(scratch_bytes * n_most + 64)
        if memory == NULL:
            raise MemoryError(f"fill: threads: expected room for {n_most} x {scratch_bytes} bytes, got none")
        scratch = memory + 64 - <uintptr_t>memory % 64
    try:
        while first < work.n_work:
            if n_threads < -1:
                n_here = n_worth(work, &first, n_most, scratch)
            last = min(first + n_here * WORK_PER_SLAB, work.n_work)
            run_slab(work, first, last, n_here, scratch, scratch_bytes)
            first = last
            PyErr_CheckSignals()
            if progress is not None:
                n_bytes = work.bytes_before(work.what, first)
                progress(n_bytes - n_done)
                n_done = n_bytes
    finally:
        free(memory)
    return 0


cdef int n_worth(const Work *work, int64_t *first, int n_most, char *scratch) noexcept:
    """Threads for the slab that begins at first: n_most or 1. Does some of it, if its pace is needed to tell."""
    if waiting.wait_s == 0:
        return n_most
    cdef int64_t slab_work = min(n_most * WORK_PER_SLAB, work.n_work - first[0])
    cdef int64_t sample_work = max(work.most_at_once, min(MAX_SAMPLE_WORK, slab_work // 8))
    cdef double sample_s = min(sample(work, first, sample_work, scratch), sample(work, first, sample_work, scratch))
    cdef double rest_s = sample_s / sample_work * (slab_work - 2 * sample_work)
    if rest_s <= 0:
        return 1
    return n_most if fi_worth_threads(&waiting, rest_s * (n_most - 1) / n_most) else 1


cdef double sample(const Work *work, int64_t *first, int64_t n_work, char *scratch) noexcept:
    """Does the next n_work on this thread; returns the seconds. Another program may have been let in between."""
    cdef int64_t last = min(first[0] + n_work, work.n_work)
    cdef double began_s = fi_now_s()
    run_alone(work, first[0], last, scratch)
    first[0] = last
    return fi_now_s() - began_s


cdef void run_alone(const Work *work, int64_t first, int64_t last, char *scratch) noexcept:
    """Without a region: one of a single thread costs as much as a small fill."""
    cdef uint64_t callers_mode
    with nogil:
        callers_mode = fi_enter()
        work.do_part(work.what, first, last, scratch)
        fi_leave(callers_mode)


cdef void run_slab(
    const Work *work, int64_t first, int64_t last, int n_threads, char *scratch, int64_t scratch_bytes
) noexcept:
    if n_threads == 1:
        run_alone(work, first, last, scratch)
        return
    cdef int64_t part, n_work = last - first
    cdef uint64_t callers_mode = 0
    # In turn, so that a core that others use too holds nobody up, and that the threads write near each other.
    cdef int64_t part_work = max(MIN_PART_WORK, min(MAX_PART_WORK, n_work // (8 * n_threads)))
    cdef int64_t n_parts = max(n_threads, n_work // part_work)
    cdef fi_share share
    cdef fi_share *callers = &share
    share.n_parts = 0
    cdef double began_s = fi_now_s()
    with nogil, parallel(num_threads=n_threads):
        callers_mode = fi_enter()
        for part in prange(n_parts, schedule="dynamic"):
            if threadid() == 0:
                fi_begin_part(callers)
            work.do_part(
                work.what,
                first + n_work * part // n_parts,
                first + n_work * (part + 1) // n_parts,
                scratch + threadid() * scratch_bytes,
            )
            if threadid() == 0:
                fi_end_part(callers)
        fi_leave(callers_mode)
    if not fi_makes_threads(n_threads):
        fi_note_region(&waiting, &share, began_s, fi_now_s())


def expect_wait(double seconds):
    """Set what a region is expected to wait, as if the last ones had; returns what was expected."""
    before = waiting.wait_s
    waiting.wait_s, waiting.saved_s = seconds, 0
    return before


def decide_by(readings):
    """The rule by itself, from a quiet machine on: whether each reading in turn would be of threads.

    A reading is (what threads could save, the region's time, the caller's in its parts, its number of parts).
    """
    cdef fi_waiting w = fi_waiting(0, 0)
    cdef fi_share share
    cdef list used = []
    for saving_s, region_s, worked_s, n_parts in readings:
        used.append(fi_worth_threads(&w, saving_s))
        if used[-1]:
            share = fi_share(0, worked_s, n_parts)
            fi_note_region(&w, &share, 0, region_s)
    return used

# Work of each thread between two calls of progress, and two decisions on threads: 128 MiB of float32 output, a
# hundredth of a second with AVX-512 and one with no vectors at all, and far more than a parallel region costs.
cdef int64_t WORK_PER_SLAB = 1 << 25


# Workspace of a thread that may have nothing to do: what is promised for any. With more, only those that work are used.
cdef int64_t MAX_IDLE_BYTES = 1 << 20


# What the regions of this process waited; fills in several Python threads share it. Only touched with the GIL held or,
# where there is none, the object below.
cdef fi_waiting waiting
cdef object one_at_a_time = object()

# What as_strided puts between its array and the one that it was made of: a type that NumPy does not name.
cdef object OWNER_OF_STRIDED = type(as_strided(np.empty(1)).base)

# Owners of owners that are looked at: some can be set by a caller, to each other too.
cdef int MAX_OWNERS = 1000

# Of threads that need none.
cdef char no_scratch[64]


cdef extern from "Python.h":
    int check_signals "PyErr_CheckSignals"() noexcept


cdef int look_at_signals() noexcept with gil:
    """Runs the handlers of signals that have come; 1, with the error set, if one raises."""
    return check_signals() != 0


cdef fi_watch new_watch() noexcept:
    cdef fi_watch watch
    watch.look, watch.callers_mode, watch.next_look_s, watch.is_stopped = look_at_signals, 0, 0, 0
    return watch


cdef int64_t room_for(const fi_work *work, int n_threads) noexcept:
    """Bytes of workspace that `run` takes."""
    return work.scratch_bytes * most_threads(work, n_threads)


cdef int most_threads(const fi_work *work, int n_threads) noexcept:
    """All, also those that have nothing to do: OpenMP ends what a smaller region leaves, and makes it again after."""
    if work.scratch_bytes <= MAX_IDLE_BYTES:
        return abs(n_threads)
    return <int>min(<int64_t>abs(n_threads), max(work.n_units, 1))


cdef char *memory_of(workspace, int64_t n_bytes) except NULL:
    """So many bytes from an array's first on, on a line."""
    if n_bytes == 0:
        return no_scratch
    cdef cnp.ndarray array = workspace
    if array is None or cnp.PyArray_NBYTES(array) < n_bytes or <uintptr_t>cnp.PyArray_DATA(array) % 64 != 0:
        raise ValueError(f"fill: workspace: expected {n_bytes} bytes on a line, got less")
    return <char *>cnp.PyArray_DATA(array)


cdef int run(const fi_work *work, int n_threads, progress, char *scratch) except -1:
    """Slab by slab; calls progress(bytes just written), unless it is None. `scratch` has `room_for` it.

    On n_threads threads or, if that is negative, on -n_threads where they are worth what they wait, else on one. Fewer
    if there are no more to be had.
    """
    cdef int64_t first = 0, last, n_done = 0, n_bytes
    cdef int n_most = most_threads(work, n_threads), n_here = n_most
    cdef int64_t slab_work = max(WORK_PER_SLAB, work.most_at_once)
    while first < work.n_work:
        if n_threads < -1 and n_most > 1:
            n_here = n_worth(work, &first, n_most, scratch)
        last = min(first + n_here * slab_work, work.n_work)
        run_slab(work, first, last, n_here, scratch)
        first = last
        PyErr_CheckSignals()
        if progress is not None:
            n_bytes = fi_batch_bytes_before(<const fi_batch *>work.what, first)
            progress(n_bytes - n_done)
            n_done = n_bytes
    return 0


cdef int n_worth(const fi_work *work, int64_t *first, int n_most, char *scratch) except -1:
    """Threads for the slab that begins at first: n_most or 1. Does some of it, if its pace is needed to tell."""
    if is_quiet():
        return n_most
    cdef int64_t slab_work = min(n_most * WORK_PER_SLAB, work.n_work - first[0])
    cdef int64_t sample_work = max(work.most_at_once, min(FI_MAX_SAMPLE_WORK, slab_work // 8))
    cdef double sample_s = min(sample(work, first, sample_work, scratch), sample(work, first, sample_work, scratch))
    cdef double rest_s = sample_s / sample_work * (slab_work - 2 * sample_work)
    if rest_s <= 0:
        return 1
    with cython.critical_section(one_at_a_time):
        return n_most if fi_worth_threads(&waiting, rest_s * (n_most - 1) / n_most) else 1


cdef bint is_quiet() except -1:
    with cython.critical_section(one_at_a_time):
        return waiting.wait_s == 0


cdef double sample(const fi_work *work, int64_t *first, int64_t n_work, char *scratch) except? -1:
    """Does the next n_work on this thread; returns the seconds. Another program may have been let in between."""
    cdef int64_t last = min(first[0] + n_work, work.n_work)
    cdef double began_s = fi_now_s()
    run_alone(work, first[0], last, scratch)
    first[0] = last
    return fi_now_s() - began_s


cdef int run_alone(const fi_work *work, int64_t first, int64_t last, char *scratch) except -1:
    """Without a region: one of a single thread costs as much as a small fill."""
    cdef fi_watch watch = new_watch()
    cdef bint is_stopped
    with nogil:
        is_stopped = fi_do_alone(work, first, last, scratch, &watch)
    return -1 if is_stopped else 0  # then the error is set


cdef int run_slab(const fi_work *work, int64_t first, int64_t last, int n_threads, char *scratch) except -1:
    cdef fi_team team = fi_team_of(n_threads)
    if team.n_threads == 1:
        return run_alone(work, first, last, scratch)
    cdef fi_watch watch = new_watch()
    cdef fi_share share
    cdef bint is_stopped
    share.n_parts = 0
    cdef double began_s = fi_now_s()
    with nogil:
        is_stopped = fi_do_together(work, first, last, team.n_threads, scratch, &watch, &share)
    if is_stopped:
        return -1
    if not team.are_new:
        note_region(&share, began_s)
    return 0


cdef int note_region(const fi_share *share, double began_s) except -1:
    with cython.critical_section(one_at_a_time):
        fi_note_region(&waiting, share, began_s, fi_now_s())
    return 0


def keep_memory(array):
    """As long as the answer lives, NumPy neither moves nor frees the array's memory.

    It is a weak reference to the array that owns the memory: NumPy does not resize one that has any, not even if it is
    told not to count references.
    """
    owner = array
    for _ in range(MAX_OWNERS):
        base = owner_of(array)
        if base is None:
            break
        array = base
        if isinstance(base, cnp.ndarray):
            owner = base
    return PyWeakref_NewRef(owner, None)


cdef object owner_of(object array):
    """Whose memory an array or a view has; None if it is its own, or not one of NumPy's."""
    cdef PyObject *base
    if isinstance(array, cnp.ndarray):
        base = <PyObject *>cnp.PyArray_BASE(<cnp.ndarray>array)
        return None if base == NULL else <object>base
    if isinstance(array, memoryview):
        return (<object>array).obj
    if type(array) is OWNER_OF_STRIDED:
        return array.base
    return None


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


def part_start(n_work, part, n_parts):
    """The rule by itself: where a part of so many begins."""
    return fi_part_start(n_work, part, n_parts)

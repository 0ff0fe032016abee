def types_of(items):
    """The set of the items' types: where few differ, faster than set(map(type, items))."""
    cdef set found = set()
    last = None
    for item in items:
        if type(item) is not last:
            last = type(item)
            found.add(last)
    return found


def first_matches(
    list names, dict exact, dict tests, list always, dict by_word, Py_ssize_t after, Py_ssize_t n_all
):
    """For each name the first position after `after` whose pattern matches it, or n_all.

    A pattern is in `exact` with the name that it is itself, and in `tests` if it has wildcards: a tuple of the texts
    between stars, or a callable that does not answer None. Positions to test are in ascending lists: `always`, and
    those that by_word has for the words of a name, which dots, slashes and underscores part.
    """
    cdef list found = []
    cdef Py_ssize_t first
    for name in names:
        position = exact.get(name)
        first = n_all if position is None or position <= after else position
        first = first_passed(name, tests, always, after, first)
        if by_word:
            for word in name.replace("/", ".").replace("_", ".").split("."):
                positions = by_word.get(word)
                if positions is not None:
                    first = first_passed(name, tests, positions, after, first)
        found.append(first)
    return found


cdef Py_ssize_t first_passed(name, dict tests, list positions, Py_ssize_t after, Py_ssize_t first) except -1:
    """The first of ascending positions, between two others, whose test the name passes; or the second of those."""
    cdef Py_ssize_t position
    for i in positions:
        position = i
        if position >= first:
            break
        if position > after and passes(name, tests[i]):
            return position
    return first


cdef inline bint passes(object name, object test) except -1:
    if type(test) is not tuple:
        return test(name) is not None
    cdef tuple texts = <tuple>test
    cdef Py_ssize_t i, last = len(texts) - 1, n = len(<str>name)
    cdef Py_ssize_t at = len(<str>texts[0]), end = n - len(<str>texts[last])
    if (
        at > end
        or at > 0 and PyUnicode_Tailmatch(name, texts[0], 0, end, -1) != 1
        or end < n and PyUnicode_Tailmatch(name, texts[last], 0, n, 1) != 1
    ):
        return False
    for i in range(1, last):
        at = PyUnicode_Find(name, texts[i], at, end, 1)
        if at < 0:
            return False
        at += len(<str>texts[i])
    return True


cdef class Batch:
    """Tensors to be filled together, in one parallel region a slab, each from the stream that its name names."""
    cdef fi_batch batch
    cdef fi_batch_law *laws
    cdef int n_laws, n_laws_room
    cdef int64_t n_room
    cdef list held

    def __cinit__(self, int64_t n_tensors):
        """Room for n_tensors."""
        open_batch(&self.batch)
        self.held = []
        self.n_room = n_tensors
        self.batch.tensors = <fi_tensor *>malloc(n_tensors * sizeof(fi_tensor) + 1)
        if self.batch.tensors == NULL:
            raise MemoryError(f"initialize: arrays: expected room for {n_tensors} of them, got none")

    def __dealloc__(self):
        cdef int64_t i
        for i in range(self.batch.n_tensors):
            free(self.batch.tensors[i].box)
        free(self.batch.tensors)
        free(self.laws)

    def add_law(self, law):
        """Take in a law as `fill` does; returns its position."""
        cdef fi_batch_law *laws
        if self.n_laws == self.n_laws_room:
            laws = <fi_batch_law *>realloc(self.laws, (2 * self.n_laws_room + 8) * sizeof(fi_batch_law))
            if laws == NULL:
                raise MemoryError(f"initialize: rules: expected room for {self.n_laws + 1} laws, got none")
            self.laws = laws
            self.n_laws_room = 2 * self.n_laws_room + 8
        set_law(&self.laws[self.n_laws], law)
        self.n_laws += 1
        return self.n_laws - 1

    def add(self, cnp.ndarray array, str name, int law, box):
        """Take in a checked array, its law by position; `box` is as for `fill`."""
        self.held += [name, box]
        self.put(array, name, law, box)

    def add_all(self, list names, list arrays, rules, list laws, dtype, add_other):
        """Take in arrays, as many as there is room for; `rules` has the rule of each, or is None if that is 0.

        laws[rule] is a dict of positions of the rule's laws by shape. What is no plain array of that dtype, a name that
        is not ASCII or a shape not in the dict is left to add_other(position in the lists).
        """
        cdef Py_ssize_t i
        self.held += [names]
        for i in range(len(names)):
            name, array = names[i], arrays[i]
            law = None
            if plain(array, dtype) and PyUnicode_IS_COMPACT_ASCII(name):
                law = (<dict>laws[0 if rules is None else rules[i]]).get(array.shape)
            if law is None:
                add_other(i)
            else:
                self.put(<cnp.ndarray>array, name, law, None)

    cdef int put(self, cnp.ndarray array, object name, int law, box) except -1:
        if self.batch.n_tensors == self.n_room or not 0 <= law < self.n_laws:
            raise IndexError("Batch: expected a law that it has and room, got neither or one")
        cdef fi_tensor *tensor = &self.batch.tensors[self.batch.n_tensors]
        self.batch.laws = self.laws
        set_tensor(tensor, array, name, law, self.laws[law].dtype)
        tensor.box = new_box(box)
        if not fi_batch_add(&self.batch):
            free(tensor.box)
            raise ValueError("fill: out: expected the array that was checked, got one of another size")
        self.held.append(array)
        self.held.append(keep_memory(array))
        return 0

    @property
    def n_elements(self):
        return self.batch.n_elements

    @property
    def n_bytes(self):
        return self.batch.n_bytes

    def bounds(self):
        """Addresses of each tensor's first byte and of the one after its last, as two arrays."""
        cdef cnp.npy_intp n = self.batch.n_tensors
        cdef cnp.ndarray first = cnp.PyArray_EMPTY(1, &n, cnp.NPY_INT64, 0)
        cdef cnp.ndarray end = cnp.PyArray_EMPTY(1, &n, cnp.NPY_INT64, 0)
        cdef int64_t *firsts = <int64_t *>cnp.PyArray_DATA(first)
        cdef int64_t *ends = <int64_t *>cnp.PyArray_DATA(end)
        cdef int64_t i
        for i in range(n):
            firsts[i] = self.batch.tensors[i].first_address
            ends[i] = self.batch.tensors[i].end_address
        return first, end

    def room(self, int n_threads):
        """Bytes of workspace that `run` takes, on a line of 64."""
        return batch_room(&self.batch, n_threads)

    def run(self, bytes seed, int n_threads, bint streamed, progress, workspace):
        """Fill all of them; calls progress(bytes just written), unless it is None, after each slab."""
        self.batch.seed = seed_bytes(seed)
        run_batch(&self.batch, n_threads, streamed, progress, workspace)


cdef int run_batch(fi_batch *batch, int n_threads, bint streamed, progress, workspace) except -1:
    batch.streamed = streamed
    cdef fi_work work = work_of(batch)
    return run(&work, n_threads, progress, memory_of(workspace, room_for(&work, n_threads)))


cdef int64_t batch_room(const fi_batch *batch, int n_threads) noexcept:
    cdef fi_work work = work_of(batch)
    return room_for(&work, n_threads)


cdef fi_work work_of(const fi_batch *batch) noexcept:
    cdef int64_t scratch_bytes = (batch.scratch_bytes + 63) // 64 * 64
    return fi_work(do_batch_part, batch, batch.n_work, 1, batch.n_work, scratch_bytes)


cdef void do_batch_part(
    const void *what, int64_t first, int64_t last, void *scratch, fi_watch *watch
) noexcept nogil:
    fi_batch_fill(<const fi_batch *>what, first, last, scratch, watch)


cdef int64_t *new_box(box) except? NULL:
    """The numbers of a box, for as long as they are not freed; NULL for none."""
    cdef int64_t numbers[FI_MAX_BOX]
    if write_box(numbers, box) == NULL:
        return NULL
    cdef size_t n_bytes = (FI_BOX_HEAD + 3 * numbers[N_BOX_HEAD - 1]) * sizeof(int64_t)
    cdef int64_t *kept = <int64_t *>malloc(n_bytes)
    if kept == NULL:
        raise MemoryError("fill: index: expected room for the numbers of a box, got none")
    memcpy(kept, numbers, n_bytes)
    return kept

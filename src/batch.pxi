def first_matches(list names, list tests):
    """For each name the position of the first test that it passes, or the number of tests.

    A test is the name itself, a tuple of what it begins and ends with, or a callable that does not answer None.
    """
    cdef list found = []
    cdef Py_ssize_t i
    for name in names:
        for i in range(len(tests)):
            if passes(name, tests[i]):
                break
        else:
            i = len(tests)
        found.append(i)
    return found


cdef inline bint passes(object name, object test) except -1:
    if type(test) is str:
        return name == test
    if type(test) is not tuple:
        return test(name) is not None
    cdef Py_ssize_t n = len(name), n_begin = len(<str>(<tuple>test)[0]), n_end = len(<str>(<tuple>test)[1])
    return (
        n >= n_begin + n_end
        and (n_begin == 0 or PyUnicode_Tailmatch(name, (<tuple>test)[0], 0, n, -1) == 1)
        and (n_end == 0 or PyUnicode_Tailmatch(name, (<tuple>test)[1], 0, n, 1) == 1)
    )


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
            raise MemoryError()

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
                raise MemoryError()
            self.laws = laws
            self.n_laws_room = 2 * self.n_laws_room + 8
        set_law(&self.laws[self.n_laws], law)
        self.n_laws += 1
        return self.n_laws - 1

    def add(self, cnp.ndarray array, str name, int law, box):
        """Take in a checked array, its law by position; `box` is as for `fill`."""
        self.held += [array, name]
        self.put(array, name, law, box)

    def add_all(self, dict entries, rules, list laws, dtype, add_other):
        """Take in {name: array}, as many as there is room for; `rules` has the rule of each, or is None if that is 0.

        laws[rule] is the position of the rule's law, or a dict of such positions by shape. An array that is not plain,
        a name that is not ASCII or a shape not in the dict is left to add_other(name, array, rule).
        """
        cdef Py_ssize_t i = 0
        self.held.append(entries)
        for name, array in entries.items():
            rule = 0 if rules is None else rules[i]
            law = laws[rule]
            if not plain(array, dtype) or type(name) is not str or not PyUnicode_IS_COMPACT_ASCII(name):
                law = None
            elif type(law) is dict:
                law = (<dict>law).get(array.shape)
            if law is None:
                add_other(name, array, rule)
            else:
                self.put(<cnp.ndarray>array, name, law, None)
            i += 1

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
            fi_tensor_bounds(&self.batch, &self.batch.tensors[i], &firsts[i], &ends[i])
        return first, end

    def run(self, bytes seed, int n_threads, bint streamed, progress):
        """Fill all of them; calls progress(bytes just written), unless it is None, after each slab."""
        self.batch.seed = seed_bytes(seed)
        run_batch(&self.batch, n_threads, streamed, progress)

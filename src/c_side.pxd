"""What the Cython side knows of the C side."""
from libc.stdint cimport int64_t, uint8_t, uint64_t


cdef extern from "fastinit.h":
    int FI_N_PARAMETERS
    int FI_BOX_HEAD
    enum:
        FI_MAX_BOX
    ctypedef struct fi_law_side:
        double base
        double slope
        double y_base
        double y_slope

    ctypedef struct fi_law:
        double location
        double scale
        double lowest
        double highest
        uint64_t key[4]
        fi_law_side side[2]

    ctypedef struct fi_backend:
        const char *name
        bint fma_is_long

    const fi_backend *fi_backend_at(int index)
    bint fi_backend_runs_here(const fi_backend *backend)


cdef extern from "key.h":
    int FI_SEED_BYTES
    int FI_KEY_WORDS
    ctypedef struct fi_stream:
        const char *name
        const char *tag
        int64_t n_name
        int64_t n_tag

    void fi_stream_key(const uint8_t *seed, const fi_stream *stream, uint64_t *key)


cdef extern from "blake2b.h":
    int FI_BLAKE2B_PERSON
    ctypedef struct fi_blake2b:
        pass

    void fi_blake2b_init(fi_blake2b *hash, int n_bytes, const uint8_t *person)
    void fi_blake2b_update(fi_blake2b *hash, const void *bytes, size_t n_bytes)
    void fi_blake2b_final(fi_blake2b *hash, uint8_t *digest, int n_bytes)


cdef extern from "watch.h":
    ctypedef struct fi_watch:
        int (*look)() noexcept
        uint64_t callers_mode
        double next_look_s
        int is_stopped


cdef extern from "batch.h":
    ctypedef struct fi_batch_law:
        fi_law law
        int code
        int dtype
        int n_tag
        char tag[4]

    ctypedef struct fi_tensor:
        char *out
        int64_t n_elements
        const char *name
        int64_t n_name
        int64_t *box
        int law
        int64_t first_address
        int64_t end_address

    ctypedef struct fi_batch:
        const fi_backend *backend
        const fi_batch_law *laws
        const uint8_t *seed
        int streamed
        fi_tensor *tensors
        int64_t n_tensors
        int64_t n_elements
        int64_t n_bytes
        int64_t n_work
        int64_t scratch_bytes

    int fi_itemsize(int dtype)
    bint fi_batch_add(fi_batch *batch)
    void fi_batch_fill(
        const fi_batch *batch, int64_t first, int64_t last, void *scratch, fi_watch *watch) noexcept nogil
    int64_t fi_batch_bytes_before(const fi_batch *batch, int64_t position)


cdef extern from "team.h":
    ctypedef struct fi_team:
        int n_threads
        bint are_new

    void fi_team_read_environment()
    fi_team fi_team_of(int n_wanted)


cdef extern from "sparse.h":
    ctypedef struct fi_sparse:
        const fi_backend *backend
        uint64_t key[4]
        int64_t n_inputs
        int64_t n_zeros
        char *out
        int itemsize
        int64_t first_unit
        int64_t n_units_here
        int64_t unit_stride
        int64_t first_input
        int64_t n_inputs_here
        int64_t input_stride
        int n_outer
        int64_t outer_extent[64]
        int64_t outer_inputs[64]
        int64_t outer_stride[64]
        int64_t n_work
        int64_t scratch_bytes
        int64_t units_per_panel
        int64_t n_panels

    void fi_sparse_split(fi_sparse *sparse, int n_threads)
    void fi_sparse_fill(
        const fi_sparse *sparse, int64_t first, int64_t last, void *scratch, fi_watch *watch) noexcept nogil


cdef extern from "haar.h":
    ctypedef struct fi_haar:
        const fi_backend *backend
        fi_law law
        int law_code
        int dtype
        int64_t n_rows
        int64_t n_columns
        double gain
        uint64_t first
        int64_t n_matrices
        const int64_t *column
        int64_t n_columns_here
        const int64_t *row
        int64_t n_rows_here
        char *out
        int64_t column_stride
        int64_t row_stride
        int64_t matrix_stride
        int64_t panels_bytes

    int FI_HAAR_PANELS
    int FI_HAAR_BLOCKS
    int FI_HAAR_MATRICES
    ctypedef struct fi_haar_work:
        int64_t n_units
        int64_t work_per_unit
        int64_t scratch_bytes

    void fi_haar_split(fi_haar *haar, int n_threads)
    bint fi_haar_is_small(const fi_haar *haar)
    fi_haar_work fi_haar_work_of(const fi_haar *haar, int kind, int64_t matrix, char *panels)
    void fi_haar_fill(
        const fi_haar_work *work, int64_t first, int64_t last, void *scratch, fi_watch *watch) noexcept nogil


cdef extern from "multiply.h":
    ctypedef struct fi_multiply:
        const fi_backend *backend
        const double *a
        const double *b
        double *c
        int64_t a_row
        int64_t b_row
        int64_t b_column
        int64_t c_row
        int64_t n_rows
        int64_t n_inner
        int64_t n_columns
        int64_t n_units
        int64_t work_per_unit
        int64_t scratch_bytes

    void fi_multiply_split(fi_multiply *multiply, int n_threads)
    void fi_multiply_fill(
        const fi_multiply *multiply, int64_t first, int64_t last, void *scratch, fi_watch *watch
    ) noexcept nogil


cdef extern from "fpmode.h":
    uint64_t fi_enter() noexcept nogil
    void fi_leave(uint64_t callers_mode) noexcept nogil


cdef extern from "openmp.h":
    bint FI_HAVE_OPENMP
    int omp_get_max_threads() nogil
    int omp_get_thread_limit() nogil


cdef extern from "waiting.h":
    ctypedef struct fi_waiting:
        double wait_s
        double saved_s

    ctypedef struct fi_share:
        double began_s
        double ended_s
        int64_t n_parts

    double fi_now_s()
    bint fi_worth_threads(fi_waiting *waiting, double saving_s)
    void fi_note_region(fi_waiting *waiting, const fi_share *share, double began_s, double ended_s)


cdef extern from "region.h":
    int64_t FI_MAX_SAMPLE_WORK
    ctypedef void (*fi_part_fn)(
        const void *what, int64_t first, int64_t last, void *scratch, fi_watch *watch) noexcept nogil
    ctypedef struct fi_work:
        fi_part_fn do_part
        const void *what
        int64_t n_work
        int64_t most_at_once
        int64_t n_units
        int64_t scratch_bytes

    int64_t fi_part_start(int64_t n_work, int64_t part, int64_t n_parts)
    bint fi_do_alone(
        const fi_work *work, int64_t first, int64_t last, char *scratch, fi_watch *watch) noexcept nogil
    bint fi_do_together(
        const fi_work *work, int64_t first, int64_t last, int n_threads, char *scratch, fi_watch *watch,
        fi_share *callers) noexcept nogil


cdef extern from "numpy/random/bitgen.h":
    ctypedef struct bitgen_t:
        void *state
        uint64_t (*next_raw)(void *state) noexcept nogil


cdef extern from *:
    """
    static const char *const fi_law_names[] = {
    #define X(law, draws, bounds, loop) #law,
        FI_LAWS(X)
    #undef X
        0
    };
    static const char *const fi_dtype_names[] = {
    #define X(dtype, arithmetic, itemsize) #dtype,
        FI_DTYPES(X)
    #undef X
        0
    };
    """
    const char *const *fi_law_names
    const char *const *fi_dtype_names


cdef extern from "tally.h":
    void fi_tally(const void *elements, int64_t n_elements, int itemsize, uint64_t *counts) noexcept nogil

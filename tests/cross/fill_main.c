/* One fill without Python: fill_main BACKEND LAW_CODE DTYPE_CODE KEY0 ... KEY3 NUMBER0 ... NUMBER11 N_ELEMENTS > values
 *
 * With two more arguments, N_ROWS and N_COLUMNS, an orthogonal matrix of these normals instead, N_ELEMENTS in all.
 * The numbers are fi_law's, in its order. Writes the tensor's values to standard output, whole blocks streamed, in the
 * caller's worst floating-point mode. Exits with 3 if the backend is not in this build or cannot run here. Driven by
 * check.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fastinit.h"
#include "fpmode.h"
#include "haar.h"

static const int itemsizes[] = {
#define X(dtype, arithmetic, itemsize) itemsize,
    FI_DTYPES(X)
#undef X
};

static const fi_backend *find_backend(const char *name)
{
    for (int i = 0; fi_backend_at(i) != NULL; i++)
        if (strcmp(fi_backend_at(i)->name, name) == 0 && fi_backend_runs_here(fi_backend_at(i)))
            return fi_backend_at(i);
    return NULL;
}

static void spoil_floating_point_mode(void)
{
#if defined(__x86_64__)
    _mm_setcsr(0xffc0); /* round towards zero, flush to zero, denormals are zero */
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)3 << 22 | (uint64_t)1 << 24));
#endif
}

/* The whole matrix, on this thread. */
static int fill_matrix(const fi_job *job, int64_t n_rows, int64_t n_columns)
{
    enum { N_MOST = 1024 };
    static int64_t place[N_MOST];
    for (int i = 0; i < N_MOST; i++)
        place[i] = i;
    fi_haar haar = {.backend = job->backend, .law = job->law, .law_code = job->law_code, .dtype = job->dtype};
    haar.n_rows = haar.n_rows_here = n_rows, haar.n_columns = haar.n_columns_here = n_columns;
    haar.row = haar.column = place;
    haar.gain = 1, haar.n_matrices = 1, haar.out = job->out;
    haar.column_stride = job->itemsize, haar.row_stride = job->itemsize * n_columns;
    if (n_rows > N_MOST)
        return 0;
    fi_haar_split(&haar, 1);
    char *panels = aligned_alloc(64, (size_t)haar.panels_bytes);
    for (int kind = FI_HAAR_PANELS; kind <= FI_HAAR_BLOCKS && panels != NULL; kind++) {
        fi_haar_work work = fi_haar_work_of(&haar, kind, 0, panels);
        char *scratch = aligned_alloc(64, ((size_t)work.scratch_bytes + 63) / 64 * 64);
        if (scratch == NULL)
            return 0;
        fi_haar_fill(&work, 0, work.n_units * work.work_per_unit, scratch, NULL);
        free(scratch);
    }
    free(panels);
    return panels != NULL;
}

int main(int argc, char **argv)
{
    fi_job job = {0};
    double numbers[FI_N_PARAMETERS];
    int is_matrix = argc == 11 + FI_N_PARAMETERS;
    if ((argc != 9 + FI_N_PARAMETERS && !is_matrix) || (job.backend = find_backend(argv[1])) == NULL)
        return 3;
    job.law_code = atoi(argv[2]);
    job.dtype = atoi(argv[3]);
    for (int i = 0; i < 4; i++)
        job.law.key[i] = strtoull(argv[4 + i], NULL, 10);
    for (int i = 0; i < FI_N_PARAMETERS; i++)
        numbers[i] = strtod(argv[8 + i], NULL);
    memcpy(&job.law.location, numbers, sizeof numbers);
    job.run_length = strtoll(argv[8 + FI_N_PARAMETERS], NULL, 10);
    job.itemsize = itemsizes[job.dtype];
    job.run_stride = job.itemsize;
    job.n_runs = 1;
    job.row_axis = -1;
    job.streamed = 1;
    size_t n_bytes = (size_t)(job.run_length * job.itemsize);
    job.out = aligned_alloc(64, (n_bytes + 63) / 64 * 64);
    if (job.out == NULL)
        return 1;

    int64_t n_units = fi_job_split(&job);
    spoil_floating_point_mode();
    uint64_t callers_mode = fi_enter();
    if (is_matrix && !fill_matrix(&job, atoi(argv[9 + FI_N_PARAMETERS]), atoi(argv[10 + FI_N_PARAMETERS])))
        return 1;
    for (int64_t unit = 0; unit < n_units && !is_matrix; unit++)
        fi_fill_unit(&job, unit, NULL, NULL);
    fi_leave(callers_mode);
    return fwrite(job.out, 1, n_bytes, stdout) != n_bytes;
}

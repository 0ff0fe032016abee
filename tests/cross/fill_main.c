/* One fill without Python: fill_main BACKEND LAW_CODE KEY0 KEY1 KEY2 KEY3 LOCATION SCALE N_ELEMENTS > values
 *
 * Writes the tensor's float32 values to standard output, whole blocks streamed, in the caller's worst floating-point
 * mode. Exits with 3 if the backend is not in this build or cannot run here. Driven by check.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fastinit.h"
#include "fpmode.h"

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

int main(int argc, char **argv)
{
    fi_job job = {0};
    if (argc != 10 || (job.backend = find_backend(argv[1])) == NULL)
        return 3;
    job.law_code = atoi(argv[2]);
    for (int i = 0; i < 4; i++)
        job.law.key[i] = strtoull(argv[3 + i], NULL, 10);
    job.law.location = strtod(argv[7], NULL);
    job.law.scale = strtod(argv[8], NULL);
    job.run_length = strtoll(argv[9], NULL, 10);
    job.itemsize = job.run_stride = sizeof(float);
    job.n_runs = 1;
    job.row_axis = -1;
    job.streamed = 1;
    size_t n_bytes = (size_t)job.run_length * sizeof(float);
    job.out = aligned_alloc(64, (n_bytes + 63) / 64 * 64);
    if (job.out == NULL)
        return 1;

    int64_t n_units = fi_job_split(&job);
    spoil_floating_point_mode();
    uint64_t callers_mode = fi_enter();
    for (int64_t unit = 0; unit < n_units; unit++)
        fi_fill_unit(&job, unit, NULL);
    fi_leave(callers_mode);
    return fwrite(job.out, 1, n_bytes, stdout) != n_bytes;
}

/* What a job's box says: from numbers to runs, where each run is, and which bytes they all touch. */
#include <stddef.h>

#include "fastinit.h"

void fi_job_set_whole(fi_job *job, char *out, int64_t n_elements)
{
    job->out = out;
    job->n_runs = job->n_column_runs = 1;
    job->n_dims = 0;
    job->listed_flat = NULL;
    job->row_axis = -1;
    job->flat_start = 0;
    job->run_length = n_elements;
    job->run_stride = job->itemsize;
}

void fi_job_set_box(fi_job *job, char *out, const int64_t *box)
{
    job->out = out;
    job->n_runs = job->n_column_runs = 1;
    job->flat_start = (uint64_t)box[0];
    job->run_length = box[1];
    job->run_stride = box[2];
    job->row_axis = (int)box[3];
    job->n_dims = (int)box[4];
    job->n_listed = box[5];
    job->listed_flat = (const int64_t *)(uintptr_t)box[6];
    job->listed_out = (const int64_t *)(uintptr_t)box[7];
    if (job->listed_flat != NULL)
        job->n_runs = job->n_listed;
    for (int d = 0; d < job->n_dims; d++) {
        job->extent[d] = box[FI_BOX_HEAD + d];
        job->flat_stride[d] = box[FI_BOX_HEAD + job->n_dims + d];
        job->out_stride[d] = box[FI_BOX_HEAD + 2 * job->n_dims + d];
        job->n_runs *= job->extent[d];
        if (d > job->row_axis)
            job->n_column_runs *= job->extent[d];
    }
}

uint64_t fi_locate_run(const fi_job *job, int64_t run, char **dst)
{
    uint64_t flat = job->flat_start;
    char *out = job->out;
    for (int d = job->n_dims - 1; d >= 0; d--) {
        int64_t i = run % job->extent[d];
        run /= job->extent[d];
        flat += (uint64_t)(i * job->flat_stride[d]);
        out += i * job->out_stride[d];
    }
    if (job->listed_flat != NULL) {
        flat += (uint64_t)job->listed_flat[run];
        out += job->listed_out[run];
    }
    *dst = out;
    return flat;
}

void fi_job_bounds(const fi_job *job, int64_t *first, int64_t *end)
{
    *first = *end = (int64_t)(uintptr_t)job->out;
    if (job->n_runs == 0 || job->run_length == 0)
        return;
    if (job->listed_flat != NULL) {
        int64_t lowest = job->listed_out[0], highest = lowest;
        for (int64_t i = 1; i < job->n_listed; i++) {
            lowest = job->listed_out[i] < lowest ? job->listed_out[i] : lowest;
            highest = job->listed_out[i] > highest ? job->listed_out[i] : highest;
        }
        *first += lowest, *end += highest;
    }
    int64_t span = (job->run_length - 1) * job->run_stride;
    *(span < 0 ? first : end) += span;
    for (int d = 0; d < job->n_dims; d++) {
        span = (job->extent[d] - 1) * job->out_stride[d];
        *(span < 0 ? first : end) += span;
    }
    *end += job->itemsize;
}

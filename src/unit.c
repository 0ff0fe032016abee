/* A job's units, each as what it is made of: tiles, or runs. */
#include "fastinit.h"

int64_t fi_job_split(fi_job *job)
{
    job->pieces_per_run = 1;
    job->runs_per_unit = 1;
    job->scratch_bytes = 0;
    if (job->n_runs == 0 || job->run_length == 0)
        return 0;
    return job->row_axis >= 0 ? fi_tile_split(job) : fi_runs_split(job);
}

void fi_fill_unit(const fi_job *job, int64_t unit, void *scratch, fi_watch *watch)
{
    if (job->row_axis >= 0)
        fi_tile_fill_unit(job, unit, scratch, watch);
    else
        fi_runs_fill_unit(job, unit);
}

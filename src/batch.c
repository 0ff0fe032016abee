/* Many tensors, laid end to end by the work they are. */
#include "batch.h"

#include <string.h>

#include "key.h"

/* What a tensor costs before its first element, in elements: its key, its place, the start of a block. */
#define WORK_PER_TENSOR 512

int fi_itemsize(int dtype)
{
#define X(name, arithmetic, itemsize) itemsize,
    static const int itemsizes[] = {FI_DTYPES(X)};
#undef X
    return itemsizes[dtype];
}

static void describe(const fi_batch *batch, const fi_tensor *tensor, fi_job *job)
{
    const fi_batch_law *law = &batch->laws[tensor->law];
    job->backend = batch->backend;
    job->law = law->law;
    job->law_code = law->code;
    job->dtype = law->dtype;
    job->itemsize = fi_itemsize(law->dtype);
    job->streamed = batch->streamed;
    job->out = tensor->out;
    job->n_runs = job->n_column_runs = 1;
    job->n_dims = 0;
    job->row_axis = -1;
    job->flat_start = 0;
    job->run_length = tensor->n_elements;
    job->run_stride = job->itemsize;
    if (tensor->box == NULL)
        return;
    const int64_t *box = tensor->box;
    job->flat_start = (uint64_t)box[0];
    job->run_length = box[1];
    job->run_stride = box[2];
    job->row_axis = (int)box[3];
    job->n_dims = (int)box[4];
    for (int d = 0; d < job->n_dims; d++) {
        job->extent[d] = box[5 + d];
        job->flat_stride[d] = box[5 + job->n_dims + d];
        job->out_stride[d] = box[5 + 2 * job->n_dims + d];
        job->n_runs *= job->extent[d];
        if (d > job->row_axis)
            job->n_column_runs *= job->extent[d];
    }
}

/* Runs far from each other cost the blocks that they lie in, not only their own elements. */
static int64_t work_of(const fi_job *job)
{
    int64_t per_run = job->run_length;
    if (job->n_dims > 0 && job->row_axis < 0) {
        int64_t distance = job->flat_stride[job->n_dims - 1], room = per_run + FI_BLOCK;
        per_run = distance < per_run ? per_run : distance < room ? distance : room;
    }
    return job->n_runs * per_run + WORK_PER_TENSOR;
}

int fi_batch_add(fi_batch *batch)
{
    fi_tensor *tensor = &batch->tensors[batch->n_tensors];
    fi_job job;
    describe(batch, tensor, &job);
    if (job.n_runs * job.run_length != tensor->n_elements)
        return 0;
    batch->n_tensors++;
    tensor->n_units = fi_job_split(&job);
    if (batch->scratch_bytes < job.scratch_bytes)
        batch->scratch_bytes = job.scratch_bytes;
    tensor->work = work_of(&job);
    tensor->first_work = batch->n_work;
    tensor->first_byte = batch->n_bytes;
    batch->n_work += tensor->work;
    batch->n_elements += tensor->n_elements;
    batch->n_bytes += tensor->n_elements * job.itemsize;
    return 1;
}

/* The last tensor that begins at or before a position. */
static int64_t tensor_at(const fi_batch *batch, int64_t position)
{
    int64_t low = 0, high = batch->n_tensors;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (batch->tensors[middle].first_work <= position)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Units of a tensor that end at or before a position. */
static int64_t units_before(const fi_tensor *tensor, int64_t position)
{
    int64_t done = position - tensor->first_work, work = tensor->work;
    if (done >= work || tensor->n_units == 0)
        return tensor->n_units;
    return done <= 0 ? 0 : done / ((work + tensor->n_units - 1) / tensor->n_units);
}

static fi_stream stream_of(const fi_batch *batch, const fi_tensor *tensor)
{
    const fi_batch_law *law = &batch->laws[tensor->law];
    return (fi_stream){tensor->name, law->tag, tensor->n_name, law->n_tag};
}

void fi_batch_fill(const fi_batch *batch, int64_t first, int64_t last, void *scratch)
{
    uint64_t key[FI_LANES][FI_KEY_WORDS]; /* of the tensors from first_keyed to before next_keyed */
    int64_t first_keyed = 0, next_keyed = 0;
    for (int64_t i = tensor_at(batch, first); i < batch->n_tensors; i++) {
        const fi_tensor *tensor = &batch->tensors[i];
        if (tensor->first_work >= last)
            return;
        int64_t unit = units_before(tensor, first), last_unit = units_before(tensor, last);
        if (unit >= last_unit)
            continue;
        if (i >= next_keyed && batch->laws[tensor->law].n_tag > 0) {
            fi_stream streams[FI_LANES];
            int n = 0;
            for (first_keyed = i; n < FI_LANES && i + n < batch->n_tensors; n++)
                streams[n] = stream_of(batch, &batch->tensors[i + n]);
            fi_stream_keys(batch->backend, batch->seed, streams, n, key);
            next_keyed = i + n;
        }
        fi_job job;
        describe(batch, tensor, &job);
        fi_job_split(&job);
        if (i < next_keyed)
            memcpy(job.law.key, key[i - first_keyed], sizeof job.law.key);
        for (; unit < last_unit; unit++)
            fi_fill_unit(&job, unit, scratch);
    }
}

int64_t fi_batch_bytes_before(const fi_batch *batch, int64_t position)
{
    const fi_tensor *tensor = &batch->tensors[tensor_at(batch, position)];
    double share = (double)(position - tensor->first_work) / (double)tensor->work;
    int64_t n_done = share < 1 ? (int64_t)(share * (double)tensor->n_elements) : tensor->n_elements;
    return tensor->first_byte + n_done * fi_itemsize(batch->laws[tensor->law].dtype);
}

void fi_tensor_bounds(const fi_batch *batch, const fi_tensor *tensor, int64_t *first, int64_t *end)
{
    int itemsize = fi_itemsize(batch->laws[tensor->law].dtype);
    *first = *end = (int64_t)(uintptr_t)tensor->out;
    if (tensor->box == NULL || tensor->n_elements == 0) {
        *end += tensor->n_elements * itemsize;
        return;
    }
    fi_job job;
    describe(batch, tensor, &job);
    int64_t span = (job.run_length - 1) * job.run_stride;
    *(span < 0 ? first : end) += span;
    for (int d = 0; d < job.n_dims; d++) {
        span = (job.extent[d] - 1) * job.out_stride[d];
        *(span < 0 ? first : end) += span;
    }
    *end += itemsize;
}

/* Many tensors, laid end to end by the work they are. */
#include "batch.h"

#include <string.h>

#include "key.h"
#include "pages.h"

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
    if (tensor->box == NULL)
        fi_job_set_whole(job, tensor->out, tensor->n_elements);
    else
        fi_job_set_box(job, tensor->out, tensor->box);
}

/* Runs far from each other cost finding their places in their blocks, not only their own elements. */
static int64_t work_of(const fi_job *job)
{
    int64_t per_run = job->run_length;
    if (job->n_runs > 1 && job->row_axis < 0) {
        int64_t distance = job->n_dims > 0 ? job->flat_stride[job->n_dims - 1] : INT64_MAX;
        int64_t room = per_run + FI_BLOCK / 4;
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
    fi_job_bounds(&job, &tensor->first_address, &tensor->end_address);
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

/* Units after which a thread asks whether to stop: where there are no vectors, the slowest law takes 40 ms for one. */
#define UNITS_WATCHED 4

/* Bytes for which a look whether they are new memory costs nothing to speak of, and bytes of new memory asked for at
 * once: few enough that they are filled while they are still, cleared, in the cache. */
#define MIN_LOOKED_BYTES (1 << 20)
#define ASKED_BYTES (1 << 18)

/* Fills units of a tensor. New memory has just been cleared, in the cache, when it is filled: stores past the cache would
 * be slower. Places are as near as the tensor's units are alike. */
static void fill_units(const fi_tensor *tensor, fi_job *job, int64_t unit, int64_t last_unit, void *scratch,
                       fi_watch *watch)
{
    int64_t n_bytes = tensor->n_elements * job->itemsize, at_once = last_unit - unit;
    int64_t first = tensor->first_address, end = tensor->end_address, per_unit = 0;
    int is_asked_for = 0;
    if (n_bytes / tensor->n_units * at_once >= MIN_LOOKED_BYTES) {
        per_unit = (end - first) / tensor->n_units;
        int is_new = fi_page_is_absent((char *)first + last_unit * per_unit - 1);
        if (is_new && job->row_axis < 0) /* tiles rely on their neighbours' stores being as theirs */
            job->streamed = 0;
        is_asked_for = is_new && end - first == n_bytes;
    }
    if (is_asked_for)
        at_once = per_unit < ASKED_BYTES ? ASKED_BYTES / per_unit : 1;
    while (unit < last_unit) {
        int64_t next = unit + at_once < last_unit ? unit + at_once : last_unit;
        if (is_asked_for)
            fi_pages_ask((char *)first + unit * per_unit,
                         (char *)(next == tensor->n_units ? end : first + next * per_unit));
        for (; unit < next; unit++) {
            if (unit % UNITS_WATCHED == UNITS_WATCHED - 1 && fi_stopped(watch))
                return;
            fi_fill_unit(job, unit, scratch, watch);
        }
    }
}

static fi_stream stream_of(const fi_batch *batch, const fi_tensor *tensor)
{
    const fi_batch_law *law = &batch->laws[tensor->law];
    return (fi_stream){tensor->name, law->tag, tensor->n_name, law->n_tag};
}

void fi_batch_fill(const fi_batch *batch, int64_t first, int64_t last, void *scratch, fi_watch *watch)
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
        fill_units(tensor, &job, unit, last_unit, scratch, watch);
    }
}

int64_t fi_batch_bytes_before(const fi_batch *batch, int64_t position)
{
    const fi_tensor *tensor = &batch->tensors[tensor_at(batch, position)];
    double share = (double)(position - tensor->first_work) / (double)tensor->work;
    int64_t n_done = share < 1 ? (int64_t)(share * (double)tensor->n_elements) : tensor->n_elements;
    return tensor->first_byte + n_done * fi_itemsize(batch->laws[tensor->law].dtype);
}

/* Runs cut at blocks, and the fastest way to store them. */
#include "portions.h"

static void empty(fi_portions *portions)
{
    portions->n = portions->cached = 0;
    portions->places = 0;
}

void fi_portions_open(fi_portions *portions)
{
    empty(portions);
    portions->end = NULL;
}

/* The fastest way to store to all places. */
static int store_for(const fi_job *job, const fi_portions *portions)
{
    if (job->streamed && !portions->cached)
        for (int store = FI_STORE_streamed; store <= FI_STORE_unaligned; store++) {
            int alignment = job->backend->alignment[store];
            if (alignment != 0 && portions->places % (uintptr_t)alignment == 0)
                return store;
        }
    return FI_STORE_cached;
}

void fi_portions_flush(const fi_job *job, fi_portions *portions)
{
    if (portions->n > 0)
        job->backend->blocks[job->dtype][job->law_code][store_for(job, portions)](&job->law, portions->portion,
                                                                                  portions->n);
    empty(portions);
}

void fi_portions_put(const fi_job *job, fi_portions *portions, uint64_t first, int64_t n, char *dst)
{
    int64_t n_bytes = n * job->itemsize, at_once = job->backend->at_once[job->dtype];
    int is_long = n_bytes >= FI_MIN_STREAMED || dst == portions->end;
    portions->end = dst + n_bytes;
    while (n > 0) {
        if (portions->n == FI_MAX_PORTIONS)
            fi_portions_flush(job, portions);
        int in_block = (int)(first % FI_BLOCK), n_now = n < FI_BLOCK - in_block ? (int)n : FI_BLOCK - in_block;
        portions->portion[portions->n++] = (fi_portion){first / FI_BLOCK, in_block, n_now, dst};
        portions->places |= (uintptr_t)dst + (uintptr_t)(-in_block & (at_once - 1)) * (uintptr_t)job->itemsize;
        portions->cached |= !is_long && ((uintptr_t)dst | (uintptr_t)n_bytes) % FI_LINE != 0;
        first += (uint64_t)n_now, n -= n_now, dst += (int64_t)n_now * job->itemsize;
    }
}

void fi_generate(const fi_job *job, uint64_t first, int64_t n, char *dst)
{
    fi_portions portions;
    fi_portions_open(&portions);
    portions.cached = 1;
    fi_portions_put(job, &portions, first, n, dst);
    fi_portions_flush(job, &portions);
}

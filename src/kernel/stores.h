/* Vectors in sequence to memory, from registers or from memory. A sink is opened at dst, takes one vector after the
 * other, and is closed. */
#ifndef FI_STORES_H
#define FI_STORES_H

typedef struct {
    float *place; /* of the next vector taken */
#ifdef V_JOIN
    float *dst;
    int n_late; /* elements at the end of each vector that are stored with the next one */
    v_u32 from; /* where they begin, for v_f32_join */
    v_f32 last;
#endif
} fi_sink;

typedef void fi_sink_take(fi_sink *sink, v_f32 values);

FI_INLINE void fi_sink_cached(fi_sink *sink, v_f32 values)
{
    v_f32_store(sink->place, values);
    sink->place += V_F32S;
}

FI_INLINE void fi_sink_streamed(fi_sink *sink, v_f32 values)
{
    v_f32_stream(sink->place, values);
    sink->place += V_F32S;
}

/* A store past the caches must be aligned and should fill a line. Where dst is not aligned, either each vector goes in
 * smaller pieces that are, or the end of each is joined to the beginning of the next, and only the first and last few
 * elements of all are stored piecemeal. */
#ifdef V_JOIN
FI_INLINE void fi_sink_unaligned(fi_sink *sink, v_f32 values)
{
    if (sink->place == sink->dst)
        v_f32_store_first(sink->dst, values, V_F32S - sink->n_late);
    else
        v_f32_stream(sink->place - sink->n_late, v_f32_join(sink->last, values, sink->from));
    sink->last = values;
    sink->place += V_F32S;
}

FI_INLINE void fi_sink_open(fi_sink *sink, float *dst)
{
    sink->place = sink->dst = dst;
    sink->n_late = (int)((uintptr_t)dst % V_BYTES / sizeof(float));
    sink->from = v_u32_count((uint32_t)(V_F32S - sink->n_late));
    sink->last = v_f32_set(0);
}

FI_INLINE void fi_sink_close(fi_sink *sink, fi_sink_take *take)
{
    float last[V_F32S];
    memcpy(last, &sink->last, sizeof last);
    if (take == fi_sink_unaligned && sink->place != sink->dst)
        memcpy(sink->place - sink->n_late, last + V_F32S - sink->n_late, (size_t)sink->n_late * sizeof(float));
}
#else
FI_INLINE void fi_sink_unaligned(fi_sink *sink, v_f32 values)
{
    v_f32_stream_16(sink->place, values);
    sink->place += V_F32S;
}

FI_INLINE void fi_sink_open(fi_sink *sink, float *dst) { sink->place = dst; }
FI_INLINE void fi_sink_close(fi_sink *sink, fi_sink_take *take) { (void)sink, (void)take; }
#endif

#define FI_LINE_F32S (FI_LINE / 4)

/* Shorter copies that begin or end inside a line stay in the caches: the neighbours' parts of those lines come next. */
#define FI_MIN_STREAMED 64

/* n elements, fewer than a line. Reads whole vectors. */
FI_INLINE void fi_write_few(float *dst, const float *values, int n)
{
    for (int i = 0; i < n; i += V_F32S)
        v_f32_store_first(dst + i, v_f32_load(values + i), n - i < V_F32S ? n - i : V_F32S);
}

/* Elements [from, to) of `values` to dst + from and on; whole lines past the caches if `streamed`. Returns the first
 * that it left because its line goes on beyond `to`. */
FI_INLINE int fi_write_lines(float *dst, const float *values, int from, int to, int streamed)
{
    int n_head = (int)(-(uintptr_t)(dst + from) % FI_LINE / sizeof(float));
    if (n_head > to - from)
        n_head = to - from;
    fi_write_few(dst + from, values + from, n_head);
    for (from += n_head; from + FI_LINE_F32S <= to; from += FI_LINE_F32S)
        for (int i = from; i < from + FI_LINE_F32S; i += V_F32S)
            if (streamed)
                v_f32_stream(dst + i, v_f32_load(values + i));
            else
                v_f32_store(dst + i, v_f32_load(values + i));
    return from;
}

/* fi_copy_fn */
static void FI_JOIN(fi, copy, FI_ISA)(const fi_copied *rows, const float *src, char *dst)
{
    int n = rows->n_elements;
    for (int r = 0; r < rows->n_rows; r++, src += rows->src_distance, dst += rows->dst_distance) {
        float *place = (float *)(void *)dst;
        int done = 0, whole_lines = ((uintptr_t)dst | (uintptr_t)n * sizeof(float)) % FI_LINE == 0;
        if (rows->streamed && (whole_lines || n >= FI_MIN_STREAMED))
            done = fi_write_lines(place, src, 0, n, 1);
        else
            for (; done + V_F32S <= n; done += V_F32S)
                v_f32_store(place + done, v_f32_load(src + done));
        fi_write_few(place + done, src + done, n - done);
    }
}

#endif

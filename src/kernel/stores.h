/* Vectors in sequence to memory: a sink is opened at dst, takes one vector after the other, and is closed. */
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
    if (take == fi_sink_unaligned)
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

#endif

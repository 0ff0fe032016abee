/* Vectors in sequence to memory, from registers or from memory. A sink is opened at dst, takes one vector after the
 * other, and is closed. All lengths are in bytes. */
#ifndef FI_STORES_H
#define FI_STORES_H

typedef struct {
    char *place; /* of the next vector taken */
#ifdef V_JOIN
    char *dst;
    int n_late; /* bytes at the end of each vector that are stored with the next one */
    v_u32 from; /* where they begin, for v_u32_join */
    v_u32 last;
#endif
} fi_sink;

typedef void fi_sink_take(fi_sink *sink, v_u32 vector);

FI_INLINE void fi_sink_cached(fi_sink *sink, v_u32 vector)
{
    v_u32_store(sink->place, vector);
    sink->place += V_BYTES;
}

#if V_STREAM_BYTES
FI_INLINE void fi_sink_streamed(fi_sink *sink, v_u32 vector)
{
    v_u32_stream(sink->place, vector);
    sink->place += V_BYTES;
}
#endif

/* A store past the caches must be aligned and should fill a line. Where dst is not aligned, either each vector goes in
 * smaller pieces that are, or the end of each is joined to the beginning of the next, and only the first and last few
 * bytes of all are stored piecemeal. */
#ifdef V_JOIN
FI_INLINE void fi_sink_unaligned(fi_sink *sink, v_u32 vector)
{
    if (sink->place == sink->dst)
        v_u32_store_first(sink->dst, vector, (V_BYTES - sink->n_late) / 4);
    else
        v_u32_stream(sink->place - sink->n_late, v_u32_join(sink->last, vector, sink->from));
    sink->last = vector;
    sink->place += V_BYTES;
}

FI_INLINE void fi_sink_open(fi_sink *sink, char *dst)
{
    sink->place = sink->dst = dst;
    sink->n_late = (int)((uintptr_t)dst % V_BYTES);
    sink->from = v_u32_count((uint32_t)(V_BYTES - sink->n_late) / 4);
    sink->last = v_u32_set(0);
}

FI_INLINE void fi_sink_close(fi_sink *sink, fi_sink_take *take)
{
    char last[V_BYTES];
    memcpy(last, &sink->last, sizeof last);
    if (take == fi_sink_unaligned && sink->place != sink->dst)
        memcpy(sink->place - sink->n_late, last + V_BYTES - sink->n_late, (size_t)sink->n_late);
}
#else
#if V_STREAM_BYTES
FI_INLINE void fi_sink_unaligned(fi_sink *sink, v_u32 vector)
{
    v_u32_stream_16(sink->place, vector);
    sink->place += V_BYTES;
}
#endif

FI_INLINE void fi_sink_open(fi_sink *sink, char *dst) { sink->place = dst; }
FI_INLINE void fi_sink_close(fi_sink *sink, fi_sink_take *take) { (void)sink, (void)take; }
#endif

/* Fewer bytes than a line. Reads whole vectors. */
FI_INLINE void fi_write_few(char *dst, const char *src, int n_bytes)
{
    int n_whole = n_bytes & ~3;
    for (int i = 0; i < n_whole; i += V_BYTES)
        v_u32_store_first(dst + i, v_u32_load(src + i), (n_whole - i < V_BYTES ? n_whole - i : V_BYTES) / 4);
    if (n_bytes & 2)
        memcpy(dst + n_whole, src + n_whole, 2);
    if (n_bytes & 1)
        memcpy(dst + n_bytes - 1, src + n_bytes - 1, 1);
}

/* Bytes [from, to) of src to dst + from and on; whole lines past the caches if `streamed`. Returns the first that it
 * left because its line goes on beyond `to`. */
FI_INLINE int fi_write_lines(char *dst, const char *src, int from, int to, int streamed)
{
    int n_head = (int)(-(uintptr_t)(dst + from) % FI_LINE);
    if (n_head > to - from)
        n_head = to - from;
    fi_write_few(dst + from, src + from, n_head);
    for (from += n_head; from + FI_LINE <= to; from += FI_LINE)
        for (int i = from; i < from + FI_LINE; i += V_BYTES)
#if V_STREAM_BYTES
            if (streamed)
                v_u32_stream(dst + i, v_u32_load(src + i));
            else
#endif
                v_u32_store(dst + i, v_u32_load(src + i));
    (void)streamed;
    return from;
}

/* fi_copy_fn */
static void FI_JOIN(fi, copy, FI_ISA)(const fi_copied *rows, const char *src, char *dst)
{
    int n_bytes = rows->n_bytes;
    for (int r = 0; r < rows->n_rows; r++, src += rows->src_distance, dst += rows->dst_distance) {
        int done = 0, whole_lines = ((uintptr_t)dst | (uintptr_t)n_bytes) % FI_LINE == 0;
        if (rows->streamed && (whole_lines || n_bytes >= FI_MIN_STREAMED))
            done = fi_write_lines(dst, src, 0, n_bytes, 1);
        else
            for (; done + V_BYTES <= n_bytes; done += V_BYTES)
                v_u32_store(dst + done, v_u32_load(src + done));
        fi_write_few(dst + done, src + done, n_bytes - done);
    }
}

#endif

/* One instruction set's backend: every law as a block function, and their table.
 *
 * Parameters: FI_ISA, the name; the operations of ops_native.h or ops_portable.h already included. */
#include "xoshiro.h"

#include "elementary.h"
#include "laws.h"

#define FI_JOIN_(a, b, c) a##_##b##_##c
#define FI_JOIN(a, b, c) FI_JOIN_(a, b, c)
#define FI_STRING_(a) #a
#define FI_STRING(a) FI_STRING_(a)

#include "hashes.h"
#include "stores.h"

#include "columns.h"

#define FI_AT_ONCE (V_STEPS * FI_STEP)

/* V_STEPS steps of one law. */
typedef fi_values fi_next_values(fi_lanes *lanes, v_f32 location, v_f32 scale);

/* The same to memory, for the end of a run; out of line, since the loop is faster without the question where it is. */
typedef void fi_last_values(fi_lanes lanes, const fi_law *law, float *end);

/* Takes V_STEPS steps' values in the order of their elements. */
FI_INLINE void fi_take_all(fi_sink *sink, fi_sink_take *take, const fi_values *values)
{
    FI_UNROLL
    for (int v = 0; v < V_N; v += V_COUNT) {
        FI_UNROLL
        for (int i = v; i < v + V_COUNT; i++)
            take(sink, values->first[i]);
        FI_UNROLL
        for (int i = v; i < v + V_COUNT; i++)
            take(sink, values->second[i]);
    }
}

/* fi_blocks_fn, for one law and one way to store. */
FI_INLINE void fi_blocks(fi_next_values *next_values, fi_last_values *last_values, fi_sink_take *take,
                         const fi_law *law, uint64_t block_index, int n_elements, float *dst)
{
    v_f32 location = v_f32_set((float)law->location), scale = v_f32_set((float)law->scale);
    fi_lanes lanes, next_lanes;
    fi_sink sink;
    fi_sink_open(&sink, dst);
    fi_lanes_seed(&next_lanes, law->key, block_index);
    int n_left = 0; /* in the last block, fewer than FI_AT_ONCE */
    for (; n_elements > 0; n_elements -= FI_BLOCK) {
        lanes = next_lanes;
        /* Ahead of the steps, so that the hash's latency hides behind them. */
        if (n_elements > FI_BLOCK)
            fi_lanes_seed(&next_lanes, law->key, ++block_index);
        for (n_left = n_elements < FI_BLOCK ? n_elements : FI_BLOCK; n_left >= FI_AT_ONCE; n_left -= FI_AT_ONCE) {
            fi_values values = next_values(&lanes, location, scale);
            fi_take_all(&sink, take, &values);
        }
    }
    fi_sink_close(&sink, take);
    if (n_left > 0) {
        float end[FI_AT_ONCE];
        last_values(lanes, law, end);
        memcpy(sink.place, end, (size_t)n_left * sizeof(float));
    }
}

#define FI_DEFINE_LAST(law)                                                                             \
    static FI_NOINLINE void FI_JOIN(fi_##law, last, FI_ISA)(fi_lanes lanes, const fi_law *p, float *end) \
    {                                                                                                   \
        fi_sink sink;                                                                                   \
        fi_sink_open(&sink, end);                                                                       \
        fi_values values = fi_values_##law(&lanes, v_f32_set((float)p->location), v_f32_set((float)p->scale)); \
        fi_take_all(&sink, fi_sink_cached, &values);                                                    \
    }
FI_LAWS(FI_DEFINE_LAST)

#define FI_DEFINE(law, form, take)                                                                         \
    static void FI_JOIN(fi_##law, form, FI_ISA)(const fi_law *p, uint64_t block_index, int n, float *dst)   \
    {                                                                                                      \
        fi_blocks(fi_values_##law, FI_JOIN(fi_##law, last, FI_ISA), take, p, block_index, n, dst);          \
    }

#define FI_DEFINE_LAW(law)                     \
    FI_DEFINE(law, cached, fi_sink_cached)     \
    FI_DEFINE(law, streamed, fi_sink_streamed) \
    FI_DEFINE(law, unaligned, fi_sink_unaligned)
FI_LAWS(FI_DEFINE_LAW)

#define FI_ROW(law)                                                   \
    [FI_LAW_##law] = {                                                \
        [FI_STORE_cached] = FI_JOIN(fi_##law, cached, FI_ISA),        \
        [FI_STORE_streamed] = FI_JOIN(fi_##law, streamed, FI_ISA),    \
        [FI_STORE_unaligned] = FI_JOIN(fi_##law, unaligned, FI_ISA),  \
    },

const fi_backend FI_JOIN(fi, backend, FI_ISA) = {
    .name = FI_STRING(FI_ISA),
    .alignment = {[FI_STORE_streamed] = V_STREAM_BYTES, [FI_STORE_unaligned] = V_UNALIGNED_BYTES},
    .blocks = {FI_LAWS(FI_ROW)},
    .hashes = FI_JOIN(fi, hashes, FI_ISA),
    .columns = FI_JOIN(fi, columns, FI_ISA),
    .copy = FI_JOIN(fi, copy, FI_ISA),
};

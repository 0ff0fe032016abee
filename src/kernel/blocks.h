/* Every law of one dtype as a block function, and their table.
 *
 * Parameters: FI_DTYPE, the dtype's name; FI_REAL, its arithmetic, f32 or f64; FI_LAWS_HERE, the list of that
 * arithmetic's laws. */
#define FI_THIS(name) FI_JOIN2(name, FI_DTYPE)

#define fi_values FI_JOIN2(fi_values, FI_REAL)
#define fi_numbers FI_JOIN2(fi_numbers, FI_REAL)
#define fi_numbers_set FI_JOIN2(fi_numbers_set, FI_REAL)
#define FI_AT_ONCE (V_STEPS * FI_JOIN2(FI_STEP, FI_REAL))

/* V_STEPS steps of one law. */
typedef fi_values FI_THIS(fi_next)(fi_lanes *lanes, const fi_numbers *numbers);

/* The same to memory, for the end of a run; out of line, since the loop is faster without the question where it is. */
typedef void FI_THIS(fi_last)(fi_lanes lanes, const fi_law *law, char *end);

FI_INLINE void FI_THIS(fi_take_all)(fi_sink *sink, fi_sink_take *take, const fi_values *values, const fi_numbers *numbers,
                                    int bounds)
{
    v_u32 vector[2 * V_N];
    int n_vectors = FI_THIS(fi_vectors)(vector, values, numbers, bounds);
    FI_UNROLL
    for (int i = 0; i < n_vectors; i++)
        take(sink, vector[i]);
}

/* fi_blocks_fn, for one law and one way to store. */
FI_INLINE void FI_THIS(fi_blocks)(FI_THIS(fi_next) *next_values, FI_THIS(fi_last) *last_values, fi_sink_take *take,
                                  int bounds, const fi_law *law, uint64_t block_index, int n_elements, char *dst)
{
    fi_numbers numbers = fi_numbers_set(law);
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
            fi_values values = next_values(&lanes, &numbers);
            FI_THIS(fi_take_all)(&sink, take, &values, &numbers, bounds);
        }
    }
    fi_sink_close(&sink, take);
    if (n_left > 0) {
        char end[2 * V_N * V_BYTES];
        last_values(lanes, law, end);
        memcpy(sink.place, end, (size_t)n_left * FI_JOIN2(FI_ITEMSIZE, FI_DTYPE));
    }
}

#define FI_DEFINE_LAST(law, bounds)                                                               \
    static FI_NOINLINE void FI_JOIN(fi_##law, last, FI_DTYPE)(fi_lanes lanes, const fi_law *p, char *end) \
    {                                                                                             \
        fi_sink sink;                                                                             \
        fi_sink_open(&sink, end);                                                                 \
        fi_numbers numbers = fi_numbers_set(p);                                                   \
        fi_values values = FI_JOIN2(fi_##law, FI_REAL)(&lanes, &numbers);                         \
        FI_THIS(fi_take_all)(&sink, fi_sink_cached, &values, &numbers, FI_BOUNDS_##bounds);       \
    }
FI_LAWS_HERE(FI_DEFINE_LAST)

#define FI_DEFINE(law, bounds, form, take)                                                                     \
    static void FI_JOIN(fi_##law, form, FI_DTYPE)(const fi_law *p, uint64_t block_index, int n, char *dst)     \
    {                                                                                                          \
        FI_THIS(fi_blocks)(FI_JOIN2(fi_##law, FI_REAL), FI_JOIN(fi_##law, last, FI_DTYPE), take,               \
                           FI_BOUNDS_##bounds, p, block_index, n, dst);                                        \
    }

#define FI_DEFINE_CACHED(law, bounds) FI_DEFINE(law, bounds, cached, fi_sink_cached)
FI_LAWS_HERE(FI_DEFINE_CACHED)
#if V_STREAM_BYTES
#define FI_DEFINE_PAST(law, bounds)                    \
    FI_DEFINE(law, bounds, streamed, fi_sink_streamed) \
    FI_DEFINE(law, bounds, unaligned, fi_sink_unaligned)
FI_LAWS_HERE(FI_DEFINE_PAST)
#define FI_ROW_PAST(law)                                         \
    [FI_STORE_streamed] = FI_JOIN(fi_##law, streamed, FI_DTYPE), \
    [FI_STORE_unaligned] = FI_JOIN(fi_##law, unaligned, FI_DTYPE),
#else
#define FI_ROW_PAST(law)
#endif

#define FI_ROW(law, bounds) \
    [FI_LAW_##law] = {[FI_STORE_cached] = FI_JOIN(fi_##law, cached, FI_DTYPE), FI_ROW_PAST(law)},
static fi_blocks_fn *const FI_THIS(fi_table)[FI_N_LAWS][FI_N_STORES] = {FI_LAWS_HERE(FI_ROW)};

#undef FI_THIS
#undef fi_values
#undef fi_numbers
#undef fi_numbers_set
#undef FI_AT_ONCE
#undef FI_DEFINE_LAST
#undef FI_DEFINE
#undef FI_DEFINE_CACHED
#undef FI_DEFINE_PAST
#undef FI_ROW_PAST
#undef FI_ROW
#undef FI_DTYPE
#undef FI_REAL
#undef FI_LAWS_HERE

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
typedef fi_values FI_THIS(fi_next)(const fi_words *words, const fi_numbers *numbers);

FI_INLINE void FI_THIS(fi_take_all)(fi_sink *sink, fi_sink_take *take, const fi_values *values, const fi_numbers *numbers,
                                    int bounds)
{
    v_u32 vector[2 * V_N];
    int n_vectors = FI_THIS(fi_vectors)(vector, values, numbers, bounds);
    FI_UNROLL
    for (int i = 0; i < n_vectors; i++)
        take(sink, vector[i]);
}

/* Elements [first, last) of the step that the lanes draw next. */
static FI_NOINLINE void FI_THIS(fi_copy_part)(FI_JOIN2(fi_apart, FI_REAL) *apart, int bounds, fi_lanes lanes,
                                              const fi_law *law, int first, int last, char *dst)
{
    enum { ITEMSIZE = FI_JOIN2(FI_ITEMSIZE, FI_DTYPE) };
    char step[2 * V_N * V_BYTES];
    fi_numbers numbers = fi_numbers_set(law);
    fi_values values;
    fi_sink sink;
    apart(&values, lanes, law);
    fi_sink_open(&sink, step);
    FI_THIS(fi_take_all)(&sink, fi_sink_cached, &values, &numbers, bounds);
    memcpy(dst, step + first * ITEMSIZE, (size_t)((last - first) * ITEMSIZE));
}

/* fi_blocks_fn, for one law and one way to store. */
FI_INLINE void FI_THIS(fi_blocks)(FI_THIS(fi_next) *values_of, int n_draws, FI_JOIN2(fi_apart, FI_REAL) *apart,
                                  fi_lanes_seed_fn *seed_next, fi_sink_take *take, int bounds, const fi_law *law,
                                  const fi_portion *portion, int n_portions)
{
    const fi_portion *end = portion + n_portions;
    fi_numbers numbers = fi_numbers_set(law);
    fi_lanes lanes, next_lanes;
    fi_sink sink;
    fi_sink_open(&sink, NULL);
    fi_lanes_seed(&next_lanes, law->key, portion->block);
    for (int at = 0, goes_on = 0; portion < end; portion++) {
        int first = portion->first, last = first + portion->n;
        char *dst = portion->dst;
        if (!goes_on)
            lanes = next_lanes, at = 0;
        /* Ahead of the steps, so that the hash's latency hides behind them. */
        goes_on = fi_goes_on(portion, end, FI_AT_ONCE);
        if (!goes_on && portion + 1 < end)
            seed_next(&next_lanes, law->key, portion[1].block);
        for (; at + FI_AT_ONCE <= first; at += FI_AT_ONCE)
            (void)fi_draw(&lanes, n_draws);
        if (at < first) {
            int stop = last < at + FI_AT_ONCE ? last : at + FI_AT_ONCE;
            FI_THIS(fi_copy_part)(apart, bounds, lanes, law, first - at, stop - at, dst);
            dst += (stop - first) * FI_JOIN2(FI_ITEMSIZE, FI_DTYPE);
            if (stop < at + FI_AT_ONCE)
                continue;
            (void)fi_draw(&lanes, n_draws);
            at = stop;
        }
        if (dst != sink.place) {
            fi_sink_close(&sink, take);
            fi_sink_open(&sink, dst);
        }
        int n_steps = (last - at) / FI_AT_ONCE;
        at += n_steps * FI_AT_ONCE;
        for (; n_steps > 0; n_steps--) {
            fi_words words = fi_draw(&lanes, n_draws);
            fi_values values = values_of(&words, &numbers);
            FI_THIS(fi_take_all)(&sink, take, &values, &numbers, bounds);
        }
        if (at < last) {
            dst = sink.place;
            fi_sink_close(&sink, take);
            fi_sink_open(&sink, NULL);
            FI_THIS(fi_copy_part)(apart, bounds, lanes, law, 0, last - at, dst);
        }
    }
    fi_sink_close(&sink, take);
}

#define FI_DEFINE(law, draws, bounds, loop, form, take)                                                             \
    FI_##loop##_LOOP                                                                                           \
    static void FI_JOIN(fi_##law, form, FI_DTYPE)(const fi_law *p, const fi_portion *portion, int n)           \
    {                                                                                                          \
        FI_THIS(fi_blocks)(FI_JOIN2(fi_##law, FI_REAL), draws, FI_JOIN(fi_##law, apart, FI_REAL),             \
                           FI_##loop##_SEED, take, FI_BOUNDS_##bounds, p, portion, n);                                                 \
    }

#define FI_DEFINE_CACHED(law, draws, bounds, loop) FI_DEFINE(law, draws, bounds, loop, cached, fi_sink_cached)
FI_LAWS_HERE(FI_DEFINE_CACHED)
#if V_STREAM_BYTES
#define FI_DEFINE_PAST(law, draws, bounds, loop)                    \
    FI_DEFINE(law, draws, bounds, loop, streamed, fi_sink_streamed) \
    FI_DEFINE(law, draws, bounds, loop, unaligned, fi_sink_unaligned)
FI_LAWS_HERE(FI_DEFINE_PAST)
#define FI_ROW_PAST(law)                                         \
    [FI_STORE_streamed] = FI_JOIN(fi_##law, streamed, FI_DTYPE), \
    [FI_STORE_unaligned] = FI_JOIN(fi_##law, unaligned, FI_DTYPE),
#else
#define FI_ROW_PAST(law)
#endif

#define FI_ROW(law, draws, bounds, loop) \
    [FI_LAW_##law] = {[FI_STORE_cached] = FI_JOIN(fi_##law, cached, FI_DTYPE), FI_ROW_PAST(law)},
enum { FI_THIS(fi_at_once) = FI_AT_ONCE };
static fi_blocks_fn *const FI_THIS(fi_table)[FI_N_LAWS][FI_N_STORES] = {FI_LAWS_HERE(FI_ROW)};

#undef FI_THIS
#undef fi_values
#undef fi_numbers
#undef fi_numbers_set
#undef FI_AT_ONCE
#undef FI_DEFINE
#undef FI_DEFINE_CACHED
#undef FI_DEFINE_PAST
#undef FI_ROW_PAST
#undef FI_ROW
#undef FI_DTYPE
#undef FI_REAL
#undef FI_LAWS_HERE

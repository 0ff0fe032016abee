/* One instruction set's backend: every law as a block function, and their table.
 *
 * Parameters: FI_ISA, the name; the operations of ops_native.h or ops_portable.h already included. */
#include "xoshiro.h"

#include "elementary.h"
#include "laws.h"

#define FI_JOIN_(a, b, c) a##b##_##c
#define FI_JOIN(a, b, c) FI_JOIN_(a, b, c)
#define FI_STRING_(a) #a
#define FI_STRING(a) FI_STRING_(a)

#define FI_DEFINE_BLOCK(law, form, store)                                                             \
    static void FI_JOIN(fi_block_, law, form)(const fi_law *p, uint64_t block_index, int n_steps, float *dst) \
    {                                                                                                 \
        fi_lanes lanes;                                                                               \
        v_f32 location = v_f32_set((float)p->location), scale = v_f32_set((float)p->scale);           \
        fi_lanes_seed(&lanes, p->key, block_index);                                                   \
        for (int step = 0; step < n_steps; step++, dst += FI_STEP) {                                  \
            fi_step out = fi_step_##law(&lanes, location, scale);                                     \
            FI_UNROLL                                                                                 \
            for (int i = 0; i < 2 * V_COUNT; i++)                                                     \
                store(dst + i * V_F32S, out.vector[i / V_COUNT][i % V_COUNT]);                        \
        }                                                                                             \
    }

#define X(law)                                 \
    FI_DEFINE_BLOCK(law, cached, v_f32_store)  \
    FI_DEFINE_BLOCK(law, streamed, v_f32_stream)
FI_LAWS(X)
#undef X

const fi_backend FI_JOIN(fi_, backend, FI_ISA) = {
    .name = FI_STRING(FI_ISA),
#define X(law) [FI_LAW_##law] = FI_JOIN(fi_block_, law, cached),
    .cached = {FI_LAWS(X)},
#undef X
#define X(law) [FI_LAW_##law] = FI_JOIN(fi_block_, law, streamed),
    .streamed = {FI_LAWS(X)},
#undef X
};

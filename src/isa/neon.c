/* AArch64, where NEON with fused multiply-add is the baseline. */
#include "../fastinit.h"

#if FI_HAVE_neon
#include <arm_neon.h>

#define FI_ISA neon
#define V_BYTES 16
#define V_STEPS 1
#define V_FMA(a, b, c) ((v_f32)vfmaq_f32((float32x4_t)(c), (float32x4_t)(a), (float32x4_t)(b)))
#define V_SQRT(a) ((v_f32)vsqrtq_f32((float32x4_t)(a)))
#define V_QUADS(row, j) vld1q_f32((row)[0] + (j))
/* No portable intrinsic for a non-temporal store. */
#define V_STREAM_BYTES 0
#define V_UNALIGNED_BYTES 0
#define V_STREAM(dst, a) v_f32_store(dst, a)
#define V_STREAM_16 V_STREAM

#include "../kernel/ops_native.h"

#include "../kernel/blocks.h"
#endif

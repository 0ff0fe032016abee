/* AArch64, where NEON with fused multiply-add is the baseline. */
#include "../fastinit.h"

#if FI_HAVE_neon
#include <arm_neon.h>

#define FI_ISA neon
#define V_BYTES 16
#define V_STEPS 1
#define V_TILE_ROWS 8
#define V_TILE_VECTORS 2
#define V_FMA(a, b, c) ((v_f32)vfmaq_f32((float32x4_t)(c), (float32x4_t)(a), (float32x4_t)(b)))
#define V_SQRT(a) ((v_f32)vsqrtq_f32((float32x4_t)(a)))
#define V_FMA64(a, b, c) ((v_f64)vfmaq_f64((float64x2_t)(c), (float64x2_t)(a), (float64x2_t)(b)))
#define V_SQRT64(a) ((v_f64)vsqrtq_f64((float64x2_t)(a)))
/* Not vminq and vmaxq, which order zeros by their signs. */
#define V_CHOOSE(which, a, b) \
    ((v_f32)vbslq_f32(which((float32x4_t)(a), (float32x4_t)(b)), (float32x4_t)(a), (float32x4_t)(b)))
#define V_CHOOSE64(which, a, b) \
    ((v_f64)vbslq_f64(which((float64x2_t)(a), (float64x2_t)(b)), (float64x2_t)(a), (float64x2_t)(b)))
#define V_MIN(a, b) V_CHOOSE(vcltq_f32, a, b)
#define V_MAX(a, b) V_CHOOSE(vcgtq_f32, a, b)
#define V_MIN64(a, b) V_CHOOSE64(vcltq_f64, a, b)
#define V_MAX64(a, b) V_CHOOSE64(vcgtq_f64, a, b)
#define V_F64_FROM_U64(a) ((v_f64)vcvtq_f64_u64((uint64x2_t)(a)))
#define V_F32_FROM_F64(a, b) ((v_f32)vcombine_f32(vcvt_f32_f64((float64x2_t)(a)), vcvt_f32_f64((float64x2_t)(b))))
#define V_F16(a) vreinterpret_u32_f16(vcvt_f16_f32((float32x4_t)(a)))
#define V_F16_PAIR(a, b) ((v_u32)vcombine_u32(V_F16(a), V_F16(b)))
#define V_HIGH_BYTES(a, b) ((v_u32)vcombine_u8(vmovn_u16((uint16x8_t)(a)), vmovn_u16((uint16x8_t)(b))))
#define V_QUADS(row, j) vreinterpretq_f32_u8(vld1q_u8((const uint8_t *)((row)[0] + (j))))
/* No portable intrinsic for a non-temporal store. */
#define V_STREAM_BYTES 0

#include "../kernel/ops_native.h"

#include "../kernel/backend.h"
#endif

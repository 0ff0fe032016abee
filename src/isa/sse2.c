/* The x86-64 baseline. It has no fused multiply-add: fma_sse2.h reproduces its result exactly. */
#include "../fastinit.h"

#if FI_HAVE_sse2
#include <emmintrin.h>

#include "../kernel/fma_sse2.h"

#define FI_ISA sse2
#define V_BYTES 16
#define V_STEPS 1
#define V_FMA(a, b, c) ((v_f32)fi_fma_sse2((__m128)(a), (__m128)(b), (__m128)(c)))
#define V_SQRT(a) ((v_f32)_mm_sqrt_ps((__m128)(a)))
#define V_QUADS(row, j) _mm_loadu_ps((row)[0] + (j))
#define V_STREAM_BYTES 16
#define V_UNALIGNED_BYTES 16
#define V_STREAM(dst, a) _mm_stream_ps(dst, (__m128)(a))
#define V_STREAM_16 V_STREAM

#include "../kernel/ops_native.h"

#include "../kernel/blocks.h"
#endif

/* One instruction set's backend: the text, once for each dtype, and the table of its functions.
 *
 * Parameters: FI_ISA, the name; the operations of ops_native.h or ops_portable.h already included. */
#define FI_JOIN_(a, b, c) a##_##b##_##c
#define FI_JOIN(a, b, c) FI_JOIN_(a, b, c)
#define FI_JOIN2_(a, b) a##_##b
#define FI_JOIN2(a, b) FI_JOIN2_(a, b)
#define FI_STRING_(a) #a
#define FI_STRING(a) FI_STRING_(a)

#include "xoshiro.h"

#include "words.h"

#define FI_REAL f32
#define FI_NUMBER float
#include "polynomials.h"

#define FI_REAL f64
#define FI_NUMBER double
#include "polynomials.h"

#include "elementary.h"
#include "elementary64.h"

#include "laws.h"
#include "laws64.h"
#include "truncated.h"
#include "complex.h"

#include "hashes.h"
#include "stores.h"

#include "columns.h"
#include "dtypes.h"

/* A law by itself, for steps of which only some elements are wanted: once for all dtypes, and out of line, since their
 * loops are faster without the question where a step begins. */
#define FI_DEFINE_APART(law, draws, real)                                                                      \
    static FI_NOINLINE void fi_##law##_apart_##real(fi_values_##real *values, fi_lanes lanes, const fi_law *p) \
    {                                                                                                          \
        fi_numbers_##real numbers = fi_numbers_set_##real(p);                                                  \
        fi_words words = fi_draw(&lanes, draws);                                                               \
        *values = fi_##law##_##real(&words, &numbers);                                                         \
    }
#define FI_APART_f32(law, draws, bounds, loop) FI_DEFINE_APART(law, draws, f32)
#define FI_APART_f64(law, draws, bounds, loop) FI_DEFINE_APART(law, draws, f64)
typedef void fi_apart_f32(fi_values_f32 *values, fi_lanes lanes, const fi_law *law);
typedef void fi_apart_f64(fi_values_f64 *values, fi_lanes lanes, const fi_law *law);
FI_LAWS_OF_f32(FI_APART_f32)
FI_LAWS_OF_f64(FI_APART_f64)

#define FI_DTYPE float32
#define FI_REAL f32
#define FI_LAWS_HERE FI_LAWS_OF_f32
#include "blocks.h"

#define FI_DTYPE float64
#define FI_REAL f64
#define FI_LAWS_HERE FI_LAWS_OF_f64
#include "blocks.h"

#define FI_DTYPE float16
#define FI_REAL f32
#define FI_LAWS_HERE FI_LAWS_OF_FEWER_BITS
#include "blocks.h"

#define FI_DTYPE bfloat16
#define FI_REAL f32
#define FI_LAWS_HERE FI_LAWS_OF_FEWER_BITS
#include "blocks.h"

#define FI_DTYPE float8_e4m3fn
#define FI_REAL f32
#define FI_LAWS_HERE FI_LAWS_OF_FEWER_BITS
#include "blocks.h"

#define FI_DTYPE float8_e5m2
#define FI_REAL f32
#define FI_LAWS_HERE FI_LAWS_OF_FEWER_BITS
#include "blocks.h"

#define FI_DTYPE float32
#define FI_REAL f32
#define FI_NUMBER float
#include "product.h"
#include "haar_panel.h"
#include "haar_columns.h"

#define FI_DTYPE float64
#define FI_REAL f64
#define FI_NUMBER double
#include "product.h"
#include "multiply.h"
#include "haar_panel.h"
#include "haar_columns.h"

#define FI_ROW_AT_ONCE(dtype, arithmetic, itemsize) [FI_DTYPE_##dtype] = fi_at_once_##dtype,
#define FI_TABLE(dtype, arithmetic, itemsize) [FI_DTYPE_##dtype] = fi_table_##dtype,

const fi_backend FI_JOIN2(fi_backend, FI_ISA) = {
    .name = FI_STRING(FI_ISA),
#if V_STREAM_BYTES
    .alignment = {[FI_STORE_streamed] = V_STREAM_BYTES, [FI_STORE_unaligned] = V_UNALIGNED_BYTES},
#endif
    .at_once = {FI_DTYPES(FI_ROW_AT_ONCE)},
    .blocks = {FI_DTYPES(FI_TABLE)},
    .hashes = FI_JOIN(fi, hashes, FI_ISA),
    .words = FI_JOIN(fi, words, FI_ISA),
    .columns = FI_JOIN(fi, columns, FI_ISA),
    .copy = FI_JOIN(fi, copy, FI_ISA),
    .haar_panel = {[FI_DTYPE_float32] = fi_haar_panel_f32, [FI_DTYPE_float64] = fi_haar_panel_f64},
    .haar_columns = {[FI_DTYPE_float32] = fi_haar_columns_f32, [FI_DTYPE_float64] = fi_haar_columns_f64},
    .multiply = FI_JOIN(fi, multiply, FI_ISA),
    .tile_columns = {[FI_DTYPE_float32] = V_TILE_VECTORS * V_F32S, [FI_DTYPE_float64] = V_TILE_VECTORS * V_F64S},
    .tile_rows = V_TILE_ROWS,
#ifdef V_FMA_IS_LONG
    .fma_is_long = 1,
#endif
};

/* The lists every other file expands: add a law, a dtype or an instruction set here, nowhere else. */
#ifndef FI_LISTS_H
#define FI_LISTS_H

/* Laws in float32 and in float64 arithmetic. How many draws a step takes. How their bounds are kept by force: never;
 * where the result is rounded to fewer bits; always. How long their loop is: V_LONG_LOOP is for the long ones. Dtypes of
 * fewer bits have the laws of float32 but for the complex ones. */
#define FI_LAWS_OF_FEWER_BITS(X) \
    X(constant, 0, NEVER, SHORT) \
    X(uniform, 2, ROUNDED, SHORT) \
    X(tiny_uniform, 2, ROUNDED, SHORT) \
    X(normal, 2, NEVER, LONG) \
    X(truncated_near, 3, ALWAYS, LONG) \
    X(truncated, 4, NEVER, LONG)
#define FI_LAWS_OF_f32(X) \
    FI_LAWS_OF_FEWER_BITS(X) \
    FI_COMPLEX_LAWS(X)
#define FI_LAWS_OF_f64(X) \
    X(constant, 0, NEVER, SHORT) \
    X(uniform, 2, NEVER, SHORT) \
    X(normal, 2, NEVER, LONG) \
    X(truncated, 2, NEVER, LONG) \
    FI_COMPLEX_LAWS(X)

/* Of complex numbers, as pairs of real ones: there is none in fewer bits than float32's. */
#define FI_COMPLEX_LAWS(X) \
    X(complex_disc, 2, NEVER, LONG) \
    X(complex_truncated, 2, NEVER, LONG)

/* Every law has a code of its own; float32 arithmetic knows them all. */
#define FI_LAWS FI_LAWS_OF_f32

/* Dtypes: name, arithmetic, bytes. */
#define FI_DTYPES(X)         \
    X(float32, f32, 4)       \
    X(float64, f64, 8)       \
    X(float16, f32, 2)       \
    X(bfloat16, f32, 2)      \
    X(float8_e4m3fn, f32, 1) \
    X(float8_e5m2, f32, 1)

/* Ways to store a block: through the caches; past them, where dst is aligned to a vector; past them, where it is
 * aligned to less. */
#define FI_STORES(X) \
    X(cached)        \
    X(streamed)      \
    X(unaligned)

/* Best first: the first that this processor can run is chosen. */
#define FI_ISAS(X) \
    X(avx512)      \
    X(avx2)        \
    X(sse2)        \
    X(neon)        \
    X(portable)

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define FI_X86 1
#else
#define FI_X86 0
#endif

#if defined(__aarch64__) && defined(__ARM_NEON) && !defined(__AARCH64EB__)
#define FI_ARM 1
#else
#define FI_ARM 0
#endif

#define FI_HAVE_avx512 FI_X86
#define FI_HAVE_avx2 FI_X86
#define FI_HAVE_sse2 FI_X86
#define FI_HAVE_neon FI_ARM
#define FI_HAVE_portable 1

#endif

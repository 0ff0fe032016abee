/* fpmode.h: the arithmetic the stream is defined in, whatever mode the caller's thread was in.
 *
 * Promise: between fi_enter and fi_leave the thread rounds to nearest even, keeps subnormals and traps nothing;
 * fi_leave restores the caller's mode and exception flags, and makes streamed stores visible to other threads. */
#ifndef FI_FPMODE_H
#define FI_FPMODE_H

#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define FI_MXCSR_DEFAULT 0x1f80 /* all exceptions masked, nearest even, no FTZ, no DAZ */

static inline uint64_t fi_enter(void)
{
    uint64_t callers_mode = _mm_getcsr();
    _mm_setcsr(FI_MXCSR_DEFAULT);
    return callers_mode;
}

static inline void fi_leave(uint64_t callers_mode)
{
    _mm_sfence();
    _mm_setcsr((unsigned)callers_mode);
}

#elif defined(__aarch64__)

static inline uint64_t fi_enter(void)
{
    uint64_t callers_mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(callers_mode));
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)0) : "memory");
    return callers_mode;
}

static inline void fi_leave(uint64_t callers_mode)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(callers_mode) : "memory");
}

#else
#include <fenv.h>

static inline uint64_t fi_enter(void)
{
    uint64_t callers_mode = (uint64_t)fegetround();
    fesetround(FE_TONEAREST);
    return callers_mode;
}

static inline void fi_leave(uint64_t callers_mode) { fesetround((int)callers_mode); }

#endif
#endif

#include "cpu.h"

#include "fastinit.h"

#if FI_X86
/* __builtin_cpu_supports also asks the operating system (XGETBV) whether it saves the wide registers. */
int fi_cpu_has_avx512(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
}

/* And F16C, which every processor with FMA has; older compilers cannot ask for it. */
int fi_cpu_has_avx2(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#else
int fi_cpu_has_avx512(void) { return 0; }
int fi_cpu_has_avx2(void) { return 0; }
#endif

/* Parts of the x86-64 and AArch64 baselines. */
int fi_cpu_has_sse2(void) { return FI_HAVE_sse2; }
int fi_cpu_has_neon(void) { return FI_HAVE_neon; }
int fi_cpu_has_portable(void) { return 1; }

/* cpu.h: what this processor and operating system can run. */
#ifndef FI_CPU_H
#define FI_CPU_H

/* Nonzero if the instruction set of that name (kernel/lists.h) can run here. */
int fi_cpu_has_avx512(void);
int fi_cpu_has_avx2(void);
int fi_cpu_has_sse2(void);
int fi_cpu_has_neon(void);
int fi_cpu_has_portable(void);

#endif

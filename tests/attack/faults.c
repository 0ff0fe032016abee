/* Faults on purpose: what an attack must report before its silence means anything. Driven from Python by ctypes. */
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>

/* One byte beyond the end of memory that has n_bytes. */
void write_beyond(volatile char *memory, size_t n_bytes) { memory[n_bytes] = 1; }

/* Undefined behaviour: INT_MAX + 1. */
int overflow(int n) { return INT_MAX + n; }

/* Undefined behaviour if there is no memory, also for n = 0. */
char *address_of(char *memory, size_t n) { return memory + n; }

/* A branch on memory that was never written. */
int branch_on_new_memory(void)
{
    volatile int *memory = malloc(sizeof(int)), n = 0;
    if (memory[0] > 0)
        n++;
    free((void *)memory);
    return n;
}

/* A write to memory that malloc may not have given. */
void does_not_look(void)
{
    volatile char *memory = malloc(1000);
    memory[0] = 1;
    free((void *)memory);
}

/* All threads to one place, with nothing between them. */
#ifdef _OPENMP
int race(int n)
{
    static volatile int place;
#pragma omp parallel for num_threads(4)
    for (int i = 0; i < n; i++)
        place += i;
    return place;
}
#endif

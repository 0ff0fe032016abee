/* Tells memcheck to look whether memory was written: an error of this object's if not. Driven from Python by ctypes. */
#include <stddef.h>

#include <valgrind/memcheck.h>

void must_be_written(void *memory, size_t n_bytes) { (void)VALGRIND_CHECK_MEM_IS_DEFINED(memory, n_bytes); }

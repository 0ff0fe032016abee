/* Opens a region whose functions are compiled for FI_TARGET, whatever the command line's own target.
 * One flag list then serves every file, and the same file may be empty on another architecture. */
#define FI_PRAGMA_(x) _Pragma(#x)
#define FI_PRAGMA(x) FI_PRAGMA_(x)
#if defined(__clang__)
FI_PRAGMA(clang attribute push(__attribute__((target(FI_TARGET))), apply_to = function))
#else
FI_PRAGMA(GCC push_options)
FI_PRAGMA(GCC target(FI_TARGET))
#endif

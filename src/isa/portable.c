/* Standard C: any processor, and the oracle of the tests. */
#include "../fastinit.h"

#define FI_ISA portable

#include "../kernel/ops_portable.h"

#include "../kernel/backend.h"

#include "fastinit.h"

#include <stddef.h>

#include "cpu.h"

typedef struct {
    const fi_backend *backend; /* NULL: another architecture's, not in this build */
    int (*runs_here)(void);
} fi_entry;

#define FI_IF_1(x) x
#define FI_IF_0(x) NULL
#define FI_IF_(have, x) FI_IF_##have(x)
#define FI_IF(have, x) FI_IF_(have, x)

#define X(isa) extern const fi_backend fi_backend_##isa;
FI_ISAS(X)
#undef X

static const fi_entry entries[] = {
#define X(isa) {FI_IF(FI_HAVE_##isa, &fi_backend_##isa), fi_cpu_has_##isa},
    FI_ISAS(X)
#undef X
};

#define N_ENTRIES ((int)(sizeof entries / sizeof entries[0]))

const fi_backend *fi_backend_at(int index)
{
    for (int i = 0; i < N_ENTRIES; i++)
        if (entries[i].backend != NULL && index-- == 0)
            return entries[i].backend;
    return NULL;
}

int fi_backend_runs_here(const fi_backend *backend)
{
    for (int i = 0; i < N_ENTRIES; i++)
        if (entries[i].backend == backend)
            return entries[i].runs_here();
    return 0;
}

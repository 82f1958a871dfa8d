#include "net/mhd.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#define LIBRARY "libmicrohttpd.so.12"

struct mhd mhd;

int mhd_load(struct err *e)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL), *symbol;

    if (!library)
        return err_set(e, ENOENT, "HTTP server: %s", dlerror());
#define X(name)                                                                                   \
    symbol = dlsym(library, "MHD_" #name);                                                        \
    if (!symbol)                                                                                  \
        return err_set(e, ENOSYS, "HTTP server: %s has no MHD_%s", LIBRARY, #name);              \
    memcpy(&mhd.name, &symbol, sizeof symbol); /* ISO C does not convert an object pointer to a function pointer */
    MHD_FUNCTIONS(X)
#undef X
    return 0;
}

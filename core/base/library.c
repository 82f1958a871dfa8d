#include "base/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

int library_load(const char *file, const char *what, const struct library_symbol *symbols, size_t len, struct err *e)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL), *symbol;
    size_t at;

    if (!library)
        return err_set(e, ENOENT, "%s: %s", what, dlerror());
    for (at = 0; at < len; at++) {
        symbol = dlsym(library, symbols[at].name);
        if (!symbol)
            return err_set(e, ENOSYS, "%s: %s has no %s", what, file, symbols[at].name);
        memcpy(symbols[at].to, &symbol, sizeof symbol); /* ISO C converts no object pointer to a function pointer */
    }
    return 0;
}

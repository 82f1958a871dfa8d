#include "net/mhd.h"

#include "base/library.h"

struct mhd mhd;

int mhd_load(struct err *e)
{
    static const struct library_symbol symbols[] = {
#define X(name) {"MHD_" #name, &mhd.name},
        MHD_FUNCTIONS(X)
#undef X
    };

    return library_load("libmicrohttpd.so.12", "HTTP server", symbols, sizeof symbols / sizeof *symbols, e);
}

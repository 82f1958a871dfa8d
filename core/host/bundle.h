/* The program's own Lua files, compiled (made by core/host/bundle.lua): reading the text took half of a short command's
   time. A file that is another than when it was compiled is not given out, so the text always counts. */
#ifndef SYNLUA_BUNDLE_H
#define SYNLUA_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct bundle_chunk {
    const char *bytes; /* owned by bundle.c */
    size_t len;
};

/* Maps home/build/lua.bundle (a checkout) or home/lua.bundle (installed). Without one, or with one of another kind,
   there are no chunks; that is no error. */
void bundle_open(const char *home);
void bundle_close(void);

/* The chunk of a module ("plan.init") and the path of its file; false where there is none that is current. */
bool bundle_find(const char *module, struct bundle_chunk *to, struct buf *path);

#endif

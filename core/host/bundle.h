/* The program's own Lua files in compiled form (made by core/host/bundle.lua). To compile them at each start took half
   of a short command's time. If a file has changed since it was compiled, its text is used instead. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct bundle_chunk {
    const char *bytes; /* borrowed; bundle.c owns it */
    size_t len;
};

/* The next search maps home/build/lua.bundle (a checkout) or home/lua.bundle (installed), also after bundle_close. If
   there is none, or its format is another, there are no chunks; this is not an error. */
void bundle_open(const char *home);
void bundle_close(void);

/* Gives the chunk of a module ("plan.init") and the path of its file. Returns false if there is no current chunk. */
bool bundle_find(const char *module, struct bundle_chunk *to, struct buf *path);

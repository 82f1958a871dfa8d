/* Libraries that are loaded only when needed, because each costs a short command milliseconds. They stay until the
   program ends. Owns nothing. */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct library_symbol {
    const char *name;
    void *to; /* the pointer that gets its address */
};

/* Loads the library, and looks up all symbols. `what` is for messages. -1: ENOENT, or ENOSYS if it lacks a symbol. */
int library_load(const char *file, const char *what, const struct library_symbol *symbols, size_t len, struct err *e);

/* Lines of a service that are left out, as they say what is known already: each names the beginning of a message and
   what has to stand somewhere behind it. Owns its texts; counts what it left out. */
#ifndef SYNLUA_QUIET_H
#define SYNLUA_QUIET_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* The message begins so early in its line, behind a time and the like: further on there may be what a stranger sent. */
#define QUIET_EARLY 80

/* All zero at first. */
struct quiet {
    struct buf texts; /* pairs, each text ended by a NUL */
    uint64_t left_out;
};

/* Takes out the whole lines that fit, in place; what is left of len bytes. */
size_t quiet_filter(struct quiet *q, char *bytes, size_t len);

void quiet_free(struct quiet *q);

#endif

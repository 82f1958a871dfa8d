/* Leaves out lines of a service that only say what is known already. A rule is a pair of texts: how the message begins,
   and what must stand somewhere behind that. Owns its texts and counts the lines left out. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* The message must begin within this many bytes of its line, after a time and the like. Further on the line may hold
   text from a client, which must not hide a line. */
#define QUIET_EARLY 80

/* All zero at first. */
struct quiet {
    struct buf texts; /* pairs; each text ends with a NUL */
    uint64_t left_out;
};

/* Removes the whole lines that match, in place. Returns how many of the len bytes are left. */
size_t quiet_filter(struct quiet *q, char *bytes, size_t len);

void quiet_free(struct quiet *q);

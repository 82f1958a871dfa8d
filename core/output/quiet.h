/* Leaves out lines of a service that tell nothing new. A rule is a pair of texts: the beginning of the message, and a
   text that must follow somewhere behind it. Owns its texts and counts the lines left out. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* The message must begin within this many bytes of its line, behind a timestamp and the like. Further on, the line may
   hold text from a client, and a client must not be able to hide a line. */
#define QUIET_EARLY 80

/* All zero at first. */
struct quiet {
    struct buf texts; /* pairs; each text ends with a NUL */
    uint64_t left_out;
};

/* Removes the whole lines that match, in place. Returns how many of the len bytes are left. */
size_t quiet_filter(struct quiet *q, char *bytes, size_t len);

void quiet_free(struct quiet *q);

/* The last bytes that a service wrote, as lines that end with a newline. Grows to RING_MAX, then forgets the oldest. */
#ifndef SYNLUA_RING_H
#define SYNLUA_RING_H

#include <stdbool.h>

#include "base/buf.h"

#define RING_MAX (32 * 1024 - 1) /* with a NUL behind it, it fits into a buffer of 32 KiB */

struct ring {
    struct buf kept;
    bool cut; /* the oldest line has lost its beginning */
};

/* Takes whole lines. Without memory it keeps what it has room for. */
void ring_add(struct ring *r, const char *bytes, size_t len);

/* Copies the last n lines, oldest first, each with its newline, to `to`, which has room for RING_MAX bytes; returns
   their length. */
size_t ring_last(const struct ring *r, size_t n, char *to);

void ring_free(struct ring *r);

#endif

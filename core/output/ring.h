/* The last lines that a service wrote, each with its newline. Grows to RING_MAX bytes, then forgets the oldest. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

#define RING_MAX (32 * 1024 - 1) /* one less than 32 KiB, so that a NUL fits behind it */

struct ring {
    struct buf kept;
    bool cut; /* the beginning of the oldest line is lost */
};

/* Takes whole lines. When memory runs out, it keeps as much as it has room for. */
void ring_add(struct ring *r, const char *bytes, size_t len);

/* Copies the last n lines, oldest first and each with its newline, to `to`, which has room for RING_MAX bytes. Returns
   their length. */
size_t ring_last(const struct ring *r, size_t n, char *to);

void ring_free(struct ring *r);

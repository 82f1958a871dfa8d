#include "output/ring.h"

#include <stdlib.h>
#include <string.h>

#define RING_FIRST 1024

/* The kept bytes, oldest first, at the beginning of `to`. */
static void ring_copy(const struct ring *r, char *to)
{
    size_t from = r->next >= r->len ? r->next - r->len : r->next + r->cap - r->len;
    size_t first = r->cap - from < r->len ? r->cap - from : r->len;

    memcpy(to, r->bytes + from, first);
    memcpy(to + first, r->bytes, r->len - first);
}

static void ring_grow(struct ring *r, size_t need)
{
    size_t cap = r->cap ? r->cap : RING_FIRST;
    char *bytes;

    while (cap < need && cap < RING_MAX)
        cap *= 2;
    if (cap == r->cap)
        return;
    bytes = malloc(cap);
    if (!bytes)
        return;
    if (r->len > 0)
        ring_copy(r, bytes);
    free(r->bytes);
    r->bytes = bytes;
    r->cap = cap;
    r->next = r->len;
}

void ring_add(struct ring *r, const char *bytes, size_t len)
{
    size_t first;

    ring_grow(r, r->len + len);
    if (r->cap == 0)
        return;
    if (len > r->cap) {
        bytes += len - r->cap;
        len = r->cap;
    }
    first = r->cap - r->next < len ? r->cap - r->next : len;
    memcpy(r->bytes + r->next, bytes, first);
    memcpy(r->bytes, bytes + first, len - first);
    r->next += len;
    if (r->next >= r->cap)
        r->next -= r->cap;
    r->len = r->len + len < r->cap ? r->len + len : r->cap;
}

size_t ring_last(const struct ring *r, size_t n, char *to)
{
    const char *at = to + r->len, *newline;

    if (r->len == 0)
        return 0;
    ring_copy(r, to);
    for (; n > 0 && at > to; n--) {
        newline = memrchr(to, '\n', (size_t)(at - 1 - to));
        at = newline ? newline + 1 : to;
    }
    /* Where bytes were forgotten, the oldest line has lost its beginning. */
    newline = at == to && r->len == r->cap ? memchr(to, '\n', r->len - 1) : NULL;
    if (newline)
        at = newline + 1;
    n = r->len - (size_t)(at - to);
    memmove(to, at, n);
    return n;
}

void ring_free(struct ring *r)
{
    free(r->bytes);
    memset(r, 0, sizeof *r);
}

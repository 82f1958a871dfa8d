#include "output/ring.h"

#include <string.h>

void ring_add(struct ring *r, const char *bytes, size_t len)
{
    if (len > RING_MAX) {
        bytes += len - RING_MAX;
        len = RING_MAX;
        r->cut = true;
    }
    if (r->kept.len + len > RING_MAX) {
        buf_drop(&r->kept, r->kept.len + len - RING_MAX);
        r->cut = true;
    }
    (void)buf_add(&r->kept, bytes, len);
}

size_t ring_last(const struct ring *r, size_t n, char *to)
{
    const char *from = r->kept.data, *at, *newline;

    if (r->kept.len == 0)
        return 0;
    newline = r->cut ? memchr(from, '\n', r->kept.len - 1) : NULL;
    if (newline)
        from = newline + 1;
    for (at = r->kept.data + r->kept.len; n > 0 && at > from; n--) {
        newline = memrchr(from, '\n', (size_t)(at - 1 - from));
        at = newline ? newline + 1 : from;
    }
    n = r->kept.len - (size_t)(at - r->kept.data);
    memcpy(to, at, n);
    return n;
}

void ring_free(struct ring *r)
{
    buf_free(&r->kept);
    r->cut = false;
}

#include "output/quiet.h"

#include <stdbool.h>
#include <string.h>

static bool fits(const struct quiet *q, const char *line, size_t len)
{
    const char *at = q->texts.data, *end = at + q->texts.len;

    while (at < end) {
        size_t early = strlen(at), late = strlen(at + early + 1);
        size_t room = len < QUIET_EARLY + early ? len : QUIET_EARLY + early;
        const char *found = memmem(line, room, at, early);

        if (found && memmem(found, len - (size_t)(found - line), at + early + 1, late))
            return true;
        at += early + late + 2;
    }
    return false;
}

size_t quiet_filter(struct quiet *q, char *bytes, size_t len)
{
    const char *at = bytes, *end = bytes + len, *stop;
    char *to = bytes;

    if (q->texts.len == 0)
        return len;
    while ((stop = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        size_t line = (size_t)(stop + 1 - at);

        if (fits(q, at, line)) {
            q->left_out++;
        } else {
            memmove(to, at, line);
            to += line;
        }
        at += line;
    }
    memmove(to, at, (size_t)(end - at));
    return (size_t)(to - bytes) + (size_t)(end - at);
}

void quiet_free(struct quiet *q)
{
    buf_free(&q->texts);
    q->left_out = 0;
}

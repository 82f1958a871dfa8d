#include "output/jsonline.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "output/plain.h"

static int add_special(struct buf *to, unsigned char c)
{
    static const char SHORT[] = "\"\"\\\\\nn\rr\tt\bb\ff"; /* pairs: the byte, the letter after the backslash */
    const char *pair;

    for (pair = SHORT; *pair; pair += 2)
        if ((unsigned char)*pair == c)
            return buf_addf(to, "\\%c", pair[1]);
    return c < 0x20 ? buf_addf(to, "\\u%04x", c) : buf_add(to, "\xef\xbf\xbd", 3);
}

static int add_escaped(struct buf *to, const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t from = 0, at = 0;

    while (at < len) {
        size_t many = 1;

        if (s[at] >= 0x80)
            many = plain_character(s + at, len - at);
        else if (s[at] < 0x20 || s[at] == '"' || s[at] == '\\')
            many = 0;
        if (many == 0) {
            if (buf_add(to, text + from, at - from) < 0 || add_special(to, s[at]) < 0)
                return -1;
            from = at + 1;
            many = 1;
        }
        at += many;
    }
    return buf_add(to, text + from, len - from);
}

int jsonline_time(struct buf *to, uint64_t time_ms)
{
    static char shown[24];
    static time_t second = -1;
    time_t now = (time_t)(time_ms / 1000);
    unsigned ms = (unsigned)(time_ms % 1000);
    char part[6] = {'.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10), 'Z', '\0'};
    struct tm utc;

    if (now != second && gmtime_r(&now, &utc)) {
        (void)strftime(shown, sizeof shown, "%Y-%m-%dT%H:%M:%S", &utc);
        second = now;
    }
    return buf_str(to, shown) < 0 ? -1 : buf_str(to, part);
}

static int add_member(struct buf *to, const char *name, const char *text, size_t len)
{
    if (buf_str(to, ",\"") < 0 || buf_str(to, name) < 0 || buf_str(to, "\":\"") < 0 || add_escaped(to, text, len) < 0)
        return -1;
    return buf_str(to, "\"");
}

static int add_text(struct buf *to, const struct jsonline *event)
{
    if (!event->object || event->len < 2 || event->text[0] != '{' || event->text[event->len - 1] != '}')
        return add_member(to, "msg", event->text, event->len);
    return buf_str(to, ",\"request\":") < 0 ? -1 : buf_add(to, event->text, event->len);
}

int jsonline_add(struct buf *to, const struct jsonline *event)
{
    size_t before = to->len;

    if (buf_str(to, "{\"ts\":\"") == 0 && jsonline_time(to, event->time_ms) == 0 && buf_str(to, "\"") == 0 &&
        add_member(to, "service", event->service, strlen(event->service)) == 0 &&
        add_member(to, "stream", event->stream, strlen(event->stream)) == 0 &&
        (!event->level || add_member(to, "level", event->level, strlen(event->level)) == 0) &&
        add_text(to, event) == 0 && buf_str(to, "}\n") == 0)
        return 0;
    to->len = before;
    return -1;
}

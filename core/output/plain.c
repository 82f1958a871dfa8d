#include "output/plain.h"

#include <stdbool.h>

size_t plain_character(const unsigned char *s, size_t left)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t len, i;

    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        len = 2;
    else if ((s[0] & 0xf0) == 0xe0)
        len = 3;
    else if (s[0] >= 0xf0 && s[0] <= 0xf4)
        len = 4;
    else
        return 0;
    if (s[0] == 0xe0)
        low = 0xa0;
    else if (s[0] == 0xed)
        high = 0x9f;
    else if (s[0] == 0xf0)
        low = 0x90;
    else if (s[0] == 0xf4)
        high = 0x8f;
    if (left < len || s[1] < low || s[1] > high)
        return 0;
    for (i = 2; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

static unsigned long code_of(const unsigned char *s, size_t many)
{
    unsigned long code = many == 2 ? s[0] & 0x1fU : many == 3 ? s[0] & 0x0fU : s[0] & 0x07U;

    for (size_t i = 1; i < many; i++)
        code = code << 6 | (s[i] & 0x3fU);
    return code;
}

/* C1 control characters, characters that change the direction of text, and those without width. */
static bool is_unseen(unsigned long code)
{
    return code < 0xa0 || (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

/* Returns how many bytes at s are shown as they are. If that is 0, *many bytes must be escaped. */
static size_t fine(const unsigned char *s, size_t n, size_t *many)
{
    *many = 1;
    if (*s < 0x80)
        return (*s >= 0x20 && *s != 0x7f) || *s == '\t' || *s == '\n';
    *many = plain_character(s, n);
    if (*many > 0)
        return is_unseen(code_of(s, *many)) ? 0 : *many;
    *many = 1;
    return 0;
}

int plain_add(struct buf *to, const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t from = 0, at = 0, many;

    while (at < len) {
        size_t good = fine(s + at, len - at, &many);

        if (good > 0) {
            at += good;
            continue;
        }
        if (buf_add(to, text + from, at - from) < 0 ||
            (many == 1 ? buf_addf(to, "\\x%02x", s[at]) : buf_addf(to, "\\u{%lX}", code_of(s + at, many))) < 0)
            return -1;
        at += many;
        from = at;
    }
    return buf_add(to, text + from, len - from);
}

#include "output/token.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define ENTRY_MAX 2048 /* bytes of nginx's longest line, its newline included */
#define STAMP "dddd/dd/dd dd:dd:dd [" /* d: a digit */
#define MASK "***"

struct name {
    const char *text; /* in lower case */
    size_t len;
    const char *before; /* one of these stands in front; "": anything */
};

#define NAME(text, before) {text, sizeof(text) - 1, before}

/* Arguments of requests, and the signature of another server. */
static const struct name ARGUMENTS[] = {
    NAME("access_token", ""), NAME("logintoken", ""), NAME("login_token", ""), NAME("refresh_token", ""),
    NAME("client_secret", ""), NAME("token", "?&"), NAME("code", "?&"), NAME("ticket", "?&"), NAME("sig", ", "),
};

static const char SERVER[] = "X-Matrix ";
static const char BROKEN[] = " broken header: \"", AFTER[] = "\" while reading PROXY protocol";

/* Whether one of the arguments ends at `at`. Two letters are compared first, which rules out most others quickly. */
static bool is_argument(const char *bytes, const char *at)
{
    size_t i, behind = (size_t)(at - bytes);

    for (i = 0; i < sizeof ARGUMENTS / sizeof *ARGUMENTS; i++) {
        const struct name *n = &ARGUMENTS[i];

        if (behind >= n->len && (at[-1] | 32) == n->text[n->len - 1] && (at[-2] | 32) == n->text[n->len - 2] &&
            strncasecmp(at - n->len, n->text, n->len) == 0 &&
            (!*n->before || (behind > n->len && strchr(n->before, at[-(ptrdiff_t)n->len - 1]))))
            return true;
    }
    return false;
}

static void cover(char *at, const char *end, const char *ends)
{
    for (; at < end && *at != '\0' && !strchr(ends, *at); at++)
        *at = '*';
}

static void hide_arguments(char *bytes, char *end)
{
    char *at = bytes;

    for (; (at = memchr(at, '=', (size_t)(end - at))) != NULL; at++)
        if (is_argument(bytes, at))
            cover(at + (at + 1 < end && at[1] == '"' ? 2 : 1), end, "&#<>{}[]\"', \\\t\r\n");
}

/* What a secret follows. It is found by the first letter of `rest`, which few lines have: a search for one byte is
   several times as fast as a search for a text, or for the colon of a header, of which each time of day has two. */
enum kind { HEADER = 1, QUOTE = 2, PATH = 4 };
static const struct mark {
    const char *text;
    size_t len, rare;
    enum kind kind;
} MARKS[] = {
#define MARK(before, rest, kind) {before rest, sizeof(before rest) - 1, sizeof(before) - 1, kind}
    MARK("authori", "zation:", HEADER), MARK("coo", "kie:", HEADER),
    MARK(" bro", "ken header:", QUOTE), MARK("/rende", "zvous/", PATH),
    MARK("/registration_to", "kens/", PATH),
};

static void hide_after(enum kind kind, char *at, char *end)
{
    if (kind == PATH) {
        cover(at, end, "/?;&#<>\"', \\\t\r\n");
        return;
    }
    if (at < end && *at == ' ')
        at++;
    /* What another server says is no secret, but for the signature, which counts as an argument. The lines of access
       logs may be JSON, so a quote ends the value. */
    if ((size_t)(end - at) < sizeof SERVER - 1 || strncasecmp(at, SERVER, sizeof SERVER - 1) != 0)
        cover(at, end, "\"\\\r\n");
}

/* Hides what follows the marks of one kind. Returns the kinds that were seen. */
static unsigned hide_marked(enum kind kind, char *bytes, char *end)
{
    const char *letter;
    unsigned seen = 0;
    char *at;
    const struct mark *m;

    for (letter = "zZkK"; *letter; letter++)
        for (at = bytes; (at = memchr(at, *letter, (size_t)(end - at))) != NULL; at++)
            for (m = MARKS; m < MARKS + sizeof MARKS / sizeof *MARKS; m++) {
                char *text = (size_t)(at - bytes) >= m->rare ? at - m->rare : NULL;

                if (!text || (size_t)(end - text) < m->len || strncasecmp(text, m->text, m->len) != 0)
                    continue;
                seen |= m->kind;
                if (m->kind == kind)
                    hide_after(kind, text + m->len, end);
            }
    return seen;
}

/* Whether one of nginx's lines begins here. cut: the bytes may end within what shows that. */
static bool is_stamp(const char *at, const char *end, bool cut)
{
    const char *form = STAMP;

    for (; *form && at < end; form++, at++)
        if (*form == 'd' ? *at < '0' || *at > '9' : *at != *form)
            return false;
    return cut || !*form;
}

static bool is_after(const char *at, const char *end, bool cut)
{
    size_t len = sizeof AFTER - 1, have = (size_t)(end - at);

    return have < len ? cut && memcmp(at, AFTER, have) == 0 : memcmp(at, AFTER, len) == 0;
}

/* The end of what is quoted from `at` on, in a line that begins at `line`. nginx cuts a line that is too long.
   Sets open where the end is still to come. */
static char *quote_end(const char *line, char *at, char *end, bool *open)
{
    const char *last = end - line > ENTRY_MAX ? line + ENTRY_MAX : end;

    *open = false;
    if ((size_t)(end - at) >= sizeof MASK && memcmp(at, MASK "\n", sizeof MASK) == 0)
        return at + sizeof MASK - 1; /* hidden before */
    for (; at < last; at++) {
        if (is_after(at, end, false) || is_stamp(at, end, false))
            return at;
        if (*at == '\n' && (is_stamp(at + 1, end, false) || at + 1 - line == ENTRY_MAX))
            return at;
        *open = is_after(at, end, true) || is_stamp(at, end, true);
        if (*open)
            return at;
    }
    *open = at == end;
    return at;
}

/* Without its end the line goes on, so it keeps no newline, and what comes next belongs to it. If that is a new line of
   nginx's, the fourth * gives way to the newline that is missing. */
static char *hide_quote(const char *line, char *at, char *end)
{
    bool open;
    const char *rest = quote_end(line, at, end, &open);
    const char *mask = open ? MASK "*" : is_stamp(rest, end, false) ? MASK "\n" : MASK;
    size_t left = (size_t)(end - rest), room = (size_t)(rest - at);

    if (room < strlen(mask)) {
        memset(at, '.', room);
        return end;
    }
    while (*mask)
        *at++ = *mask++;
    memmove(at, rest, left);
    return at + left;
}

static char *hide_quotes(char *bytes, char *end)
{
    char *at = bytes;

    while ((at = memmem(at, (size_t)(end - at), BROKEN, sizeof BROKEN - 1)) != NULL) {
        char *newline = memrchr(bytes, '\n', (size_t)(at - bytes));
        char *line = newline ? newline + 1 : bytes;

        at += sizeof BROKEN - 1;
        if (is_stamp(line, end, false)) /* no other service's line, which a client could have made */
            end = hide_quote(line, at, end);
    }
    return end;
}

size_t token_hide(char *bytes, size_t len)
{
    char *end = bytes + len;
    unsigned seen = hide_marked(HEADER, bytes, end);

    if (seen & QUOTE)
        end = hide_quotes(bytes, end);
    hide_arguments(bytes, end);
    if (seen & PATH)
        (void)hide_marked(PATH, bytes, end);
    return (size_t)(end - bytes);
}

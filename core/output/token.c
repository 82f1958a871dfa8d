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
static const struct name HEADERS[] = {NAME("authorization", ""), NAME("cookie", "")};
static const struct name QUOTE = NAME("broken header", " ");
static const char *const PATHS[] = {"/registration_tokens/", "/rendezvous/"};

static const char SERVER[] = "X-Matrix ";
static const char BROKEN[] = " broken header: \"", AFTER[] = "\" while reading PROXY protocol";

/* Whether one of the names ends at `at`. Two letters are compared first, which rules out most others quickly. */
static bool is_name(const struct name *names, size_t count, const char *bytes, const char *at)
{
    size_t i, behind = (size_t)(at - bytes);

    for (i = 0; i < count; i++) {
        const struct name *n = &names[i];

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
        if (is_name(ARGUMENTS, sizeof ARGUMENTS / sizeof *ARGUMENTS, bytes, at))
            cover(at + (at + 1 < end && at[1] == '"' ? 2 : 1), end, "&#<>{}[]\"', \\\t\r\n");
}

/* The lines of access logs may be JSON, so a quote ends the value. What another server says is no secret, but for the
   signature, which counts as an argument. */
static void hide_header(char *at, char *end)
{
    if (at < end && *at == ' ')
        at++;
    if ((size_t)(end - at) < sizeof SERVER - 1 || strncasecmp(at, SERVER, sizeof SERVER - 1) != 0)
        cover(at, end, "\"\\\r\n");
}

/* Returns whether nginx may quote a connection. */
static bool hide_headers(char *bytes, char *end)
{
    bool quotes = false;
    char *at = bytes;

    for (; (at = memchr(at, ':', (size_t)(end - at))) != NULL; at++) {
        if (is_name(HEADERS, sizeof HEADERS / sizeof *HEADERS, bytes, at))
            hide_header(at + 1, end);
        else if (is_name(&QUOTE, 1, bytes, at))
            quotes = true;
    }
    return quotes;
}

static void hide_in_paths(char *bytes, char *end)
{
    size_t i;

    for (i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
        char *at = bytes;

        while ((at = memmem(at, (size_t)(end - at), PATHS[i], strlen(PATHS[i]))) != NULL) {
            at += strlen(PATHS[i]);
            cover(at, end, "/?;&#<>\"', \\\t\r\n");
        }
    }
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

    if (hide_headers(bytes, end))
        end = hide_quotes(bytes, end);
    hide_arguments(bytes, end);
    hide_in_paths(bytes, end);
    return (size_t)(end - bytes);
}

#include "net/probe_talk.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum probe_verdict not_ready(struct probe_talk *t, const char *why)
{
    (void)snprintf(t->why, sizeof t->why, "%s", why);
    return PROBE_NOT_READY;
}

/* ---- HTTP: the status line is all that is read */

static const char PATTERN[] = "HTTP/1.0 000"; /* "0" stands for any digit */

static enum probe_verdict judge_http(struct probe_talk *t)
{
    size_t i;
    long status;

    for (i = 0; i < t->got && i < sizeof PATTERN - 1; i++)
        if (PATTERN[i] == '0' ? !isdigit((unsigned char)t->answer[i]) : t->answer[i] != PATTERN[i])
            return not_ready(t, "not an HTTP answer");
    if (t->got < sizeof PATTERN - 1)
        return PROBE_MORE;
    t->answer[sizeof PATTERN - 1] = '\0';
    status = strtol(t->answer + 9, NULL, 10);
    if (status >= 200 && status < 400)
        return PROBE_READY;
    (void)snprintf(t->why, sizeof t->why, "HTTP status %ld", status);
    return PROBE_NOT_READY;
}

/* ---- Redis */

static const char PONG[] = "+PONG\r\n";

/* Refusals that only a server at work gives: we have no password and no permissions, others have. */
static const char *const REDIS_ANSWERS[] = {"-NOAUTH ", "-NOPERM "};

static enum probe_verdict judge_redis(struct probe_talk *t)
{
    const char *end = memchr(t->answer, '\n', t->got);
    size_t len = end ? (size_t)(end - t->answer) : t->got, i;

    if (t->answer[0] != '-') {
        len = t->got < sizeof PONG - 1 ? t->got : sizeof PONG - 1;
        if (memcmp(t->answer, PONG, len) != 0)
            return not_ready(t, "not a Redis answer");
        return len == sizeof PONG - 1 ? PROBE_READY : PROBE_MORE;
    }
    if (!end)
        return PROBE_MORE;
    for (i = 0; i < sizeof REDIS_ANSWERS / sizeof *REDIS_ANSWERS; i++)
        if (strncmp(t->answer, REDIS_ANSWERS[i], strlen(REDIS_ANSWERS[i])) == 0)
            return PROBE_READY;
    for (i = 0; i < len; i++)
        if (!isprint((unsigned char)t->answer[i]))
            t->answer[i] = i + 1 == len ? '\0' : '?';
    (void)snprintf(t->why, sizeof t->why, "Redis: %.*s", (int)(len - 1), t->answer + 1);
    return PROBE_NOT_READY;
}

/* ---- PostgreSQL, as pg_isready asks: whether it takes connections, not whether it takes ours */

#define PG_HEAD 5 /* type and length of a message */
#define PG_LONGEST 30000
#define PG_CANNOT_CONNECT_NOW "57P03" /* starting up, shutting down, recovering */

static const char PG_TERMINATE[] = {'X', 0, 0, 0, 4};

static unsigned long number32(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;

    return (unsigned long)b[0] << 24 | (unsigned long)b[1] << 16 | (unsigned long)b[2] << 8 | b[3];
}

/* The five bytes of the field C of an error; NULL when it has not come (or, at the end of the message, will not). */
static const char *sqlstate(const struct probe_talk *t, size_t end)
{
    size_t at = PG_HEAD;

    while (at < end && t->answer[at] != '\0') {
        size_t len = strnlen(t->answer + at, end - at);

        if (at + len == end)
            return NULL;
        if (t->answer[at] == 'C')
            return len == 6 ? t->answer + at + 1 : NULL;
        at += len + 1;
    }
    return NULL;
}

static enum probe_verdict judge_postgres(struct probe_talk *t)
{
    char type = t->answer[0];
    size_t length, end;
    const char *state;

    if (type != 'R' && type != 'E')
        return not_ready(t, "not a PostgreSQL answer");
    if (t->got < PG_HEAD)
        return PROBE_MORE;
    length = number32(t->answer + 1);
    if (length < 8 || length > PG_LONGEST)
        return not_ready(t, "not a PostgreSQL answer");
    end = length + 1 < t->got ? length + 1 : t->got;
    if (type == 'R') {
        if (t->got < PG_HEAD + 4)
            return PROBE_MORE;
        if (number32(t->answer + PG_HEAD) == 0) { /* let in: it would log a connection that just broke off */
            t->bye = PG_TERMINATE;
            t->bye_len = sizeof PG_TERMINATE;
        }
        return PROBE_READY;
    }
    state = sqlstate(t, end);
    if (!state)
        return end == length + 1 ? not_ready(t, "not a PostgreSQL answer") : PROBE_MORE;
    if (memcmp(state, PG_CANNOT_CONNECT_NOW, 5) == 0)
        return not_ready(t, "PostgreSQL is starting up, recovering or shutting down");
    return PROBE_READY;
}

static void ask_postgres(struct probe_talk *t, const char *user)
{
    static const char version[] = {0, 3, 0, 0};
    int len = snprintf(t->ask + 8, sizeof t->ask - 8, "user%c%s%cdatabase%cpostgres%capplication_name%csynlua%c", 0,
                       user, 0, 0, 0, 0, 0);

    if (len < 0 || (size_t)len + 9 > sizeof t->ask)
        return;
    t->ask_len = (size_t)len + 9; /* with the byte 0 that ends the list */
    t->ask[0] = t->ask[1] = 0;
    t->ask[2] = (char)(t->ask_len >> 8);
    t->ask[3] = (char)(t->ask_len & 0xff);
    memcpy(t->ask + 4, version, sizeof version);
}

/* ---- all of them */

static void ask_text(struct probe_talk *t, const char *before, const char *middle, const char *after)
{
    int len = snprintf(t->ask, sizeof t->ask, "%s%s%s", before, middle, after);

    if (len > 0 && (size_t)len < sizeof t->ask)
        t->ask_len = (size_t)len;
}

int probe_talk_begin(struct probe_talk *t, const struct probe_target *target, struct err *e)
{
    t->kind = target->kind;
    t->ask_len = t->got = t->bye_len = 0;
    t->bye = NULL;
    switch (target->kind) {
    case PROBE_TCP:
        return 0;
    case PROBE_HTTP:
        ask_text(t, "GET ", target->uri, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        break;
    case PROBE_REDIS:
        ask_text(t, "PING", "", "\r\n");
        break;
    case PROBE_POSTGRES:
        ask_postgres(t, target->user);
        break;
    }
    return t->ask_len > 0 ? 0 : err_set(e, ENAMETOOLONG, "probe: what it asks for is too long");
}

enum probe_verdict probe_talk_judge(struct probe_talk *t)
{
    enum probe_verdict verdict = PROBE_MORE;

    if (t->kind == PROBE_HTTP)
        verdict = judge_http(t);
    else if (t->kind == PROBE_REDIS)
        verdict = judge_redis(t);
    else if (t->kind == PROBE_POSTGRES)
        verdict = judge_postgres(t);
    return verdict == PROBE_MORE && t->got >= sizeof t->answer ? not_ready(t, "the answer is too long") : verdict;
}

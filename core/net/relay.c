#include "net/relay.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/loop.h"

#define BUFFER 16384u /* bytes of an answer at a time; its head must fit */
#define BYTES (UINT64_C(32) << 20) /* the metrics of a process of a large server have 5 MB */
#define WHOLE_MS 10000u /* Prometheus waits no longer by default */

/* "0" stands for any digit. */
static const char PATTERN[] = "HTTP/1.0 000";
enum { STATUS_AT = sizeof "HTTP/1.0 " - 1, STATUS_LEN = sizeof PATTERN - 1 };

struct relay {
    union dial_handle conn;
    uv_timer_t timer;
    uv_connect_t connect;
    uv_write_t question;
    char ask[256];
    size_t ask_len;
    char bytes[BUFFER];
    size_t at, end; /* the bytes that nobody has read yet */
    uint64_t length, got;
    char fault[80];
    bool has_head, ended, closed;
    relay_fn ready;
    void *arg;
    int open; /* handles that are not closed yet */
};

static void relay_end(struct relay *r, const char *fault)
{
    if (r->closed || r->ended || *r->fault)
        return;
    (void)uv_timer_stop(&r->timer);
    (void)uv_read_stop(&r->conn.stream);
    if (fault)
        (void)snprintf(r->fault, sizeof r->fault, "%s", fault);
    else
        r->ended = true;
    r->ready(r->arg);
}

static void on_timeout(uv_timer_t *timer)
{
    relay_end(timer->data, "no whole answer in time");
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct relay *r = handle->data;

    (void)suggested;
    *buf = uv_buf_init(r->bytes + r->end, (unsigned)(BUFFER - r->end));
}

static void on_written(uv_write_t *req, int status)
{
    if (status < 0 && status != UV_ECANCELED)
        relay_end(req->data, uv_strerror(status));
}

/* What we cannot pass on, or NULL. */
static const char *judge_field(struct relay *r, const char *line)
{
    char *rest;

    if (strncasecmp(line, "Transfer-Encoding:", 18) == 0 || strncasecmp(line, "Content-Encoding:", 17) == 0)
        return "an encoded answer";
    if (strncasecmp(line, "Content-Length:", 15) != 0)
        return NULL;
    line += 15 + strspn(line + 15, " \t");
    if (r->length != RELAY_UNKNOWN || !isdigit((unsigned char)*line))
        return "an unclear length";
    errno = 0;
    r->length = strtoull(line, &rest, 10);
    if (errno != 0 || rest[strspn(rest, " \t")] != '\0')
        return "an unclear length";
    return r->length > BYTES ? "too long an answer" : NULL;
}

/* The head, which ends with a NUL in place of its last line break. */
static const char *judge_head(struct relay *r, char *head, char *why, size_t room)
{
    char *line, *rest = NULL;
    const char *fault = NULL;
    size_t i;

    for (i = 0; i < STATUS_LEN; i++)
        if (PATTERN[i] == '0' ? !isdigit((unsigned char)head[i]) : head[i] != PATTERN[i])
            return "not an HTTP answer";
    if (strncmp(head + STATUS_AT, "200", 3) != 0) {
        (void)snprintf(why, room, "HTTP status %.3s", head + STATUS_AT);
        return why;
    }
    (void)strtok_r(head, "\r\n", &rest);
    while (!fault && (line = strtok_r(NULL, "\r\n", &rest)))
        fault = judge_field(r, line);
    return fault;
}

static const char *take_head(struct relay *r, char *why, size_t room)
{
    char *end = memmem(r->bytes, r->end, "\r\n\r\n", 4);
    const char *fault;

    if (!end)
        return r->end == BUFFER ? "too long a head" : NULL;
    *end = '\0';
    fault = judge_head(r, r->bytes, why, room);
    r->at = (size_t)(end - r->bytes) + 4;
    r->got = r->end - r->at;
    r->has_head = !fault;
    return fault;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct relay *r = stream->data;
    bool had_head = r->has_head;
    const char *fault = NULL;
    char why[32];

    (void)buf;
    if (n < 0) {
        if (n != UV_EOF)
            relay_end(r, uv_strerror((int)n));
        else
            relay_end(r, !r->has_head ? "closed without an answer" : r->length != RELAY_UNKNOWN ? "cut short" : NULL);
        return;
    }
    r->end += (size_t)n;
    if (had_head)
        r->got += (size_t)n;
    else
        fault = take_head(r, why, sizeof why);
    if (!fault && r->has_head && r->got > (r->length == RELAY_UNKNOWN ? BYTES : r->length))
        fault = "too long an answer";
    if (fault || (r->has_head && r->got == r->length)) {
        relay_end(r, fault);
    } else if (r->has_head && n > 0) {
        if (r->end > r->at)
            (void)uv_read_stop(stream); /* until it is taken */
        else
            r->at = r->end = 0;
        r->ready(r->arg);
    }
}

static void on_connected(uv_connect_t *req, int status)
{
    struct relay *r = req->data;
    uv_buf_t question = uv_buf_init(r->ask, (unsigned)r->ask_len);

    if (r->closed)
        return;
    r->question.data = r;
    if (status == 0)
        status = uv_read_start(&r->conn.stream, on_alloc, on_read);
    if (status == 0)
        status = uv_write(&r->question, &r->conn.stream, &question, 1, on_written);
    if (status < 0)
        relay_end(r, uv_strerror(status));
}

struct relay *relay_open(const struct dial_target *to, const char *path, relay_fn ready, void *arg, struct err *e)
{
    struct relay *r = err_calloc(sizeof *r, e);
    int rc;

    if (!r)
        return NULL;
    /* To HTTP/1.0 nobody answers in chunks. */
    rc = snprintf(r->ask, sizeof r->ask, "GET %s HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    if (rc < 0 || (size_t)rc >= sizeof r->ask) {
        free(r);
        (void)err_set(e, ENAMETOOLONG, "relay: the path is too long");
        return NULL;
    }
    r->ask_len = (size_t)rc;
    r->length = RELAY_UNKNOWN;
    r->ready = ready;
    r->arg = arg;
    r->connect.data = r;
    loop_timer(&r->timer, r);
    rc = dial(&r->conn, to, &r->connect, on_connected);
    r->conn.stream.data = r;
    r->open = 2;
    if (rc == 0)
        rc = uv_timer_start(&r->timer, on_timeout, WHOLE_MS, 0);
    if (rc == 0)
        return r;
    relay_close(r);
    (void)err_set(e, -rc, "%s", uv_strerror(rc));
    return NULL;
}

bool relay_has_head(const struct relay *r)
{
    return r->has_head;
}

const char *relay_fault(const struct relay *r)
{
    return *r->fault ? r->fault : NULL;
}

uint64_t relay_length(const struct relay *r)
{
    return r->length;
}

ssize_t relay_read(struct relay *r, void *to, size_t room)
{
    size_t n = r->end - r->at;

    if (*r->fault)
        return RELAY_FAILED;
    if (n == 0)
        return r->ended ? RELAY_ENDED : 0;
    if (n > room)
        n = room;
    memcpy(to, r->bytes + r->at, n);
    r->at += n;
    if (r->at < r->end)
        return (ssize_t)n;
    r->at = r->end = 0;
    if (!r->ended && uv_read_start(&r->conn.stream, on_alloc, on_read) < 0)
        (void)snprintf(r->fault, sizeof r->fault, "it cannot be read any more");
    return (ssize_t)n;
}

static void on_closed(uv_handle_t *handle)
{
    struct relay *r = handle->data;

    if (--r->open == 0)
        free(r);
}

void relay_close(struct relay *r)
{
    if (!r || r->closed)
        return;
    r->closed = true;
    uv_close((uv_handle_t *)&r->conn.stream, on_closed);
    uv_close((uv_handle_t *)&r->timer, on_closed);
}

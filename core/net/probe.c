#include "net/probe.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/loop.h"

/* "0" stands for any digit. */
static const char PATTERN[] = "HTTP/1.0 000";
enum { STATUS_AT = sizeof "HTTP/1.0 " - 1, HEAD_LEN = sizeof PATTERN - 1 };

struct probe {
    LIST_ENTRY(probe) others;
    union dial_handle conn;
    uv_timer_t timer;
    uv_connect_t connect;
    uv_write_t question;
    char ask[512];
    size_t ask_len;
    char answer[PROBE_WHOLE + 1];
    size_t got, most;
    probe_fn fn;
    void *arg;
    int open; /* handles that are not closed yet */
    bool told;
};

static LIST_HEAD(probe_list, probe) probes = LIST_HEAD_INITIALIZER(probes);

static void on_closed(uv_handle_t *handle)
{
    struct probe *p = handle->data;

    if (--p->open == 0)
        free(p);
}

static void probe_close(struct probe *p)
{
    p->told = true;
    LIST_REMOVE(p, others);
    uv_close((uv_handle_t *)&p->conn.stream, on_closed);
    uv_close((uv_handle_t *)&p->timer, on_closed);
}

/* why is NULL if the service answered well */
static void probe_end(struct probe *p, const char *why)
{
    bool good = !why;

    if (p->told)
        return;
    probe_close(p);
    p->answer[p->got] = '\0';
    if (!why)
        why = p->most == PROBE_WHOLE ? p->answer : "";
    p->fn(p->arg, good, why); /* p still lives: the close callbacks come at a later turn */
}

static void on_timeout(uv_timer_t *timer)
{
    probe_end(timer->data, "no answer in time");
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct probe *p = handle->data;

    (void)suggested;
    *buf = uv_buf_init(p->answer + p->got, (unsigned)(p->most - p->got));
}

static void on_written(uv_write_t *req, int status)
{
    if (status < 0)
        probe_end(req->data, uv_strerror(status));
}

/* ended: no more of the answer will come. */
static void probe_judge(struct probe *p, bool ended)
{
    char why[32];
    long status;
    size_t i;

    for (i = 0; i < p->got && i < HEAD_LEN; i++) {
        if (PATTERN[i] == '0' ? !isdigit((unsigned char)p->answer[i]) : p->answer[i] != PATTERN[i]) {
            probe_end(p, "not an HTTP answer");
            return;
        }
    }
    if (p->got < p->most && (!ended || p->got < HEAD_LEN))
        return;
    status = strtol(p->answer + STATUS_AT, NULL, 10);
    (void)snprintf(why, sizeof why, "HTTP status %ld", status);
    probe_end(p, status >= 200 && status < 400 ? NULL : why);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct probe *p = stream->data;

    (void)buf;
    if (n == UV_EOF && p->got >= HEAD_LEN) {
        probe_judge(p, true);
    } else if (n < 0) {
        probe_end(p, n == UV_EOF ? "connection closed without an answer" : uv_strerror((int)n));
    } else if (n > 0) {
        p->got += (size_t)n;
        probe_judge(p, false);
    }
}

static void on_connected(uv_connect_t *req, int status)
{
    struct probe *p = req->data;
    uv_buf_t question = uv_buf_init(p->ask, (unsigned)p->ask_len);

    p->question.data = p;
    if (status == 0 && p->ask_len == 0) {
        probe_end(p, NULL);
        return;
    }
    if (status == 0)
        status = uv_read_start(&p->conn.stream, on_alloc, on_read);
    if (status == 0)
        status = uv_write(&p->question, &p->conn.stream, &question, 1, on_written);
    if (status < 0)
        probe_end(p, uv_strerror(status));
}

static int probe_ask(struct probe *p, const char *uri, struct err *e)
{
    static const char format[] = "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    int len = uri ? snprintf(p->ask, sizeof p->ask, format, uri) : 0;

    if (len < 0 || (size_t)len >= sizeof p->ask)
        return err_set(e, ENAMETOOLONG, "probe: the request is too long");
    p->ask_len = (size_t)len;
    return 0;
}

int probe_run(const struct probe_target *target, probe_fn fn, void *arg, struct err *e)
{
    struct probe *p = err_calloc(sizeof *p, e);
    int rc;

    if (!p)
        return -1;
    if (probe_ask(p, target->uri, e) < 0) {
        free(p);
        return -1;
    }
    p->most = target->whole ? PROBE_WHOLE : HEAD_LEN;
    p->fn = fn;
    p->arg = arg;
    p->connect.data = p;
    LIST_INSERT_HEAD(&probes, p, others);
    loop_timer(&p->timer, p);
    rc = dial(&p->conn, &target->to, &p->connect, on_connected);
    p->conn.stream.data = p;
    p->open = 2;
    if (rc == 0)
        rc = uv_timer_start(&p->timer, on_timeout, target->timeout_ms, 0);
    if (rc == 0)
        return 0;
    probe_close(p);
    return err_set(e, -rc, "probe: %s", uv_strerror(rc));
}

void probe_stop(void)
{
    while (!LIST_EMPTY(&probes))
        probe_close(LIST_FIRST(&probes));
}

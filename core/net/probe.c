#include "net/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "net/probe_talk.h"

struct probe {
    struct probe *next;
    union {
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } conn;
    uv_timer_t timer;
    uv_connect_t connect;
    uv_write_t question, bye;
    struct probe_talk talk;
    char rest[1024]; /* what comes after the answer, until the other side closes */
    probe_fn fn;
    void *arg;
    int open; /* handles still to be closed */
    bool told, parting;
};

static struct probe *probes;

static void probe_forget(const struct probe *p)
{
    struct probe **at = &probes;

    while (*at && *at != p)
        at = &(*at)->next;
    if (*at)
        *at = p->next;
}

static void on_closed(uv_handle_t *handle)
{
    struct probe *p = handle->data;

    if (--p->open == 0)
        free(p);
}

static void probe_close(struct probe *p)
{
    p->told = true;
    probe_forget(p);
    uv_close((uv_handle_t *)&p->conn.stream, on_closed);
    uv_close((uv_handle_t *)&p->timer, on_closed);
}

static void probe_end(struct probe *p, bool ready, const char *why)
{
    if (p->told)
        return;
    probe_close(p);
    ready = ready || p->parting; /* it had its answer: no way to part takes that back */
    p->fn(p->arg, ready, ready ? "" : why); /* the close callbacks come at a later turn: p lives until then */
}

static void on_timeout(uv_timer_t *timer)
{
    probe_end(timer->data, false, "no answer in time");
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct probe *p = handle->data;

    (void)suggested;
    if (p->parting)
        *buf = uv_buf_init(p->rest, sizeof p->rest);
    else
        *buf = uv_buf_init(p->talk.answer + p->talk.got, (unsigned)(sizeof p->talk.answer - p->talk.got));
}

static void on_written(uv_write_t *req, int status)
{
    struct probe *p = req->data;

    if (status < 0)
        probe_end(p, false, uv_strerror(status));
}

static void probe_say(struct probe *p, uv_write_t *req, const char *bytes, size_t len)
{
    uv_buf_t part = uv_buf_init((char *)(size_t)bytes, (unsigned)len);
    int rc;

    req->data = p;
    rc = uv_write(req, &p->conn.stream, &part, 1, on_written);
    if (rc < 0)
        probe_end(p, false, uv_strerror(rc));
}

static void probe_judge(struct probe *p)
{
    switch (probe_talk_judge(&p->talk)) {
    case PROBE_MORE:
        return;
    case PROBE_NOT_READY:
        probe_end(p, false, p->talk.why);
        return;
    case PROBE_READY:
        if (!p->talk.bye) {
            probe_end(p, true, "");
            return;
        }
        p->parting = true;
        probe_say(p, &p->bye, p->talk.bye, p->talk.bye_len);
    }
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct probe *p = stream->data;

    (void)buf;
    if (n < 0) {
        probe_end(p, false, n == UV_EOF ? "connection closed without an answer" : uv_strerror((int)n));
        return;
    }
    if (n == 0 || p->parting)
        return;
    p->talk.got += (size_t)n;
    probe_judge(p);
}

static void on_connected(uv_connect_t *req, int status)
{
    struct probe *p = req->data;

    if (status < 0) {
        probe_end(p, false, uv_strerror(status));
        return;
    }
    if (p->talk.ask_len == 0) {
        probe_end(p, true, "");
        return;
    }
    status = uv_read_start(&p->conn.stream, on_alloc, on_read);
    if (status < 0)
        probe_end(p, false, uv_strerror(status));
    else
        probe_say(p, &p->question, p->talk.ask, p->talk.ask_len);
}

static int probe_connect_tcp(struct probe *p, const struct probe_target *target)
{
    struct sockaddr_storage at;
    int rc = uv_tcp_init(loop_get(), &p->conn.tcp);

    if (rc < 0)
        return rc;
    p->open++;
    if (uv_ip4_addr(target->address, target->port, (struct sockaddr_in *)&at) < 0)
        rc = uv_ip6_addr(target->address, target->port, (struct sockaddr_in6 *)&at);
    return rc < 0 ? rc : uv_tcp_connect(&p->connect, &p->conn.tcp, (const struct sockaddr *)&at, on_connected);
}

static int probe_connect(struct probe *p, const struct probe_target *target)
{
    int rc;

    if (!target->socket)
        return probe_connect_tcp(p, target);
    rc = uv_pipe_init(loop_get(), &p->conn.pipe, 0);
    if (rc < 0)
        return rc;
    p->open++;
    uv_pipe_connect(&p->connect, &p->conn.pipe, target->socket, on_connected);
    return 0;
}

int probe_run(const struct probe_target *target, probe_fn fn, void *arg, struct err *e)
{
    struct probe *p = calloc(1, sizeof *p);
    int rc;

    if (!p)
        return err_set(e, ENOMEM, "out of memory");
    p->fn = fn;
    p->arg = arg;
    p->connect.data = p;
    if (probe_talk_begin(&p->talk, target, e) < 0) {
        free(p);
        return -1;
    }
    rc = uv_timer_init(loop_get(), &p->timer);
    if (rc < 0) {
        free(p);
        return err_set(e, -rc, "probe: %s", uv_strerror(rc));
    }
    p->open = 1;
    p->timer.data = p;
    rc = probe_connect(p, target);
    if (rc == 0)
        rc = uv_timer_start(&p->timer, on_timeout, target->timeout_ms, 0);
    p->conn.stream.data = p;
    if (rc == 0) {
        p->next = probes;
        probes = p;
        return 0;
    }
    p->told = true;
    if (p->open == 2)
        uv_close((uv_handle_t *)&p->conn.stream, on_closed);
    uv_close((uv_handle_t *)&p->timer, on_closed);
    return err_set(e, -rc, "probe: %s", uv_strerror(rc));
}

void probe_stop(void)
{
    while (probes)
        probe_close(probes);
}

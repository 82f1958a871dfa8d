#include "probe.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"

static const char PATTERN[] = "HTTP/1.0 000";

struct probe {
    struct probe *next;
    union {
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } conn;
    uv_timer_t timer;
    uv_connect_t connect;
    uv_write_t write;
    char request[512];
    char answer[sizeof PATTERN];
    size_t got;
    probe_fn fn;
    void *arg;
    int open; /* handles still to be closed */
    bool told;
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

static void probe_end(struct probe *p, int status, const char *why)
{
    if (p->told)
        return;
    probe_close(p);
    p->fn(p->arg, status, why); /* the close callbacks come at a later turn: p lives until then */
}

static void on_timeout(uv_timer_t *timer)
{
    probe_end(timer->data, -1, "no answer in time");
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct probe *p = handle->data;

    (void)suggested;
    *buf = uv_buf_init(p->answer + p->got, (unsigned)(sizeof p->answer - 1 - p->got));
}

/* "0" stands for any digit. */
static bool fits_pattern(const char *answer, size_t len)
{
    size_t i;

    for (i = 0; i < len && i < sizeof PATTERN - 1; i++)
        if (PATTERN[i] == '0' ? !isdigit((unsigned char)answer[i]) : answer[i] != PATTERN[i])
            return false;
    return true;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct probe *p = stream->data;

    (void)buf;
    if (n < 0) {
        probe_end(p, -1, n == UV_EOF ? "connection closed without an answer" : uv_strerror((int)n));
        return;
    }
    p->got += (size_t)n;
    p->answer[p->got] = '\0';
    if (!fits_pattern(p->answer, p->got))
        probe_end(p, -1, "not an HTTP answer");
    else if (p->got >= sizeof PATTERN - 1)
        probe_end(p, (int)strtol(p->answer + 9, NULL, 10), "");
}

static void on_written(uv_write_t *req, int status)
{
    struct probe *p = req->data;

    if (status < 0)
        probe_end(p, -1, uv_strerror(status));
}

static void on_connected(uv_connect_t *req, int status)
{
    struct probe *p = req->data;
    uv_buf_t bytes;

    if (status < 0) {
        probe_end(p, -1, uv_strerror(status));
        return;
    }
    bytes = uv_buf_init(p->request, (unsigned)strlen(p->request));
    p->write.data = p;
    status = uv_write(&p->write, &p->conn.stream, &bytes, 1, on_written);
    if (status == 0)
        status = uv_read_start(&p->conn.stream, on_alloc, on_read);
    if (status < 0)
        probe_end(p, -1, uv_strerror(status));
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

int probe_get(const struct probe_target *target, probe_fn fn, void *arg, struct err *e)
{
    struct probe *p = calloc(1, sizeof *p);
    int len, rc;

    if (!p)
        return err_set(e, ENOMEM, "out of memory");
    p->fn = fn;
    p->arg = arg;
    p->connect.data = p;
    len = snprintf(p->request, sizeof p->request, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                   target->uri);
    if (len < 0 || (size_t)len >= sizeof p->request) {
        free(p);
        return err_set(e, ENAMETOOLONG, "probe: the address is too long");
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

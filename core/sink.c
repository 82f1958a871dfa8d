#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "buf.h"
#include "loop.h"
#include "sys.h"

struct sink {
    uv_poll_t *watcher; /* NULL until attached; freed in its close callback */
    int fd;
    bool regular; /* a file: always writable, cannot be polled */
    bool broken;  /* the reader is gone for good */
    struct buf kept;
    uint64_t dropped;
    uint64_t unsaid; /* lost lines that no notice was written for yet */
};

struct sink *sink_new(int fd)
{
    struct sink *s = calloc(1, sizeof *s);
    struct stat st;

    if (!s)
        return NULL;
    s->fd = fd;
    s->regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    return s;
}

/* Room for at least PIPE_BUF bytes, so that a write of that size does not block. */
static bool sink_ready(const struct sink *s, int ms)
{
    struct pollfd p = {.fd = s->fd, .events = POLLOUT};
    int rc;

    if (s->regular)
        return true;
    rc = poll(&p, 1, ms);
    return rc > 0 && (p.revents & (POLLOUT | POLLERR | POLLHUP | POLLNVAL)) != 0;
}

/* Writes as much as is taken now; returns the number of bytes. */
static size_t sink_push(struct sink *s, const char *bytes, size_t len)
{
    size_t done = 0;

    while (done < len && !s->broken && sink_ready(s, 0)) {
        size_t part = len - done;
        ssize_t n;

        if (!s->regular && part > PIPE_BUF)
            part = PIPE_BUF;
        n = sys_write(s->fd, bytes + done, part);
        if (n < 0) {
            if (errno != EAGAIN && errno != ENOSPC)
                s->broken = true; /* EPIPE, EIO: nobody will ever read this again */
            break;
        }
        done += (size_t)n;
    }
    return done;
}

static void sink_watch(struct sink *s);

static void sink_drain(struct sink *s)
{
    size_t done = sink_push(s, s->kept.data ? s->kept.data : "", s->kept.len);

    buf_drop(&s->kept, done);
    if (s->broken)
        buf_reset(&s->kept);
    if (s->unsaid && s->kept.len == 0 && !s->broken) {
        struct buf notice = BUF_INIT;

        if (buf_addf(&notice, "synlua | %llu lines were dropped: nobody read our output\n",
                     (unsigned long long)s->unsaid) == 0) {
            s->unsaid = 0;
            done = sink_push(s, notice.data, notice.len);
            (void)buf_add(&s->kept, notice.data + done, notice.len - done);
        }
        buf_free(&notice);
    }
    sink_watch(s);
}

static void on_writable(uv_poll_t *watcher, int status, int events)
{
    (void)status;
    (void)events;
    sink_drain(watcher->data);
}

static void sink_watch(struct sink *s)
{
    if (!s->watcher)
        return;
    if (s->kept.len > 0 || s->unsaid > 0)
        (void)uv_poll_start(s->watcher, UV_WRITABLE, on_writable);
    else
        (void)uv_poll_stop(s->watcher);
}

void sink_attach(struct sink *s)
{
    int flags = fcntl(s->fd, F_GETFL);

    if (s->regular || s->watcher)
        return;
    s->watcher = calloc(1, sizeof *s->watcher);
    if (!s->watcher)
        return;
    s->watcher->data = s;
    if (uv_poll_init(loop_get(), s->watcher, s->fd) < 0) {
        free(s->watcher);
        s->watcher = NULL;
        return;
    }
    /* libuv made it non-blocking, for everybody who shares it: undo that. poll and PIPE_BUF keep writes short. */
    if (flags >= 0)
        (void)fcntl(s->fd, F_SETFL, flags);
    uv_unref((uv_handle_t *)s->watcher);
    sink_watch(s);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

void sink_detach(struct sink *s)
{
    if (!s->watcher)
        return;
    uv_close((uv_handle_t *)s->watcher, on_closed);
    s->watcher = NULL;
}

void sink_write(struct sink *s, const char *bytes, size_t len, unsigned lines)
{
    size_t done = 0;

    if (s->kept.len > 0)
        sink_drain(s);
    if (s->kept.len == 0 && s->unsaid == 0)
        done = sink_push(s, bytes, len);
    if (s->broken || done == len)
        return;
    /* What was begun must be ended, or lines would run into each other. */
    if ((done == 0 && s->kept.len + len > SINK_MAX) || buf_add(&s->kept, bytes + done, len - done) < 0) {
        s->dropped += lines;
        s->unsaid += lines;
    }
    sink_watch(s);
}

void sink_flush(struct sink *s, int ms)
{
    uint64_t end = sys_now() + (uint64_t)ms;

    sink_drain(s);
    while (s->kept.len > 0 && !s->broken) {
        uint64_t now = sys_now();

        if (now >= end || !sink_ready(s, (int)(end - now)))
            return;
        sink_drain(s);
    }
}

uint64_t sink_dropped(const struct sink *s)
{
    return s->dropped;
}

void sink_free(struct sink *s)
{
    if (!s)
        return;
    sink_detach(s);
    buf_free(&s->kept);
    free(s);
}

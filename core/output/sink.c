#include "output/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/sys.h"

#define KEEP_MEMORY 65536 /* an empty buffer with more memory than this is freed */

struct sink {
    uv_poll_t *watcher; /* NULL until attached; freed in its close callback */
    int fd;
    bool own;     /* we opened the pipe ourselves: non-blocking, flags not shared */
    bool regular; /* a file is always writable and cannot be polled */
    bool broken;  /* the reader is gone, for good */
    struct buf kept;
    size_t sent; /* of kept */
    uint64_t dropped;
    struct sink_source *lossy; /* sources with losses that no notice has reported yet */
    sink_notice_fn notice;
    sink_room_fn room;
};

struct sink *sink_new(int fd, sink_notice_fn notice)
{
    struct sink *s = calloc(1, sizeof *s);
    struct stat st;
    char path[32];
    int own;

    if (!s)
        return NULL;
    s->fd = fd;
    s->notice = notice;
    if (fstat(fd, &st) < 0)
        return s;
    s->regular = S_ISREG(st.st_mode);
    if (S_ISFIFO(st.st_mode)) {
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        own = sys_openat(AT_FDCWD, path, O_WRONLY | O_NONBLOCK, 0);
        if (own >= 0) {
            s->fd = own;
            s->own = true;
        }
    }
    return s;
}

static size_t sink_left(const struct sink *s)
{
    return s->kept.len - s->sent;
}

/* Whether there is room for PIPE_BUF bytes: a write of that size then does not block. */
static bool sink_ready(const struct sink *s, int ms)
{
    struct pollfd p = {.fd = s->fd, .events = POLLOUT};

    return s->regular || (poll(&p, 1, ms) > 0 && (p.revents & (POLLOUT | POLLERR | POLLHUP | POLLNVAL)) != 0);
}

/* Nobody will read this descriptor again, so the bytes kept are lost. */
static void sink_break(struct sink *s)
{
    const char *at = s->kept.data ? s->kept.data + s->sent : "";
    size_t left = sink_left(s);

    s->broken = true;
    for (; (at = memchr(at, '\n', left)) != NULL; at++, s->dropped++)
        left = s->kept.len - (size_t)(at + 1 - s->kept.data);
    buf_free(&s->kept);
    s->sent = 0;
}

/* Writes as much as the descriptor takes now. Returns the number of bytes. */
static size_t sink_push(struct sink *s, const char *bytes, size_t len)
{
    bool whole = s->own || s->regular;
    size_t done = 0;

    while (done < len && (whole || sink_ready(s, 0))) {
        size_t part = len - done;
        ssize_t n;

        if (!whole && part > PIPE_BUF)
            part = PIPE_BUF;
        n = sys_write(s->fd, bytes + done, part);
        if (n < 0) {
            if (errno != EAGAIN && errno != ENOSPC) /* EPIPE, EIO */
                s->broken = true;
            break;
        }
        done += (size_t)n;
    }
    return done;
}

static void sink_keep(struct sink *s, const char *bytes, size_t len)
{
    if (s->sent > s->kept.len / 2) {
        buf_drop(&s->kept, s->sent);
        s->sent = 0;
    }
    (void)buf_add(&s->kept, bytes, len);
}

static void sink_say_losses(struct sink *s)
{
    struct buf text = BUF_INIT;
    size_t done;

    while (s->lossy) {
        struct sink_source *from = s->lossy;
        uint64_t lines = from->unsaid;

        s->lossy = from->next;
        from->unsaid = 0;
        from->next = NULL;
        s->notice(&text, from->name, lines); /* may log a line, which may be lost too */
    }
    done = text.data ? sink_push(s, text.data, text.len) : 0;
    if (done < text.len)
        sink_keep(s, text.data + done, text.len - done);
    buf_free(&text);
}

static void sink_watch(struct sink *s);

static void sink_drain(struct sink *s)
{
    if (sink_left(s) > 0)
        s->sent += sink_push(s, s->kept.data + s->sent, sink_left(s));
    if (sink_left(s) == 0 && !s->broken) {
        if (s->kept.cap > KEEP_MEMORY)
            buf_free(&s->kept);
        buf_reset(&s->kept);
        s->sent = 0;
        if (s->lossy)
            sink_say_losses(s);
    }
    if (s->broken)
        sink_break(s);
    sink_watch(s);
}

static void on_writable(uv_poll_t *watcher, int status, int events)
{
    struct sink *s = watcher->data;

    (void)status;
    (void)events;
    sink_drain(s);
    if (sink_left(s) == 0 && s->room)
        s->room();
}

static void sink_watch(struct sink *s)
{
    if (!s->watcher)
        return;
    if (sink_left(s) > 0 || (s->lossy && !s->broken))
        (void)uv_poll_start(s->watcher, UV_WRITABLE, on_writable);
    else
        (void)uv_poll_stop(s->watcher);
}

void sink_attach(struct sink *s, sink_room_fn room)
{
    int flags = fcntl(s->fd, F_GETFL);

    s->room = room;
    if (s->regular || s->watcher)
        return;
    s->watcher = calloc(1, sizeof *s->watcher);
    if (!s->watcher)
        return;
    if (loop_poll(s->watcher, s->fd, s) < 0) {
        free(s->watcher);
        s->watcher = NULL;
        return;
    }
    /* libuv has made the descriptor non-blocking for every process that shares it. Undo that: after poll, a write of
       PIPE_BUF bytes does not block anyway. */
    if (flags >= 0)
        (void)fcntl(s->fd, F_SETFL, flags);
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

static void sink_lose(struct sink *s, struct sink_source *from, unsigned lines)
{
    s->dropped += lines;
    from->dropped += lines;
    if (s->broken)
        return;
    if (from->unsaid == 0 && lines > 0) {
        from->next = s->lossy;
        s->lossy = from;
    }
    from->unsaid += lines;
}

void sink_write(struct sink *s, struct sink_source *from, const char *bytes, size_t len, unsigned lines)
{
    size_t done = 0;

    /* With a watcher the loop tells when there is room again. Trying at each batch would only cost time. */
    if ((sink_left(s) > 0 || s->lossy) && !s->watcher)
        sink_drain(s);
    if (s->broken) {
        sink_lose(s, from, lines);
        return;
    }
    if (sink_left(s) == 0 && !s->lossy)
        done = sink_push(s, bytes, len);
    if (s->broken) {
        sink_lose(s, from, lines);
    } else if (done < len) {
        /* A batch that was begun must be finished, or two lines would run into each other. */
        if (done == 0 && (s->lossy || sink_left(s) + len > SINK_MAX))
            sink_lose(s, from, lines);
        else
            sink_keep(s, bytes + done, len - done);
    }
    sink_watch(s);
}

size_t sink_waiting(const struct sink *s)
{
    return s->watcher ? sink_left(s) : 0;
}

uint64_t sink_flush(struct sink *s, int ms)
{
    uint64_t before = s->dropped, end = sys_now() + 2 * (uint64_t)ms;

    sink_drain(s);
    while (sink_left(s) > 0 && !s->regular && sys_now() < end && sink_ready(s, ms))
        sink_drain(s);
    sink_break(s);
    for (const struct sink_source *from = s->lossy; from; from = from->next)
        before -= from->unsaid;
    return s->dropped - before;
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
    if (s->own)
        (void)close(s->fd);
    buf_free(&s->kept);
    free(s);
}

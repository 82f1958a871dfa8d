#include "net/control.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "output/log.h"
#include "base/loop.h"
#include "base/sock.h"

#define BACKLOG 32
#define HANGUPS_MS 200 /* how often half-closed clients are checked */

struct client {
    LIST_ENTRY(client) others;
    uint64_t id;
    uv_pipe_t pipe;
    uv_timer_t timer;
    uv_shutdown_t ending;
    char request[CONTROL_REQUEST_MAX];
    size_t got;
    int open; /* handles that are not closed yet */
    bool asked, finishing, closing;
    bool half_closed; /* it sends nothing more, but may still read its answer */
};

struct message {
    uv_write_t req;
    char bytes[];
};

static uv_pipe_t listener;
static uv_timer_t hangups; /* runs while there are half-closed clients */
static bool listening;
static int open_handles; /* of the listener; they close in the next turn */
static char sock_path[sizeof((struct sockaddr_un *)0)->sun_path];
static LIST_HEAD(client_list, client) clients = LIST_HEAD_INITIALIZER(clients);
static unsigned count;
static uint64_t last_id;
static control_fn tell;

static struct client *client_find(uint64_t id)
{
    struct client *c;

    LIST_FOREACH(c, &clients, others)
        if (c->id == id)
            break;
    return c;
}

static void on_client_closed(uv_handle_t *handle)
{
    struct client *c = handle->data;

    if (--c->open == 0)
        free(c);
}

static void client_close(struct client *c)
{
    if (c->closing)
        return;
    c->closing = true;
    LIST_REMOVE(c, others);
    count--;
    uv_close((uv_handle_t *)&c->pipe, on_client_closed);
    uv_close((uv_handle_t *)&c->timer, on_client_closed);
}

/* Tells Lua that a client has gone, unless its answer was complete. */
static void client_gone(struct client *c)
{
    bool told = c->asked && !c->finishing && !c->closing;
    uint64_t id = c->id;

    client_close(c);
    if (told)
        tell(id, NULL, 0);
}

static void on_late(uv_timer_t *timer)
{
    struct client *c = timer->data;

    log_line(LOG_LEVEL_DEBUG, "control: dropped a client that %s",
             c->asked ? "does not read its answer" : "sent no request");
    client_gone(c);
}

static void client_limit(struct client *c, uint64_t ms)
{
    uv_update_time(loop_get());
    (void)uv_timer_start(&c->timer, on_late, ms, 0);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct client *c = handle->data;

    (void)suggested;
    /* After its line one byte of room is enough to notice that the client sends more. */
    *buf = c->asked ? uv_buf_init(c->request, 1)
                    : uv_buf_init(c->request + c->got, (unsigned)(sizeof c->request - c->got));
}

static void client_read(struct client *c, size_t n)
{
    const char *end;

    c->got += n;
    end = memchr(c->request, '\n', c->got);
    if (end && (size_t)(end - c->request) + 1 == c->got) {
        c->asked = true;
        (void)uv_timer_stop(&c->timer);
        tell(c->id, c->request, c->got - 1);
    } else if (end || c->got == sizeof c->request) {
        log_line(LOG_LEVEL_DEBUG, "control: dropped a client whose request is more than one line of %d bytes",
                 CONTROL_REQUEST_MAX);
        client_close(c);
    }
}

/* Whether the client has closed its whole socket. An end of file alone only means that it sends nothing more. */
static bool client_hung_up(const struct client *c)
{
    struct pollfd end = {.events = 0};

    return uv_fileno((const uv_handle_t *)&c->pipe, &end.fd) < 0 || poll(&end, 1, 0) != 0;
}

/* After the end of file libuv no longer watches the socket, so it is polled here. */
static void on_hangups(uv_timer_t *handle)
{
    struct client *c = LIST_FIRST(&clients);
    bool any = false;

    while (c && !(c->half_closed && client_hung_up(c))) {
        any = any || c->half_closed;
        c = LIST_NEXT(c, others);
    }
    if (c)
        client_gone(c); /* may change the list; the other clients follow at the next tick */
    else if (!any)
        (void)uv_timer_stop(handle);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct client *c = stream->data;

    (void)buf;
    if (n == 0 || c->closing)
        return;
    if (n == UV_EOF && c->asked && !client_hung_up(c)) {
        c->half_closed = true;
        (void)uv_timer_start(&hangups, on_hangups, HANGUPS_MS, HANGUPS_MS);
        return;
    }
    if (n < 0 || c->asked)
        client_gone(c);
    else
        client_read(c, (size_t)n);
}

/* Whether the client's user may ask. The kernel recorded the user when the client connected. */
static bool client_may(const struct client *c)
{
    struct ucred who;
    socklen_t len = sizeof who;
    int fd;

    if (uv_fileno((const uv_handle_t *)&c->pipe, &fd) < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
        return false;
    if (who.uid == 0 || who.uid == geteuid())
        return true;
    log_line(LOG_LEVEL_WARN, "control: refused uid %lu (pid %ld)", (unsigned long)who.uid, (long)who.pid);
    return false;
}

static struct client *client_new(void)
{
    struct client *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    (void)uv_pipe_init(loop_get(), &c->pipe, 0);
    uv_unref((uv_handle_t *)&c->pipe);
    loop_timer(&c->timer, c);
    c->pipe.data = c->ending.data = c;
    c->open = 2;
    c->id = ++last_id;
    LIST_INSERT_HEAD(&clients, c, others);
    count++;
    return c;
}

/* Makes room for a new client. The oldest one without a request is dropped, so that idle ones keep nobody out. */
static bool client_fits(const struct client *c)
{
    struct client *at, *oldest = NULL;

    if (count <= CONTROL_CLIENTS_MAX)
        return true;
    LIST_FOREACH(at, &clients, others)
        if (at != c && !at->asked)
            oldest = at;
    if (oldest)
        client_close(oldest);
    return oldest != NULL;
}

static void on_connection(uv_stream_t *server, int status)
{
    struct client *c;

    if (status < 0)
        return;
    c = client_new();
    if (!c)
        return;
    if (uv_accept(server, (uv_stream_t *)&c->pipe) < 0 || !client_may(c) || !client_fits(c) ||
        uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read) < 0) {
        client_close(c);
        return;
    }
    client_limit(c, CONTROL_REQUEST_MS);
}

static void on_written(uv_write_t *req, int status)
{
    struct client *c = req->data;

    free(req);
    if (c->closing)
        return;
    if (status < 0)
        client_gone(c);
    else if (uv_stream_get_write_queue_size((uv_stream_t *)&c->pipe) > 0)
        client_limit(c, CONTROL_STALL_MS); /* it has read some bytes */
    else
        (void)uv_timer_stop(&c->timer);
}

enum control_sent control_send(uint64_t id, const char *bytes, size_t len)
{
    struct client *c = client_find(id);
    struct message *m;
    uv_buf_t part;
    size_t waits;

    if (!c || c->finishing)
        return CONTROL_GONE;
    waits = uv_stream_get_write_queue_size((uv_stream_t *)&c->pipe);
    if (len > CONTROL_UNSENT_MAX || waits + len > CONTROL_UNSENT_MAX)
        return CONTROL_FULL;
    m = malloc(sizeof *m + len);
    if (!m)
        return CONTROL_FULL;
    memcpy(m->bytes, bytes, len);
    m->req.data = c;
    part = uv_buf_init(m->bytes, (unsigned)len);
    if (uv_write(&m->req, (uv_stream_t *)&c->pipe, &part, 1, on_written) < 0) {
        free(m);
        client_close(c); /* the result tells the caller, so no event does */
        return CONTROL_GONE;
    }
    if (waits == 0 && uv_stream_get_write_queue_size((uv_stream_t *)&c->pipe) > 0)
        client_limit(c, CONTROL_STALL_MS);
    return CONTROL_SENT; /* cppcheck-suppress memleak ; on_written frees m */
}

static void on_shut(uv_shutdown_t *req, int status)
{
    (void)status;
    client_close(req->data);
}

void control_finish(uint64_t id)
{
    struct client *c = client_find(id);

    if (!c || c->finishing)
        return;
    c->finishing = true;
    if (uv_shutdown(&c->ending, (uv_stream_t *)&c->pipe, on_shut) < 0)
        client_close(c);
}

int control_start(const char *path, control_fn on_request, struct err *e)
{
    int fd, rc;

    if (open_handles > 0)
        return err_set(e, EALREADY, "control socket %s: listens already", sock_path);
    fd = sock_bind(path, SOCK_STREAM, 0600, "control", e); /* libuv would report a missing directory as EACCES */
    if (fd < 0)
        return -1;
    tell = on_request;
    memcpy(sock_path, path, strlen(path) + 1);
    (void)uv_pipe_init(loop_get(), &listener, 0); /* cannot fail: it only sets fields */
    uv_unref((uv_handle_t *)&listener);
    loop_timer(&hangups, NULL);
    listening = true;
    open_handles = 2;
    rc = uv_pipe_open(&listener, fd);
    if (rc < 0)
        (void)close(fd);
    else
        rc = uv_listen((uv_stream_t *)&listener, BACKLOG, on_connection);
    if (rc == 0)
        return 0;
    control_stop();
    return err_set(e, -rc, "control socket %s: %s", path, uv_strerror(rc));
}

static void on_closed(uv_handle_t *handle)
{
    (void)handle;
    open_handles--;
}

void control_stop(void)
{
    while (!LIST_EMPTY(&clients))
        client_close(LIST_FIRST(&clients));
    if (!listening)
        return;
    listening = false;
    (void)unlink(sock_path);
    uv_close((uv_handle_t *)&listener, on_closed);
    uv_close((uv_handle_t *)&hangups, on_closed);
}

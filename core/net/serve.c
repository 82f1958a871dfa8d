#include "net/serve.h"

#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/loop.h"
#include "base/sock.h"

#define CONNECTIONS 16u
#define TIMEOUT_S 5u        /* for a client that sends nothing */
#define WHOLE_MS 5000u      /* for a whole connection, however many bytes come */
#define CROWDED_MS 250u     /* the same while all connections are taken; enough for a client that asks at once */
#define MEMORY ((size_t)8192) /* per connection, for the head of a request */

/* Loaded only when needed: with the libraries that it needs (GnuTLS), it would cost every short command 2 ms. */
#define LIBRARY "libmicrohttpd.so.12"
#define FUNCTIONS(X)               \
    X(add_response_header)         \
    X(create_response_from_buffer) \
    X(destroy_response)            \
    X(get_connection_info)         \
    X(get_daemon_info)             \
    X(get_timeout)                 \
    X(queue_response)              \
    X(run)                         \
    X(start_daemon)                \
    X(stop_daemon)

static struct {
#define X(name) __typeof__(MHD_##name) *name; /* NOLINT(bugprone-macro-parentheses): it is a name */
    FUNCTIONS(X)
#undef X
} mhd;

static int load_library(struct err *e)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL), *symbol;

    if (!library)
        return err_set(e, ENOENT, "HTTP server: %s", dlerror());
#define X(name)                                                                                   \
    symbol = dlsym(library, "MHD_" #name);                                                        \
    if (!symbol)                                                                                  \
        return err_set(e, ENOSYS, "HTTP server: %s has no MHD_%s", LIBRARY, #name);              \
    memcpy(&mhd.name, &symbol, sizeof symbol); /* ISO C does not convert an object pointer to a function pointer */
    FUNCTIONS(X)
#undef X
    return 0;
}

static struct MHD_Daemon *server;
static uv_poll_t poll;   /* the library's own epoll descriptor */
static uv_timer_t timer; /* the library's next timeout of a connection */
static serve_fn answer_with;

/* The connections that are open. */
static struct held {
    int fd; /* 0: free; the library closes it after it has told us */
    uint64_t since;
} held[CONNECTIONS];

static uint64_t now_ms(void)
{
    return uv_hrtime() / 1000000u;
}

static enum MHD_Result send_answer(struct MHD_Connection *to, const struct serve_answer *answer)
{
    struct MHD_Response *response =
        mhd.create_response_from_buffer(answer->body.len, answer->body.data, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result done = MHD_NO;

    if (!response)
        return MHD_NO;
    /* One answer per connection, so that no idle client holds a descriptor. */
    if (mhd.add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES &&
        mhd.add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type) == MHD_YES &&
        (answer->status != MHD_HTTP_METHOD_NOT_ALLOWED ||
         mhd.add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") == MHD_YES))
        done = mhd.queue_response(to, answer->status, response);
    mhd.destroy_response(response);
    return done;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *from, const char *path, const char *method,
                                  /* NOLINTNEXTLINE(readability-non-const-parameter): the library's type */
                                  const char *version, const char *upload, size_t *upload_len, void **seen)
{
    struct serve_answer answer = {.status = MHD_HTTP_NOT_FOUND, .type = "text/plain; charset=utf-8"};
    enum MHD_Result done;

    (void)arg;
    (void)version;
    (void)upload;
    if (!*seen) { /* only the head was read; with a body behind it, an answer now would be refused */
        *seen = &server;
        return MHD_YES;
    }
    if (*upload_len > 0)
        return MHD_NO;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        answer.status = MHD_HTTP_METHOD_NOT_ALLOWED;
    else
        answer_with(path, &answer);
    if (answer.status == MHD_HTTP_NOT_FOUND && answer.body.len == 0)
        (void)buf_str(&answer.body, "not found\n");
    done = send_answer(from, &answer);
    buf_free(&answer.body);
    return done;
}

static void on_connection(void *arg, struct MHD_Connection *of, void **place,
                          enum MHD_ConnectionNotificationCode what)
{
    const union MHD_ConnectionInfo *info;
    struct held *it = *place;
    size_t at;

    (void)arg;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (it)
            it->fd = 0;
        return;
    }
    info = mhd.get_connection_info(of, MHD_CONNECTION_INFO_CONNECTION_FD);
    for (at = 0; info && at < CONNECTIONS; at++)
        if (held[at].fd == 0) {
            held[at] = (struct held){.fd = info->connect_fd, .since = now_ms()};
            *place = &held[at];
            return;
        }
}

/* Shuts down the connections that have been open for too long. The library notices that and closes them. Returns the
   time in ms until the next one is due. */
static uint64_t end_slow(void)
{
    uint64_t now = now_ms(), limit = WHOLE_MS, next = UINT64_MAX;
    size_t at, open = 0;

    for (at = 0; at < CONNECTIONS; at++)
        open += held[at].fd != 0;
    if (open == CONNECTIONS)
        limit = CROWDED_MS;
    for (at = 0; at < CONNECTIONS; at++) {
        uint64_t age = now - held[at].since;

        if (held[at].fd == 0)
            continue;
        if (age >= limit)
            (void)shutdown(held[at].fd, SHUT_RDWR);
        if (next > (age < limit ? limit - age : 1))
            next = age < limit ? limit - age : 1;
    }
    return next;
}

static unsigned connections(void)
{
    const union MHD_DaemonInfo *info = mhd.get_daemon_info(server, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

    return info ? info->num_connections : 0;
}

static void turn(void);

static void on_poll(uv_poll_t *handle, int status, int events)
{
    (void)handle;
    (void)status;
    (void)events;
    turn();
}

static void on_timer(uv_timer_t *handle)
{
    (void)handle;
    turn();
}

static void turn(void)
{
    MHD_UNSIGNED_LONG_LONG ms;
    unsigned before = connections();
    uint64_t due;

    (void)mhd.run(server);
    if (connections() < before) /* if the limit was reached, the library listens again only in its next run */
        (void)mhd.run(server);
    due = end_slow();
    if (mhd.get_timeout(server, &ms) == MHD_YES && ms < due)
        due = ms;
    if (due != UINT64_MAX)
        (void)uv_timer_start(&timer, on_timer, due, 0);
    else
        (void)uv_timer_stop(&timer);
}

static int watch(struct err *e)
{
    const union MHD_DaemonInfo *info = mhd.get_daemon_info(server, MHD_DAEMON_INFO_EPOLL_FD);
    int rc = info ? loop_poll(&poll, info->epoll_fd, NULL) : UV_ENOSYS;

    loop_timer(&timer, NULL);
    if (rc == 0)
        rc = uv_poll_start(&poll, UV_READABLE, on_poll);
    if (rc < 0)
        return err_set(e, -rc, "HTTP server: %s", uv_strerror(rc));
    info = mhd.get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

int serve_start(const char *address, int port, serve_fn fn, struct err *e)
{
    int fd, rc;

    if (server)
        return err_set(e, EALREADY, "HTTP server: runs already");
    if (!sock_is_loopback(address))
        return err_set(e, EINVAL, "%s: not a loopback address", address);
    if (load_library(e) < 0)
        return -1;
    fd = sock_listen(address, port, e);
    if (fd < 0)
        return -1;
    server = mhd.start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
                              MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S,
                              MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY,
                              MHD_OPTION_NOTIFY_CONNECTION, on_connection, NULL, MHD_OPTION_END);
    if (!server) /* it has closed the socket */
        return err_sys(e, "HTTP server on %s port %d", address, port);
    answer_with = fn;
    rc = watch(e);
    if (rc < 0)
        serve_stop();
    return rc;
}

void serve_stop(void)
{
    if (!server)
        return;
    loop_end(&poll); /* must come before the library closes its descriptor */
    loop_end(&timer);
    mhd.stop_daemon(server);
    memset(held, 0, sizeof held);
    server = NULL;
}

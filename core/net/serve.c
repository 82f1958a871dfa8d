#include "net/serve.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/loop.h"
#include "base/sock.h"
#include "net/mhd.h"
#include "net/relay.h"

#define RELAYS 56u          /* at once: processes that hang leave room for those who ask us */
#define TIMEOUT_S 5u        /* for a client that sends nothing */
#define WHOLE_MS 5000u      /* for a whole connection, however many bytes come */
#define CROWDED_MS 250u     /* the same while all connections are taken; enough for a client that asks at once */
#define MEMORY ((size_t)8192) /* per connection, for the head of a request */
#define PART ((size_t)16384)  /* of a relayed answer */
#define PLAIN "text/plain; charset=utf-8"
#define METRICS "text/plain; version=0.0.4; charset=utf-8"

static struct MHD_Daemon *server;
static uv_poll_t poll;   /* the library's own epoll descriptor */
static uv_timer_t timer; /* the library's next timeout of a connection */
static struct serve_terms terms;
static serve_fn answer_with;

/* The connections that are open. */
static struct held {
    uint64_t since; /* it is the client's turn */
    struct MHD_Connection *connection;
    struct relay *relay;
    int fd;     /* 0: free; the library closes it after it has told us */
    bool waits; /* suspended until the relay has something new */
} held[SERVE_CONNECTIONS];

static uint64_t now_ms(void)
{
    return uv_hrtime() / 1000000u;
}

static enum MHD_Result send_response(struct MHD_Connection *to, unsigned status, const char *type,
                                     struct MHD_Response *response)
{
    enum MHD_Result done = MHD_NO;

    if (!response)
        return MHD_NO;
    /* One answer per connection, so that no idle client holds a descriptor. */
    if (mhd.add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES &&
        mhd.add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES &&
        mhd.add_response_header(response, "X-Content-Type-Options", "nosniff") == MHD_YES &&
        (status != MHD_HTTP_METHOD_NOT_ALLOWED ||
         mhd.add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") == MHD_YES) &&
        (status != MHD_HTTP_UNAUTHORIZED ||
         mhd.add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer") == MHD_YES))
        done = mhd.queue_response(to, status, response);
    mhd.destroy_response(response);
    return done;
}

static enum MHD_Result send_text(struct MHD_Connection *to, unsigned status, const char *text)
{
    char line[128];
    int len = snprintf(line, sizeof line, "%s\n", text);

    return send_response(to, status, PLAIN, mhd.create_response_from_buffer((size_t)len, line, MHD_RESPMEM_MUST_COPY));
}

static void on_timer(uv_timer_t *handle);

static void on_news(void *arg)
{
    struct held *it = arg;

    if (!it->waits)
        return;
    it->waits = false;
    it->since = now_ms();
    mhd.resume_connection(it->connection);
    (void)uv_timer_start(&timer, on_timer, 0, 0);
}

static void await_news(struct held *it)
{
    it->waits = true;
    mhd.suspend_connection(it->connection);
}

static ssize_t on_part(void *arg, uint64_t at, char *to, size_t room)
{
    struct held *it = arg;
    ssize_t n = relay_read(it->relay, to, room);

    (void)at;
    if (n == 0)
        await_news(it);
    if (n == RELAY_ENDED)
        return MHD_CONTENT_READER_END_OF_STREAM;
    return n == RELAY_FAILED ? MHD_CONTENT_READER_END_WITH_ERROR : n;
}

/* Whatever the process says of its answer's type, it goes out as the only one that we ask for. */
static enum MHD_Result send_relayed(struct held *it)
{
    const char *fault = relay_fault(it->relay);
    uint64_t length = relay_length(it->relay);

    if (fault)
        return send_text(it->connection, MHD_HTTP_BAD_GATEWAY, fault);
    if (length == RELAY_UNKNOWN)
        length = MHD_SIZE_UNKNOWN;
    return send_response(it->connection, MHD_HTTP_OK, METRICS,
                         mhd.create_response_from_callback(length, PART, on_part, it, NULL));
}

static enum MHD_Result begin_relay(struct held *it, const struct serve_relay *to)
{
    struct err e = {0};
    size_t at, running = 0;

    for (at = 0; at < SERVE_CONNECTIONS; at++)
        running += held[at].relay != NULL;
    if (running >= RELAYS)
        return send_text(it->connection, MHD_HTTP_SERVICE_UNAVAILABLE, "too many at once");
    it->relay = relay_open(&to->to, to->uri, on_news, it, &e);
    if (!it->relay)
        return send_text(it->connection, MHD_HTTP_BAD_GATEWAY, e.msg);
    await_news(it);
    return MHD_YES;
}

static const struct serve_relay *find_relay(const char *path)
{
    size_t at;

    for (at = 0; at < terms.relays_len; at++)
        if (strcmp(terms.relays[at].path, path) == 0)
            return &terms.relays[at];
    return NULL;
}

static const char *header(struct held *it, const char *name)
{
    return mhd.lookup_connection_value(it->connection, MHD_HEADER_KIND, name);
}

/* Takes as long for a wrong token as for the right one. */
static bool is_let_in(struct held *it)
{
    static const char scheme[] = "Bearer ";
    const char *said = header(it, MHD_HTTP_HEADER_AUTHORIZATION);
    unsigned differs = 0;
    size_t at, len;

    if (!terms.token)
        return true;
    len = strlen(terms.token);
    if (!said || strncasecmp(said, scheme, sizeof scheme - 1) != 0 || strlen(said += sizeof scheme - 1) != len)
        return false;
    for (at = 0; at < len; at++)
        differs |= (unsigned char)said[at] ^ (unsigned char)terms.token[at];
    return differs == 0;
}

static enum MHD_Result send_own(struct held *it, const char *path)
{
    struct serve_answer answer = {.status = MHD_HTTP_NOT_FOUND, .type = PLAIN};
    const char *host = header(it, MHD_HTTP_HEADER_HOST);
    enum MHD_Result done;

    answer_with(path, host ? host : "", &answer);
    if (answer.status == MHD_HTTP_NOT_FOUND && answer.body.len == 0)
        (void)buf_str(&answer.body, "not found\n");
    done = send_response(it->connection, answer.status, answer.type,
                         mhd.create_response_from_buffer(answer.body.len, answer.body.data, MHD_RESPMEM_MUST_COPY));
    buf_free(&answer.body);
    return done;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *from, const char *path, const char *method,
                                  /* NOLINTNEXTLINE(readability-non-const-parameter): the library's type */
                                  const char *version, const char *upload, size_t *upload_len, void **seen)
{
    const union MHD_ConnectionInfo *info = mhd.get_connection_info(from, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct held *it = info ? info->socket_context : NULL;
    const struct serve_relay *to;

    (void)arg;
    (void)version;
    (void)upload;
    if (!it)
        return MHD_NO;
    if (!*seen) { /* only the head was read; with a body behind it, an answer now would be refused */
        *seen = &server;
        return MHD_YES;
    }
    if (it->relay)
        return send_relayed(it);
    if (*upload_len > 0)
        return MHD_NO;
    if (!is_let_in(it))
        return send_text(from, MHD_HTTP_UNAUTHORIZED, "this address asks for a token: Authorization: Bearer TOKEN");
    to = find_relay(path);
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && (to || strcmp(method, MHD_HTTP_METHOD_HEAD) != 0))
        return send_text(from, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET");
    return to ? begin_relay(it, to) : send_own(it, path);
}

static void on_connection(void *arg, struct MHD_Connection *of, void **place,
                          enum MHD_ConnectionNotificationCode what)
{
    const union MHD_ConnectionInfo *info;
    struct held *it = *place;
    size_t at;

    (void)arg;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (it) {
            relay_close(it->relay);
            memset(it, 0, sizeof *it);
        }
        return;
    }
    info = mhd.get_connection_info(of, MHD_CONNECTION_INFO_CONNECTION_FD);
    for (at = 0; info && at < SERVE_CONNECTIONS; at++)
        if (held[at].fd == 0) {
            held[at] = (struct held){.fd = info->connect_fd, .since = now_ms(), .connection = of};
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

    for (at = 0; at < SERVE_CONNECTIONS; at++)
        open += held[at].fd != 0;
    if (open == SERVE_CONNECTIONS)
        limit = CROWDED_MS;
    for (at = 0; at < SERVE_CONNECTIONS; at++) {
        uint64_t age = now - held[at].since;

        if (held[at].fd == 0 || held[at].waits) /* the relay has its own limit */
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

int serve_start(const struct serve_terms *on, serve_fn fn, struct err *e)
{
    int fd, rc;

    if (server)
        return err_set(e, EALREADY, "HTTP server: runs already");
    if (!on->token && !sock_is_loopback(on->address))
        return err_set(e, EINVAL, "%s: not a loopback address, and there is no token", on->address);
    if (mhd_load(e) < 0)
        return -1;
    fd = sock_listen(on->address, on->port, e);
    if (fd < 0)
        return -1;
    server = mhd.start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, NULL,
                              MHD_OPTION_LISTEN_SOCKET, fd,
                              MHD_OPTION_CONNECTION_LIMIT, (unsigned)SERVE_CONNECTIONS,
                              MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S,
                              MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY,
                              MHD_OPTION_NOTIFY_CONNECTION, on_connection, NULL, MHD_OPTION_END);
    if (!server) /* it has closed the socket */
        return err_sys(e, "HTTP server on %s port %d", on->address, on->port);
    terms = *on;
    answer_with = fn;
    rc = watch(e);
    if (rc < 0)
        serve_stop();
    return rc;
}

void serve_stop(void)
{
    size_t at;

    if (!server)
        return;
    loop_end(&poll); /* must come before the library closes its descriptor */
    loop_end(&timer);
    for (at = 0; at < SERVE_CONNECTIONS; at++)
        on_news(&held[at]); /* the library does not end what is suspended */
    mhd.stop_daemon(server);
    memset(held, 0, sizeof held);
    server = NULL;
}
